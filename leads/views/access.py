"""Who may open a page: a paired kiosk, the site's own network, a permitted member."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse

from audit import clock
from consent.errors import PurposeStopped
from consent.models import Kiosk, Site
from consent.selectors import kiosk_of_token, site_first
from consent.views.pages import at_site
from leads.availability import face_stopped

KIOSK_COOKIE = "kiosk"
KIOSK_SECONDS = 400 * 24 * 3600
GUEST = "guest"
GUEST_SECONDS = 150
"""How long what is known of a guest counts; the screen itself forgets sooner."""

CODE = "code"

P = ParamSpec("P")


class KioskRequest(HttpRequest):
    """A request of a paired kiosk; a staff cookie on it means nothing."""

    kiosk: Kiosk
    session_only_read: bool
    """Set where a page must not save the session (`salescenter.middleware`)."""


def kiosk_page(
    view: Callable[Concatenate[KioskRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only a paired browser in; it is known by its device cookie alone."""

    @login_not_required
    @wraps(view)
    def wrapped(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        known = cast(KioskRequest, request)
        known.kiosk = kiosk_of_token(token=request.COOKIES.get(KIOSK_COOKIE, ""))
        at_site(request, known.kiosk.site)
        return view(known, *args, **kwargs)

    return wrapped


def on_site(
    view: Callable[Concatenate[KioskRequest, P], HttpResponse],
) -> Callable[Concatenate[KioskRequest, P], HttpResponse]:
    """Answer 404 to everybody outside the site's own network: faces stay inside."""

    @wraps(view)
    def wrapped(
        request: KioskRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not network_is_ours(request):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


def face_function(
    view: Callable[Concatenate[KioskRequest, P], HttpResponse],
) -> Callable[Concatenate[KioskRequest, P], HttpResponse]:
    """Answer 503 while the stop switch of the kiosk's site is on for faces."""

    @wraps(view)
    def wrapped(
        request: KioskRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if face_stopped(site=request.kiosk.site):
            raise PurposeStopped
        return view(request, *args, **kwargs)

    return wrapped


def network_is_ours(request: HttpRequest) -> bool:
    """Tell whether a request comes from one of the site's networks.

    What comes by the public address does not, though the tunnel that brings it may
    end on this very machine.
    """
    if settings.PUBLIC_URL != settings.SITE_URL and (
        request.get_host() == urlsplit(settings.PUBLIC_URL).netloc
    ):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in settings.SITE_NETWORKS)


def staff_site(request: HttpRequest) -> Site:
    """Return the site that a member of staff works at, and let the page name it."""
    site = site_first()
    if site is None:
        raise Http404
    at_site(request, site)
    return site


def guest(request: HttpRequest) -> dict[str, Any]:
    """Return what this kiosk knows of the guest at its screen: identifiers only.

    Nothing when it was told longer ago than `GUEST_SECONDS`: the screen may have
    stood still, and who touches it now be somebody else.
    """
    found = guest_left(request)
    told = float(found.get("at") or 0)
    return found if told > clock.now().timestamp() - GUEST_SECONDS else {}


def guest_left(request: HttpRequest) -> dict[str, Any]:
    """Return what is left of the last guest, however long ago, to clean up after."""
    found: dict[str, Any] = request.session.get(GUEST, {})
    return found


def guest_set(request: HttpRequest, **told: Any) -> None:
    """Remember identifiers of the guest at this screen until they are forgotten."""
    at = clock.now().timestamp()
    request.session[GUEST] = {**guest(request), **told, "at": at}


def guest_nonce(request: HttpRequest) -> str:
    """Return what makes a repeated form of this guest one visit."""
    if "nonce" not in guest(request):
        guest_set(request, nonce=uuid.uuid4().hex[:16])
    return str(guest(request)["nonce"])


def guest_nonce_renew(request: HttpRequest) -> None:
    """Let the next form be another visit; what the last one came to is over."""
    guest_set(request, nonce=uuid.uuid4().hex[:16], answer=None, matched=None)


def guest_forget(request: HttpRequest) -> None:
    """Forget everything of the guest; a try-out's staff session stays."""
    if "_auth_user_id" in request.session:
        request.session.pop(GUEST, None)
        request.session.pop(CODE, None)
    else:
        request.session.flush()


def named(value: object) -> uuid.UUID | None:
    """Read an identifier of the session."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
