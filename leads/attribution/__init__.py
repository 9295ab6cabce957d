"""Who brought this customer (判客): a pure engine, free of Django and of any clock."""

from __future__ import annotations

from leads.attribution.clauses import CLAUSES
from leads.attribution.decision import Because, Decision, Losing
from leads.attribution.engine import decide
from leads.attribution.facts import FactsMalformed, parse_case, parse_facts
from leads.attribution.rules import Rulebook, parse_rules

__all__ = [
    "CLAUSES",
    "Because",
    "Decision",
    "FactsMalformed",
    "Losing",
    "Rulebook",
    "decide",
    "parse_case",
    "parse_facts",
    "parse_rules",
]
