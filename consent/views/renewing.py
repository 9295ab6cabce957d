"""Looking at a tree that the signer refused, and letting the program go on."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audit.readers import staff_act
from audit.say import Say
from audit.selectors import log_state
from audit.signing import refusal_open
from consent.services.renewing import log_go_on
from consent.views.pages import language_of

WENT_ON = Say(
    "已另开日志，旧日志已封存。请今天就导出两本。",
    "A new log is open and the old one is closed. Please export both today.",
)


@require_http_methods(["GET", "POST"])
@permission_required("audit.release_log", raise_exception=True)
def log_renew(request: HttpRequest) -> HttpResponse:
    """Show what was signed and what was found; on a confirmed press open a new log."""
    if request.method == "POST" and request.POST.get("looked") == "on":
        log_go_on(act=staff_act(request.user))
        messages.success(request, WENT_ON.text(language_of(request)))
        return redirect("audit:events")
    context = {
        "refusal": refusal_open(),
        "state": log_state(),
        "unconfirmed": request.method == "POST",
    }
    status = 400 if context["unconfirmed"] else 200
    return render(request, "consent/log_renew.html", context, status=status)
