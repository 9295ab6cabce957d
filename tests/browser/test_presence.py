"""The presence check in Chromium: somebody who moves passes, a still face does not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from audit.selectors import event_list
from consent.challenges import Step
from consent.models import Use, Walk
from consent.purposes import Purpose
from faces.models import FaceTemplate
from leads.captures import enrol_begin
from leads.demonstration import rules
from tests.browser import conftest, walking
from tests.browser.cameras import film
from tests.browser.conftest import House, Stage
from tests.browser.stage import PHONE, PORTRAIT, Device
from tests.browser.test_accessibility import sign_in
from tests.conftest import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.vision]

STEPS_MS = 60_000
WORDS = {Step.LEFT: "向左转头", Step.RIGHT: "向右转头", Step.NEARER: "靠近一点"}


@pytest.fixture
def house(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> House:
    """The demonstration, whose rules ask for a presence check."""
    plain = rules.document

    def asking(**about: Any) -> dict[str, Any]:
        document = plain(**about)
        document["purposes"][Purpose.FACE_CHECKIN]["presence"] = True
        return document

    monkeypatch.setattr(rules, "document", asking)
    return conftest.seeded(live_server)


def begun(stage: Stage) -> tuple[Device, Use]:
    """Walk a guest to the screen, and open the use there as the kiosk would."""
    kiosk, phone = stage.kiosk(), stage.phone()
    walking.scan(kiosk, phone)
    walking.choose(phone, ["contact"])
    phone.at("/visit/face/")
    assert "在场检查，未经认证" in phone.page.inner_text("main")
    walking.answer_face(phone, "face")
    walking.leave_details(phone)
    walk = Walk.objects.exclude(finished_at=None).get()
    # The order is known before somebody is filmed who moves in it, or in another.
    return kiosk, enrol_begin(walk=walk, kiosk=stage.house.kiosk)


def filmed(
    stage: Stage,
    kiosk: Device,
    use: Use,
    steps: Sequence[Step],
    size: tuple[int, int] = PORTRAIT,
) -> Device:
    file = film(stage.folder, "film", steps)
    screen = stage.before(kiosk, "film", film=file, size=size)
    screen.go(f"/kiosk/capture/{use.id}/")
    return screen


def test_somebody_who_moves_as_asked_passes(stage: Stage) -> None:
    kiosk, use = begun(stage)
    steps = [Step(one) for one in use.challenge]
    screen = filmed(stage, kiosk, use, steps)
    asked = screen.page.locator("[data-hint]")
    for step in steps:
        expect(asked).to_contain_text(WORDS[step], timeout=STEPS_MS)
        mark = screen.page.locator(f".move-mark[data-of={step}]")
        expect(mark).to_be_visible()
        # The way without a face stands beside each step.
        stop = screen.page.locator("[data-stop] button")
        expect(stop).to_contain_text("换个办法")
        expect(stop).to_be_in_viewport()
    screen.page.wait_for_url("**/kiosk/answer/", timeout=STEPS_MS)
    assert screen.heading() == "好了，请进"
    assert screen.ended_tracks() == ["ended"]
    use.refresh_from_db()
    assert use.present_at is not None
    assert FaceTemplate.objects.count() == 1


def test_a_still_face_fails_in_words_beside_another_way(stage: Stage) -> None:
    kiosk, use = begun(stage)
    screen = filmed(stage, kiosk, use, [])
    first = Step(use.challenge[0])
    expect(screen.page.locator("[data-hint]")).to_contain_text(
        WORDS[first], timeout=STEPS_MS
    )
    found = Axe().run(screen.page).response["violations"]
    assert [one["id"] for one in found] == []
    screen.page.wait_for_url("**/kiosk/answer/", timeout=STEPS_MS)
    assert screen.ended_tracks() == ["ended"]
    assert screen.heading() == f"没有看到您{WORDS[first]}"
    told = screen.page.inner_text("main")
    assert "在场检查，未经认证" in told
    for way in ("用通行码", "用手机号", "到前台办理"):
        assert way in told
    end = event_list(rows=1)[0]
    assert (end["type"], end["data"]["reason"]) == ("capture.discarded", "presence")
    assert not FaceTemplate.objects.exists()


def test_a_recording_of_another_order_fails(stage: Stage) -> None:
    kiosk, use = begun(stage)
    steps = [Step(one) for one in use.challenge]
    # The one that begins with what is asked for last.
    other = next(one for one in permutations(Step) if one[0] == steps[2])
    screen = filmed(stage, kiosk, use, other)
    screen.page.wait_for_url("**/kiosk/answer/", timeout=STEPS_MS)
    assert screen.heading() == f"没有看到您{WORDS[steps[0]]}"
    assert not FaceTemplate.objects.exists()


@pytest.mark.parametrize("size", [PORTRAIT, PHONE], ids=["kiosk", "narrow"])
def test_the_step_fits_on_the_screen(
    stage: Stage, size: tuple[int, int], pictures: Any
) -> None:
    kiosk, use = begun(stage)
    screen = filmed(stage, kiosk, use, [], size)
    hint = screen.page.locator("[data-hint]")
    first = Step(use.challenge[0])
    expect(hint).to_contain_text(WORDS[first], timeout=STEPS_MS)
    screen.page.screenshot(path=str(pictures / f"presence_{size[0]}.png"))
    for part in (hint, screen.page.locator("[data-stop] button")):
        expect(part).to_be_in_viewport(ratio=1)
    wide = "() => document.documentElement.scrollWidth > innerWidth"
    assert not screen.page.evaluate(wide)
    screen.page.wait_for_url("**/kiosk/answer/", timeout=STEPS_MS)
    screen.page.screenshot(path=str(pictures / f"presence_answer_{size[0]}.png"))


def test_the_report_page_is_honest_about_it(
    stage: Stage, house: House, pictures: Path
) -> None:
    desk = stage.desk((1280, 900))
    desk.go("/login/")
    sign_in(desk, "compliance", house.passwords["compliance"])
    desk.page.wait_for_selector(".nav")
    desk.go("/office/faces/")
    for button, words in (
        ("中文", ("在场检查，未经认证", "没有做过真实的攻击", "挡不住的", "每次都做")),
        (
            "English",
            ("Presence check, not certified", "no real attack", "does not stop"),
        ),
    ):
        if desk.page.get_by_role("button", name=button).count():
            desk.page.get_by_role("button", name=button).click()
        part = desk.page.locator("section[aria-labelledby=presence]")
        expect(part).to_contain_text(words[0])
        told = part.inner_text()
        assert all(one in told for one in words), told
        found = Axe().run(desk.page).response["violations"]
        assert [one["id"] for one in found] == []
        part.screenshot(path=str(pictures / f"presence_report_{button}.png"))
