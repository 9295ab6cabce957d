"""A person's story: what stands in it, and what it says is wrong."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from audit import clock
from audit.demonstration import clock_shifted
from audit.drafts import VISITOR, Act
from audit.models import Event, Head
from audit.reading.story import Story, story_find
from audit.renewal import log_renew
from consent.gate.starts import begin
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from consent.services.sweeping import sweep_often
from faces.matching import MODEL
from tests import make
from tests.audit.room import bodies, compared_with, enrolled_person, numbers
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")
OFFICER = Act("st-1", "compliance")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def story(subject: Subject) -> Story:
    found = story_find(subject=subject.pseudonym)
    assert found is not None
    return found


def tampered(db: Database, *statements: str) -> None:
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        for statement in statements:
            link.execute(statement)


def test_nobody_is_told_of_a_pseudonym_that_no_log_knows(house: make.House) -> None:
    assert story_find(subject="s_" + "0" * 32) is None


def test_every_event_of_a_person_stands_in_one_line_of_their_story(
    house: make.House,
) -> None:
    subject = enrolled_person(house)
    compared_with(house, subject)
    consents_withdraw(subject=subject, purposes=["face.checkin"], act=VISITOR)
    found = story(subject)
    assert found.faults == []
    states = {one.granted.event["purpose"]: one.state for one in found.consents}
    assert states == {"contact": "live", "face.checkin": "withdrawn"}
    shown: list[int] = []
    for entry in found.entries:
        ends = [entry.end.seq] if entry.end else []
        shown += [entry.told.seq, *ends, *(one.seq for one in entry.with_it)]
    about = [
        body["seq"]
        for body in bodies()
        if body["subject"] == subject.pseudonym
        or found.consents[-1].granted.seq in body["data"].get("candidates", [])
    ]
    assert sorted(shown) == about
    lines = {entry.told.kind: entry for entry in found.entries if not entry.candidate}
    enrolled = lines["capture.started"].end
    assert enrolled is not None
    assert enrolled.kind == "face.enrolled"
    assert [one.kind for one in lines["consent.withdrawn"].with_it] == [
        "face.template.destroyed",
        "key.destroyed",
    ]
    candidate = [entry for entry in found.entries if entry.candidate]
    assert [(one.told.kind, one.end and one.end.kind) for one in candidate] == [
        ("face.compare.started", "face.compared")
    ]
    face = found.consents[-1]
    assert [one.told.kind for one in face.followed] == [
        "face.template.destroyed",
        "key.destroyed",
    ]
    assert all(one.in_time and 0 <= one.seconds < 60 for one in face.followed)
    assert found.live == [found.consents[0]]


def test_a_consent_past_its_term_is_over_until_the_log_says_how_it_ended(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk)
    with clock_shifted(days=31):
        assert [one.state for one in story(subject).consents] == ["over"]
        sweep_often()
        ended = story(subject)
        assert [one.state for one in ended.consents] == ["expired"]
        assert ended.faults == []


def test_what_had_to_follow_and_did_not_is_said(
    house: make.House, db: Database
) -> None:
    subject = enrolled_person(house)
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    key = [
        body["seq"]
        for body in bodies()
        if body["type"] == "key.destroyed" and body["purpose"] == "face.checkin"
    ]
    template = numbers("face.template.destroyed")
    for seq in (*key, *template):
        tampered(
            db,
            f"DELETE FROM audit_body WHERE seq = {seq}",
            f"DELETE FROM audit_index WHERE seq = {seq}",
        )
    early = story(subject)
    assert early.faults == []
    face = early.consents[-1]
    assert face.due == ["key.destroyed", "face.template.destroyed"]
    with clock_shifted(seconds=90):
        late = story(subject)
    assert [(one.code, one.kind) for one in late.faults] == [
        ("missing", "key.destroyed"),
        ("missing", "face.template.destroyed"),
    ]
    assert late.consents[-1].due == []


def test_what_followed_too_late_is_said(house: make.House, db: Database) -> None:
    subject = make.person(kiosk=house.kiosk)
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    seq = numbers("key.destroyed")[0]
    at = clock.stamp(clock.parse(bodies()[seq]["at"]) + timedelta(seconds=61))
    tampered(
        db,
        "UPDATE audit_body SET body = overlay(body placing"
        f" '{at}'::bytea from position('\"at\":\"'::bytea in body) + 6)"
        f" WHERE seq = {seq}",
    )
    found = story(subject)
    assert [(one.code, one.kind) for one in found.faults] == [("late", "key.destroyed")]
    followed = found.consents[0].followed[0]
    assert not followed.in_time
    assert 60 < followed.seconds < 62


def test_a_start_that_never_ended_is_said_after_five_minutes(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk)
    begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=Act("k-1", "kiosk"),
        kiosk=house.kiosk,
    )
    assert story(subject).faults == []
    with clock_shifted(seconds=301):
        found = story(subject)
        assert [(one.code, one.kind) for one in found.faults] == [
            ("dangling", "capture.started")
        ]
        sweep_often()
        assert story(subject).faults == []


def test_a_use_past_its_consent_or_without_one_is_said(
    house: make.House, db: Database
) -> None:
    subject = enrolled_person(house)
    granted = next(
        body
        for body in bodies()
        if body["type"] == "consent.granted" and body["purpose"] == "face.checkin"
    )
    enrolled = numbers("face.enrolled")[0]
    # As if the consent had ended before.
    tampered(
        db,
        "UPDATE audit_body SET body = replace(convert_from(body, 'UTF8'),"
        f" '{granted['data']['until']}', '{granted['at']}')::bytea"
        f" WHERE seq = {granted['seq']}",
    )
    past = {(one.code, one.told.seq) for one in story(subject).faults}
    assert ("past", enrolled) in past
    tampered(db, f"DELETE FROM audit_index WHERE seq = {granted['seq']}")
    found = {(one.code, one.told.seq) for one in story(subject).faults}
    assert ("unfounded", enrolled) in found


def test_a_consent_that_was_carried_over_is_one_story(
    house: make.House, db: Database
) -> None:
    subject = make.person(kiosk=house.kiosk)
    before = Head.objects.get()
    tampered(
        db,
        "INSERT INTO audit_signer (log, vkeys, size, refused, separated, seen_at)"
        f" VALUES ('{before.log}', '', 99, true, true, now())",
        "INSERT INTO audit_refusal (id, log, reason, signed_log, signed_size,"
        " signed_root, found_size, at)"
        f" VALUES ('{uuid.uuid4()}', '{before.log}', 'shrank', '{before.log}', 99,"
        f" '{'0' * 64}', {before.size}, now())",
    )
    consent = Consent.objects.get(subject=subject)
    published = [
        event.eid for event in Event.objects.filter(seq__in=numbers("rules.published"))
    ]
    log_renew(
        act=OFFICER,
        settled=lambda: True,
        standing=lambda: [*published, consent.granted_event_id],
    )
    found = story(subject)
    assert [one.state for one in found.consents] == ["carried", "live"]
    old, new = found.consents
    assert old.carried_to == new.granted
    assert new.carried_from == old.granted
    assert found.faults == []
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    ended = story(subject)
    assert [one.state for one in ended.consents] == ["carried", "withdrawn"]
    assert ended.faults == []
