"""A8 quota of the local day, A11 the client's own answer, and their order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.leads.attribution.cases import (
    LI,
    Fact,
    ask,
    fact,
    lost,
    referral,
    rules,
    visit,
    won,
)

TWO_A_DAY = [rules(quota_per_agent_per_day=2)]
CAME = visit("t1", "02-25 14:00")


def burst(*times: str, **changed: Any) -> list[Fact]:
    return [
        referral(f"q{i}", when, phone=LI, **changed) for i, when in enumerate(times)
    ]


def test_the_quota_counts_all_of_the_agents_referrals_in_order() -> None:
    third = referral("r1", "02-24 12:00")
    decision = ask(
        *burst("02-24 10:00", "02-24 11:00"), third, CAME, versions=TWO_A_DAY
    )
    assert won(decision) == ("walk_in", None, None, "A14")
    assert lost(decision) == {"r1": ("A8", "quota")}
    second = ask(*burst("02-24 10:00", "02-24 13:00"), third, CAME, versions=TWO_A_DAY)
    assert won(second) == ("channel", "B1", "r1", "A5")


def test_the_same_agent_code_of_another_channel_is_another_agent() -> None:
    others = burst("02-24 10:00", "02-24 11:00", channel="B2", agent="B1-agent")
    decision = ask(*others, referral("r1", "02-24 12:00"), CAME, versions=TWO_A_DAY)
    assert decision["outcome"] == "channel"


@pytest.mark.parametrize(
    ("announced", "outcome"),
    [
        # Local midnight in Shanghai is 16:00 UTC.
        ("2026-02-24T15:59:59Z", "walk_in"),
        ("2026-02-24T16:00:00Z", "channel"),
    ],
)
def test_the_quotas_day_ends_at_local_midnight(announced: str, outcome: str) -> None:
    decision = ask(
        *burst("02-24 10:00", "02-24 11:00"),
        referral("r1", announced),
        CAME,
        versions=TWO_A_DAY,
    )
    assert decision["outcome"] == outcome


def test_the_day_on_which_clocks_change_is_one_local_day() -> None:
    berlin = [rules(zone="Europe/Berlin", quota_per_agent_per_day=1)]
    early = burst("2026-10-25T00:30:00+02:00")
    came = visit("t1", "2026-10-26T12:00:00+01:00")
    last = referral("r1", "2026-10-25T23:59:59+01:00")
    late = "2026-12-31T00:00:00Z"
    assert lost(ask(*early, last, came, versions=berlin, as_of=late)) == {
        "r1": ("A8", "quota")
    }
    next_day = referral("r1", "2026-10-26T00:00:00+01:00")
    decision = ask(*early, next_day, came, versions=berlin, as_of=late)
    assert decision["outcome"] == "channel"


def test_the_day_that_loses_an_hour_is_one_local_day_too() -> None:
    berlin = [rules(zone="Europe/Berlin", quota_per_agent_per_day=1)]
    early = burst("2026-03-29T00:00:00+01:00")
    came = visit("t1", "2026-03-31T12:00:00+02:00")
    last = referral("r1", "2026-03-29T23:59:59+02:00")
    assert lost(ask(*early, last, came, versions=berlin)) == {"r1": ("A8", "quota")}
    # 22:59:59 in winter's time would still be that day; in summer's it is the next.
    next_day = referral("r1", "2026-03-29T22:00:00Z")
    assert ask(*early, next_day, came, versions=berlin)["outcome"] == "channel"


def test_at_the_same_instant_the_id_says_whose_turn_the_quota_is() -> None:
    one_a_day = [rules(quota_per_agent_per_day=1)]
    first = ask(
        referral("r1", "02-24 10:00"),
        referral("r2", "02-24 10:00", phone=LI),
        CAME,
        versions=one_a_day,
    )
    assert won(first) == ("channel", "B1", "r1", "A5")
    second = ask(
        referral("r1", "02-24 10:00", phone=LI),
        referral("r2", "02-24 10:00"),
        CAME,
        versions=one_a_day,
    )
    assert lost(second) == {"r2": ("A8", "quota")}


def test_the_quota_of_a_kind_overrides_the_default() -> None:
    versions = [rules(kinds={"resident": {"quota_per_agent_per_day": 0}})]
    decision = ask(
        referral("r1", "02-24 10:00", kind="resident"), CAME, versions=versions
    )
    assert lost(decision) == {"r1": ("A8", "quota")}


def answer(fact_id: str, when: str, said: str, to: str = "r1") -> Fact:
    return fact(fact_id, "confirmation", when, referral=to, answer=said)


UNPROVEN = referral("r1", "02-24 10:00", consent_proof=False)


def test_without_proof_it_counts_only_when_confirmed() -> None:
    assert lost(ask(UNPROVEN, CAME)) == {"r1": ("A11", "unconfirmed")}
    confirmed = ask(UNPROVEN, CAME, answer("c1", "02-25 14:05", "confirmed"))
    assert won(confirmed) == ("channel", "B1", "r1", "A5")


def test_a_denial_voids_it_proof_or_not() -> None:
    denial = answer("c1", "02-25 14:05", "denied")
    for claim in (UNPROVEN, {**UNPROVEN, "consent_proof": True}):
        decision = ask(claim, CAME, denial)
        assert won(decision) == ("walk_in", None, None, "A14")
        assert lost(decision) == {"r1": ("A11", "denied")}


def test_the_last_answer_counts_by_time_then_id() -> None:
    yes, no = ("c1", "02-25 14:05", "confirmed"), ("c2", "02-25 14:05", "denied")
    decision = ask(UNPROVEN, CAME, answer(*yes), answer(*no))
    assert lost(decision) == {"r1": ("A11", "denied")}
    later = ask(UNPROVEN, CAME, answer(*no), answer("c1", "02-25 14:06", "confirmed"))
    assert later["outcome"] == "channel"


def test_a_shown_code_counts_as_confirmed() -> None:
    shown = fact("s1", "referral_shown", "02-25 14:06", referral="r1", visitor="v1")
    decision = ask(UNPROVEN, CAME, answer("c1", "02-25 14:05", "denied"), shown)
    assert won(decision) == ("channel", "B1", "r1", "A5")
    after = ask(UNPROVEN, CAME, shown, answer("c2", "02-25 14:07", "denied"))
    assert lost(after) == {"r1": ("A11", "denied")}


def test_confirmation_counts_from_the_original_time() -> None:
    decision = ask(
        UNPROVEN,
        referral("r2", "02-24 11:00", "B2"),
        CAME,
        answer("c1", "02-25 14:05", "confirmed"),
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")
    assert lost(decision) == {"r2": ("A6", "blocked")}


def test_a_denied_one_does_not_block() -> None:
    decision = ask(
        referral("r1", "02-24 10:00"),
        referral("r2", "02-24 11:00", "B2"),
        CAME,
        answer("c1", "02-25 14:05", "denied"),
    )
    assert won(decision) == ("channel", "B2", "r2", "A5")


def test_the_first_failing_clause_names_the_reason() -> None:
    """A8, A11, A7, A6, A3, A2, A4: each in turn taken out of the way."""
    near = visit("t9", "06-01 10:10")
    owner = [
        referral("o1", "02-24 10:00", "B9"),
        visit("o2", "02-25 14:00"),
        visit("o3", "04-20 10:00"),
    ]
    blocker = referral("o4", "06-01 08:00", "B8")
    walked = visit("o5", "05-31 10:00")
    claim = referral("r1", "06-01 10:00", consent_proof=False)

    def fate(*facts: Fact) -> tuple[str | None, str | None]:
        decision = ask(*facts, versions=TWO_A_DAY, as_of="2026-08-30 00:00")
        return lost(decision)["r1"]

    full = burst("06-01 07:00", "06-01 07:01")
    assert fate(claim, near, *owner, blocker, walked, *full) == ("A8", "quota")
    assert fate(claim, near, *owner, blocker, walked) == ("A11", "unconfirmed")
    proven = {**claim, "consent_proof": True}
    assert fate(proven, near, *owner, blocker) == ("A7", "owned")
    same = fact("m1", "referral_match", "06-01 08:00", referral="o4", visitor="v1")
    assert fate(proven, near, blocker, same) == ("A6", "blocked")
    early = {**blocker, "at": "2026-05-30T08:00:00+08:00"}
    denied = answer("c1", "06-02 10:00", "denied", to="o4")
    assert fate(proven, near, walked, early, denied) == ("A3", "already_visited")
    assert fate(proven, near) == ("A2", "late")
    far = visit("t9", "07-02 10:00")
    assert fate(proven, far) == ("A4", "expired")
