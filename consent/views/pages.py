"""What the pages of a visit share: whose house it is, and the cookies of a guest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from audit.say import CHINESE, ENGLISH, Language, Say
from consent.endings import walk_end
from consent.models import Site, Walk
from consent.purposes import Purpose
from consent.refusals import QUIET, refusals_read, refusals_written
from consent.rules import notice
from consent.services.offers import walk_rules
from consent.services.walks import FINISH_SECONDS, walk_face_due, walk_get

WALK_COOKIE = "walk"
"""Carries one guest's way through a visit, for half an hour."""

VISITOR_COOKIE = "visitor"
"""Opens one's own page again in the same browser; it is the link's token."""

REFUSALS_COOKIE = "refused"
"""Remembers on the visitor's own phone what not to ask for, and nothing of them."""

VISITOR_SECONDS = 180 * 24 * 3600


def language_of(request: HttpRequest) -> Language:
    """Return the language that this page is shown in."""
    chosen = getattr(request, "LANGUAGE_CODE", CHINESE)
    return ENGLISH if chosen == ENGLISH else CHINESE


def at_site(request: HttpRequest, site: Site) -> None:
    """Let the page name its site and operator."""
    told: Any = request
    told.site_name = Say(site.name_zh, site.name_en)
    told.operator_name = site.operator.legal_name
    told.site_zone = ZoneInfo(site.timezone)
    told.demonstration = site.operator.demonstration


def walk_of(request: HttpRequest) -> Walk:
    """Return the walk that this browser is on.

    Raises:
        WalkOver: none, or its half hour is over.
    """
    walk = walk_get(cookie=request.COOKIES.get(WALK_COOKIE, ""))
    at_site(request, walk.kiosk.site)
    return walk


def walk_context(request: HttpRequest, walk: Walk) -> dict[str, Any]:
    """Return what every page of a walk knows: surface, code and the notice."""
    rules = walk_rules(walk)
    kiosk = walk.surface == "kiosk"
    return {
        "base": "base_kiosk.html" if kiosk else "base_phone.html",
        "surface": walk.surface,
        "short": walk.short,
        "assisted": walk.assisted,
        "notice": notice(sha256=rules.sha256, language=language_of(request)),
    }


def walk_next(walk: Walk) -> str:
    """Return the name of the page that a walk stands at."""
    if walk.chosen_at is None:
        return "consent:choice"
    if walk_face_due(walk=walk):
        return "consent:face"
    if walk.guardian_offered and walk.guardian_answered_at is None:
        return "consent:guardian"
    if walk.details_at is None:
        return "leads:details"
    return "leads:done"


def walk_on(walk: Walk) -> HttpResponse:
    """Send on to the next page, after the answer to this one.

    Whoever has none left to answer has arrived; that is recorded before the last page
    is shown, which itself changes nothing.
    """
    if walk_next(walk) == "leads:done":
        walk_end(walk=walk)
    return redirect(walk_next(walk))


def refusals_of(request: HttpRequest) -> dict[Purpose, datetime]:
    """Return what this browser's owner said no to lately, and when."""
    return refusals_read(cookie=request.COOKIES.get(REFUSALS_COOKIE, ""))


def refusals_keep(
    request: HttpRequest,
    response: HttpResponse,
    walk: Walk,
    *,
    refused: Collection[Purpose] = (),
    forgotten: Collection[Purpose] = (),
) -> None:
    """Let the visitor's own phone remember their answers; never a shared screen."""
    if walk.surface != "phone" or not (refused or forgotten):
        return
    told = refusals_written(
        before=refusals_of(request), refused=refused, forgotten=forgotten
    )
    seconds = int(QUIET.total_seconds())
    cookie_set(response, REFUSALS_COOKIE, told, seconds=seconds)


def withheld_shown(
    request: HttpRequest, walk: Walk, purposes: Collection[Purpose]
) -> list[dict[str, Any]]:
    """Return what is not asked for, with the day of the refusal where it is known."""
    rules = walk_rules(walk)
    words = notice(sha256=rules.sha256, language=language_of(request))
    titles = {row["id"]: row["title"] for row in words["purposes"]}
    when = refusals_of(request)
    return [
        {"purpose": one, "title": titles[one], "at": when.get(one)} for one in purposes
    ]


def cookie_set(
    response: HttpResponse, name: str, value: str, *, seconds: int = FINISH_SECONDS
) -> None:
    """Set a cookie that scripts and other sites never see."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        secure=settings.HTTPS,
        samesite="Lax",
    )
