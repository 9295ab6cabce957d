from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from audit import clock
from salescenter import middleware
from salescenter.models import Staff

View = Callable[[HttpRequest], HttpResponse]


def _ok(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def _headers(view: View = _ok, path: str = "/kiosk/") -> dict[str, str]:
    answer = middleware.HeadersMiddleware(view)(RequestFactory().get(path))
    return dict(answer.headers)


def test_a_page_may_load_nothing_from_elsewhere_and_nothing_inline() -> None:
    policy = _headers()["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    for word in ("unsafe", "http", "*", "data:", "blob:"):
        assert word not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy


def test_the_camera_is_closed_unless_a_view_opens_it() -> None:
    def asks(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Permissions-Policy": "camera=(self)"})

    def grabs(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Permissions-Policy": "microphone=(self)"})

    assert "camera=()" in _headers()["Permissions-Policy"]
    opened = _headers(asks)["Permissions-Policy"]
    assert "camera=(self)" in opened
    assert "microphone=()" in opened
    assert _headers(grabs)["Permissions-Policy"] == middleware.PERMISSIONS_POLICY


def test_pages_are_not_kept_and_static_files_are() -> None:
    assert _headers()["Cache-Control"] == "no-store"
    assert "Cache-Control" not in _headers(path="/static/css/base.css")


def test_every_answer_names_its_request_and_the_name_is_ours() -> None:
    request = RequestFactory().get("/", headers={"X-Request-ID": "13800138000"})
    answer = middleware.HeadersMiddleware(_ok)(request)
    assert len(answer.headers["X-Request-ID"]) == 32
    assert answer.headers["X-Request-ID"] != "13800138000"


@pytest.mark.parametrize(
    ("cookie", "accepts", "expected"),
    [
        (None, "en-GB,en", "zh-hans"),
        ("en", "zh-CN", "en"),
        ("zh-hans", "en", "zh-hans"),
        ("de", "de", "zh-hans"),
        ("../en", "en", "zh-hans"),
    ],
)
def test_the_language_is_the_chosen_one(
    cookie: str | None, accepts: str, expected: str
) -> None:
    request = RequestFactory().get("/", headers={"Accept-Language": accepts})
    if cookie is not None:
        request.COOKIES["lang"] = cookie
    answer = middleware.LanguageMiddleware(_ok)(request)
    assert str(request.LANGUAGE_CODE) == expected
    assert answer.headers["Content-Language"] == expected


def test_a_body_too_large_is_refused_unread() -> None:
    request = RequestFactory().post("/")
    request.META["CONTENT_LENGTH"] = str(settings.BODY_MAX_BYTES + 1)
    answer = middleware.BodySizeMiddleware(lambda _: pytest.fail("read"))(request)
    assert answer.status_code == 413
    request.META["CONTENT_LENGTH"] = "many"
    answer = middleware.BodySizeMiddleware(lambda _: pytest.fail("read"))(request)
    assert answer.status_code == 400


def test_a_whole_burst_fits_and_stays_in_memory() -> None:
    frame = b"f" * (settings.FRAMES_MAX_BYTES // settings.FRAMES_MAX)
    frames = [
        SimpleUploadedFile(f"{number}.jpg", frame)
        for number in range(settings.FRAMES_MAX)
    ]
    request = RequestFactory().post("/", {"frames": frames})
    assert middleware.BodySizeMiddleware(_ok)(request).status_code == 200
    received = request.FILES.getlist("frames")
    assert len(received) == settings.FRAMES_MAX
    for upload in received:
        assert not hasattr(upload, "temporary_file_path")
        assert upload.size == len(frame)


@pytest.mark.parametrize(
    ("hours", "stays"), [(0, True), (11.9, True), (12.1, False), (-1, False)]
)
def test_a_staff_session_ends_after_a_working_day(
    monkeypatch: pytest.MonkeyPatch, hours: float, stays: bool
) -> None:
    request = RequestFactory().get("/desk/")
    request.session = SessionStore()
    request.user = Staff(username="reception")
    middleware.StaffSessionMiddleware(_ok)(request)
    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(hours=hours))
    middleware.StaffSessionMiddleware(_ok)(request)
    assert isinstance(request.user, AnonymousUser) is not stays
