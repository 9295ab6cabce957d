"""One recorded visit judged again, from the facts that its decision was made from.

Pure, and plain values in and out, so that other processes can do it too. Nothing is
decrypted: stored facts hold identifiers, codes and moments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from leads.attribution.engine import decide
from leads.attribution.errors import FactsMalformed
from leads.attribution.facts import parse_facts
from leads.attribution.rules import Rulebook, parse_rules


class Finding(NamedTuple):
    """To whom a visit belongs; `channel` is a code, "" for none."""

    outcome: str
    channel: str
    clause: str


class Recorded(NamedTuple):
    """A visit as it was decided.

    Attributes:
        visit: its identifier.
        decision: that of its decision, for a link.
        at: when it was.
        visitor: of whom, as the facts name them.
        as_of: when it was decided.
        found: what was decided.
        facts: the JSON text of the facts it was decided from.
    """

    visit: str
    decision: str
    at: datetime
    visitor: str
    as_of: datetime
    found: Finding
    facts: str


class Change(NamedTuple):
    """A visit that would be decided otherwise."""

    visit: str
    decision: str
    at: datetime
    was: Finding
    now: Finding


class Replayed(NamedTuple):
    """What became of some recorded visits.

    Attributes:
        judged: how many.
        changes: those that would belong to somebody else.
        unreadable: visits whose stored facts cannot be read, which none should be.
    """

    judged: int
    changes: list[Change]
    unreadable: list[str]


def replay(rules: Rulebook, batch: Sequence[Recorded]) -> Replayed:
    """Judge recorded visits under other rules, as if these had always been in force.

    A visit changes when another outcome or channel comes out; another clause alone is
    no change.
    """
    changes: list[Change] = []
    unreadable: list[str] = []
    for one in batch:
        try:
            facts = parse_facts(json.loads(one.facts), rules)
        except FactsMalformed:
            unreadable.append(one.visit)
            continue
        decision = decide(
            rules=rules, facts=facts, visitor=one.visitor, as_of=one.as_of
        )
        now = Finding(decision.outcome, decision.channel or "", decision.clause or "")
        if now[:2] != one.found[:2]:
            changes.append(Change(one.visit, one.decision, one.at, one.found, now))
    return Replayed(len(batch), changes, unreadable)


_rules: list[Rulebook] = []
"""The rules that a process of its own judges by, told once."""


def replay_begin(document: Mapping[str, Any]) -> None:
    """Tell a process of its own by which rules it judges from now on."""
    _rules[:] = [parse_rules([dict(document)])]


def replay_here(batch: Sequence[Recorded]) -> Replayed:
    """Judge recorded visits by the rules this process was told."""
    return replay(_rules[0], batch)
