"""Officers' pages at 1280 px and visitors' new pages at 390 px, in both languages.

No page may be wider than its screen, fail axe, or make the browser complain.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.drafts import VISITOR
from consent.models import Request, Rules, Site
from consent.purposes import Purpose
from consent.rules import document
from consent.services import drafting, places
from consent.services.requesting import request_open
from consent.services.stops import stop_press
from salescenter.roles import staff_create
from tests import make
from tests.browser import walking
from tests.browser.conftest import House, Stage
from tests.browser.judging import Judge
from tests.browser.stage import PHONE, Device
from tests.browser.test_accessibility import sign_in

pytestmark = pytest.mark.browser

DESK = (1280, 800)
PASSWORD = "x" * 20


def changed(site: Site, label: str) -> dict[str, Any]:
    """Return the rules in force with a change that no old consent covers."""
    found = document(sha256=Rules.objects.get(site=site, retired_at=None).sha256)
    found["label"] = label
    found["purposes"]["contact"]["retention_days"] += 30
    for words in found["languages"].values():
        words["purposes"]["contact"]["data"].append("+")
    return found


def officer_in(stage: Stage, name: str, password: str) -> Device:
    desk = stage.desk(DESK)
    desk.go("/login/")
    sign_in(desk, name, password)
    desk.page.wait_for_selector(".nav")
    return desk


def test_every_officers_page(stage: Stage, house: House, pictures: Path) -> None:
    site = house.kiosk.site
    draft = drafting.draft_begin(
        site=site, kind="rules", document=changed(site, "next"), act=make.ASKING
    )
    drafting.draft_submit(draft=draft, act=make.ASKING)
    waiting = make.device_asked(
        kiosk=places.kiosk_create(site=site, code="k-2", act=make.SETUP),
        code="cam-next",
    )
    party = make.party()
    asked = request_open(
        site=site,
        kind="complaint",
        words="前台一直打电话，请不要再打了。",
        subject=None,
        act=VISITOR,
    )
    stop_press(site=site, scope="marketing", reason="operator", act=make.ASKING)
    desk = officer_in(stage, "compliance", house.passwords["compliance"])
    judge = Judge(pictures)
    for name, path in {
        "office": "",
        "office-rules": "rules/",
        "office-rules-approve": f"rules/{draft.id}/",
        "office-stop": "stop/",
        "office-devices": "devices/",
        "office-device": f"devices/{waiting.id}/",
        "office-device-new": "devices/new/",
        "office-parties": "parties/",
        "office-party": f"parties/{party.id}/",
        "office-party-new": "parties/new/",
        "office-filings": "filings/",
        "office-faces": "faces/",
        "office-requests": "requests/",
        "office-request": f"requests/{asked.id}/",
        "office-close": "close/",
    }.items():
        desk.go(f"/office/{path}")
        assert desk.path == f"/office/{path}"
        judge.glance(desk, name, size=DESK)
    desk.go("/office/rules/")
    desk.page.locator("form[action$='/office/rules/new/'] button").first.click()
    desk.at("/office/rules/*-*/")
    judge.glance(desk, "office-rules-write", size=DESK)
    desk.go("/office/close/")
    desk.page.fill("[name=typed]", site.code)
    desk.page.locator("form[action$='/close/ask/'] button").click()
    desk.at("/office/close/")
    staff_create(username="second", password=PASSWORD, role="compliance")
    second = officer_in(stage, "second", PASSWORD)
    second.go("/office/close/")
    judge.glance(second, "office-close-approve", size=DESK)
    assert judge.faults == []


def test_the_visitors_new_pages(stage: Stage, house: House, pictures: Path) -> None:
    site = house.kiosk.site
    kiosk, phone, judge = stage.kiosk(), stage.phone(), Judge(pictures)
    walking.scan(kiosk, phone)
    walking.choose(phone, ["contact", "attribution"])
    walking.answer_face(phone, "plain")
    walking.leave_details(phone)
    for name, path in {
        "me-ask": "/me/ask/",
        "me-correct": "/me/correct/",
        "complain": "/complain/",
        "complain-answer": "/complain/answer/",
        "rules-shared": "/rules/shared/",
    }.items():
        phone.go(path)
        assert phone.path == path
        judge.glance(phone, name, size=PHONE)
    phone.go("/me/")
    phone.page.locator("a[href*='/receipts/'][href$='/print/']").first.click()
    phone.at("/me/receipts/*/print/")
    judge.glance(phone, "me-receipt", size=PHONE)
    phone.go("/me/ask/")
    phone.page.check("input[name=kind][value=explain]")
    phone.page.fill("[name=words]", "为什么要我的手机号？")
    phone.page.locator("main form[method=post] button[type=submit]").last.click()
    phone.at("/me/requests/*/")
    assert Request.objects.count() == 1
    judge.glance(phone, "me-request", size=PHONE)
    make.rules_published(site=site, document=changed(site, "next"))
    phone.go("/me/")
    judge.glance(phone, "me-asked-again", size=PHONE)
    phone.page.locator("form[action$='/me/again/'] button").first.click()
    phone.page.wait_for_selector("button[name=answer]")
    phone.page.screenshot(path=pictures / "question-again.png", full_page=True)
    found = judge.axe.run(phone.page).response["violations"]
    assert [one["id"] for one in found if one["impact"] != "minor"] == []
    width = phone.page.evaluate("document.scrollingElement.scrollWidth")
    assert width <= PHONE[0]
    assert Purpose.CONTACT in phone.page.content()
    assert judge.faults == []
