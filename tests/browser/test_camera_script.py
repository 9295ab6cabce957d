"""Every way out of the camera page leaves no live track, in a real Chromium."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.urls import include, path
from playwright.sync_api import Browser, Page, Playwright, Route

from tests.browser.stage import CHROMIUM, QUIET
from tests.faces.photographs import encoded, hopper

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
HOUSE = "http://localhost:9"

SPY = """
window.tracks = [];
window.live = () => window.tracks.filter((t) => t.readyState === "live").length;
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  if (window.late) await new Promise((resolve) => setTimeout(resolve, window.late));
  if (window.deny) throw Object.assign(new Error(), { name: window.deny });
  const stream = await real(wish);
  window.tracks.push(...stream.getTracks());
  return stream;
};
"""


def nothing(request: HttpRequest, **names: str) -> HttpResponse:
    """Stand in for the views whose addresses the page names."""
    del request, names
    return HttpResponse()


_leads = [
    path("kiosk/", nothing, name="kiosk_home"),
    path("kiosk/desk/", nothing, name="kiosk_desk"),
    path("kiosk/capture/<use>/", nothing, name="capture"),
    path("kiosk/capture/<use>/frame.jpg", nothing, name="capture_frame"),
    path("kiosk/capture/<use>/hint/", nothing, name="capture_hint"),
    path("kiosk/capture/<use>/burst/", nothing, name="capture_burst"),
    path("kiosk/capture/<use>/stop/", nothing, name="capture_stop"),
]
urlpatterns = [
    path("language/", nothing, name="language"),
    path("", include((_leads, "leads"))),
]

Reply = tuple[int, dict[str, Any]]
DARK: Reply = (200, {"ok": False, "reasons": ["too_dark"], "text": "暗"})
PICTURE = encoded(hopper())
GOOD: Reply = (200, {"ok": True, "box": [0.1, 0.7, 0.8, 0.3]})


@dataclass
class House:
    """What the server would answer, and what it was sent."""

    hint: Reply | None = DARK
    burst: Reply | None = (200, {"next": "/answer/"})
    local: Reply | None = None
    looked: int = 0
    refuse: int = 0
    frames: list[int] = field(default_factory=list)
    live_at_burst: list[bool] = field(default_factory=list)
    hints_in_flight_max: int = 0


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    flags = ["use-fake-device-for-media-stream", "use-fake-ui-for-media-stream"]
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*QUIET, *(f"--{flag}" for flag in flags)]
    )
    yield browser
    browser.close()


def camera_page(*, seconds: int, demo: bool, local: bool) -> str:
    plain = {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    }
    with override_settings(ROOT_URLCONF=__name__, STORAGES=plain, DEMO_CAMERA=demo):
        request = RequestFactory().get("/kiosk/capture/u1/")
        request.user = AnonymousUser()
        return render_to_string(
            "leads/kiosk_camera.html",
            {
                "use": "u1",
                "mode": "enrol",
                "seconds": seconds,
                "local_camera_url": "/kiosk/capture/u1/frame.jpg" if local else "",
            },
            request=request,
        )


Open = Callable[..., Page]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def open_page(chromium: Browser, house: House) -> Iterator[Open]:
    context = chromium.new_context(permissions=["camera"])

    def serve(route: Route) -> None:
        where = urlsplit(route.request.url).path
        if where.startswith("/static/"):
            file = ROOT / where.lstrip("/")
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif where.endswith("/stop/"):
            answer(route, (200, {"next": "/answer/"}))
        elif where.endswith("/frame.jpg"):
            house.looked += 1
            if house.refuse:
                house.refuse -= 1
                answer(route, (503, {"error": "purpose_stopped"}))
            elif house.local is None:
                route.fulfill(body=PICTURE, content_type="image/jpeg")
            else:
                answer(route, house.local)
        elif where.endswith("/hint/"):
            answer(route, house.hint)
        elif where.endswith("/burst/"):
            body = route.request.post_data_buffer or b""
            house.frames.append(body.count(b'name="frame"'))
            answer(route, house.burst)
        else:
            route.fulfill(body="<!doctype html><p>answer", content_type="text/html")

    def answer(route: Route, reply: Reply | None) -> None:
        if reply is None:
            route.abort()
            return
        route.fulfill(
            status=reply[0], content_type="application/json", body=json.dumps(reply[1])
        )

    def open_it(
        *,
        before: str = "",
        seconds: int = 120,
        demo: bool = False,
        local: bool = False,
    ) -> Page:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.add_init_script(SPY + before)
        page.route("**/*", serve)
        html = camera_page(seconds=seconds, demo=demo, local=local)
        page.route(
            "**/kiosk/capture/u1/",
            lambda route: route.fulfill(body=html, content_type="text/html"),
        )
        page.goto(f"{HOUSE}/kiosk/capture/u1/")
        return page

    yield open_it
    context.close()


def wait_live(page: Page) -> None:
    page.wait_for_selector('[data-lens][data-live="on"]')
    assert page.evaluate("window.live()") == 1


def wait_trouble(page: Page) -> str:
    page.wait_for_selector("[data-trouble]:not([hidden])")
    assert page.evaluate("window.live()") == 0
    assert page.get_attribute("[data-lens]", "data-live") == "off"
    return page.inner_text("[data-trouble-text]")


def wait_answer(page: Page) -> None:
    page.wait_for_url("**/answer/")


def test_the_mark_follows_the_track(open_page: Open) -> None:
    page = open_page()
    wait_live(page)
    assert page.is_visible("[data-lens-on]")
    assert not page.is_visible("[data-lens-off]")
    assert page.is_visible("[data-stop] button")


def test_stop_stops(open_page: Open) -> None:
    page = open_page()
    wait_live(page)
    # Read in the same turn: the track ends before anything is asked of the server.
    live = page.evaluate(
        "document.querySelector('[data-stop] button').click(), window.live()"
    )
    assert live == 0
    wait_answer(page)


def test_two_good_looks_send_three_frames_with_the_camera_off(
    open_page: Open, house: House
) -> None:
    house.hint = GOOD
    page = open_page(
        before="""
        const send = window.fetch;
        window.fetch = (url, wish) => {
          if (String(url).endsWith("/burst/")) {
            sessionStorage.setItem("live", window.live());
          }
          return send(url, wish);
        };
        """
    )
    wait_answer(page)
    assert house.frames == [3]
    assert page.evaluate("sessionStorage.getItem('live')") == "0"


def test_never_two_hints_in_flight(open_page: Open) -> None:
    page = open_page(
        before="""
        window.flying = 0; window.most = 0; window.sent = 0;
        const send = window.fetch;
        window.fetch = async (url, wish) => {
          window.flying += 1; window.sent += 1;
          window.most = Math.max(window.most, window.flying);
          await new Promise((resolve) => setTimeout(resolve, 700));
          try { return await send(url, wish); } finally { window.flying -= 1; }
        };
        """
    )
    page.wait_for_function("window.sent >= 3")
    assert page.evaluate("window.most") == 1


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((410, {"error": "over", "text": "已经结束", "next": "/answer/"}), "已经结束"),
        ((404, {}), "连接断了。"),
        (None, "连接断了。"),
    ],
)
def test_a_refused_hint_ends_the_camera(
    open_page: Open, house: House, reply: Reply | None, said: str
) -> None:
    house.hint = reply
    assert wait_trouble(open_page()) == said


@pytest.mark.parametrize("reply", [(500, {}), None])
def test_a_failed_burst_ends_in_words(
    open_page: Open, house: House, reply: Reply | None
) -> None:
    house.hint, house.burst = GOOD, reply
    assert wait_trouble(open_page()) == "连接断了。"


def test_an_unusable_burst_goes_where_the_server_says(
    open_page: Open, house: House
) -> None:
    house.hint = GOOD
    house.burst = (200, {"ok": False, "reasons": ["too_dark"], "next": "/answer/"})
    wait_answer(open_page())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NotAllowedError", "浏览器没有允许用摄像头。"),
        ("NotFoundError", "这里找不到摄像头。"),
        ("NotReadableError", "摄像头打不开，可能正被别的程序使用。"),
    ],
)
def test_no_camera_is_told_in_words(open_page: Open, name: str, said: str) -> None:
    page = open_page(before=f"window.deny = '{name}';")
    assert wait_trouble(page) == said
    assert page.is_visible("[data-trouble] a[href='/kiosk/desk/']")


@pytest.mark.parametrize(
    "leave",
    [
        "document.querySelector('[data-stop] button').click()",
        "window.dispatchEvent(new PageTransitionEvent('pagehide'))",
    ],
)
def test_a_permission_that_comes_too_late_opens_nothing(
    open_page: Open, leave: str
) -> None:
    page = open_page(before="window.late = 600;")
    # The stop's answer is held back, so that the page is still there to look at.
    page.evaluate("void (window.fetch = () => new Promise(() => {}))")
    page.evaluate(leave)
    page.wait_for_function("window.tracks.length === 1")
    page.wait_for_timeout(200)
    assert page.evaluate("window.live()") == 0


@pytest.mark.parametrize(
    "happening",
    [
        "window.dispatchEvent(new PageTransitionEvent('pagehide'))",
        "window.dispatchEvent(new ErrorEvent('error'))",
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden'}),"
        "document.dispatchEvent(new Event('visibilitychange'))",
    ],
)
def test_leaving_in_any_way_stops_at_once(open_page: Open, happening: str) -> None:
    page = open_page()
    wait_live(page)
    assert page.evaluate(f"({happening}, window.live())") == 0


def test_an_unplugged_camera_is_told(open_page: Open) -> None:
    page = open_page()
    wait_live(page)
    page.evaluate("window.tracks.forEach((track) => track.stop())")
    assert wait_trouble(page) == "摄像头断开了。"
    assert page.evaluate("window.live()") == 0
    assert page.is_visible("[data-trouble] a[href='/kiosk/desk/']")


def test_the_time_is_limited(open_page: Open) -> None:
    page = open_page(seconds=2)
    wait_answer(page)


def test_the_demonstration_opens_no_camera(open_page: Open) -> None:
    page = open_page(demo=True)
    page.wait_for_timeout(500)
    assert page.evaluate("window.tracks.length") == 0
    assert page.get_attribute("[data-lens]", "data-live") == "off"
    assert page.is_visible("[data-person='1']")
    assert "演示摄像头" in page.inner_text("body")


# A camera of the machine's own

SHOWN = """() => {
  const sheet = document.querySelector("[data-preview]");
  const pen = sheet.getContext("2d");
  return pen.getImageData(0, 0, sheet.width, sheet.height).data.some(Boolean);
}"""


def none(why: str) -> Reply:
    return (503, {"error": "camera_unavailable", "why": why})


def wait_shown(page: Page) -> None:
    page.wait_for_selector('[data-lens][data-live="on"]')
    page.wait_for_function(SHOWN)
    # The browser's own camera stays shut.
    assert page.evaluate("window.tracks.length") == 0


def test_the_machine_s_camera_is_shown_and_sent(open_page: Open, house: House) -> None:
    page = open_page(local=True)
    wait_shown(page)
    assert page.is_visible("[data-preview]")
    house.hint = GOOD
    wait_answer(page)
    assert house.frames == [3]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("missing", "这里找不到摄像头。"),
        ("busy", "摄像头打不开，可能正被别的程序使用。"),
        ("lost", "摄像头打不开，可能正被别的程序使用。"),
    ],
)
def test_a_camera_that_never_starts_is_told(
    open_page: Open, house: House, why: str, said: str
) -> None:
    house.local = none(why)
    page = open_page(local=True)
    assert wait_trouble(page) == said
    assert page.is_visible("[data-trouble] a[href='/kiosk/desk/']")


def test_the_machine_s_camera_unplugged_in_the_middle_is_told(
    open_page: Open, house: House
) -> None:
    page = open_page(local=True)
    wait_shown(page)
    house.local = none("lost")
    assert wait_trouble(page) == "摄像头断开了。"
    assert page.is_visible("[data-trouble] a[href='/kiosk/desk/']")
    assert not page.evaluate(SHOWN)


OVER: Reply = (410, {"error": "use_closed", "next": "/answer/"})


def test_a_capture_that_ended_by_itself_goes_on_and_is_no_lost_camera(
    open_page: Open, house: House
) -> None:
    page = open_page(local=True)
    wait_shown(page)
    # Only the preview is told: a hint may be under way for seconds.
    house.local = OVER
    wait_answer(page)


def test_a_capture_that_ended_before_its_first_frame_goes_on(
    open_page: Open, house: House
) -> None:
    house.local = OVER
    wait_answer(open_page(local=True))


def test_a_refusal_that_says_nothing_of_the_camera_is_a_missed_frame(
    open_page: Open, house: House
) -> None:
    page = open_page(local=True)
    wait_shown(page)
    house.refuse = 2
    page.wait_for_timeout(1500)
    assert house.refuse == 0
    assert page.get_attribute("[data-lens]", "data-live") == "on"
    assert page.is_hidden("[data-trouble]")
    # The stop switch stays on: what the hints are told is told to the guest.
    house.local = (503, {"error": "purpose_stopped"})
    house.hint = (410, {"error": "over", "next": "/answer/"})
    wait_answer(page)


@pytest.mark.parametrize(
    "leave",
    [
        "window.dispatchEvent(new PageTransitionEvent('pagehide'))",
        "window.dispatchEvent(new ErrorEvent('error'))",
    ],
)
def test_who_leaves_is_asked_for_no_frame_more(
    open_page: Open, house: House, leave: str
) -> None:
    page = open_page(local=True)
    wait_shown(page)
    page.evaluate(leave)
    page.wait_for_timeout(300)
    asked = house.looked
    assert asked > 0
    page.wait_for_timeout(1000)
    assert house.looked == asked
    assert not page.evaluate(SHOWN)
    assert page.get_attribute("[data-lens]", "data-live") == "off"
