"""A13: the first subscribed deal freezes; people may rule."""

from __future__ import annotations

import pytest

from tests.leads.attribution.cases import (
    Fact,
    ask,
    deal,
    fact,
    lost,
    referral,
    visit,
    won,
)

BASE = [referral("r1", "02-24 10:00"), visit("t1", "02-25 14:00")]
SOLD = deal("d1", "02-28 11:00")


def ruling(fact_id: str, when: str, channel: str | None) -> Fact:
    return fact(fact_id, "ruling", when, visitor="v1", dispute="x1", channel=channel,
                outcome="channel" if channel else "walk_in")  # fmt: skip


@pytest.mark.parametrize(
    "late",
    [
        fact("c1", "confirmation", "02-28 11:00:01", referral="r1", answer="denied"),
        referral("r2", "02-28 11:00:01", "B2"),
        visit("t2", "03-28 11:00"),
        deal("d2", "03-01 11:00"),
        deal("d3", "03-01 11:00", stage="paid"),
        fact("n1", "contact_change", "03-01 11:00", visitor="v1", old="13812345678",
             new="13700001111"),
    ],
)  # fmt: skip
def test_facts_after_the_first_subscribed_deal_change_nothing(late: Fact) -> None:
    assert ask(*BASE, SOLD, late) == ask(*BASE, SOLD)


def test_a_denial_before_the_deal_counts() -> None:
    denial = fact("c1", "confirmation", "02-28 11:00", referral="r1", answer="denied")
    assert won(ask(*BASE, SOLD, denial)) == ("walk_in", None, None, "A14")


@pytest.mark.parametrize("stage", ["intent", "signed", "paid"])
def test_only_a_subscribed_deal_freezes(stage: str) -> None:
    denial = fact("c1", "confirmation", "03-01 11:00", referral="r1", answer="denied")
    decision = ask(*BASE, deal("d1", "02-28 11:00", stage=stage), denial)
    assert lost(decision) == {"r1": ("A11", "denied")}


def test_a_ruling_after_the_deal_stands() -> None:
    decision = ask(*BASE, SOLD, ruling("u1", "03-15 10:00", "B2"))
    assert won(decision) == ("channel", "B2", None, "A13")
    assert decision["agent"] is None
    assert decision["rules"] == {"referral": None, "visit": "2026-01"}
    assert lost(decision) == {"r1": (None, None)}
    assert decision["because"][0]["facts"] == ["u1", "d1"]


def test_the_last_ruling_counts() -> None:
    decision = ask(
        *BASE,
        SOLD,
        ruling("u2", "03-16 10:00", None),
        ruling("u1", "03-15 10:00", "B2"),
    )
    assert won(decision) == ("walk_in", None, None, "A13")


def test_a_ruling_ends_a_review_and_gives_ownership_from_its_visit() -> None:
    tie = [*BASE, referral("r2", "02-24 10:00", "B2")]
    assert ask(*tie)["outcome"] == "review"
    ruled = ruling("u1", "03-01 10:00", "B2")
    decision = ask(*tie, ruled)
    assert won(decision) == ("channel", "B2", None, "A13")
    assert decision["owned_until"] == "2026-04-26T14:00:00+08:00"
    again = ask(*tie, ruled, visit("t2", "03-10 10:00"))
    assert won(again) == ("channel", "B2", None, "A7")
    assert again["agent"] is None
    bought = ask(*tie, ruled, deal("d1", "03-10 10:00"))
    assert won(bought) == ("channel", "B2", None, "A7")


def test_a_visit_ruled_a_walk_in_voids_later_referrals() -> None:
    decision = ask(
        *BASE,
        ruling("u1", "02-26 10:00", None),
        referral("r2", "03-28 10:00", "B2"),
        visit("t2", "03-29 10:00"),
    )
    assert won(decision) == ("walk_in", None, None, "A14")
    assert lost(decision)["r2"] == ("A3", "already_visited")


def test_a_visit_under_review_does_not_void() -> None:
    decision = ask(
        *BASE,
        referral("r2", "02-24 10:00", "B2"),
        referral("r3", "03-28 10:00", "B3"),
        visit("t2", "03-29 10:00"),
    )
    assert won(decision) == ("channel", "B3", "r3", "A5")


def test_a_ruling_against_the_owner_ends_the_ownership_there() -> None:
    decision = ask(
        *BASE,
        visit("t2", "03-10 10:00"),
        ruling("u1", "03-11 10:00", "B2"),
        visit("t3", "03-12 10:00"),
    )
    assert won(decision) == ("channel", "B2", None, "A7")


def test_a_ruling_that_names_its_visit_is_on_that_one() -> None:
    """A later visit came before the ruling: without the name it would get it."""
    tied = [
        referral("r1", "02-24 10:00"),
        referral("r2", "02-24 10:00", "B2"),
        visit("t1", "02-25 14:00"),
        visit("t2", "03-01 14:00"),
    ]
    on_last = ruling("u1", "03-02 10:00", "B2")
    assert won(ask(*tied, on_last)) == ("channel", "B2", None, "A13")
    on_first = {**on_last, "visit": "t1"}
    assert won(ask(*tied, on_first)) == ("channel", "B2", None, "A7")
    assert won(ask(*tied, {**on_last, "visit": None}))[3] == "A13"
    assert won(ask(*tied[:3], on_first)) == ("channel", "B2", None, "A13")


def test_a_ruling_before_the_deal_is_of_the_visit_and_the_deal_is_the_owners() -> None:
    decision = ask(*BASE, ruling("u1", "02-26 10:00", "B2"), SOLD)
    assert won(decision) == ("channel", "B2", None, "A7")
    # The deal is ruled about by what comes after it alone.
    again = ask(
        *BASE,
        ruling("u1", "02-26 10:00", "B2"),
        SOLD,
        ruling("u2", "03-15 10:00", "B1"),
    )
    assert won(again) == ("channel", "B1", None, "A13")


def test_a_ruling_stands_beside_what_the_deal_froze_out() -> None:
    denial = fact("c1", "confirmation", "03-01 10:00", referral="r1", answer="denied")
    decision = ask(*BASE, SOLD, denial, ruling("u1", "03-15 10:00", "B2"))
    assert won(decision) == ("channel", "B2", None, "A13")
    # The denial came after the deal: nothing failed.
    assert lost(decision) == {"r1": (None, None)}


def test_a_ruling_later_than_the_question_is_none() -> None:
    decision = ask(
        *BASE, SOLD, ruling("u1", "03-15 10:00", "B2"), as_of="03-15 09:59:59"
    )
    assert won(decision) == ("channel", "B1", "r1", "A7")


def test_the_deal_of_the_other_freezes_only_those_joined_at_it() -> None:
    wife = visit("t2", "03-05 10:00", "v2", phone="13987654321", surname="李")
    related = {"visitor": "v1", "other": "v2", "relation": "spouse", "evidence": True}
    before = fact("f1", "relation", "02-27 10:00", **related)
    after = fact("f1", "relation", "03-01 10:00", **related)
    frozen = ask(*BASE, SOLD, before, wife, visitor="v2")
    assert won(frozen) == ("channel", "B1", "r1", "A7")
    assert frozen["because"][-1]["facts"][-1] == "d1"
    later = ask(*BASE, SOLD, after, wife, visitor="v2")
    assert later["because"][-1]["facts"][-1] == "t2"
