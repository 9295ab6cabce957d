"""Reading the log, and finding what does not hold."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.core.management import call_command

from audit import merkle
from audit.drafts import VISITOR
from audit.models import Body, Head
from audit.selectors import (
    event_list,
    event_seq,
    log_faults,
    log_state,
    subject_events,
)
from consent.models import Consent
from consent.purposes import Purpose
from consent.selectors import grant_numbers
from consent.services.consents import consents_withdraw
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def test_there_is_no_state_and_no_fault_before_a_log_is_open(
    db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert log_state() is None
    assert list(log_faults()) == []
    call_command("audit_verify")
    assert "no log" in capsys.readouterr().out


def test_the_state_tells_size_root_and_that_it_is_a_demonstration(
    house: make.House, capsys: pytest.CaptureFixture[str]
) -> None:
    state = log_state()
    assert state is not None
    frontier: list[bytes] = []
    for body in Body.objects.order_by("seq"):
        leaf = merkle.leaf_hash(bytes(body.body))
        frontier = merkle.fold(frontier, body.seq, leaf)
    assert state.root == merkle.root(frontier).hex()
    assert (state.operator, state.demonstration) == ("demo-test", True)
    assert state.size == Body.objects.count()
    assert state.last_at == event_list(rows=1)[0]["at"]
    call_command("audit_verify")
    assert state.root in capsys.readouterr().out


def test_events_are_listed_newest_first_and_filtered(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    everything = event_list(rows=1_000)
    numbers = [event["seq"] for event in everything]
    assert numbers == sorted(numbers, reverse=True)
    assert len(event_list(rows=3)) == 3
    assert [event["seq"] for event in event_list(before=3)] == [2, 1, 0]
    granted = event_list(kind="consent.granted", subject=subject.pseudonym)
    assert {event["purpose"] for event in granted} == {"contact", "face.checkin"}
    consent = granted[0]["seq"]
    assert {event["type"] for event in event_list(consent=consent)} == {
        "consent.granted",
        "key.created",
    }
    assert event_list(kind="no.such") == []


def test_a_person_reads_their_own_story_and_nobody_elses(house: make.House) -> None:
    first = make.person(kiosk=house.kiosk)
    second = make.person(kiosk=house.kiosk)
    consents_withdraw(subject=first, purposes=None, act=VISITOR)
    story = subject_events(subject=first.pseudonym, grants=grant_numbers(subject=first))
    assert [event["type"] for event in story] == [
        "consent.granted",
        "key.created",
        "receipt.issued",
        "consent.withdrawn",
        "link.revoked",
        "key.destroyed",
    ]
    assert all(event["subject"] == first.pseudonym for event in story)
    assert second.pseudonym not in str(story)
    assert subject_events(subject="s_" + "0" * 32, grants=[]) == []


def test_an_event_is_found_by_its_eid(house: make.House) -> None:
    make.person(kiosk=house.kiosk)
    granted = event_list(kind="consent.granted")[0]
    assert event_seq(eid=Consent.objects.get().granted_event_id) == granted["seq"]
    assert event_seq(eid=uuid.uuid4()) is None


Change = Callable[[Database], None]


def _sql(statement: str) -> Change:
    def change(db: Database) -> None:
        with db.connect("superuser") as link:
            link.execute("SET session_replication_role = replica")
            link.execute(statement)

    return change


LAST = "(SELECT max(seq) FROM audit_event)"
TAMPERING = {
    "the first events gone": "DELETE FROM audit_event WHERE seq IN (0, 1)",
    "events in the middle gone": "DELETE FROM audit_event WHERE seq IN (2, 3, 4)",
    "the last event gone": f"DELETE FROM audit_event WHERE seq = {LAST}",
    "the last event and its body gone": (
        f"DELETE FROM audit_body WHERE seq = {LAST};"
        f" DELETE FROM audit_event WHERE seq = {LAST}"
    ),
    "every event gone": "DELETE FROM audit_event",
    "a body gone": "DELETE FROM audit_body WHERE seq = 2",
    "bodies exchanged": (
        "UPDATE audit_body b SET body = o.body FROM audit_body o"
        " WHERE (b.seq, o.seq) IN ((2, 3), (3, 2))"
    ),
    "a leaf changed": "UPDATE audit_event SET leaf = sha256('x') WHERE seq = 2",
    "a body and its leaf changed": (
        "UPDATE audit_body SET body = replace(convert_from(body, 'UTF8'),"
        ' \'"role":"compliance"\', \'"role":"manager"\')::bytea WHERE seq = 2;'
        " UPDATE audit_event e SET leaf = sha256('\\x00'::bytea || b.body)"
        " FROM audit_body b WHERE b.seq = e.seq AND e.seq = 2"
    ),
    "an event moved far away": (
        "UPDATE audit_event SET seq = 9007199254740991 WHERE seq = 2"
    ),
    "the head smaller": "UPDATE audit_head SET size = size - 1",
    "another frontier": "UPDATE audit_head SET frontier = sha256('x')",
    "another last time": "UPDATE audit_head SET last_at = ''",
    "a body in two forms": (
        "UPDATE audit_body SET body = body || ' '::bytea WHERE seq = 2"
    ),
}


@pytest.mark.parametrize("name", sorted(TAMPERING))
def test_what_was_tampered_with_is_found(
    db: Database, house: make.House, name: str
) -> None:
    assert list(log_faults()) == []
    for statement in TAMPERING[name].split("; "):
        _sql(statement)(db)
    assert list(log_faults())
    with pytest.raises(SystemExit) as ended:
        call_command("audit_verify")
    assert ended.value.code == 1


def test_time_that_runs_backwards_is_found_though_every_hash_fits(
    db: Database, house: make.House
) -> None:
    _sql(
        "UPDATE audit_body SET body = overlay(body placing"
        " '2001-01-01'::bytea from position('\"at\":\"'::bytea in body) + 6)"
        " WHERE seq = 3"
    )(db)
    frontier: list[bytes] = []
    for body in Body.objects.order_by("seq"):
        leaf = merkle.leaf_hash(bytes(body.body))
        frontier = merkle.fold(frontier, body.seq, leaf)
        with db.connect("superuser") as link:
            link.execute("SET session_replication_role = replica")
            link.execute(
                "UPDATE audit_event SET leaf = %s WHERE seq = %s", [leaf, body.seq]
            )
            link.execute("UPDATE audit_head SET frontier = %s", [b"".join(frontier)])
    assert Head.objects.get().size == len(Body.objects.all())
    assert list(log_faults()) == ["event 3: time runs backwards"]
