"""The desk: today's visits, checking in by hand, and names on demand."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit.readers import staff_act
from audit.say import Say
from consent.errors import FieldsUnknown, PassUnknown
from consent.models import Site, Subject
from consent.services.links import pass_find
from consent.views.pages import language_of
from leads import phones
from leads.contacts import contact_view, subject_of_phone
from leads.errors import VisitorUnknown
from leads.forms import DeskForm, RevealForm
from leads.kiosks import desk_attempt_failed, desk_attempts_allow
from leads.models import Visit
from leads.selectors import (
    guests_pending,
    visit_at,
    visits_today,
)
from leads.views.access import staff_site
from leads.visits import BY_HAND, visit_by_phone, visit_key, visit_record

UNKNOWN = Say(
    "没有找到。核对一下，或者空着，按未留信息登记。",
    "Not found. Check it, or leave it empty for a guest who gives nothing.",
)
RECORDED = Say("到访已登记。", "The visit is recorded.")


@require_GET
@permission_required("leads.view_desk", raise_exception=True)
def desk(request: HttpRequest) -> HttpResponse:
    """Show today's visits and who is checking in now."""
    return _page(request, staff_site(request), DeskForm(language=language_of(request)))


@require_GET
@permission_required("leads.view_desk", raise_exception=True)
def rows(request: HttpRequest) -> HttpResponse:
    """Return the rows of today's visits, for the page to refresh itself."""
    site = staff_site(request)
    shown = visits_today(site=site, language=language_of(request))
    return render(request, "leads/_visit_rows.html", {"visits": shown})


@require_POST
@permission_required("leads.add_referral_desk", raise_exception=True)
def checkin(request: HttpRequest) -> HttpResponse:
    """Record a visit by hand: by pass, by number, or of a guest who gives nothing.

    For those who work at the desk; who only watches it records nobody.
    """
    site = staff_site(request)
    language = language_of(request)
    form = DeskForm(request.POST, language=language)
    if not form.is_valid():
        return _page(request, site, form, status=400)
    act = staff_act(request.user)
    typed = form.cleaned_data["key"].strip()
    if typed:
        desk_attempts_allow(act=act)
    try:
        subject, by_phone = _guest(typed, site)
    except VisitorUnknown:
        desk_attempt_failed(act=act)
        form.add_error("key", form.text(UNKNOWN))
        return _page(request, site, form, status=404)
    nonce = form.cleaned_data["nonce"] or uuid.uuid4().hex
    key = visit_key(nonce=nonce, subject=subject.id if subject else None)
    by_hand = form.cleaned_data["reason"] or next(iter(BY_HAND))
    if subject is not None and by_phone:
        visit_by_phone(
            site=site,
            subject=subject,
            key=key,
            act=act,
            kiosk=None,
            verified_by=Visit.VerifiedBy.STAFF,
            by_hand=by_hand,
        )
    else:
        visit_record(
            site=site,
            subject=subject,
            verified_by=Visit.VerifiedBy.STAFF,
            key=key,
            act=act,
            by_hand=by_hand,
        )
    messages.success(request, RECORDED.text(language))
    return redirect("leads:desk")


@require_POST
@permission_required("leads.reveal_contact", raise_exception=True)
def reveal(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show one guest's name and number; that it was read is logged first."""
    site = staff_site(request)
    language = language_of(request)
    form = RevealForm(request.POST, language=language)
    if not form.is_valid():
        raise FieldsUnknown
    visit = visit_at(site=site, identifier=name)
    if visit is None or visit.subject is None:
        raise Http404
    details = contact_view(
        subject=visit.subject,
        site=site,
        reason=form.cleaned_data["reason"],
        act=staff_act(request.user),
    )
    shown = {visit.id: f"{details.name} {details.phone}"}
    return _page(request, site, DeskForm(language=language), revealed=shown)


def _guest(key: str, site: Site) -> tuple[Subject | None, bool]:
    """Return whose pass or number this is, and whether it was a number.

    Raises:
        VisitorUnknown: nobody's, or more than one person's.
    """
    if not key:
        return None, False
    try:
        return pass_find(code=key, site=site), False
    except PassUnknown:
        pass
    try:
        subject = subject_of_phone(phone=phones.normalise(key), site=site)
    except phones.PhoneInvalid:
        subject = None
    if subject is None:
        raise VisitorUnknown
    return subject, True


def _page(
    request: HttpRequest,
    site: Site,
    form: DeskForm,
    *,
    status: int = 200,
    revealed: dict[uuid.UUID, str] | None = None,
) -> HttpResponse:
    language = language_of(request)
    context: dict[str, Any] = {
        "visits": visits_today(site=site, language=language, revealed=revealed),
        "pending": guests_pending(site=site),
        "form": form,
        "by_hand": BY_HAND,
        "nonce": uuid.uuid4().hex[:16],
        "revealed": bool(revealed),
    }
    return render(request, "leads/desk_home.html", context, status=status)
