"""A channel's announcement at the desk, and the agent's receipt of it."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from audit.readers import staff_act
from audit.say import Say
from consent.signatures import receipt_number
from consent.views.pages import language_of
from leads.errors import ReferralKnown
from leads.forms import ReferralForm
from leads.models import Referral
from leads.referral_receipts import referral_receipt
from leads.referrals import referral_announce, referral_code
from leads.selectors import (
    agents_by_channel,
    referral_at,
    referral_shown,
    referrals_recent,
)
from leads.views.access import staff_site

KNOWN = Say(
    "这个渠道已经报备过这位客户，第一次在 {at}，仍在保护期内。",
    "This channel announced this client already, first at {at}; it is still protected.",
)


@require_http_methods(["GET", "POST"])
@permission_required("leads.add_referral_desk", raise_exception=True)
def referral_new(request: HttpRequest) -> HttpResponse:
    """Take down a channel's announcement."""
    site = staff_site(request)
    language = language_of(request)
    form = ReferralForm(language=language, site=site)
    status = 200
    if request.method == "POST":
        form = ReferralForm(request.POST, language=language, site=site)
        status = 400
        if form.is_valid():
            told = form.cleaned_data
            try:
                referral = referral_announce(
                    agent=told["agent"],
                    phone=told["phone"],
                    surname=told["surname"],
                    consent_proof=told["consent_proof"],
                    planned_at=told["planned_at"],
                    act=staff_act(request.user),
                )
            except ReferralKnown as known:
                first = f"{known.received_at:%Y-%m-%d %H:%M} UTC"
                form.add_error(None, form.text(KNOWN).format(at=first))
                status = 409
            else:
                return redirect("leads:referral_done", referral.id)
    context = {
        "form": form,
        "channels": [
            {**one, "name": one["name"].text(language)}
            for one in agents_by_channel(site=site)
        ],
        "recent": referrals_recent(site=site, language=language),
    }
    return render(request, "leads/referral_new.html", context, status=status)


@require_GET
@permission_required("leads.add_referral_desk", raise_exception=True)
def referral_done(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show a referral with the code that its client may show."""
    referral = _referral(request, name)
    shown = referral_shown(referral=referral, language=language_of(request))
    content = referral_receipt(referral=referral)
    context = {
        "referral": {**shown, "code": referral_code(referral=referral)},
        "number": receipt_number(content),
    }
    return render(request, "leads/referral_detail.html", context)


@require_GET
@permission_required("leads.add_referral_desk", raise_exception=True)
def receipt(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Hand out the signed receipt of a referral as a file, for its agent."""
    content = referral_receipt(referral=_referral(request, name))
    response = HttpResponse(content, content_type="application/json")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="referral-{receipt_number(content)}.json"'
    )
    return response


def _referral(request: HttpRequest, name: uuid.UUID) -> Referral:
    found = referral_at(site=staff_site(request), identifier=name)
    if found is None:
        raise Http404
    return found
