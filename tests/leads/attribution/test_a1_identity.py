"""A1: whom a referral concerns."""

from __future__ import annotations

from typing import Any

import pytest

from tests.leads.attribution.cases import (
    LI,
    ask,
    fact,
    hidden,
    lost,
    referral,
    rules,
    visit,
    won,
)

CAME = visit("t1", "02-25 14:00")
WALK_IN = ("walk_in", None, None, "A14")


def test_equal_phones_written_differently_are_one_customer() -> None:
    decision = ask(
        referral("r1", "02-24 10:00", phone="+86 138-1234-5678", surname=None),
        visit("t1", "02-25 14:00", phone="１３８ １２３４ ５６７８", surname=None),
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")


def test_a_referral_of_another_phone_is_somebody_elses() -> None:
    decision = ask(referral("r1", "02-24 10:00", phone=LI), CAME)
    assert won(decision) == WALK_IN
    assert decision["losing"] == []


def test_a_visit_without_phone_is_a_walk_in() -> None:
    decision = ask(
        referral("r1", "02-24 10:00"), visit("t1", "02-25 14:00", phone=None)
    )
    assert won(decision) == WALK_IN


def test_a_masked_phone_with_the_surname_fits() -> None:
    decision = ask(hidden("r1", "02-24 10:00"), CAME)
    assert won(decision) == ("channel", "B1", "r1", "A5")
    assert decision["because"][0]["facts"] == ["r1", "t1"]


@pytest.mark.parametrize(
    "changed",
    [
        {"surname": "李"},
        {"surname": None},
        {"phone_masked": "138*****678"},
        {"phone_masked": "138****5679"},
    ],
)
def test_a_masked_phone_needs_surname_digits_and_enough_of_them(
    changed: dict[str, Any],
) -> None:
    decision = ask(hidden("r1", "02-24 10:00", **changed), CAME)
    assert won(decision) == WALK_IN
    assert decision["losing"] == []


def test_a_surname_is_compared_without_width_case_and_spaces() -> None:
    decision = ask(
        hidden("r1", "02-24 10:00", surname="ＷＡＮＧ "),
        visit("t1", "02-25 14:00", surname="Wang"),
    )
    assert decision["outcome"] == "channel"


def test_a_masked_phone_fits_from_the_visit_at_which_the_surname_is_known() -> None:
    nameless = visit("t1", "02-25 14:00", surname=None)
    before = ask(hidden("r1", "02-24 10:00"), nameless)
    assert lost(before) == {}
    after = ask(hidden("r1", "02-24 10:00"), nameless, visit("t2", "03-05 10:00"))
    # It concerns them now, but that was not its first visit.
    assert won(after) == WALK_IN
    assert lost(after) == {"r1": (None, None)}


def test_another_surname_given_later_is_one_of_theirs_too() -> None:
    decision = ask(
        visit("t0", "2025-10-01 10:00", surname="李"),
        hidden("r1", "02-24 10:00"),
        visit("t1", "02-25 14:00"),
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")


def test_the_least_visible_digits_are_those_of_the_rules_at_the_referral() -> None:
    versions = [
        rules("a", masked_min_visible=6),
        rules("b", "2026-02-24T12:00:00+08:00", masked_min_visible=7),
    ]
    before = hidden("r1", "02-24 11:59", phone_masked="138*****678")
    after = {**before, "at": "2026-02-24T12:00:00+08:00"}
    assert ask(before, CAME, versions=versions)["outcome"] == "channel"
    assert ask(after, CAME, versions=versions)["outcome"] == "walk_in"


def test_masked_digits_with_two_candidates_are_for_a_person() -> None:
    other = visit("t9", "01-05 09:00", "v9", phone="13800005678")
    decision = ask(hidden("r1", "02-24 10:00"), CAME, other)
    assert won(decision) == ("review", None, None, "A1")
    assert lost(decision) == {"r1": ("A1", "ambiguous")}
    assert decision["owned_until"] is None


def test_a_candidate_who_comes_later_does_not_count_yet() -> None:
    other = visit("t9", "02-25 14:00:01", "v9", phone="13800005678")
    assert ask(hidden("r1", "02-24 10:00"), CAME, other)["outcome"] == "channel"


def test_a_candidate_of_the_same_instant_counts() -> None:
    other = visit("t9", "02-25 14:00", "v9", phone="13800005678")
    assert ask(hidden("r1", "02-24 10:00"), CAME, other)["outcome"] == "review"


def test_one_customer_under_two_identifiers_is_one_candidate() -> None:
    again = visit("t0", "01-05 09:00", "v0", phone="13800005678")
    same = fact("s1", "same_person", "01-05 09:00", visitor="v0", other="v1")
    assert ask(hidden("r1", "03-24 10:00"), visit("t1", "03-25 10:00"), again, same)[
        "outcome"
    ] == ("channel")


def test_an_ambiguous_referral_that_could_not_win_decides_nothing() -> None:
    other = visit("t9", "01-05 09:00", "v9", phone="13800005678")
    decision = ask(
        hidden("r2", "02-25 14:00", "B2", kind="citizen_agent"),
        referral("r1", "02-24 10:00"),
        CAME,
        other,
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")


def test_an_ambiguous_late_referral_leaves_a_walk_in() -> None:
    other = visit("t9", "01-05 09:00", "v9", phone="13800005678")
    decision = ask(hidden("r1", "02-25 13:59"), CAME, other)
    assert won(decision) == WALK_IN
    assert lost(decision) == {"r1": ("A2", "late")}


def test_a_stored_match_stands_when_the_phones_are_gone() -> None:
    decision = ask(
        referral("r1", "02-24 10:00", phone=None, surname=None),
        visit("t1", "02-25 14:00", phone=None, surname=None),
        fact("m1", "referral_match", "02-25 14:00:05", referral="r1", visitor="v1"),
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")
    assert decision["because"][0]["facts"] == ["r1", "m1"]


def test_two_stored_matches_are_as_ambiguous_as_the_digits_were() -> None:
    decision = ask(
        referral("r1", "02-24 10:00", phone=None, surname=None),
        visit("t1", "02-25 14:00", phone=None, surname=None),
        visit("t9", "02-25 13:00", "v9", phone=None, surname=None),
        fact("m1", "referral_match", "02-25 14:00:05", referral="r1", visitor="v1"),
        fact("m9", "referral_match", "02-25 13:00:05", referral="r1", visitor="v9"),
    )
    assert won(decision) == ("review", None, None, "A1")


def test_a_whole_number_is_not_ambiguous_after_it_is_gone() -> None:
    decision = ask(
        referral("r1", "02-24 10:00", phone=None, surname=None, whole=True),
        visit("t1", "02-25 14:00", phone=None, surname=None),
        visit("t9", "02-25 13:00", "v9", phone=None, surname=None),
        fact("m1", "referral_match", "02-25 14:00:05", referral="r1", visitor="v1"),
        fact("m9", "referral_match", "02-25 13:00:05", referral="r1", visitor="v9"),
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")


def test_a_shown_code_concerns_whoever_shows_it() -> None:
    shown = fact("s1", "referral_shown", "02-25 14:01", referral="r1", visitor="v1")
    decision = ask(
        referral("r1", "02-24 10:00", phone=LI, consent_proof=False), CAME, shown
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")
    assert decision["because"][0]["facts"] == ["r1", "s1"]


def test_a_shown_code_is_not_ambiguous() -> None:
    other = visit("t9", "01-05 09:00", "v9", phone="13800005678")
    shown = fact("s1", "referral_shown", "02-25 14:01", referral="r1", visitor="v1")
    decision = ask(hidden("r1", "02-24 10:00"), CAME, other, shown)
    assert decision["outcome"] == "channel"
