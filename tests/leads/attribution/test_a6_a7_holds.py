"""A6 blocked by a protection, A7 owned after a visit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.leads.attribution.cases import (
    ask,
    deal,
    fact,
    lost,
    referral,
    rules,
    visit,
    won,
)

FIRST = referral("r1", "02-24 10:00")
CAME = visit("t1", "02-25 14:00")


@pytest.mark.parametrize(
    ("second", "fate"),
    [
        ("02-24 10:00:01", ("A6", "blocked")),
        ("03-26 09:59:59", ("A6", "blocked")),
        ("03-26 10:00", None),
    ],
)
def test_another_channels_protection_blocks_until_it_ends(
    second: str, fate: tuple[str, str] | None
) -> None:
    decision = ask(FIRST, referral("r2", second, "B2"), visit("t1", "03-27 10:00"))
    # The first one expired unvisited, and did block.
    assert lost(decision)["r1"] == ("A4", "expired")
    assert lost(decision).get("r2") == fate
    assert decision["outcome"] == ("walk_in" if fate else "channel")


def test_a_blocked_one_does_not_revive_but_a_new_one_counts() -> None:
    decision = ask(
        FIRST,
        referral("r2", "03-20 10:00", "B2"),
        referral("r3", "03-26 10:00", "B2"),
        visit("t1", "03-27 10:00"),
    )
    assert won(decision) == ("channel", "B2", "r3", "A5")
    assert lost(decision) == {"r1": ("A4", "expired"), "r2": ("A6", "blocked")}


def test_a_blocked_one_does_not_block() -> None:
    decision = ask(
        FIRST,
        referral("r2", "03-20 10:00", "B2"),
        referral("r3", "03-27 10:00", "B3"),
        visit("t1", "03-28 10:00"),
    )
    assert won(decision) == ("channel", "B3", "r3", "A5")


def test_a_channel_does_not_block_itself() -> None:
    decision = ask(
        FIRST, referral("r2", "03-20 10:00", agent="a2"), visit("t1", "03-27 10:00")
    )
    assert won(decision) == ("channel", "B1", "r2", "A5")


@pytest.mark.parametrize(
    "void",
    [
        {"consent_proof": False},
        {"at": "2026-03-27T09:45:00+08:00"},
    ],
)
def test_a_void_one_does_not_block(void: dict[str, Any]) -> None:
    decision = ask(
        {**FIRST, **void},
        referral("r2", "03-27 09:50", "B2", kind="citizen_agent"),
        visit("t1", "03-27 10:00"),
    )
    assert won(decision) == ("channel", "B2", "r2", "A5")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("04-26 13:59:59", ("channel", "B1", "r1", "A7")),
        ("04-26 14:00", ("walk_in", None, None, "A14")),
        ("02-25 14:00", ("channel", "B1", "r1", "A7")),
    ],
)
def test_ownership_runs_from_the_visit_to_its_end_excluded(
    when: str, expected: tuple[str, str | None, str | None, str]
) -> None:
    decision = ask(FIRST, CAME, visit("t2", when))
    assert won(decision) == expected


def test_each_later_visit_inside_renews_it() -> None:
    decision = ask(FIRST, CAME, visit("t2", "04-20 10:00"), visit("t3", "06-01 10:00"))
    assert won(decision) == ("channel", "B1", "r1", "A7")
    assert decision["owned_until"] == "2026-07-31T10:00:00+08:00"


def test_a_deal_inside_is_the_owners_and_renews_nothing() -> None:
    decision = ask(FIRST, CAME, deal("d1", "04-26 13:59:59"))
    assert won(decision) == ("channel", "B1", "r1", "A7")
    assert decision["owned_until"] == "2026-04-26T14:00:00+08:00"


def test_a_deal_outside_is_judged_as_a_visit() -> None:
    decision = ask(
        FIRST, CAME, referral("r2", "04-26 14:00", "B2"), deal("d1", "05-01 10:00")
    )
    assert won(decision) == ("channel", "B2", "r2", "A5")
    # r1 won the visit; nothing failed, it belongs to that moment.
    assert lost(decision) == {"r1": (None, None)}


@pytest.mark.parametrize(
    ("announced", "fate"),
    [
        ("02-25 14:00:01", ("A7", "owned")),
        ("04-26 13:59:59", ("A7", "owned")),
        ("04-26 14:00", (None, None)),
        # Not after the visit's instant: the protection still blocks it.
        ("02-25 14:00", ("A6", "blocked")),
    ],
)
def test_another_channels_referral_inside_is_owned(
    announced: str, fate: tuple[str | None, str | None]
) -> None:
    decision = ask(FIRST, CAME, referral("r2", announced, "B2"))
    assert won(decision) == ("channel", "B1", "r1", "A5")
    assert lost(decision) == {"r2": fate}


def test_one_made_before_a_renewal_stays_owned_by_what_ran_then() -> None:
    decision = ask(
        FIRST,
        CAME,
        referral("r2", "03-01 10:00", "B2"),
        visit("t2", "03-10 10:00"),
        visit("t3", "03-12 10:00"),
    )
    assert won(decision) == ("channel", "B1", "r1", "A7")
    assert lost(decision) == {"r2": ("A7", "owned")}


def test_an_owned_one_stays_void_after_the_ownership() -> None:
    decision = ask(
        FIRST, CAME, referral("r2", "04-20 10:00", "B2"), visit("t2", "04-27 10:00")
    )
    assert won(decision) == ("walk_in", None, None, "A14")
    assert lost(decision)["r2"] == ("A7", "owned")


def test_the_owners_own_referral_inside_is_not_owned() -> None:
    decision = ask(
        FIRST, CAME, referral("r2", "04-20 10:00"), visit("t2", "04-27 10:00")
    )
    assert won(decision) == ("channel", "B1", "r2", "A5")


def test_two_ownerships_after_a_join_are_for_a_person() -> None:
    decision = ask(
        FIRST,
        CAME,
        referral("r2", "02-24 10:00", "B2", phone="13987654321"),
        visit("t2", "02-26 10:00", "v2", phone="13987654321"),
        fact("j1", "relation", "03-01 10:00", visitor="v1", other="v2",
             relation="spouse", evidence=True),
        visit("t3", "03-02 10:00"),
        referral("r3", "03-01 10:00", "B3"),
    )  # fmt: skip
    assert won(decision) == ("review", None, None, "A7")
    assert lost(decision) == {
        "r1": (None, None),
        "r2": (None, None),
        "r3": ("A7", "owned"),
    }


def test_a_deal_inside_two_ownerships_is_for_a_person() -> None:
    decision = ask(
        FIRST,
        CAME,
        referral("r2", "02-24 10:00", "B2", phone="13987654321"),
        visit("t2", "02-26 10:00", "v2", phone="13987654321"),
        fact("j1", "relation", "03-01 10:00", visitor="v1", other="v2",
             relation="spouse", evidence=True),
        deal("d1", "03-02 10:00"),
    )  # fmt: skip
    assert won(decision) == ("review", None, None, "A7")
    assert decision["owned_until"] is None


def test_a_visit_under_review_inside_two_ownerships_ends_neither() -> None:
    facts = [
        FIRST,
        CAME,
        referral("r2", "02-24 10:00", "B2", phone="13987654321"),
        visit("t2", "02-27 10:00", "v2", phone="13987654321"),
        fact("j1", "relation", "03-01 10:00", visitor="v1", other="v2",
             relation="spouse", evidence=True),
        visit("t3", "03-02 10:00"),
    ]  # fmt: skip
    # The first one's ends on 26 April at 14:00, the other's on 28 April at 10:00.
    only_one = ask(*facts, visit("t4", "04-27 10:00"))
    assert won(only_one) == ("channel", "B2", "r2", "A7")


def test_the_end_of_an_ownership_lets_a_deal_be_judged_by_its_referrals() -> None:
    facts = [FIRST, CAME, referral("r2", "04-26 13:59:59", "B2")]
    inside = ask(*facts, deal("d1", "04-26 13:59:59"))
    assert won(inside) == ("channel", "B1", "r1", "A7")
    assert lost(inside) == {"r2": ("A7", "owned")}
    outside = ask(*facts, deal("d1", "04-26 14:00"))
    assert won(outside) == ("walk_in", None, None, "A14")


def test_two_ownerships_of_one_channel_are_not_in_doubt() -> None:
    decision = ask(
        FIRST,
        CAME,
        referral("r2", "02-24 10:00", agent="a2", phone="13987654321"),
        visit("t2", "02-26 10:00", "v2", phone="13987654321"),
        fact("j1", "relation", "03-01 10:00", visitor="v1", other="v2",
             relation="spouse", evidence=True),
        visit("t3", "03-02 10:00", "v2", phone="13987654321"),
    )  # fmt: skip
    assert won(decision) == ("channel", "B1", "r1", "A7")
    assert lost(decision) == {"r2": (None, None)}


def test_the_ownership_term_is_that_of_the_kind_and_the_visits_version() -> None:
    versions = [
        rules("a", kinds={"resident": {"ownership_days": 90}}),
        rules("b", "2026-04-01T00:00:00+08:00", ownership_days=10),
    ]
    resident = referral("r1", "02-24 10:00", kind="resident")
    first = ask(resident, CAME, versions=versions)
    assert first["owned_until"] == "2026-05-26T14:00:00+08:00"
    # A shorter renewal does not cut what the earlier visit gave.
    again = ask(resident, CAME, visit("t2", "04-02 10:00"), versions=versions)
    assert again["owned_until"] == "2026-05-26T14:00:00+08:00"
    assert again["rules"] == {"referral": "a", "visit": "b"}
