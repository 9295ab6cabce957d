"""The kiosk: pairing, its code, its camera's stop, and forgetting."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Route, expect

from consent.models import Site, Use
from consent.services import papers
from faces.models import FaceTemplate
from tests.browser import walking
from tests.browser.cameras import covered, pair, wall
from tests.browser.conftest import Stage
from tests.browser.stage import Device, qr_read
from tests.faces.photographs import collins
from tests.leads.make import RECEPTION

pytestmark = pytest.mark.browser


def cookies(device: Device) -> set[str]:
    return {one["name"] for one in device.context.cookies()}


def start_here(kiosk: Device) -> None:
    """Walk on the kiosk's own screen as far as its camera."""
    kiosk.page.click("form[action$='/kiosk/here/'] button")
    walking.choose(kiosk, ["contact"])
    walking.answer_face(kiosk, "face")
    walking.leave_details(kiosk)
    kiosk.page.click("form[action$='/kiosk/camera/'] button")
    kiosk.at("/kiosk/capture/**")


def test_without_pairing_there_is_a_clear_page(stage: Stage) -> None:
    screen = stage.screen()
    screen.expected = {401, 403}
    answer = screen.page.goto(f"{screen.url}/kiosk/")
    assert answer is not None
    assert answer.status in {401, 403}
    assert "配对" in screen.page.inner_text("main")
    screen.page.get_by_role("link", name="继续").click()
    assert screen.page.locator("#token").count() == 1


def test_a_pairing_code_works_once(stage: Stage) -> None:
    kiosk, other = stage.kiosk(), stage.screen()
    assert cookies(kiosk) >= {"kiosk"}
    other.expected = {401, 403}
    other.go("/kiosk/pair/#made-up-code")
    expect(other.page.locator("main")).to_contain_text("配对")
    assert "kiosk" not in cookies(other)


ROOT = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"


def test_large_type_is_larger_on_the_kiosks_own_scale(stage: Stage) -> None:
    kiosk, phone = stage.kiosk(), stage.phone()
    walking.scan(kiosk, phone)
    kiosk.page.click("form[action$='/kiosk/here/'] button")
    for device in (kiosk, phone):
        usual = device.page.evaluate(ROOT)
        device.page.click(".reading form button")
        device.page.wait_for_selector("html.type-large")
        assert device.page.evaluate(ROOT) == pytest.approx(1.3 * usual, rel=0.01)
        wide = "() => document.documentElement.scrollWidth > innerWidth"
        assert not device.page.evaluate(wide)


def test_whoever_brings_a_printed_notice_reads_in_large_type(stage: Stage) -> None:
    kiosk = stage.kiosk()
    usual = kiosk.page.evaluate(ROOT)
    site = Site.objects.get()
    sheet = papers.paper_issue(site=site, language="zh-hans", act=RECEPTION)
    kiosk.go("/kiosk/paper/")
    kiosk.page.fill("input[name=code]", papers.paper_code(paper=sheet))
    kiosk.page.click("main form button[type=submit]:not([data-key])")
    kiosk.at("/visit/")
    assert kiosk.page.evaluate(ROOT) == pytest.approx(1.3 * usual, rel=0.01)
    # There is nothing to make larger, nor a switch that would do nothing.
    assert kiosk.page.locator(".reading form").count() == 0


def test_one_kiosk_serves_many_phones(stage: Stage) -> None:
    kiosk, first, second, third = stage.kiosk(), *(stage.phone() for _ in range(3))
    address = qr_read(kiosk.page)
    one = walking.scan(kiosk, first)
    expect(kiosk.page.locator("[data-short]")).not_to_have_text(one)
    two = walking.scan(kiosk, second)
    assert one != two
    for short in (one, two):
        expect(kiosk.page.locator("[data-guests]")).to_contain_text(short)
    # The first is still filling in, and finishes.
    walking.choose(first)
    walking.answer_face(first, "plain")
    walking.leave_details(first)
    expect(kiosk.page.locator("[data-guests] li", has_text=one)).to_contain_text(
        "登记好了"
    )
    # A code opens once; whoever comes later is told what to do.
    third.expected = {409, 410}
    third.go(address)
    assert third.heading() != ""
    expect(third.page.locator("main")).to_contain_text("扫")


