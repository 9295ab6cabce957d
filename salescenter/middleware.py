"""What every response carries and every request may bring."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.middleware import (
    SessionMiddleware as DjangoSessionMiddleware,
)
from django.http import HttpResponse
from django.utils import translation

from audit import clock

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Next = Callable[[HttpRequest], HttpResponseBase]

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
PERMISSIONS_POLICY = (
    "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), payment=()"
)
CAMERA_PERMISSIONS_POLICY = PERMISSIONS_POLICY.replace("camera=()", "camera=(self)")
LANGUAGE_COOKIE = "lang"
SIZE_COOKIE = "size"
SIZES = ("usual", "large")


class HeadersMiddleware:
    """Close what a browser leaves open, and name the request.

    A view that may use the camera sets `Permissions-Policy` to `camera=(self)` itself;
    all else that header closes stays closed.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers of the house."""
        # Made here and never taken from the client, so it cannot carry anything.
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        camera = response.headers.get("Permissions-Policy") == "camera=(self)"
        response.headers["Permissions-Policy"] = (
            CAMERA_PERMISSIONS_POLICY if camera else PERMISSIONS_POLICY
        )
        # The verifier's page brings a policy of its own, which is narrower.
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        if not request.path.startswith(settings.STATIC_URL):
            response.headers["Cache-Control"] = "no-store"
        return response


class BodySizeMiddleware:
    """Refuse a body larger than any form or burst here can be, before reading it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 413 to what is too large."""
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return HttpResponse(status=400)
        if length > settings.BODY_MAX_BYTES:
            response = HttpResponse(
                "内容过大 · Too large", status=413, content_type="text/plain"
            )
            response.headers["Connection"] = "close"
            return response
        return self.get_response(request)


class LanguageMiddleware:
    """Speak the language the person chose; a browser's guess is not a choice."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.known = {code for code, _ in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set `request.LANGUAGE_CODE` and Django's own texts."""
        chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
        language = chosen if chosen in self.known else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class SessionMiddleware(DjangoSessionMiddleware):
    """Keep sessions as Django does, unless a view said that it only reads its own.

    Every request saves its session whole. One that runs beside another would put back
    what that one changed; a view sets `request.session_only_read` so that it does not.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponse
    ) -> HttpResponse:
        """Save the session, or leave it as it is."""
        if getattr(request, "session_only_read", False):
            return response
        return super().process_response(request, response)


class StaffSessionMiddleware:
    """End a staff session a working day after it began, however busy it was."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Log out a session that is older than `STAFF_SESSION_MAX_SECONDS`."""
        if request.user.is_authenticated:
            now = int(clock.now().timestamp())
            began = request.session.setdefault("began_at", now)
            if not 0 <= now - began <= settings.STAFF_SESSION_MAX_SECONDS:
                logout(request)
        return self.get_response(request)
