"""What every page knows: its language, whose house it is, whether it is a try-out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error

from audit.say import CHINESE, ENGLISH, Say
from consent.selectors import site_first
from consent.views.pages import at_site
from salescenter.middleware import SIZE_COOKIE

if TYPE_CHECKING:
    from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the context that the base templates stand on.

    The names of site and operator, and whether this is a demonstration, are put on
    the request by whoever knows the site of the page; a page of no site in particular
    is the operator's first one's.
    """
    if not hasattr(request, "site_name"):
        _at_first_site(request)
    language = (
        ENGLISH if getattr(request, "LANGUAGE_CODE", CHINESE) == ENGLISH else CHINESE
    )
    return {
        "lang": language,
        "large": request.COOKIES.get(SIZE_COOKIE) == "large",
        "other_lang": CHINESE if language == ENGLISH else ENGLISH,
        "site_name": _name(getattr(request, "site_name", ""), language),
        "operator_name": _name(getattr(request, "operator_name", ""), language),
        # A ZoneInfo of the site, or None: the house's default zone then.
        "zone": getattr(request, "site_zone", None),
        "demonstration": bool(getattr(request, "demonstration", False)),
        "demo_camera": bool(getattr(settings, "DEMO_CAMERA", False)),
    }


def _at_first_site(request: HttpRequest) -> None:
    try:
        site = site_first()
    except Error:
        # The page that says that the database is away must still be shown.
        return
    if site is not None:
        at_site(request, site)


def _name(value: object, language: str) -> str:
    if isinstance(value, Say):
        return value.text(language)
    return str(value or "")
