"""The append: one message that numbers, dates, stores and commits, or nothing does."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    connection,
    connections,
    transaction,
)

from audit import clock, log
from audit.appending import WRITERS
from audit.drafts import Act, Draft, Ref
from audit.errors import EventInvalid
from audit.models import Body, Event, Head, Index
from audit.selectors import log_faults
from consent.models import Rules
from tests import make
from tests.conftest import Database

DESK = Act("s-1", "reception")
PERSON = "s_" + "0f" * 16
RULES = "ab" * 32
SENDING = timedelta(seconds=0.1)
HELD_SECONDS = 0.4

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    """A site with some events in its log."""
    return make.house()


def bodies() -> list[dict[str, Any]]:
    return [json.loads(bytes(row.body)) for row in Body.objects.order_by("seq")]


def _draft(kind: str = "staff.signed_in", **fields: Any) -> Draft:
    return log.Unit(act=DESK, site="c-1", rules=RULES).draft(kind, **fields)


@pytest.mark.usefixtures("house")
def test_events_of_one_unit_name_each_other_and_earlier_ones() -> None:
    earlier = bodies()
    eid = Event.objects.get(seq=3).eid
    with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
        # More than nine, so that a place of one digit is not taken for one of two.
        drafts = [
            unit.event("use.abandoned", purpose="contact", data={"start": Ref(eid)})
        ]
        for _ in range(11):
            drafts.append(
                unit.event(
                    "use.abandoned", purpose="contact", data={"start": drafts[-1].ref}
                )
            )
    told = bodies()[len(earlier) :]
    first = len(earlier)
    assert [one["seq"] for one in told] == list(range(first, first + 12))
    assert [one["data"]["start"] for one in told] == [3, *range(first, first + 11)]
    assert list(log_faults()) == []


@pytest.mark.usefixtures("house")
def test_a_reference_to_no_event_writes_nothing() -> None:
    before = bodies()
    with pytest.raises(EventInvalid):
        with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
            unit.event("staff.signed_in")
            unit.event("use.abandoned", purpose="contact", data={"start": _draft().ref})
    assert bodies() == before


def test_what_is_refused_at_commit_leaves_no_event(house: make.House) -> None:
    before = bodies()
    with pytest.raises(IntegrityError):
        with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
            unit.event("staff.signed_in")
            # Its event is not there; the key is looked at when the change commits.
            Rules.objects.create(
                site=house.site,
                label="x",
                sha256=RULES,
                published_at=clock.now(),
                published_event_id=_draft().eid,
            )
    assert bodies() == before
    assert not Rules.objects.filter(sha256=RULES).exists()
    assert not connection.in_atomic_block


@pytest.mark.usefixtures("house")
def test_a_change_that_broke_inside_is_not_committed_with_its_events() -> None:
    before = bodies()
    with pytest.raises(DatabaseError):
        with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
            unit.event("staff.signed_in")
            try:
                with transaction.atomic(savepoint=False), connection.cursor() as raw:
                    raw.execute("SELECT 1/0")
            except DatabaseError:
                pass
    assert bodies() == before


@pytest.mark.usefixtures("house")
def test_a_unit_is_over_when_its_events_are_in() -> None:
    told: list[int] = []
    with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
        unit.event("staff.signed_in")
        transaction.on_commit(lambda: told.append(Head.objects.get().size))
        size = Head.objects.get().size
    assert told == [size + 1]
    assert not connection.in_atomic_block
    assert connection.get_autocommit()


def test_who_waits_for_the_head_dates_events_when_it_comes(
    db: Database, house: make.House
) -> None:
    def write() -> None:
        with log.unit(act=DESK, site="c-1", rules=house.rules.sha256) as unit:
            unit.event("staff.signed_in")
        connections.close_all()

    with db.connect("app", autocommit=False) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS])
        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(HELD_SECONDS)
        freed = clock.now()
    writer.join()
    assert bodies()[-1]["type"] == "staff.signed_in"
    # The program's clock is read a moment before the statement begins to wait.
    assert clock.parse(bodies()[-1]["at"]) >= freed - SENDING


def test_each_body_is_copied_for_searching_as_it_says(house: make.House) -> None:
    make.person(kiosk=house.kiosk)
    copied = ("seq", "at", "type", "site", "subject", "consent", "purpose")
    rows = Index.objects.filter(place=0).order_by("seq")
    assert list(rows.values(*copied)) == [
        {name: body[name] for name in copied} for body in bodies()
    ]
