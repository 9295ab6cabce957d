"""Turning a domain error into a page or JSON in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import JsonResponse
from django.shortcuts import render

from audit.errors import DomainError
from salescenter.errors import answer_of

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Next = Callable[[HttpRequest], HttpResponseBase]

BASES = (
    ("/kiosk/", "base_kiosk.html"),
    ("/desk/", "base_staff.html"),
    ("/decisions/", "base_staff.html"),
    ("/channels/", "base_staff.html"),
    ("/reviews/", "base_staff.html"),
    ("/log/", "base_staff.html"),
    ("/compliance/", "base_staff.html"),
    ("/office/", "base_staff.html"),
)


class DomainErrorMiddleware:
    """Answer every domain error that a view lets through, by the table of errors."""

    def __init__(self, get_response: Next) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Answer a domain error; leave every other exception to Django."""
        if not isinstance(exception, DomainError):
            return None
        return error_response(request, exception)


def error_response(request: HttpRequest, error: DomainError) -> HttpResponseBase:
    """Return the page, or the JSON that a script waits for, of a domain error."""
    answer = answer_of(error)
    language = getattr(request, "LANGUAGE_CODE", "zh-hans")
    title = answer.title.text(language)
    todo = answer.todo.text(language)
    kiosk = request.path.startswith("/kiosk/") or "kiosk" in request.COOKIES
    next_path = answer.next_path or ("/kiosk/" if kiosk else "/")
    if answer.walk_path and request.path.startswith("/visit/"):
        next_path = answer.walk_path
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(
            {
                "error": error.code,
                "text": f"{title} {todo}",
                "next": next_path,
            },
            status=answer.status,
        )
    base = next(
        (base for start, base in BASES if request.path.startswith(start)),
        "base_kiosk.html" if kiosk else "base_phone.html",
    )
    context = {
        "status": answer.status,
        "code": error.code,
        "title": title,
        "safe": answer.safe.text(language),
        "todo": todo,
        "next_url": next_path,
        "base": base,
    }
    return render(request, "errors/error.html", context, status=answer.status)
