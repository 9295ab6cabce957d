"""Days of a log: their numbers, their counts, and what is signed of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from audit import clock, merkle
from audit.demonstration import clock_shifted
from audit.models import Body
from audit.reading.days import (
    day_counts,
    day_find,
    day_last_at,
    days_lately,
    root_of,
    today,
)
from audit.reading.logs import LogHead, logs
from audit.signer import Signer
from audit.words import group_of
from tests import make
from tests.audit.room import bodies
from tests.audit.signing import signer_in
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with signer_in(tmp_path / "signer") as made:
        yield made


def head() -> LogHead:
    return logs()[0]


def own_day(body: dict[str, str]) -> date:
    return clock.parse(body["at"]).astimezone(ZONE).date()


def test_each_event_is_of_exactly_one_day(house: make.House) -> None:
    for days in (1, 2, 4):
        with clock_shifted(days=days):
            make.person(kiosk=house.kiosk)
    found = days_lately(head=head(), zone=ZONE, count=14)
    assert [one.day for one in found] == [
        today(ZONE) + timedelta(days=days) for days in (4, 3, 2, 1, 0)
    ]
    for one in found:
        of_day = [body["seq"] for body in bodies() if own_day(body) == one.day]
        if not of_day:
            assert (one.first, one.last, one.count) == (None, None, 0)
            continue
        assert (one.first, one.last) == (of_day[0], of_day[-1])
        assert one.count == len(of_day)
        counted = day_counts(log=head().log, day=one, sites=["c-1", ""])
        assert sum(each.total for each in counted) == one.count
        for each in counted:
            assert each.total == sum(each.by_site)
            assert each.total == sum(
                group_of(body["type"]) == each.group
                for body in bodies()
                if own_day(body) == one.day
            )
        assert day_last_at(log=head().log, day=one) == bodies()[of_day[-1]]["at"]
    assert days_lately(head=head(), zone=ZONE, count=2) == found[:2]


def test_a_day_is_covered_by_the_first_checkpoint_beyond_it(
    house: make.House, signer: Signer
) -> None:
    day = today(ZONE)
    size = len(bodies())
    before = day_find(head=head(), day=day, zone=ZONE)
    assert (before.checkpoint, before.uncovered) == (None, size)
    signer.look(now=True)
    make.person(kiosk=house.kiosk)
    partly = day_find(head=head(), day=day, zone=ZONE)
    assert partly.checkpoint is not None
    assert partly.checkpoint.size == size
    assert partly.uncovered == len(bodies()) - size
    with clock_shifted(days=3):
        make.person(kiosk=house.kiosk)
        signer.look(now=True)
    covered = day_find(head=head(), day=day, zone=ZONE)
    assert covered.uncovered == 0
    assert covered.checkpoint is not None
    assert covered.last is not None
    assert covered.checkpoint.size > covered.last
    frontier: list[bytes] = []
    for body in Body.objects.order_by("seq")[: covered.checkpoint.size]:
        leaf = merkle.leaf_hash(bytes(body.body))
        frontier = merkle.fold(frontier, body.seq, leaf)
    assert root_of(covered.checkpoint) == merkle.root(frontier).hex()


def test_what_came_after_the_head_was_read_is_not_of_the_day(
    house: make.House,
) -> None:
    read = head()
    make.person(kiosk=house.kiosk)
    found = day_find(head=read, day=today(ZONE), zone=ZONE)
    assert found.last == read.size - 1


def test_days_without_events_are_days_too(house: make.House, signer: Signer) -> None:
    signer.look(now=True)
    for days in (-3, 3):
        found = day_find(head=head(), day=today(ZONE) + timedelta(days=days), zone=ZONE)
        assert (found.count, found.uncovered) == (0, 0)
        assert found.checkpoint is not None
        assert day_last_at(log=head().log, day=found) == ""
        counted = day_counts(log=head().log, day=found, sites=[])
        assert {one.total for one in counted} == {0}
