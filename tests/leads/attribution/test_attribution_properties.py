"""What holds for any history: order, strangers and links without consent."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leads.attribution.cases import bytes_of, document, rules

START = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8)))
# Half-hour steps over a few days, so that equal instants and boundaries are common.
TIMES = st.builds(
    lambda day, half: (START + timedelta(days=day, minutes=30 * half)).isoformat(),
    st.integers(0, 12),
    st.integers(0, 3),
)
PEOPLE = st.sampled_from(["v1", "v2", "v3"])
NUMBERS = st.sampled_from([None, "13812345678", "13800005678", "13987654321"])
REFERRALS = st.sampled_from(["f0", "f1", "f2", "f3", "f4", "f5"])

KINDS: list[st.SearchStrategy[dict[str, Any]]] = [
    st.fixed_dictionaries(
        {
            "type": st.just("referral"),
            "channel": st.sampled_from(["B1", "B2"]),
            "kind": st.sampled_from(["broker", "citizen_agent"]),
            "agent": st.sampled_from(["a1", "a2"]),
            "surname": st.sampled_from(["王", "李", None]),
            "phone": NUMBERS,
            "phone_masked": st.sampled_from([None, "138****5678"]),
            "consent_proof": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("visit"),
            "visitor": PEOPLE,
            "phone": NUMBERS,
            "surname": st.sampled_from(["王", "李", None]),
            "verified_by": st.just("pass"),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("deal"),
            "visitor": PEOPLE,
            "stage": st.sampled_from(["intent", "subscribed"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("confirmation"),
            "referral": REFERRALS,
            "answer": st.sampled_from(["confirmed", "denied"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["referral_shown", "referral_match"]),
            "referral": REFERRALS,
            "visitor": PEOPLE,
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("contact_change"),
            "visitor": PEOPLE,
            "old": st.just("13812345678"),
            "new": st.just("13987654321"),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["relation", "same_person"]),
            "visitor": PEOPLE,
            "other": PEOPLE,
            "relation": st.sampled_from(["spouse", "friend"]),
            "evidence": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("face_link"),
            "visits": st.lists(REFERRALS, min_size=2, max_size=2),
            "consent_live": st.booleans(),
        }
    ),
    st.fixed_dictionaries({"type": st.just("face_withdrawn"), "visitor": PEOPLE}),
    st.fixed_dictionaries(
        {
            "type": st.just("ruling"),
            "visitor": PEOPLE,
            "dispute": st.just("x1"),
            "outcome": st.sampled_from(["channel", "walk_in"]),
            "channel": st.just("B2"),
        }
    ),
]
VERSIONS = [
    rules("a", protection_days=3, lookback_days=2, ownership_days=4,
          quota_per_agent_per_day=2),
    rules("b", "2026-01-05T00:00:00+08:00", protection_days=2, lookback_days=3,
          ownership_days=2, family="separate"),
]  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    # Referrals and visits first, so that most histories decide something.
    drawn = draw(
        st.lists(st.one_of(KINDS[:2]), min_size=2, max_size=6).flatmap(
            lambda first: st.lists(st.one_of(KINDS), max_size=8).map(
                lambda rest: [*first, *rest]
            )
        )
    )
    return [
        {**each, "id": f"f{number}", "at": draw(TIMES)}
        for number, each in enumerate(drawn)
    ]


def asked(facts: list[dict[str, Any]]) -> dict[str, Any]:
    return document(*facts, versions=VERSIONS, as_of="2026-01-20 00:00")


@settings(max_examples=150, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_shuffling_changes_no_byte(
    facts: list[dict[str, Any]], chance: random.Random
) -> None:
    answer = bytes_of(asked(facts))
    assert bytes_of(asked(facts)) == answer
    mixed = list(facts)
    chance.shuffle(mixed)
    assert bytes_of(asked(mixed)) == answer


@settings(max_examples=150, deadline=None)
@given(histories())
def test_every_decision_is_whole_and_cites_facts_that_exist(
    facts: list[dict[str, Any]],
) -> None:
    decision = json.loads(bytes_of(asked(facts)))
    assert set(decision) == {
        *("outcome", "channel", "agent", "referral", "clause", "rules"),
        *("owned_until", "face_used", "because", "losing"),
    }
    ids = {each["id"] for each in facts}
    cited = [fact_id for step in decision["because"] for fact_id in step["facts"]]
    assert set(cited) <= ids
    clauses = {step["clause"] for step in decision["because"]}
    assert decision["outcome"] == "none" or decision["clause"] in clauses
    assert (decision["channel"] is None) == (decision["outcome"] != "channel")
    assert (decision["owned_until"] is None) == (decision["channel"] is None)
    claims = [claim["referral"] for claim in decision["losing"]]
    assert decision["referral"] not in claims
    assert len(set(claims)) == len(claims)
    order = {each["id"]: (datetime.fromisoformat(each["at"]), each["id"])
             for each in facts}  # fmt: skip
    assert claims == sorted(claims, key=lambda claim: order[claim])


STRANGERS: list[dict[str, Any]] = [
    {"id": "z1", "type": "referral", "at": "2026-01-02T00:00:00+08:00",
     "channel": "B9", "kind": "broker", "agent": "z", "surname": "赵",
     "phone": "15011112222", "consent_proof": True},
    {"id": "z2", "type": "visit", "at": "2026-01-03T00:00:00+08:00", "visitor": "z",
     "phone": "15011112222", "surname": "赵", "verified_by": "pass"},
    {"id": "z3", "type": "deal", "at": "2026-01-03T00:00:00+08:00", "visitor": "z",
     "stage": "subscribed"},
    {"id": "z4", "type": "ruling", "at": "2026-01-04T00:00:00+08:00", "visitor": "z",
     "dispute": "y", "outcome": "channel", "channel": "B1"},
    {"id": "z5", "type": "face_withdrawn", "at": "2026-01-04T00:00:00+08:00",
     "visitor": "z"},
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(histories())
def test_strangers_and_dead_links_change_nothing(facts: list[dict[str, Any]]) -> None:
    answer = bytes_of(asked(facts))
    assert bytes_of(asked([*facts, *STRANGERS])) == answer
    dead: dict[str, Any] = {
        "id": "dead",
        "type": "face_link",
        "at": "2026-01-03T00:00:00+08:00",
        "visits": ["f0", "f1"],
        "consent_live": False,
    }
    assert bytes_of(asked([*facts, dead])) == answer
