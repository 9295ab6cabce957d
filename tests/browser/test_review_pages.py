"""A manager settles what the rules cannot; a visitor says who announced them."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import clock
from audit.drafts import VISITOR
from consent.models import Kiosk
from consent.purposes import Purpose
from leads import channels, contacts
from leads.decisions import decision_current
from leads.models import Agent, Decision
from leads.visits import visit_record
from tests import make
from tests.browser import walking
from tests.browser.conftest import House, Stage
from tests.browser.judging import Judge
from tests.browser.stage import PHONE
from tests.browser.test_office_pages import DESK, officer_in
from tests.leads import make as make_leads

pytestmark = pytest.mark.browser

NARROW = (390, 844)


def announcer(kiosk: Kiosk, code: str) -> Agent:
    """Return an agent of a channel that may announce up to the last minute."""
    channel = channels.channel_create(
        site=kiosk.site,
        code=code,
        name_zh=f"全民经纪 {code}",
        name_en=f"Citizen agents {code}",
        kind="citizen_agent",
    )
    return channels.agent_create(channel=channel, code=f"{code}-a", label=f"{code}-a")


def came(kiosk: Kiosk, phone: str, key: str) -> Decision:
    """Record that somebody with this number came, and return what was decided."""
    subject = make.person(
        kiosk=kiosk,
        yes={Purpose.CONTACT: True, Purpose.ATTRIBUTION: True},
        face=False,
    )
    contacts.contact_collect(
        subject=subject,
        site=kiosk.site,
        details=contacts.Details.of(name="王小明", phone=phone),
        act=VISITOR,
    )
    visit = visit_record(
        site=kiosk.site, subject=subject, verified_by="qr", key=key, act=VISITOR
    )
    return decision_current(visit=visit)


def test_a_manager_settles_a_visit(
    stage: Stage, house: House, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = officer_in(stage, "manager", house.passwords["manager"])
    judge = Judge(pictures)
    desk.go("/reviews/")
    judge.glance(desk, "reviews-none", size=DESK)
    agents = [announcer(house.kiosk, code) for code in ("w-1", "w-2")]
    now = clock.now()
    with monkeypatch.context() as still:
        still.setattr(clock, "now", lambda: now)
        for agent in agents:
            make_leads.announced(agent, phone="13822225678")
    decision = came(house.kiosk, "13822225678", "two")
    assert decision.outcome == "review"
    desk.go("/reviews/")
    judge.glance(desk, "reviews", size=DESK)
    judge.glance(desk, "reviews", size=NARROW)
    desk.page.locator("main a[href^='/reviews/']").first.click()
    desk.at("/reviews/*-*/")
    for size in (DESK, NARROW, (1080, 1920)):
        judge.glance(desk, "review", size=size)
    desk.page.locator("input[name=belongs]").first.check()
    desk.page.select_option("[name=reason]", "visitor_said")
    desk.page.locator("button[accesskey=s]").click()
    desk.at("/reviews/")
    judge.glance(desk, "reviews-settled", size=DESK)
    assert decision_current(visit=decision.visit).clause == "A13"
    desk.go(f"/decisions/{decision.id}/")
    for size in (DESK, NARROW):
        judge.glance(desk, "decision-revised", size=size)
    assert judge.faults == []


def test_a_visitor_is_asked_who_announced_them(
    stage: Stage, house: House, pictures: Path
) -> None:
    assert house.kiosk is not None
    kiosk, phone, judge = stage.kiosk(), stage.phone(), Judge(pictures)
    walking.scan(kiosk, phone)
    walking.choose(phone, ["contact", "attribution"])
    walking.answer_face(phone, "plain")
    walking.leave_details(phone)
    judge.glance(phone, "done-asked", size=PHONE)
    phone.page.locator("a[href='/me/agent/']").click()
    phone.at("/me/agent/")
    judge.glance(phone, "answer", size=PHONE)
    phone.page.check("input[name=said][value=confirmed]")
    phone.page.locator("input[name=channels]").first.check()
    phone.page.locator("form .button-next").click()
    phone.at("/me/")
    judge.glance(phone, "me-answered", size=PHONE)
    phone.go("/me/agent/")
    judge.glance(phone, "answer-again", size=PHONE)
    assert judge.faults == []
