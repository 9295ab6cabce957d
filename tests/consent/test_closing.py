"""Closing a site: two people, nothing left, and a report that a stranger can check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.selectors import event_list, log_faults
from consent import keys
from consent.closings import closing_of, held
from consent.duties import awaiting
from consent.errors import (
    ClosingIncomplete,
    ClosingOwnApproval,
    ClosingSettled,
    SiteClosed,
)
from consent.models import Consent, Filing, Kiosk, Pass, Rules, SiteClosing, Stop
from consent.purposes import Purpose
from consent.services import closing as closings
from consent.services import consents, places, walks
from consent.services.closing import (
    closing_approve,
    closing_ask,
    closing_drop,
    closing_finish,
    closing_go_on,
    closings_go_on,
    report_fault,
    report_file,
)
from consent.services.links import link_issue, link_token
from consent.services.stops import stop_release
from faces.models import FaceTemplate
from tests import make
from tests.audit.room import enrolled_person, reader
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.consent.closings import FIRST, SECOND, approved, closed
from tests.consent.make import grant
from tests.leads.browsers import Browser, words_of


@pytest.fixture
def house(db: Database, secrets_dir: Path) -> Iterator[make.House]:
    with signer_in(secrets_dir / "signer"):
        yield make.house()


def report_of(house: make.House) -> dict[str, Any]:
    found = SiteClosing.objects.get()
    body: dict[str, Any] = json.loads(report_file(closing=found))
    return body


@pytest.mark.vision
def test_nothing_is_left_and_the_report_says_so(house: make.House) -> None:
    subject = enrolled_person(house)
    make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    assert FaceTemplate.objects.count() == 1
    done = closed(house)
    assert not any(held(site=house.site).values())
    assert FaceTemplate.objects.count() == 0
    assert not Consent.objects.filter(state="active").exists()
    assert not Consent.objects.filter(key_event=None).exists()
    assert keys.keys_stored() == {}
    assert Kiosk.objects.get().revoked_at is not None
    assert not Pass.objects.filter(revoked_at=None).exists()
    assert Rules.objects.get().retired_at is not None
    assert Stop.objects.get(off_at=None).scope == "all"
    assert len(event_list(kind="face.template.destroyed")) == 1
    (retired,) = event_list(kind="rules.retired")
    assert retired["data"]["reason"] == "site_closed"
    expired = event_list(kind="consent.expired")
    assert {one["data"]["reason"] for one in expired} == {"site_closed"}
    (told,) = event_list(kind="site.closed")
    assert told["data"] == {
        "closing": str(done.id),
        "report": done.report,
        "consents": 4,
        "templates": 0,
    }
    assert not list(log_faults())
    report = report_of(house)["report"]
    assert report["held"]["face_templates"] == 0
    assert report["kept_as_evidence"]["consents"] == 4
    assert subject.pseudonym not in json.dumps(report)


def test_every_event_after_the_closing_names_rules(house: make.House) -> None:
    closed(house)
    (told,) = event_list(kind="site.closed")
    assert told["rules"] == house.rules.sha256


def test_the_report_holds_and_every_altered_one_does_not(
    house: make.House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.person(kiosk=house.kiosk)
    closed(house)
    body = report_of(house)
    pins = body["vkeys"]
    assert report_fault(body=body, pins=pins) is None
    assert report_fault(body=body, pins=[]) == "signature"
    forged = json.loads(json.dumps(body))
    forged["report"]["kept_as_evidence"]["consents"] += 1
    assert report_fault(body=forged, pins=pins) == "report"
    swapped = json.loads(json.dumps(body))
    swapped["note"] = body["report"]["log"]["note"]
    assert report_fault(body=swapped, pins=pins) == "report"
    for name in ("report", "note"):
        short = {key: value for key, value in body.items() if key != name}
        assert report_fault(body=short, pins=pins) == "format"
    file = tmp_path / "report.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    call_command("site_report_verify", file)
    file.write_text(json.dumps(forged), encoding="utf-8")
    with pytest.raises(SystemExit):
        call_command("site_report_verify", file)


def test_after_the_approval_the_program_acts_in_its_own_name(
    house: make.House,
) -> None:
    make.person(kiosk=house.kiosk)
    closed(house)
    approval = next(
        event
        for event in event_list(kind="site.closing")
        if event["data"]["step"] == "approved"
    )
    assert approval["act"]["id"] == SECOND.id
    later = [event for event in event_list() if event["seq"] > approval["seq"]]
    kinds = {"stop.on", "kiosk.revoked", "consent.expired", "rules.retired"}
    assert kinds | {"site.closed"} <= {event["type"] for event in later}
    assert {event["act"]["role"] for event in later} == {"system"}


def test_a_report_that_holds_something_is_no_report(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = approved(house)
    while closing_go_on(closing=closing):
        pass
    real = closings._report
    monkeypatch.setattr(
        closings,
        "_report",
        lambda found, counts, note: real(found, {**counts, "face_templates": 1}, note),
    )
    closing_finish(closing=closing)
    body = report_of(house)
    assert report_fault(body=body, pins=body["vkeys"]) == "held"


def test_who_asked_does_not_approve(house: make.House) -> None:
    asked = closing_ask(site=house.site, act=FIRST)
    assert closing_ask(site=house.site, act=SECOND) == asked
    with pytest.raises(ClosingOwnApproval):
        closing_approve(closing=asked.id, act=FIRST)
    assert [one.title.en for one in awaiting(may=lambda _: True)] == [
        "Closing a site: awaits approval"
    ]
    closing_drop(closing=asked.id, act=FIRST)
    closing_drop(closing=asked.id, act=FIRST)
    with pytest.raises(ClosingSettled):
        closing_approve(closing=asked.id, act=SECOND)
    assert closing_of(site=house.site) is None
    assert closing_ask(site=house.site, act=FIRST) != asked


def test_an_approved_closing_has_no_way_back(house: make.House) -> None:
    closing = approved(house)
    with pytest.raises(ClosingSettled):
        closing_drop(closing=closing.id, act=FIRST)
    closing_go_on(closing=closing)
    with pytest.raises(SiteClosed):
        stop_release(stop=Stop.objects.get().id, act=FIRST)


def test_nothing_new_begins_at_a_closed_site(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    approved(house)
    with pytest.raises(SiteClosed):
        walks.walk_issue(kiosk=house.kiosk)
    with pytest.raises(SiteClosed):
        grant(house, subject)
    with pytest.raises(SiteClosed):
        places.kiosk_create(site=house.site, code="k-2", act=FIRST)
    with pytest.raises(SiteClosed):
        make.rules_published(site=house.site, document=make.rules_document("2026-02"))


def test_it_goes_in_rounds_and_a_crash_loses_nothing(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make.person(kiosk=house.kiosk)
    closing = approved(house)
    with pytest.raises(ClosingIncomplete):
        closing_finish(closing=closing)
    assert closing_go_on(closing=closing, most=1) == 2
    real = consents.consent_expire

    def crash(consent: Consent, *, reason: str) -> Any:
        real(consent, reason=reason)
        raise MemoryError

    monkeypatch.setattr(closings, "consent_expire", crash)
    with pytest.raises(MemoryError):
        closing_go_on(closing=closing)
    monkeypatch.setattr(closings, "consent_expire", real)
    assert closings_go_on() == 1
    assert closings_go_on() == 0
    assert len(event_list(kind="consent.expired")) == 3
    assert len(event_list(kind="site.closed")) == 1
    assert closing_finish(closing=closing).finished_at is not None
    assert not list(log_faults())


def test_the_command_goes_on_to_the_end(house: make.House) -> None:
    with pytest.raises(CommandError, match="two people"):
        call_command("site_close", "c-1")
    make.person(kiosk=house.kiosk)
    approved(house)
    call_command("site_close", "c-1")
    assert SiteClosing.objects.get().finished_at is not None


def test_the_filing_of_faces_is_to_be_cancelled(house: make.House) -> None:
    closed(house)
    task = Filing.objects.get()
    assert (task.kind, task.site, task.step) == ("face_cancel", house.site, "task")
    (due,) = event_list(kind="filing.due")
    assert due["clause"] == "frm-15-change"
    (duty,) = awaiting(may=lambda _: True)
    assert duty.title.en.startswith("A site is closed")


def test_rules_and_own_pages_stay_readable(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    token = link_token(link=link_issue(subject=subject))
    closed(house)
    anybody = Browser()
    assert anybody.get("/rules/").status_code == 200
    assert anybody.get(f"/rules/{house.rules.sha256}/").status_code == 200
    own = Browser(visitor=token)
    page = own.get("/me/")
    assert page.status_code == 200
    assert Browser(kiosk=house.kiosk_token).get("/kiosk/").status_code == 403


def test_two_officers_close_it_on_the_page(house: make.House) -> None:
    one, two = reader("compliance", "one"), reader("compliance", "two")
    assert "申请关闭" in words_of(one.get("/office/close/"))
    sent = {"site": "c-1", "typed": "c-2"}
    one.post("/office/close/ask/", sent)
    assert not SiteClosing.objects.exists()
    sent["typed"] = "c-1"
    one.post("/office/close/ask/", sent)
    path = f"/office/close/{SiteClosing.objects.get().id}/"
    assert b"/approve/" not in one.get("/office/close/").content
    assert one.post(f"{path}approve/", sent).status_code == 403
    two.post(f"{path}approve/", {"site": "c-1", "typed": "x"})
    assert SiteClosing.objects.get().approved_at is None
    two.post(f"{path}approve/", sent)
    assert two.get(f"{path}report/").status_code == 409
    assert closings_go_on() == 1
    assert "人脸模板 0 个" in words_of(two.get("/office/close/"))
    report = two.get(f"{path}report/")
    assert report["Content-Disposition"] == 'attachment; filename="closed-c-1.json"'
    assert report_fault(body=report.json(), pins=report.json()["vkeys"]) is None
