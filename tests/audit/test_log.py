"""One unit of work is one transaction, with its events appended last."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from audit import clock, log
from audit.drafts import Act, Ref
from audit.errors import EventInvalid, LogClosed, LogOpen, Refused
from audit.models import Body, Document, Event, Head, Index
from audit.selectors import event_seq, log_faults
from consent.services import places
from tests.conftest import Database

DESK = Act("s-1", "reception")
PERSON = "s_" + "0f" * 16
RULES = "ab" * 32
UNTIL = "2027-01-01T00:00:00.000Z"
GRANT = {
    "until": UNTIL,
    "destroy_s": 60,
    "language": "en",
    "by": "self",
    "once": False,
    "carried": None,
}
THREADS, UNITS = 8, 20


@pytest.fixture
def opened(db: Database) -> Database:
    """A database with an open log, still empty."""
    places.operator_create(code="demo-test", legal_name="Demo")
    return db


def bodies() -> list[dict[str, Any]]:
    return [json.loads(bytes(row.body)) for row in Body.objects.order_by("seq")]


def _signed_in(count: int = 1) -> None:
    with log.unit(act=DESK, site="c-1", rules=None) as unit:
        for _ in range(count):
            unit.event("staff.signed_in")


@contextmanager
def _clock_set(offset: timedelta) -> Iterator[None]:
    before = clock.offset()
    clock.shift(offset)
    try:
        yield
    finally:
        clock.shift(before)


def test_opening_the_log_is_event_0(opened: Database) -> None:
    assert bodies() == []
    _signed_in()
    first, second = bodies()
    assert (first["type"], first["seq"], first["site"]) == ("log.opened", 0, None)
    assert first["data"] == {
        "reason": "first",
        "prior_log": None,
        "prior_size": None,
        "prior_root": None,
    }
    assert (second["type"], second["seq"]) == ("staff.signed_in", 1)


def test_a_log_is_opened_once_under_a_random_id(opened: Database) -> None:
    with pytest.raises(LogOpen), transaction.atomic():
        log.log_open(operator="demo-other")
    assert len(bytes.fromhex(Head.objects.get().log)) == 8


def test_nothing_is_written_while_no_log_is_open(db: Database) -> None:
    with pytest.raises(LogClosed):
        _signed_in()
    assert not Event.objects.exists()


def test_a_unit_without_events_writes_none(opened: Database) -> None:
    with log.unit(act=DESK, site=None, rules=None):
        pass
    assert bodies() == []


def test_events_are_numbered_without_gaps_in_the_order_they_were_drafted(
    opened: Database,
) -> None:
    with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
        drafts = [
            unit.event("log.read", data={"rows": number, "view": "list"})
            for number in range(5)
        ]
    told = bodies()
    assert [body["seq"] for body in told] == list(range(6))
    assert [body["data"]["rows"] for body in told[1:]] == list(range(5))
    assert {body["at"] for body in told} == {told[0]["at"]}
    assert [event_seq(eid=draft.eid) for draft in drafts] == list(range(1, 6))
    assert all(body["act"] == {"id": "s-1", "role": "reception"} for body in told)
    assert {(body["site"], body["rules"]) for body in told[1:]} == {("c-1", RULES)}


def test_events_are_appended_after_the_change_and_under_the_head_lock(
    opened: Database,
) -> None:
    _signed_in()
    with log.unit(act=DESK, site=None, rules=None) as unit:
        unit.event("staff.signed_in")
        assert Event.objects.count() == 2
        with opened.connect("owner") as other:
            other.execute("SELECT 1 FROM audit_head FOR UPDATE NOWAIT")
    assert Event.objects.count() == 3


def test_a_reference_becomes_the_number_of_the_event_it_names(
    opened: Database,
) -> None:
    with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
        granted = unit.grant(
            purpose="face.checkin", subject=PERSON, rules=RULES, data=GRANT
        )
    with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
        started = unit.event(
            "face.compare.started",
            purpose="face.checkin",
            subject=PERSON,
            consent=granted.ref,
            data={"candidates": [granted.ref, granted.ref], "model": "m"},
        )
        unit.event("use.abandoned", purpose="contact", data={"start": started.ref})
    _, grant, start, end = bodies()
    assert grant["consent"] == grant["seq"] == 1
    assert start["consent"] == 1
    assert start["data"]["candidates"] == [1, 1]
    assert end["data"]["start"] == start["seq"]


def test_a_reference_to_nothing_fails_the_change(opened: Database) -> None:
    with pytest.raises(EventInvalid, match="does not exist"):
        with log.unit(act=DESK, site=None, rules=None) as unit:
            unit.event(
                "use.abandoned", purpose="contact", data={"start": Ref(uuid.uuid4())}
            )
    assert bodies() == []


BROKEN = {
    "a name": {"kiosk": "王小明"},
    "another key": {"kiosk": "k-1", "name": "x"},
    "a key missing": {},
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_failed_append_fails_the_change(opened: Database, name: str) -> None:
    with pytest.raises(EventInvalid):
        with log.unit(act=DESK, site=None, rules=None) as unit:
            Document.objects.create(
                hash="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                bytes=b"",
            )
            unit.event("staff.signed_in")
            unit.event("kiosk.paired", data=BROKEN[name])
    assert not Document.objects.exists()
    assert not Event.objects.exists()
    assert Head.objects.get().size == 0


def test_a_failed_change_writes_no_event(opened: Database) -> None:
    with pytest.raises(RuntimeError):
        with log.unit(act=DESK, site=None, rules=None) as unit:
            unit.event("staff.signed_in")
            raise RuntimeError
    assert bodies() == []


def test_a_unit_inside_a_transaction_is_refused(opened: Database) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        _signed_in()
    with pytest.raises(RuntimeError, match="durable"):
        with log.unit(act=DESK, site=None, rules=None) as unit:
            unit.event("log.read", data={"rows": 1, "view": "list"})
            _signed_in()
    assert bodies() == []


def test_a_refusal_is_committed_after_the_rollback_and_then_raised(
    opened: Database,
) -> None:
    with pytest.raises(Refused) as raised:
        with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
            unit.event("staff.signed_in")
            raise Refused(refusal=unit.draft("staff.refused"))
    assert [body["type"] for body in bodies()] == ["log.opened", "staff.refused"]
    assert raised.value.refusal is None
    assert not connection.in_atomic_block


def test_a_refusal_is_written_once_however_often_it_is_raised(
    opened: Database,
) -> None:
    with pytest.raises(Refused) as first:
        with log.unit(act=DESK, site=None, rules=None) as unit:
            raise Refused(refusal=unit.draft("staff.refused"))
    with pytest.raises(Refused), log.unit(act=DESK, site=None, rules=None):
        raise first.value
    assert len(bodies()) == 2


def test_a_refusal_inside_a_transaction_is_not_swallowed_with_it(
    opened: Database,
) -> None:
    with log.unit(act=DESK, site=None, rules=None) as unit:
        refusal = unit.draft("staff.refused")
        with pytest.raises(RuntimeError, match="durable"):
            log.refuse(refusal)
    log.refuse(refusal)
    assert bodies()[-1]["type"] == "staff.refused"


def test_concurrent_writers_give_numbers_without_gaps_and_time_that_never_falls(
    opened: Database,
) -> None:
    failed: list[BaseException] = []
    together = threading.Barrier(THREADS)

    def write() -> None:
        try:
            together.wait(10)
            for number in range(UNITS):
                _signed_in(1 + number % 2)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    told = bodies()
    assert [body["seq"] for body in told] == list(range(1 + THREADS * UNITS * 3 // 2))
    times = [body["at"] for body in told]
    assert times == sorted(times)
    assert list(log_faults()) == []


def test_a_clock_behind_the_log_is_told_once_and_time_stands_still(
    opened: Database,
) -> None:
    with _clock_set(timedelta(seconds=30)):
        _signed_in()
    ahead = bodies()[-1]["at"]
    for _ in range(3):
        _signed_in()
    told = bodies()
    assert [body["type"] for body in told[2:]] == [
        "clock.behind",
        *["staff.signed_in"] * 3,
    ]
    assert {body["at"] for body in told[2:]} == {ahead}
    assert 20_000 < told[2]["data"]["behind_ms"] <= 30_000
    with _clock_set(timedelta(seconds=55)):
        _signed_in()
    _signed_in()
    assert [body["type"] for body in bodies()].count("clock.behind") == 2
    assert list(log_faults()) == []


def test_a_clock_a_little_behind_is_held_back_without_a_word(
    opened: Database,
) -> None:
    with _clock_set(timedelta(seconds=3)):
        _signed_in()
    _signed_in()
    told = bodies()
    assert [body["type"] for body in told[1:]] == ["staff.signed_in"] * 2
    assert told[2]["at"] == told[1]["at"]


def test_the_index_has_a_row_for_each_consent_named(opened: Database) -> None:
    with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
        own, other = (
            unit.grant(purpose="face.checkin", subject=person, rules=RULES, data=GRANT)
            for person in (PERSON, "s_" + "1e" * 16)
        )
        unit.event(
            "face.compare.started",
            purpose="face.checkin",
            subject=PERSON,
            consent=own.ref,
            data={"candidates": [other.ref, own.ref], "model": "m"},
        )
    rows = Index.objects.filter(type="face.compare.started").values_list(
        "consent", "subject"
    )
    assert set(rows) == {(1, PERSON), (2, None)}


def test_a_draft_is_not_changed_by_what_its_maker_does_later(
    opened: Database,
) -> None:
    data = {"rows": 1, "view": "list"}
    with log.unit(act=DESK, site=None, rules=None) as unit:
        unit.event("log.read", data=data)
        data["rows"] = 2
    assert bodies()[-1]["data"] == {"rows": 1, "view": "list"}
