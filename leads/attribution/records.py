"""The facts of one question, sorted by kind; what does not exist yet is left out."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from leads.attribution.facts import (
    Confirmation,
    ContactChange,
    Deal,
    FaceLink,
    FaceWithdrawn,
    Fact,
    Referral,
    ReferralMatch,
    ReferralShown,
    Relation,
    Ruling,
    SamePerson,
    Visit,
)


def _key(fact: Fact) -> tuple[datetime, str]:
    return fact.at, fact.id


class Records:
    """Facts by kind, each kind in the order of (`at`, `id`)."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Sort the facts; nothing later depends on the order they came in."""
        self.facts = sorted(facts, key=_key)
        self.referrals: list[Referral] = []
        self.visits: list[Visit] = []
        self.subscribed: list[Deal] = []
        self.rulings: list[Ruling] = []
        self.changes: list[ContactChange] = []
        self.same: list[SamePerson] = []
        self.relations: list[Relation] = []
        self.links: list[FaceLink] = []
        self.withdrawn: list[FaceWithdrawn] = []
        self.answers: dict[str, Confirmation | ReferralShown] = {}
        self.shown_to: dict[str, dict[str, str]] = defaultdict(dict)
        self.matched_to: dict[str, dict[str, str]] = defaultdict(dict)
        self.by_agent: dict[tuple[str, str], list[Referral]] = defaultdict(list)
        for fact in self.facts:
            self._file(fact)

    def _file(self, fact: Fact) -> None:
        match fact:
            case Referral():
                self.referrals.append(fact)
                self.by_agent[fact.channel, fact.agent].append(fact)
            case Visit():
                self.visits.append(fact)
            case Deal():
                if fact.stage == "subscribed":
                    self.subscribed.append(fact)
            case Confirmation():
                self.answers[fact.referral] = fact
            case ReferralShown():
                self.answers[fact.referral] = fact
                self.shown_to[fact.referral].setdefault(fact.visitor, fact.id)
            case ReferralMatch():
                self.matched_to[fact.referral].setdefault(fact.visitor, fact.id)
            case _:
                self._file_join(fact)

    def _file_join(self, fact: Fact) -> None:
        match fact:
            case ContactChange():
                self.changes.append(fact)
            case SamePerson():
                self.same.append(fact)
            case Relation():
                self.relations.append(fact)
            case FaceLink():
                self.links.append(fact)
            case FaceWithdrawn():
                self.withdrawn.append(fact)
            case Ruling():
                self.rulings.append(fact)

    def until(self, at: datetime) -> list[Fact]:
        """Return the facts that exist at a moment (A13: what a deal freezes)."""
        return self.facts[: bisect_right(self.facts, at, key=lambda fact: fact.at)]

    def frozen(self, at: datetime) -> Records:
        """Return the facts until a deal, and every ruling (A13)."""
        late = (ruling for ruling in self.rulings if ruling.at > at)
        return Records([*self.until(at), *late])
