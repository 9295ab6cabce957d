"""The way of somebody without a phone: a sheet from the desk, a code at the kiosk."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.drawing import qr_svg
from audit.readers import staff_act
from audit.say import Say
from consent.errors import PaperUnknown
from consent.forms import EmptyForm
from consent.rules import notice
from consent.services.papers import paper_code, paper_get, paper_issue, paper_open
from consent.views.pages import WALK_COOKIE, cookie_set, language_of, walk_next
from leads.forms import CodeForm
from leads.kiosks import attempt_failed, attempts_allow
from leads.views.access import KioskRequest, guest_set, kiosk_page, staff_site

NO_PAPER = Say(
    "这个编码现在不能用。请核对一下，或请前台重新打印一张。",
    "This code is not good now. Please check it, or ask the desk for a new sheet.",
)


@require_POST
@permission_required("leads.add_referral_desk", raise_exception=True)
def issue(request: HttpRequest) -> HttpResponse:
    """Make a sheet for a guest without a phone. The guest decides, not the desk."""
    site = staff_site(request)
    language = language_of(request)
    EmptyForm(request.POST, language=language)
    made = paper_issue(site=site, language=language, act=staff_act(request.user))
    return redirect("leads:paper", made.id)


@require_GET
@permission_required("leads.add_referral_desk", raise_exception=True)
def sheet(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show a sheet to print, in the language it was made in, while its code is good."""
    site = staff_site(request)
    paper = paper_get(identifier=name, site=site)
    request.LANGUAGE_CODE = paper.language
    address = reverse("consent:rules_version", kwargs={"sha256": paper.rules.sha256})
    context = {
        "notice": notice(sha256=paper.rules.sha256, language=paper.language),
        "code": paper_code(paper=paper),
        "until": paper.until,
        "rules_qr": qr_svg(f"{settings.PUBLIC_URL}{address}"),
    }
    return render(request, "leads/paper_notice.html", context)


@kiosk_page
@require_http_methods(["GET", "POST"])
def typed(request: KioskRequest) -> HttpResponse:
    """Take the code of a sheet, and begin the walk of the guest who holds it."""
    language = language_of(request)
    form = CodeForm(language=language)
    status = 200
    if request.method == "POST":
        form = CodeForm(request.POST, language=language)
        attempts_allow(kiosk=request.kiosk)
        status = 400
        if form.is_valid():
            code = form.cleaned_data["code"]
            try:
                walk, cookie = paper_open(
                    code=code, kiosk=request.kiosk, language=language
                )
            except PaperUnknown:
                attempt_failed(kiosk=request.kiosk)
                form.add_error("code", form.text(NO_PAPER))
                status = 404
            else:
                guest_set(request, walk=str(walk.id))
                response = redirect(walk_next(walk))
                cookie_set(response, WALK_COOKIE, cookie)
                return response
    context = {"way": "paper", "form": form}
    return render(request, "leads/kiosk_return_form.html", context, status=status)
