"""Every page, at 390 and 1920 px: for everybody, in one width, and without complaint.

The browser's own complaints (an error in a script, something that the content security
policy refused) fail a test by the `stage` fixture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from audit.models import Checkpoint
from audit.signer import Keeper, Signer
from tests.browser import walking
from tests.browser.cameras import pair
from tests.browser.conftest import House, Stage
from tests.browser.judging import Judge
from tests.browser.stage import Device, qr_read
from tests.faces.photographs import collins, hopper

pytestmark = pytest.mark.browser


@pytest.fixture
def judge(pictures: Path) -> Iterator[Judge]:
    made = Judge(pictures)
    yield made
    assert made.seen
    assert made.faults == []


def test_the_phones_pages(stage: Stage, judge: Judge) -> None:
    kiosk, phone, late = stage.kiosk(), stage.phone(), stage.phone()
    phone.go("/")
    judge.look(phone, "home")
    phone.go("/rules/")
    judge.look(phone, "rules")
    # Without scripts the code's page waits for its button.
    kiosk.page.wait_for_selector("[data-qr] svg")
    phone.page.route("**/js/auto_submit*", lambda route: route.abort())
    address = walking.address(kiosk)
    phone.go(address)
    judge.look(phone, "phone-code")
    phone.page.unroute("**/js/auto_submit*")
    phone.faults.clear()  # the script that was held back, on purpose
    phone.page.click("[data-auto-submit] button")
    phone.at("/visit/")
    judge.look(phone, "phone-choice")
    phone.page.locator("details summary").click()
    judge.look(phone, "phone-choice-full-text", english=False)
    late.expected = {409, 410}
    late.go(address)
    judge.look(late, "phone-code-used", english=False)
    phone.expected = {400}
    phone.page.click("form[novalidate] .button-next")
    phone.page.wait_for_selector("#age-errors")
    judge.look(phone, "phone-choice-errors", english=False)
    walking.choose(phone, ["contact", "attribution"])
    phone.at("/visit/face/")
    judge.look(phone, "phone-face")
    walking.answer_face(phone, "face")
    phone.at("/visit/details/")
    judge.look(phone, "phone-details")
    phone.page.fill("#name", walking.NAME)
    phone.page.fill("#phone", "12")
    phone.page.click("form[novalidate] .button-next")
    phone.page.wait_for_selector("#phone-errors")
    judge.look(phone, "phone-details-errors", english=False)
    walking.leave_details(phone)
    judge.look(phone, "phone-done-camera")
    phone.page.click("form.forward .button-next")
    phone.page.wait_for_selector("[role=status]")
    judge.look(phone, "phone-done-asked", english=False)
    phone.page.click("a[href*='/me/open/']")
    phone.at("/me/")
    judge.look(phone, "me")
    phone.page.click("form:has(input[value='face.checkin']) button")
    phone.at("/me/stopped/")
    judge.look(phone, "me-stopped")
    phone.go("/me/")
    judge.look(phone, "me-after")
    stranger = stage.phone()
    stranger.go("/me/open/")
    judge.look(stranger, "me-open")
    stranger.expected = {404}
    stranger.go("/nowhere/")
    judge.look(stranger, "not-found")


def test_the_refusers_pages(stage: Stage, judge: Judge) -> None:
    kiosk, phone = stage.kiosk(), stage.phone()
    walking.scan(kiosk, phone)
    walking.choose(phone)
    walking.answer_face(phone, "plain")
    phone.at("/visit/details/")
    judge.look(phone, "phone-details-refused", english=False)
    walking.leave_details(phone)
    judge.look(phone, "phone-done-refused")
    again = stage.phone()
    walking.scan(kiosk, again)
    walking.choose(again, ["contact", "attribution", "marketing_sms"])
    walking.answer_face(again, "plain")
    walking.leave_details(again)
    judge.look(again, "phone-done-pass")
    walking.scan(kiosk, again)
    judge.look(again, "phone-choice-with-pass")
    again.page.click("form[action$='/visit/again/'] button")
    again.at("/visit/again/")
    judge.look(again, "phone-again")


@pytest.mark.vision
def test_the_kiosks_pages(stage: Stage, judge: Judge) -> None:
    screen = stage.screen("collins", collins())
    screen.expected = {403}
    screen.go("/kiosk/")
    judge.look(screen, "kiosk-unpaired", kiosk=True, english=False)
    screen.go("/kiosk/pair/")
    judge.look(screen, "kiosk-pair", kiosk=True, english=False)
    stage.pair(screen)
    judge.look(screen, "kiosk-home", kiosk=True)
    guests(stage, screen, judge)
    on_this_screen(screen, judge)
    coming_back(screen, judge)
    no_match(stage.before(screen, "hopper", hopper()), judge)
    discarded(stage.before(screen, "pair", pair()), judge)


def guests(stage: Stage, kiosk: Device, judge: Judge) -> None:
    phone = stage.phone()
    short = walking.scan(kiosk, phone)
    expect(kiosk.page.locator("[data-guests]")).to_contain_text(short)
    judge.look(kiosk, "kiosk-home-guests", kiosk=True, english=False)
    kiosk.page.click("a[href='/kiosk/desk/']")
    kiosk.at("/kiosk/desk/")
    judge.look(kiosk, "kiosk-desk", kiosk=True)
    kiosk.go("/kiosk/")
    walking.choose(phone, ["contact"])
    walking.answer_face(phone, "face")
    walking.leave_details(phone, phone="13900001234")
    phone.page.click("form.forward .button-next")
    kiosk.at("/kiosk/guest/**")
    judge.look(kiosk, "kiosk-guest", kiosk=True)
    kiosk.page.click("main form[action$='/kiosk/forget/'] button")
    kiosk.at("/kiosk/")
    # "Not me", said the one; the other asks once more, and thinks better of it.
    hold(kiosk.page, "有点远，请靠近一步")
    walking.start_camera(kiosk, phone)
    kiosk.page.wait_for_selector("[data-lens-on]:not([hidden])")
    kiosk.page.click("[data-stop] button")
    kiosk.at("/kiosk/answer/")
    judge.look(kiosk, "kiosk-stopped", kiosk=True, english=False)
    kiosk.page.unroute("**/hint/")
    walking.forget(kiosk)


def on_this_screen(kiosk: Device, judge: Judge) -> None:
    kiosk.page.click("form[action$='/kiosk/here/'] button")
    kiosk.at("/visit/")
    judge.look(kiosk, "kiosk-choice", kiosk=True)
    walking.choose(kiosk, ["contact"])
    kiosk.at("/visit/face/")
    judge.look(kiosk, "kiosk-face", kiosk=True)
    walking.answer_face(kiosk, "face")
    kiosk.at("/visit/details/")
    judge.look(kiosk, "kiosk-details", kiosk=True)
    walking.leave_details(kiosk)
    judge.look(kiosk, "kiosk-done", kiosk=True)
    hold(kiosk.page, "有点远，请靠近一步")
    kiosk.page.click("form[action$='/kiosk/camera/'] button")
    kiosk.at("/kiosk/capture/**")
    expect(kiosk.page.locator("[data-hint]")).to_contain_text("靠近")
    judge.look(kiosk, "kiosk-camera", kiosk=True, english=False)
    kiosk.page.unroute("**/hint/")
    kiosk.at("/kiosk/answer/")
    judge.look(kiosk, "kiosk-enrolled", kiosk=True)
    walking.forget(kiosk)


def hold(page: Page, text: str) -> None:
    """Keep the camera page as it is, for its picture."""

    def not_yet(route: Route) -> None:
        body = json.dumps({"ok": False, "reasons": ["too_small"], "text": text})
        route.fulfill(content_type="application/json", body=body)

    page.route("**/hint/", not_yet)


def coming_back(kiosk: Device, judge: Judge) -> None:
    kiosk.page.click("a[href='/kiosk/return/']")
    kiosk.at("/kiosk/return/")
    judge.look(kiosk, "kiosk-return", kiosk=True)
    for way in ("pass", "phone", "face"):
        kiosk.go(f"/kiosk/return/{way}/")
        judge.look(kiosk, f"kiosk-return-{way}", kiosk=True, english=False)
    kiosk.expected = {404}
    walking.type_keys(kiosk, "9999")
    kiosk.page.wait_for_selector("#typed-errors")
    judge.look(kiosk, "kiosk-return-face-nobody", kiosk=True, english=False)
    kiosk.go("/kiosk/return/phone/")
    walking.type_keys(kiosk, walking.NUMBER)
    kiosk.at("/kiosk/answer/")
    judge.look(kiosk, "kiosk-checked-in", kiosk=True)
    walking.forget(kiosk)
    walking.come_back(kiosk, "face")
    walking.type_keys(kiosk, walking.ENDING)
    kiosk.at("/kiosk/return/face/consent/")
    judge.look(kiosk, "kiosk-compare", kiosk=True)
    kiosk.page.click("button[name=answer][value=compare]")
    kiosk.at("/kiosk/answer/")
    judge.look(kiosk, "kiosk-confirm", kiosk=True)
    kiosk.page.click("form[action$='/return/face/yes/'] button")
    kiosk.page.wait_for_selector("h1 >> text=欢迎回来")
    judge.look(kiosk, "kiosk-welcome", kiosk=True)
    walking.forget(kiosk)
    walking.compare(kiosk, walking.ENDING)
    kiosk.at("/kiosk/answer/")
    kiosk.page.click("form[action$='/return/face/no/'] button")
    kiosk.page.wait_for_selector("h1 >> text=没有认准")
    judge.look(kiosk, "kiosk-unsure", kiosk=True, english=False)
    walking.forget(kiosk)


def no_match(kiosk: Device, judge: Judge) -> None:
    walking.compare(kiosk, walking.ENDING)
    kiosk.at("/kiosk/answer/")
    judge.look(kiosk, "kiosk-no-match", kiosk=True, english=False)
    walking.forget(kiosk)


def discarded(kiosk: Device, judge: Judge) -> None:
    kiosk.page.route(
        "**/hint/",
        lambda route: route.fulfill(
            content_type="application/json",
            body=json.dumps({"ok": True, "box": [0.1, 0.7, 0.8, 0.3]}),
        ),
    )
    walking.compare(kiosk, walking.ENDING)
    kiosk.at("/kiosk/answer/")
    judge.look(kiosk, "kiosk-discarded", kiosk=True, english=False)
    hold(kiosk.page, "画面里不止一个人，请只留您自己")
    kiosk.page.click("form[action$='/kiosk/camera/again/'] button")
    # One tap, one comparison: the next one is asked for again.
    kiosk.at("/kiosk/return/face/consent/")
    kiosk.page.click("button[name=answer][value=compare]")
    kiosk.at("/kiosk/capture/**")
    kiosk.page.click("[data-stop] button")
    kiosk.page.wait_for_url("**/kiosk/return/")


def test_the_staffs_pages(stage: Stage, house: House, judge: Judge) -> None:
    kiosk, phone, desk = stage.kiosk(), stage.phone(), stage.desk()
    desk.expected = {400, 401, 403}
    desk.go("/login/")
    judge.look(desk, "login")
    sign_in(desk, "reception", "wrong")
    desk.page.wait_for_selector(".errors-top")
    judge.look(desk, "login-wrong", english=False)
    sign_in(desk, "reception", house.passwords["reception"])
    desk.go("/")
    judge.look(desk, "home-staff", english=False)
    desk.go("/desk/")
    judge.look(desk, "desk-empty")
    desk.go("/desk/referrals/new/")
    judge.look(desk, "referral-new")
    desk.page.locator("#agent").select_option(index=1)
    desk.page.fill("#surname", "示")
    desk.page.fill("#phone", "139****5678")
    desk.page.click("main form .button-next")
    desk.page.wait_for_url("**/desk/referrals/*-*/")
    judge.look(desk, "referral")
    code = desk.page.locator(".big-code").inner_text()
    walking.scan(kiosk, phone)
    walking.choose(phone, ["contact", "attribution"])
    walking.answer_face(phone, "plain")
    phone.at("/visit/details/")
    phone.page.fill("#referral", code)
    walking.leave_details(phone)
    walking.scan(kiosk, stage.phone())
    desk.go("/desk/")
    desk.page.fill("#key", "")
    desk.page.click("form[action$='/desk/checkin/'] button[type=submit]")
    desk.page.wait_for_url("**/desk/")
    judge.look(desk, "desk")
    desk.go("/log/")
    judge.look(desk, "forbidden", english=False)
    manager(stage, house, judge)
    officer(stage, house, judge)


def manager(stage: Stage, house: House, judge: Judge) -> None:
    desk = stage.desk()
    desk.go("/login/")
    sign_in(desk, "manager", house.passwords["manager"])
    desk.go("/channels/rules/")
    judge.look(desk, "attribution-rules")
    desk.page.click("form[action$='/rules/new/'] button")
    desk.page.wait_for_url("**/channels/rules/*-*/")
    judge.look(desk, "attribution-draft")
    desk.page.click(".draft-go button[value=try]")
    desk.page.wait_for_url("**/try/")
    judge.look(desk, "attribution-try")
    desk.go("/channels/notice/")
    judge.look(desk, "attribution-notice")
    desk.go("/channels/")
    judge.look(desk, "channels")
    desk.page.locator("a[href^='/decisions/']").last.click()
    desk.page.wait_for_url("**/decisions/*/")
    judge.look(desk, "decision")


def officer(stage: Stage, house: House, judge: Judge) -> None:
    desk = stage.desk()
    desk.go("/login/")
    sign_in(desk, "compliance", house.passwords["compliance"])
    desk.go("/log/")
    judge.look(desk, "log")
    desk.expected = {400}
    desk.go("/log/?since=soon&type=consent.granted&subject=s_1&actor=no+body")
    desk.page.wait_for_selector("#since-errors")
    judge.look(desk, "log-errors")
    desk.go("/log/?type=consent.granted")
    judge.look(desk, "log-searched", english=False)
    desk.page.locator("table.events td a[href*='/event/']").first.click()
    desk.at("/log/event/*/")
    judge.look(desk, "log-event")
    desk.page.locator("dl.facts a[href*='/story/']").click()
    desk.at("/log/story/*/")
    judge.look(desk, "log-story")
    desk.go("/log/open/")
    judge.look(desk, "log-open")
    Signer(Keeper(stage.folder / "signer"), separated=True).look(now=True)
    desk.go("/log/day/")
    judge.look(desk, "log-days")
    desk.page.locator("table a").first.click()
    desk.at("/log/day/*/")
    judge.look(desk, "log-day")
    note = Checkpoint.objects.order_by("-size").values_list("note", flat=True)[0]
    assert qr_read(desk.page) == note
    desk.go("/log/exports/")
    desk.page.click("main form .button-next")
    desk.page.wait_for_selector("#redaction-errors")
    judge.look(desk, "log-exports-errors", english=False)
    desk.page.check("input[value=identified]")
    desk.page.click("main form:has([name=redaction]) .button-next")
    desk.page.wait_for_selector(".exports li")
    judge.look(desk, "log-exports")


def sign_in(desk: Device, name: str, password: str) -> None:
    desk.page.fill("#username", name)
    desk.page.fill("#password", password)
    desk.page.click("main form button[type=submit]")


def test_the_form_with_a_keyboard_alone(stage: Stage) -> None:
    kiosk, phone = stage.kiosk(), stage.phone()
    walking.scan(kiosk, phone)
    tab_to(phone.page, "input[name=contact]")
    phone.page.keyboard.press("Space")
    tab_to(phone.page, "input[name=age]")
    phone.page.keyboard.press("Space")
    tab_to(phone.page, "form[novalidate] .button-next")
    phone.page.keyboard.press("Enter")
    phone.at("/visit/face/")
    tab_to(phone.page, "button[value=plain]")
    phone.page.keyboard.press("Enter")
    phone.at("/visit/details/")
    tab_to(phone.page, "#name")
    phone.page.keyboard.type(walking.NAME)
    tab_to(phone.page, "#phone")
    phone.page.keyboard.type(walking.NUMBER)
    phone.page.keyboard.press("Enter")
    phone.at("/visit/done/")
    assert phone.page.locator(".pass-code").is_visible()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until it is there, as somebody without a mouse does; and seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(name) => document.activeElement.matches(name)", selector):
            break
    else:
        pytest.fail(f"Tab never reaches {selector}")
    ring = page.evaluate(
        "(() => { const style = getComputedStyle(document.activeElement);"
        " return [style.outlineStyle, style.boxShadow]; })()"
    )
    assert ring != ["none", "none"]
