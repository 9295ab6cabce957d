"""The end of a guest's walk: details, receipt and pass, and coming back by phone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from audit.drafts import VISITOR
from audit.drawing import qr_svg
from consent.errors import PassUnknown, PurposeStopped
from consent.forms import EmptyForm
from consent.models import Walk
from consent.purposes import Purpose
from consent.selectors import consent_usable
from consent.services.camera_step import walk_ask_camera
from consent.services.links import (
    link_code,
    link_find,
    link_of,
    link_token,
    pass_code,
    pass_of,
)
from consent.services.offers import UNDER_14, withheld
from consent.views.pages import (
    VISITOR_COOKIE,
    VISITOR_SECONDS,
    cookie_set,
    language_of,
    walk_context,
    walk_next,
    walk_of,
    walk_on,
    withheld_shown,
)
from faces.selectors import face_enrolled
from leads.arrivals import (
    attribution_consent,
    contact_consent,
    referral_asked,
    walk_details,
)
from leads.availability import face_stopped
from leads.forms import DetailsForm
from leads.models import Visit
from leads.questions import question_waits
from leads.stories import receipt_shown
from leads.turns import camera_due
from leads.visits import again_key, visit_of, visit_of_finished, visit_record


@login_not_required
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Ask name and phone under a live `contact`, and for a referral's code."""
    walk = walk_of(request)
    if walk_next(walk) != "leads:details":
        return redirect(walk_next(walk))
    language = language_of(request)
    contact = contact_consent(walk=walk)
    site = walk.kiosk.site
    asked: dict[str, Any] = {
        "site": site,
        "contact": contact is not None,
        "referral": referral_asked(walk=walk),
    }
    form = DetailsForm(language=language, **asked)
    status = 200
    if request.method == "POST":
        form = DetailsForm(request.POST, language=language, **asked)
        if form.is_valid():
            walk = walk_details(
                walk=walk,
                details=form.details,
                referral_code=form.cleaned_data.get("referral_code", ""),
                language=language,
            )
            return walk_on(walk)
        status = 400
    context = walk_context(request, walk)
    asks = None
    if asked["referral"] and attribution_consent(walk=walk) is None:
        asks = next(
            (
                row
                for row in context["notice"]["purposes"]
                if row["id"] == Purpose.ATTRIBUTION
            ),
            None,
        )
    context.update(
        form=form,
        contact_until=contact.until if contact else None,
        referral_asks=asks,
        withheld=withheld_shown(
            request,
            walk,
            [one for one in withheld(walk) if one == Purpose.ATTRIBUTION],
        ),
    )
    return render(request, "leads/details_form.html", context, status=status)


@login_not_required
@require_http_methods(["GET", "POST"])
def done(request: HttpRequest) -> HttpResponse:
    """Show receipt, pass and what comes next; looking changes nothing.

    The arrival was recorded with the last answer. Where that failed, this page has a
    button that records it.
    """
    walk = walk_of(request)
    if walk_next(walk) != "leads:done":
        return redirect(walk_next(walk))
    if request.method == "POST":
        EmptyForm(request.POST, language=language_of(request))
        return walk_on(walk)
    visit = visit_of_finished(walk=walk)
    if visit is None:
        return render(request, "leads/arrive_form.html", walk_context(request, walk))
    context = _done_context(request, walk, visit)
    response = render(request, "consent/visit_done.html", context)
    link = None
    if walk.subject is not None and walk.surface == "phone":
        link = link_of(subject=walk.subject)
    if link is not None:
        token = link_token(link=link)
        cookie_set(response, VISITOR_COOKIE, token, seconds=VISITOR_SECONDS)
    return response


@login_not_required
@require_POST
def camera_request(request: HttpRequest) -> HttpResponse:
    """Tell the kiosk that the holder of this phone stands at the screen."""
    EmptyForm(request.POST, language=language_of(request))
    walk = walk_of(request)
    if face_stopped(site=walk.kiosk.site):
        raise PurposeStopped
    walk_ask_camera(walk=walk)
    return redirect("leads:done")


@login_not_required
@require_http_methods(["GET", "POST"])
def visit_again(request: HttpRequest) -> HttpResponse:
    """Check in with the pass that this phone holds, in one tap."""
    walk = walk_of(request)
    site = walk.kiosk.site
    if request.method == "GET":
        visit = visit_of(site=site, key=again_key(walk))
        if visit is None or visit.subject is None:
            return redirect(walk_next(walk))
        context = walk_context(request, walk)
        context.update(visit=_visit_shown(visit), anonymous=False, returning=True)
        return render(request, "consent/visit_done.html", context)
    EmptyForm(request.POST, language=language_of(request))
    if walk.finished_at is not None:
        return redirect("leads:done")
    subject = link_find(token=request.COOKIES.get(VISITOR_COOKIE, ""))
    pass_of(subject=subject, site=site)
    visit_record(
        site=site,
        subject=subject,
        verified_by=Visit.VerifiedBy.PASS,
        key=again_key(walk),
        act=VISITOR,
        short=walk.short,
        kiosk=walk.kiosk,
    )
    return redirect("leads:visit_again")


def _done_context(request: HttpRequest, walk: Walk, visit: Visit) -> dict[str, Any]:
    context = walk_context(request, walk)
    subject = walk.subject
    receipt = None
    if walk.receipt is not None:
        receipt = receipt_shown(receipt=walk.receipt, language=language_of(request))
    context.update(
        receipt=receipt,
        visit=_visit_shown(visit),
        anonymous=subject is None,
        under_14=UNDER_14 in walk.choices,
        camera=False,
    )
    if subject is None:
        return context
    site = walk.kiosk.site
    live = consent_usable(subject=subject, purpose=Purpose.FACE_CHECKIN, site=site)
    enrolled = face_enrolled(subject=subject, site=site)
    # Only looked up: a page that is loaded again makes no pass after a stop.
    with suppress(PassUnknown):
        code = pass_code(issued=pass_of(subject=subject, site=site))
        context.update(pass_code=code, pass_qr=qr_svg(code))
    context.update(
        camera=live is not None
        and not enrolled
        and not face_stopped(site=site)
        and _may_ask(walk),
        camera_asked=walk.camera_asked_at is not None,
        enrolled=enrolled,
        asked=question_waits(subject=subject),
    )
    # On the shared screen the link would open the page for whoever comes next.
    link = link_of(subject=subject) if walk.surface == "phone" else None
    if link is not None:
        token = link_token(link=link)
        context["page_code"] = link_code(link=link)
        context["page_link"] = (
            f"{settings.PUBLIC_URL}{reverse('consent:link_open')}#{token}"
        )
    return context


def _may_ask(walk: Walk) -> bool:
    """Tell whether the page may offer the camera: on a shared screen for a minute."""
    return walk.surface == "phone" or camera_due(walk=walk)


def _visit_shown(visit: Visit) -> dict[str, Any]:
    return {"at": visit.at, "site": visit.site, "verified_by": visit.verified_by}
