"""What holds for any history: order, strangers and links without consent."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
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


DECLARED = "2026-01-02T00:00:00+08:00"
REASONS: set[tuple[str | None, str | None]] = {
    ("A1", "ambiguous"), ("A2", "late"), ("A3", "already_visited"), ("A4", "expired"),
    ("A5", "later"), ("A5", "tie"), ("A6", "blocked"), ("A7", "owned"),
    ("A8", "quota"), ("A11", "denied"), ("A11", "unconfirmed"), (None, None),
}  # fmt: skip
ELSEWHERE = {
    "13812345678": "15011112222",
    "13800005678": "15011113333",
    "13987654321": "15011114444",
    "138****5678": "150****2222",
}


def elsewhere(fact: dict[str, Any]) -> dict[str, Any]:
    """Return what happened to people who share nothing with these."""

    def other(key: str, value: Any) -> Any:
        if key in {"id", "visitor", "other", "referral", "agent"}:
            return f"z-{value}"
        if key == "visits":
            return [f"z-{each}" for each in value]
        return ELSEWHERE.get(value, value) if isinstance(value, str) else value

    return {key: other(key, value) for key, value in fact.items()}


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


@settings(max_examples=150, deadline=None)
@given(histories(), histories())
def test_whatever_other_people_did_changes_nothing(
    facts: list[dict[str, Any]], others: list[dict[str, Any]]
) -> None:
    """No digit, agent, relation or link of theirs is the customer's."""
    answer = bytes_of(asked(facts))
    assert bytes_of(asked([*facts, *map(elsewhere, others)])) == answer


@settings(max_examples=100, deadline=None)
@given(histories(), st.permutations(range(6)), TIMES)
def test_a_link_without_live_consent_changes_nothing(
    facts: list[dict[str, Any]], ends: list[int], when: str
) -> None:
    dead = {"id": "dead", "type": "face_link", "at": when, "consent_live": False,
            "visits": [f"f{ends[0]}", f"f{ends[1]}"]}  # fmt: skip
    assert bytes_of(asked([*facts, dead])) == bytes_of(asked(facts))


@settings(max_examples=100, deadline=None)
@given(histories(), TIMES)
def test_what_is_later_than_the_question_changes_nothing(
    facts: list[dict[str, Any]], when: str
) -> None:
    until = datetime.fromisoformat(when)
    known = [each for each in facts if datetime.fromisoformat(each["at"]) <= until]
    whole = document(*facts, versions=VERSIONS, as_of=when)
    assert bytes_of(whole) == bytes_of({**whole, "facts": known})


@settings(max_examples=100, deadline=None)
@given(histories())
def test_a_reason_stands_beside_its_own_clause(facts: list[dict[str, Any]]) -> None:
    decision = json.loads(bytes_of(asked(facts)))
    for claim in decision["losing"]:
        assert (claim["clause"], claim["reason"]) in REASONS
    allowed: dict[str, set[str | None]] = {
        "channel": {"A5", "A7", "A13"},
        "walk_in": {"A13", "A14"},
        "review": {"A1", "A5", "A7"},
        "none": {None},
    }
    assert decision["clause"] in allowed[decision["outcome"]]


def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    """Hashes of texts differ from process to process; the answer does not."""
    names = [f"v{number}" for number in range(1, 9)]
    family = [
        {"id": f"k{number}", "type": "relation", "at": DECLARED,
         "visitor": one, "other": two, "relation": "child", "evidence": True}
        for number, (one, two) in enumerate(pairwise(names))
    ]  # fmt: skip
    visits = [
        {"id": f"t{number}", "type": "visit", "at": f"2026-01-0{number}T10:00:00+08:00",
         "visitor": name, "phone": None, "surname": None, "verified_by": "pass"}
        for number, name in enumerate(names, start=1)
    ]  # fmt: skip
    file = tmp_path / "family.json"
    file.write_text(json.dumps(asked([*family, *visits])), encoding="utf-8")
    code = (
        "import json, sys; from leads.attribution import decide, parse_case;"
        "c = parse_case(json.load(open(sys.argv[1])));"
        "print(decide(rules=c.rules, facts=c.facts, visitor=c.visitor,"
        " as_of=c.as_of).canonical())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code, str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert told == {(bytes_of(asked([*family, *visits])) + "\n").encode()}
