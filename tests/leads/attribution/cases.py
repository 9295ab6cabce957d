"""Facts and rules as they stand in a file, and the decision for them."""

from __future__ import annotations

import json
from typing import Any

from leads.attribution import decide, parse_case

WANG = "13812345678"
LI = "13987654321"
AS_OF = "2026-06-30T00:00:00+08:00"

Fact = dict[str, Any]

DEFAULTS: dict[str, Any] = {
    "min_lead_minutes": 30,
    "protection_days": 30,
    "lookback_days": 60,
    "ownership_days": 60,
    "quota_per_agent_per_day": 30,
    "masked_min_visible": 7,
    "family": "same_customer",
}


def rules(
    version: str = "2026-01",
    since: str = "2026-01-01T00:00:00+08:00",
    kinds: dict[str, dict[str, Any]] | None = None,
    zone: str = "Asia/Shanghai",
    **changed: Any,
) -> dict[str, Any]:
    return {
        "version": version,
        "effective_from": since,
        "timezone": zone,
        "region": "CN",
        "defaults": {**DEFAULTS, **changed},
        "kinds": {"citizen_agent": {"min_lead_minutes": 0}} if kinds is None else kinds,
    }


def at(text: str) -> str:
    """Return `02-24 10:00` (seconds optional) as a time in Shanghai in 2026."""
    if "T" in text:
        return text
    day, _, clock = text.partition(" ")
    day = day if day.count("-") == 2 else f"2026-{day}"
    return f"{day}T{clock if clock.count(':') == 2 else clock + ':00'}+08:00"


def referral(fact_id: str, when: str, channel: str = "B1", **changed: Any) -> Fact:
    fact: Fact = {
        "id": fact_id,
        "type": "referral",
        "at": at(when),
        "channel": channel,
        "kind": "broker",
        "agent": f"{channel}-agent",
        "surname": "王",
        "phone": WANG,
        "consent_proof": True,
    }
    return {**fact, **changed}


def hidden(fact_id: str, when: str, channel: str = "B1", **changed: Any) -> Fact:
    fact = referral(fact_id, when, channel)
    del fact["phone"]
    return {**fact, "phone_masked": "138****5678", **changed}


def visit(fact_id: str, when: str, visitor: str = "v1", **changed: Any) -> Fact:
    fact: Fact = {
        "id": fact_id,
        "type": "visit",
        "at": at(when),
        "visitor": visitor,
        "phone": WANG,
        "surname": "王",
        "verified_by": "pass",
    }
    return {**fact, **changed}


def deal(
    fact_id: str, when: str, visitor: str = "v1", stage: str = "subscribed"
) -> Fact:
    return fact(fact_id, "deal", when, visitor=visitor, stage=stage)


def fact(fact_id: str, type_: str, when: str, **values: object) -> Fact:
    return {"id": fact_id, "type": type_, "at": at(when), **values}


def document(
    *facts: Fact,
    visitor: str = "v1",
    as_of: str = AS_OF,
    versions: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "rules": versions or [rules()],
        "visitor": visitor,
        "as_of": at(as_of),
        "facts": list(facts),
    }


def bytes_of(asked: dict[str, Any]) -> str:
    case = parse_case(json.loads(json.dumps(asked)))
    return decide(
        rules=case.rules, facts=case.facts, visitor=case.visitor, as_of=case.as_of
    ).canonical()


def ask(
    *facts: Fact,
    visitor: str = "v1",
    as_of: str = AS_OF,
    versions: list[dict[str, Any]] | None = None,
) -> Fact:
    asked = document(*facts, visitor=visitor, as_of=as_of, versions=versions)
    answer = bytes_of(asked)
    asked["facts"] = asked["facts"][::-1]
    assert bytes_of(asked) == answer
    decision: Fact = json.loads(answer)
    known = {each["id"] for each in facts}
    for step in decision["because"]:
        assert set(step["facts"]) <= known
        assert step["zh"]
        assert step["en"]
    if decision["outcome"] == "none":
        assert decision["clause"] is None
    else:
        assert decision["clause"] in {step["clause"] for step in decision["because"]}
    return decision


def won(decision: Fact) -> tuple[str, str | None, str | None, str | None]:
    return (
        decision["outcome"],
        decision["channel"],
        decision["referral"],
        decision["clause"],
    )


def lost(decision: Fact) -> dict[str, tuple[str | None, str | None]]:
    return {
        claim["referral"]: (claim["clause"], claim["reason"])
        for claim in decision["losing"]
    }
