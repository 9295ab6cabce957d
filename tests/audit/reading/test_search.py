"""Finding events: each condition alone, all together, and page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from audit import clock
from audit.demonstration import clock_shifted
from audit.reading import search as searching
from audit.reading.search import Search, bounds_of, events, numbers_found, search
from audit.selectors import log_current
from consent.purposes import Purpose
from tests import make
from tests.audit.room import bodies, compared_with, enrolled_person, numbers
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def log() -> str:
    found = log_current()
    assert found is not None
    return found


def found(**wanted: Any) -> list[int]:
    page = search(Search(log=log(), **wanted), rows=1_000)
    return [event["seq"] for event in page.events]


def test_pages_go_back_and_forth_without_a_gap_or_a_repeat(house: make.House) -> None:
    make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    wanted = Search(log=log())
    seen: list[int] = []
    page = search(wanted, rows=4)
    assert not page.newer
    while True:
        seen += [event["seq"] for event in page.events]
        if not page.older:
            break
        page = search(wanted, before=page.first, rows=4)
        assert page.newer
    assert seen == list(range(len(bodies())))[::-1]
    up: list[int] = []
    while page.newer:
        page = search(wanted, after=page.last, rows=4)
        up = [event["seq"] for event in page.events] + up
        assert page.older
    assert up == [seq for seq in seen if seq > up[-1] - 1]
    assert up[0] == seen[0]


def test_a_page_beyond_either_end_leads_back(house: make.House) -> None:
    last = bodies()[-1]["seq"]
    above = search(Search(log=log()), after=last)
    assert (above.events, above.newer, above.older) == ([], False, True)
    assert search(Search(log=log()), before=above.first).events[0]["seq"] == last
    below = search(Search(log=log()), before=0)
    assert (below.events, below.newer, below.older) == ([], True, False)
    assert search(Search(log=log()), after=below.last).events[-1]["seq"] == 0


def test_every_condition_finds_what_it_names_and_nothing_else(
    house: make.House,
) -> None:
    subject = enrolled_person(house)
    stranger = compared_with(house, subject)
    every = bodies()
    face = next(
        body["seq"]
        for body in every
        if body["type"] == "consent.granted"
        and body["purpose"] == "face.checkin"
        and body["subject"] == subject.pseudonym
    )
    compared = numbers("face.compared")
    cases: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
        ({"kind": "notice.shown"}, lambda body: body["type"] == "notice.shown"),
        ({"site": "c-1"}, lambda body: body["site"] == "c-1"),
        ({"site": "-"}, lambda body: body["site"] is None),
        ({"purpose": "contact"}, lambda body: body["purpose"] == "contact"),
        (
            {"subject": subject.pseudonym},
            lambda body: body["subject"] == subject.pseudonym,
        ),
        (
            {"consent": face},
            lambda body: (
                body["consent"] == face or face in body["data"].get("candidates", [])
            ),
        ),
        ({"event": compared[0]}, lambda body: body["seq"] == compared[0]),
        ({"actor": "k-1"}, lambda body: body["act"]["id"] == "k-1"),
        (
            {"purpose": "face.checkin", "actor": "k-1", "kind": "face.compared"},
            lambda body: body["type"] == "face.compared",
        ),
        (
            {"subject": stranger.pseudonym, "consent": face},
            lambda body: (
                body["subject"] == stranger.pseudonym
                and face in body["data"].get("candidates", [])
            ),
        ),
        ({"event": 0, "kind": "site.opened"}, lambda _: False),
    ]
    for wanted, keep in cases:
        expected = [body["seq"] for body in every if keep(body)][::-1]
        assert found(**wanted) == expected, wanted
        assert expected or wanted == {"event": 0, "kind": "site.opened"}
        straight = numbers_found(
            Search(log=log(), **wanted),
            below=len(every),
        )
        assert [seq for chunk in straight for seq in chunk] == expected[::-1]


def test_days_are_bounds_on_both_sides(house: make.House) -> None:
    before = len(bodies())
    with clock_shifted(days=2):
        make.person(kiosk=house.kiosk)
        between = len(bodies())
        noon = clock.now()
    with clock_shifted(days=5):
        make.person(kiosk=house.kiosk)
    since = clock.stamp(noon - timedelta(hours=12))
    until = clock.stamp(noon + timedelta(hours=12))
    assert found(since=since, until=until) == list(range(before, between))[::-1]
    assert found(until=since) == list(range(before))[::-1]
    assert found(since=until)[-1] == between
    assert found(since=clock.stamp(noon + timedelta(days=30))) == []
    assert found(until="2001-01-01T00:00:00.000Z") == []
    # A moment that an event has is within when it begins the stretch, not at its end.
    at = bodies()[0]["at"]
    assert bounds_of(log=log(), since=at, until="") is not None
    assert bounds_of(log=log(), since="", until=at) is None


def test_an_actor_is_looked_for_a_stretch_at_a_time(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.person(kiosk=house.kiosk)
    monkeypatch.setattr(searching, "CHUNK", 2)
    monkeypatch.setattr(searching, "CHUNKS_MAX", 2)
    setup = [body["seq"] for body in bodies() if body["act"]["id"] == "setup"]
    wanted = Search(log=log(), actor="setup")
    seen: list[int] = []
    page = search(wanted)
    assert page.events == []
    assert page.looked_to == len(bodies()) - 4
    while page.older:
        page = search(wanted, before=page.first)
        seen += [event["seq"] for event in page.events]
    assert seen == setup[::-1]
    up = search(wanted, after=-1)
    assert [event["seq"] for event in up.events] == [s for s in setup if s < 4][::-1]
    assert up.newer


def test_no_other_log_is_looked_into(house: make.House, db: Database) -> None:
    make.person(kiosk=house.kiosk)
    assert search(Search(log="0" * 16)).events == []
    assert search(Search(log="0" * 16, actor="setup")).events == []
    with db.connect("superuser") as link:
        link.execute(
            "INSERT INTO audit_index (log, seq, place, at, type)"
            " VALUES (%s, 2, 0, '2026-01-01T00:00:00.000Z', 'stop.on')",
            ["0" * 16],
        )
    assert found(kind="stop.on") == []
    assert found(until="2026-01-02T00:00:00.000Z") == []


def test_what_was_written_meanwhile_is_left_out_of_a_file(house: make.House) -> None:
    size = len(bodies())
    chunks = numbers_found(Search(log=log()), below=size)
    make.person(kiosk=house.kiosk)
    assert [seq for chunk in chunks for seq in chunk] == list(range(size))


def test_an_event_without_its_body_is_still_listed(
    house: make.House, db: Database
) -> None:
    subject = make.person(kiosk=house.kiosk)
    seq = numbers("consent.granted")[0]
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        link.execute("DELETE FROM audit_body WHERE seq = %s", [seq])
    told = events(log=log(), numbers=[seq, seq - 1])
    assert [event["seq"] for event in told] == [seq, seq - 1]
    assert told[0]["subject"] == subject.pseudonym
    assert (told[0]["data"], told[0]["act"]) == (None, None)
    assert told[1]["data"] is not None
