"""The copy for searching is made anew from the bodies, whatever stood in it."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from audit import log
from audit.catalogue import KINDS
from audit.drafts import Act, Draft
from audit.indexing import reindex
from audit.models import Body, Head, Index
from audit.reading.search import Search, search
from audit.selectors import event_list, rules_in_force, subject_events
from tests import make
from tests.audit import events
from tests.conftest import Database

DESK = Act("s-1", "reception")
PEOPLE = [f"s_{number:032x}" for number in range(3)]
RULES = "ab" * 32
WRITERS, UNITS = 3, 25

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("secrets_dir")]


@pytest.fixture
def grants(db: Database) -> list[int]:
    """The numbers of three people's grants, in a log where they were compared."""
    house = make.house()
    make.person(kiosk=house.kiosk)
    given: list[Draft] = []
    with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
        for person in PEOPLE:
            data = events.body("consent.granted")["data"]
            given.append(
                unit.grant(
                    purpose="face.checkin",
                    subject=person,
                    rules=RULES,
                    data={**data, "until": "2199-01-01T00:00:00.000Z"},
                )
            )
        for person, own in zip(PEOPLE, given, strict=True):
            unit.event(
                "face.compare.started",
                purpose="face.checkin",
                subject=person,
                consent=own.ref,
                data={"candidates": [one.ref for one in given] * 2, "model": "m"},
            )
    return list(
        Index.objects.filter(type="consent.granted", subject__in=PEOPLE)
        .order_by("seq")
        .values_list("seq", flat=True)
    )


def rows() -> list[tuple[Any, ...]]:
    return list(Index.objects.order_by("log", "seq", "place").values_list())


def due() -> list[tuple[Any, ...]]:
    """What the copy must hold, told by the bodies alone."""
    told: list[tuple[Any, ...]] = []
    for stored in Body.objects.order_by("log", "seq"):
        body = json.loads(bytes(stored.body))
        first = [body[key] for key in ("at", "type", "site")]
        last = body["purpose"]
        own = body["consent"]
        told.append((stored.log, stored.seq, 0, *first, body["subject"], own, last))
        named = sorted(set(body["data"].get("candidates") or []) - {own})
        for place, consent in enumerate(named, 1):
            told.append((stored.log, stored.seq, place, *first, None, consent, last))
    return told


def answers(grants: list[int]) -> list[object]:
    """What every way of reading that uses the copy says."""
    opened = Head.objects.get().log
    searches = [
        Search(opened),
        *(Search(opened, kind=kind) for kind in KINDS),
        *(Search(opened, subject=person) for person in PEOPLE),
        *(Search(opened, consent=number) for number in grants),
        Search(opened, purpose="face.checkin"),
        Search(opened, site="c-1"),
        Search(opened, site="-"),
        Search(opened, since=events.TIME),
        Search(opened, until=events.TIME),
        Search(opened, actor="s-1"),
    ]
    return [
        [search(wanted) for wanted in searches],
        [event_list(kind=kind) for kind in KINDS],
        [event_list(consent=number) for number in grants],
        [event_list(subject=person, before=grants[-1]) for person in PEOPLE],
        [
            subject_events(subject=person, grants=[number])
            for person, number in zip(PEOPLE, grants, strict=True)
        ],
        rules_in_force(),
    ]


def test_the_copy_is_what_the_bodies_say(grants: list[int]) -> None:
    assert rows() == due()
    assert len([row for row in rows() if row[2]]) == len(PEOPLE) * (len(PEOPLE) - 1)
    assert grants


def _emptied(db: Database) -> None:
    with db.connect("owner") as owner:
        owner.execute("DELETE FROM audit_index")


def _altered(db: Database) -> None:
    with db.connect("owner") as owner:
        owner.execute("UPDATE audit_index SET type = 'log.read', subject = NULL")
        owner.execute("DELETE FROM audit_index WHERE seq % 3 = 1")
        owner.execute(
            "INSERT INTO audit_index (log, seq, place, at, type)"
            " SELECT log, seq + 1000, 0, at, type FROM audit_index"
            " UNION ALL SELECT 'other', seq, 0, at, type FROM audit_index"
            " WHERE place = 0"
            " UNION ALL SELECT log, seq, 9, at, type FROM audit_index WHERE place = 0"
            " ON CONFLICT DO NOTHING"
        )


@pytest.mark.parametrize("spoil", [_emptied, _altered])
@pytest.mark.parametrize("at_once", [1, 7, 10_000])
def test_every_way_of_reading_answers_as_before(
    db: Database, grants: list[int], spoil: Callable[[Database], None], at_once: int
) -> None:
    before, stood = answers(grants), rows()
    spoil(db)
    assert answers(grants) != before
    assert reindex(at_once=at_once) == Head.objects.get().size
    assert rows() == stood
    assert answers(grants) == before
    reindex(at_once=at_once)
    assert rows() == stood


def test_what_is_appended_meanwhile_is_there_once(
    db: Database, grants: list[int]
) -> None:
    _emptied(db)

    def write() -> None:
        for _ in range(UNITS):
            with log.unit(act=DESK, site="c-1", rules=RULES) as unit:
                unit.event("staff.signed_in")
                unit.event("staff.refused")
        connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    told = 0
    while any(writer.is_alive() for writer in writers):
        told += reindex(at_once=3)
    for writer in writers:
        writer.join()
    assert told
    assert rows() == due()
    assert Head.objects.get().size == len({row[1] for row in rows()})
    assert grants


def test_the_command_says_how_far_it_is(db: Database, grants: list[int]) -> None:
    _emptied(db)
    said = io.StringIO()
    call_command("audit_reindex", stdout=said)
    head = Head.objects.get()
    assert said.getvalue().splitlines() == [
        f"{head.log}: {head.size} of {head.size}",
        f"{head.size} events copied for searching",
    ]
    assert rows() == due()
    assert grants
