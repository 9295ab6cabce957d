"""A2 in time, A3 already ours, A4 protection: each boundary to the instant."""

from __future__ import annotations

import pytest

from tests.leads.attribution.cases import (
    ask,
    at,
    deal,
    lost,
    referral,
    rules,
    visit,
    won,
)

ANNOUNCED = referral("r1", "02-24 10:00")


@pytest.mark.parametrize(
    ("came", "outcome"),
    [
        ("02-24 10:30", "channel"),
        ("02-24 10:29:59", "walk_in"),
        ("02-24 10:00", "walk_in"),
        ("02-24 10:31", "channel"),
    ],
)
def test_the_lead_time_is_met_exactly_or_not(came: str, outcome: str) -> None:
    decision = ask(ANNOUNCED, visit("t1", came))
    assert decision["outcome"] == outcome
    if outcome == "walk_in":
        assert lost(decision) == {"r1": ("A2", "late")}


def test_a_kind_may_have_no_lead_time() -> None:
    same_instant = referral("r1", "02-24 10:00", kind="citizen_agent")
    decision = ask(same_instant, visit("t1", "02-24 10:00"))
    assert won(decision) == ("channel", "B1", "r1", "A5")


def test_the_first_visit_makes_it_late_for_good() -> None:
    decision = ask(ANNOUNCED, visit("t1", "02-24 10:10"), visit("t2", "02-26 10:00"))
    assert won(decision) == ("walk_in", None, None, "A14")
    assert lost(decision) == {"r1": ("A2", "late")}


def test_a_referral_after_the_visit_still_waits() -> None:
    decision = ask(
        visit("t1", "02-25 14:00"), referral("r1", "05-25 14:00"), versions=[rules()]
    )
    assert won(decision) == ("walk_in", None, None, "A14")
    assert lost(decision) == {"r1": (None, None)}


def test_a_referral_right_after_a_walk_in_comes_too_late() -> None:
    decision = ask(visit("t1", "02-25 14:00"), referral("r1", "02-25 14:00:01"))
    assert lost(decision) == {"r1": ("A3", "already_visited")}


@pytest.mark.parametrize(
    ("earlier", "outcome"),
    [
        ("2025-12-26 10:00", "walk_in"),
        ("2025-12-26 09:59:59", "channel"),
        ("02-24 09:59:59", "walk_in"),
        ("02-01 10:00", "walk_in"),
    ],
)
def test_exactly_the_look_back_day_counts(earlier: str, outcome: str) -> None:
    decision = ask(visit("t0", earlier), ANNOUNCED, visit("t1", "02-25 14:00"))
    assert decision["outcome"] == outcome
    if outcome == "walk_in":
        assert lost(decision) == {"r1": ("A3", "already_visited")}
        cited = [step for step in decision["because"] if step["clause"] == "A3"]
        assert cited[0]["facts"] == ["r1", "t0"]


def test_the_court_case() -> None:
    facts = [
        visit("t0", "2025-09-13 14:00"),
        ANNOUNCED,
        visit("t1", "02-25 14:00"),
        deal("d1", "02-28 11:00"),
        deal("d2", "03-03 11:00", stage="signed"),
    ]
    decision = ask(*facts, as_of="03-10 00:00")
    assert won(decision) == ("channel", "B1", "r1", "A7")
    assert decision["agent"] == "B1-agent"
    assert decision["rules"] == {"referral": "2026-01", "visit": "2026-01"}
    assert decision["owned_until"] == "2026-04-26T14:00:00+08:00"
    # The page shows both visits, the window and the clause.
    window = next(step for step in decision["because"] if step["clause"] == "A3")
    assert window["facts"] == ["r1", "t0"]
    for words in (window["zh"], window["en"]):
        assert "2025-09-13 14:00" in words
        assert "2025-12-26 10:00" in words
    assert any("t1" in step["facts"] for step in decision["because"])


@pytest.mark.parametrize(
    ("came", "outcome"),
    [
        ("03-26 09:59:59", "channel"),
        ("2026-03-26T09:59:59.999999+08:00", "channel"),
        ("03-26 10:00", "walk_in"),
    ],
)
def test_the_last_instant_of_protection_is_inside(came: str, outcome: str) -> None:
    decision = ask(ANNOUNCED, visit("t1", came))
    assert decision["outcome"] == outcome
    if outcome == "walk_in":
        assert lost(decision) == {"r1": ("A4", "expired")}


def test_offsets_are_compared_as_instants() -> None:
    utc = visit("t1", "2026-02-24T02:30:00Z")
    assert ask(ANNOUNCED, utc)["outcome"] == "channel"
    west = visit("t1", "2026-02-23T21:29:59-05:00")
    assert ask(ANNOUNCED, west)["outcome"] == "walk_in"


def test_a_day_is_24_hours_where_clocks_change() -> None:
    # Berlin lost an hour on 29 March 2026: 30 days end at 11:00 local time.
    berlin = [rules(zone="Europe/Berlin")]
    announced = referral("r1", "2026-03-10T10:00:00+01:00")
    inside = visit("t1", "2026-04-09T10:59:59+02:00")
    outside = visit("t1", "2026-04-09T11:00:00+02:00")
    decision = ask(announced, inside, versions=berlin)
    assert decision["outcome"] == "channel"
    assert decision["owned_until"] == "2026-06-08T10:59:59+02:00"
    assert ask(announced, outside, versions=berlin)["outcome"] == "walk_in"


def test_the_terms_are_those_in_force_at_the_referral() -> None:
    versions = [
        rules("old", min_lead_minutes=60),
        rules("new", at("02-24 12:00"), min_lead_minutes=10, ownership_days=5),
    ]
    came = visit("t1", "02-24 12:30")
    old = ask(referral("r1", "02-24 11:59:59"), came, versions=versions)
    assert lost(old) == {"r1": ("A2", "late")}
    assert old["rules"] == {"referral": None, "visit": "new"}
    new = ask(referral("r1", "02-24 12:00"), came, versions=versions)
    assert new["rules"] == {"referral": "new", "visit": "new"}
    mixed = ask(referral("r1", "02-24 11:30"), came, versions=versions)
    assert mixed["rules"] == {"referral": "old", "visit": "new"}
    assert mixed["owned_until"] == "2026-03-01T12:30:00+08:00"


def test_before_the_first_version_the_first_one_is_used() -> None:
    decision = ask(referral("r1", "2025-03-01 10:00"), visit("t1", "2025-03-02 10:00"))
    assert won(decision) == ("channel", "B1", "r1", "A5")
    assert decision["rules"] == {"referral": "2026-01", "visit": "2026-01"}


def test_facts_after_as_of_do_not_exist() -> None:
    came = visit("t1", "02-25 14:00")
    before = ask(ANNOUNCED, came, as_of="02-25 13:59:59")
    assert won(before) == ("none", None, None, None)
    assert before["rules"] == {"referral": None, "visit": None}
    assert ask(ANNOUNCED, came, as_of="02-25 14:00")["outcome"] == "channel"
