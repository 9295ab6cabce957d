"""A9 new number, A10 family, A12 faces, and history whose phones are gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.leads.attribution.cases import (
    LI,
    Fact,
    ask,
    deal,
    fact,
    lost,
    referral,
    rules,
    visit,
    won,
)

NEW = "13700001111"


def change(when: str, visitor: str = "v2") -> Fact:
    return fact("n1", "contact_change", when, visitor=visitor, old="13812345678",
                new=NEW)  # fmt: skip


def relation(when: str, **changed: Any) -> Fact:
    values = {"visitor": "v1", "other": "v2", "relation": "spouse", "evidence": True}
    return fact("f1", "relation", when, **{**values, **changed})


def link(when: str, live: bool = True, *, fact_id: str = "l1") -> Fact:
    return fact(fact_id, "face_link", when, visits=["t1", "t2"], consent_live=live)


def test_a_changed_number_joins_the_two_whenever_confirmed() -> None:
    facts = [
        referral("r1", "02-24 10:00"),
        visit("t1", "02-25 14:00"),
        visit("t2", "03-05 10:00", "v2", phone=NEW),
    ]
    assert ask(*facts, visitor="v2")["outcome"] == "walk_in"
    for when in ("02-01 10:00", "03-05 10:05", "04-05 10:00"):
        decision = ask(*facts, change(when), visitor="v2")
        assert won(decision) == ("channel", "B1", "r1", "A7")
        assert "A9" in {step["clause"] for step in decision["because"]}


def test_a_referral_of_the_old_number_concerns_who_changed_it() -> None:
    decision = ask(
        referral("r1", "02-24 10:00"),
        visit("t2", "02-25 14:00", "v2", phone=NEW),
        change("02-25 14:05"),
        visitor="v2",
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")


def test_a_change_after_the_deal_changes_nothing() -> None:
    decision = ask(
        referral("r1", "02-24 10:00"),
        visit("t2", "02-25 14:00", "v2", phone=NEW),
        deal("d1", "02-26 10:00", "v2"),
        change("02-26 10:00:01"),
        visitor="v2",
    )
    assert won(decision) == ("walk_in", None, None, "A14")


FAMILY = [
    referral("r1", "02-24 10:00"),
    visit("t1", "02-25 14:00"),
    visit("t2", "03-05 10:00", "v2", phone=LI, surname="李"),
]


@pytest.mark.parametrize(
    ("declared", "outcome"),
    [("03-05 10:00", "channel"), ("03-05 10:00:01", "walk_in")],
)
def test_a_relation_counts_for_what_is_judged_at_or_after_it(
    declared: str, outcome: str
) -> None:
    decision = ask(*FAMILY, relation(declared), visitor="v2")
    assert decision["outcome"] == outcome
    if outcome == "channel":
        assert won(decision) == ("channel", "B1", "r1", "A7")


@pytest.mark.parametrize("changed", [{"evidence": False}, {"relation": "friend"}])
def test_a_relation_needs_evidence_and_kinship(changed: dict[str, Any]) -> None:
    decision = ask(*FAMILY, relation("03-01 10:00", **changed), visitor="v2")
    assert decision["outcome"] == "walk_in"


def test_separate_families_stay_separate() -> None:
    decision = ask(
        *FAMILY,
        relation("03-01 10:00"),
        visitor="v2",
        versions=[rules(family="separate")],
    )
    assert decision["outcome"] == "walk_in"


def test_the_family_rule_is_the_one_in_force_at_the_visit() -> None:
    versions = [
        rules("a", family="separate"),
        rules("b", "2026-03-05T10:00:00+08:00", family="same_customer"),
    ]
    decision = ask(*FAMILY, relation("03-01 10:00"), visitor="v2", versions=versions)
    assert won(decision) == ("channel", "B1", "r1", "A7")


def test_a_family_that_counted_before_is_apart_under_a_later_version() -> None:
    versions = [rules("a"), rules("b", "2026-03-01T00:00:00+08:00", family="separate")]
    facts = [
        relation("02-20 10:00"),
        visit("t2", "02-21 10:00", "v2", phone=LI, surname="李"),
        referral("r1", "02-24 10:00"),
        visit("t1", "02-25 14:00"),
    ]
    together = ask(*facts, versions=versions)
    assert lost(together) == {"r1": ("A3", "already_visited")}
    apart = ask(*facts, visit("t3", "03-05 10:00"), versions=versions)
    assert won(apart) == ("walk_in", None, None, "A14")
    # Alone, nobody came before it; but its first visit is over.
    assert lost(apart) == {"r1": (None, None)}


def test_joins_chain() -> None:
    decision = ask(
        *FAMILY[:2],
        visit("t3", "03-05 10:00", "v3", phone=NEW, surname="李"),
        relation("03-01 10:00"),
        relation("03-01 10:00", visitor="v2", other="v3", relation="child")
        | {"id": "f2"},
        visitor="v3",
    )
    assert won(decision) == ("channel", "B1", "r1", "A7")


def test_a_joined_walk_in_voids_under_a3() -> None:
    decision = ask(
        visit("t2", "02-20 10:00", "v2", phone=LI),
        relation("02-21 10:00"),
        referral("r1", "02-24 10:00"),
        visit("t1", "02-25 14:00"),
    )
    assert lost(decision) == {"r1": ("A3", "already_visited")}


def test_same_person_stands_for_equal_phones() -> None:
    decision = ask(
        referral("r1", "02-24 10:00"),
        visit("t1", "02-25 14:00"),
        visit("t2", "03-05 10:00", "v2", phone=None, surname=None),
        fact("s1", "same_person", "03-05 10:00:05", visitor="v2", other="v1"),
        visitor="v2",
    )
    assert won(decision) == ("channel", "B1", "r1", "A7")


def test_a_live_face_link_joins_and_says_so() -> None:
    decision = ask(*FAMILY, link("03-20 10:00"), visitor="v2")
    assert won(decision) == ("channel", "B1", "r1", "A7")
    assert decision["face_used"] is True
    assert "A12" in {step["clause"] for step in decision["because"]}


def test_a_link_without_live_consent_changes_nothing() -> None:
    without = ask(*FAMILY, visitor="v2")
    assert ask(*FAMILY, link("03-20 10:00", live=False), visitor="v2") == without
    assert without["face_used"] is False


@pytest.mark.parametrize("who", ["v1", "v2"])
def test_after_a_withdrawal_it_is_decided_without_the_link(who: str) -> None:
    without = ask(*FAMILY, visitor="v2")
    gone = fact("w1", "face_withdrawn", "03-21 10:00", visitor=who)
    assert ask(*FAMILY, link("03-20 10:00"), gone, visitor="v2") == without


def test_a_link_made_after_the_withdrawal_counts() -> None:
    gone = fact("w1", "face_withdrawn", "03-21 10:00", visitor="v1")
    again = link("03-22 10:00", fact_id="l2")
    decision = ask(*FAMILY, link("03-20 10:00"), gone, again, visitor="v2")
    assert decision["face_used"] is True


def test_a_withdrawal_after_the_deal_is_frozen_out() -> None:
    gone = fact("w1", "face_withdrawn", "03-21 10:00", visitor="v1")
    bought = deal("d1", "03-20 11:00", "v2")
    decision = ask(*FAMILY, link("03-20 10:00"), bought, gone, visitor="v2")
    assert won(decision) == ("channel", "B1", "r1", "A7")
    assert decision["face_used"] is True


def test_a_link_to_an_unknown_visit_joins_nobody() -> None:
    decision = ask(FAMILY[0], FAMILY[2], link("03-20 10:00"), visitor="v2")
    assert won(decision) == ("walk_in", None, None, "A14")
