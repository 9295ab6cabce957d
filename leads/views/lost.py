"""The desk helps who lost the link to their own page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.drawing import qr_svg
from audit.readers import staff_act
from audit.say import Say
from consent.views.pages import language_of
from leads.errors import VisitorUnknown
from leads.forms import PhoneForm
from leads.kiosks import desk_attempt_failed, desk_attempts_allow
from leads.lost_links import lost_link_replace
from leads.views.access import staff_site

UNKNOWN = Say(
    "没有人留过这个号码，或者已经不再保留。",
    "Nobody left this number, or it is not kept any more.",
)


@require_http_methods(["GET", "POST"])
@permission_required("leads.add_referral_desk", raise_exception=True)
def lost_link(request: HttpRequest) -> HttpResponse:
    """Take the number that the person says, and show their new link once."""
    site = staff_site(request)
    language = language_of(request)
    form = PhoneForm(language=language)
    status = 200
    if request.method == "POST":
        form = PhoneForm(request.POST, language=language)
        status = 400
        act = staff_act(request.user)
        desk_attempts_allow(act=act)
        if form.is_valid():
            try:
                token = lost_link_replace(
                    phone=form.cleaned_data["phone"], site=site, act=act
                )
            except VisitorUnknown:
                desk_attempt_failed(act=act)
                form.add_error("phone", form.text(UNKNOWN))
                status = 404
            else:
                address = f"{settings.PUBLIC_URL}{reverse('consent:link_open')}#{token}"
                told = {"address": address, "qr": qr_svg(address)}
                response = render(request, "leads/lost_link_done.html", told)
                response.headers["Cache-Control"] = "no-store"
                return response
    context: dict[str, Any] = {
        "form": form,
        "open_address": f"{settings.PUBLIC_URL}{reverse('consent:link_open')}",
    }
    return render(request, "leads/lost_link_form.html", context, status=status)