def test_forgetting_leaves_nothing_of_the_guest(stage: Stage) -> None:
    kiosk = stage.kiosk()
    kiosk.page.click("form[action$='/kiosk/here/'] button")
    walking.choose(kiosk, ["contact"])
    walking.answer_face(kiosk, "plain")
    walking.leave_details(kiosk)
    before = {one["name"]: one["value"] for one in kiosk.context.cookies()}
    assert "walk" in before
    with kiosk.page.expect_response("**/kiosk/forget/") as caught:
        walking.forget(kiosk)
    assert caught.value.header_value("clear-site-data") == '"cache"'
    after = {one["name"]: one["value"] for one in kiosk.context.cookies()}
    assert not {"walk", "visitor", "lang"} & set(after)
    assert after["kiosk"] == before["kiosk"]
    assert after.get("sessionid") != before["sessionid"]
    kiosk.expected = {404, 409, 410}
    kiosk.go("/visit/done/")
    assert kiosk.page.locator(".pass-code").count() == 0
    # Going back shows nothing of the guest either.
    kiosk.page.go_back()
    assert walking.NUMBER not in kiosk.page.content()


def test_the_language_switch_is_on_every_surface(stage: Stage) -> None:
    kiosk, phone, desk = stage.kiosk(), stage.phone(), stage.desk()
    walking.scan(kiosk, phone)
    desk.go("/login/")
    for device in (kiosk, phone, desk):
        chinese = device.heading()
        where = device.path
        device.page.get_by_role("button", name="English").click()
        expect(device.page.locator("html")).to_have_attribute("lang", "en")
        assert device.path == where
        assert device.heading() != chinese
        device.page.get_by_role("button", name="中文").click()
        expect(device.page.locator("html")).to_have_attribute("lang", "zh-Hans")
        assert device.heading() == chinese


def test_stop_ends_the_camera(stage: Stage) -> None:
    kiosk = stage.kiosk("wall", wall())
    start_here(kiosk)
    expect(kiosk.page.locator("[data-lens-on]")).to_be_visible()
    expect(kiosk.page.locator("[data-hint]")).to_contain_text("没有看到脸")
    assert kiosk.live_tracks() == 1
    kiosk.page.click("[data-stop] button")
    kiosk.at("/kiosk/answer/")
    assert kiosk.ended_tracks() == ["ended"]
    assert kiosk.heading() == "好的，已经停了"
    assert Use.objects.get().closed_at is not None
    assert not FaceTemplate.objects.exists()


@pytest.mark.vision
def test_two_faces_are_told_in_words_and_dropped(stage: Stage) -> None:
    kiosk = stage.kiosk("pair", pair())
    start_here(kiosk)
    expect(kiosk.page.locator("[data-hint]")).to_contain_text("不止一个人")

    # A page that lies about its hints is answered by the burst itself.
    def good(route: Route) -> None:
        route.fulfill(
            content_type="application/json",
            body=json.dumps({"ok": True, "box": [0.1, 0.7, 0.8, 0.3]}),
        )

    kiosk.page.route("**/hint/", good)
    kiosk.at("/kiosk/answer/")
    assert "不止一个人" in kiosk.heading()
    assert kiosk.ended_tracks() == ["ended"]
    assert not FaceTemplate.objects.exists()
    kiosk.page.unroute("**/hint/")
    kiosk.page.click("form[action$='/kiosk/camera/again/'] button")
    kiosk.at("/kiosk/capture/**")
    kiosk.page.click("[data-stop] button")
    kiosk.at("/kiosk/answer/")
    assert Use.objects.filter(closed_at=None).count() == 0


@pytest.mark.vision
@pytest.mark.parametrize("english", [False, True])
def test_a_covered_face_is_told_in_words(stage: Stage, *, english: bool) -> None:
    kiosk = stage.kiosk("covered", covered())
    if english:
        kiosk.press("English")
    start_here(kiosk)
    told = "Your face is covered" if english else "脸被遮住了，请摘下口罩、墨镜"
    hint = kiosk.page.locator("[data-hint]")
    expect(hint).to_contain_text(told)
    kiosk.page.click("[data-stop] button")
    kiosk.at("/kiosk/answer/")
    assert not FaceTemplate.objects.exists()


@pytest.mark.vision
def test_walking_away_from_the_camera_ends_it(stage: Stage) -> None:
    kiosk = stage.kiosk("wall", wall())
    start_here(kiosk)
    expect(kiosk.page.locator("[data-lens-on]")).to_be_visible()
    kiosk.go("/kiosk/")
    assert kiosk.ended_tracks() == ["ended"]
    assert not FaceTemplate.objects.exists()


def test_the_demonstration_camera_says_so(stage: Stage) -> None:
    """Without `--demo-camera` nothing plays photographs."""
    kiosk = stage.kiosk("collins", collins())
    kiosk.expected = {404}
    answer = kiosk.page.goto(f"{kiosk.url}/kiosk/demo-camera/0.jpg")
    assert answer is not None
    assert answer.status == 404
