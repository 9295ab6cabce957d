"""The facts of one question, sorted by kind; what does not exist yet is left out."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

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

AT = attrgetter("at")
KEY = attrgetter("at", "id")
"""The order of facts: time, then identifier."""


class Records:
    """Facts by kind, each kind in the order of (`at`, `id`)."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Sort the facts; nothing later depends on the order they came in."""
        self.facts = sorted(facts, key=KEY)
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
        # Whom a referral concerns because they showed it or were matched once.
        self.told_to: dict[str, set[str]] = defaultdict(set)
        self.by_agent: dict[tuple[str, str], list[Referral]] = defaultdict(list)
        for fact in self.facts:
            # The commonest first: this runs for every fact of every question.
            if isinstance(fact, Visit):
                self.visits.append(fact)
            elif isinstance(fact, Referral):
                self.referrals.append(fact)
                self.by_agent[fact.channel, fact.agent].append(fact)
            elif isinstance(fact, ReferralMatch):
                self.matched_to[fact.referral].setdefault(fact.visitor, fact.id)
                self.told_to[fact.referral].add(fact.visitor)
            elif isinstance(fact, Confirmation):
                self.answers[fact.referral] = fact
            elif isinstance(fact, ReferralShown):
                self.answers[fact.referral] = fact
                self.shown_to[fact.referral].setdefault(fact.visitor, fact.id)
                self.told_to[fact.referral].add(fact.visitor)
            elif isinstance(fact, Deal):
                if fact.stage == "subscribed":
                    self.subscribed.append(fact)
            else:
                self._file_join(fact)

    def _file_join(self, fact: Fact) -> None:
        match fact:
            case SamePerson():
                self.same.append(fact)
            case ContactChange():
                self.changes.append(fact)
            case Relation():
                self.relations.append(fact)
            case FaceLink():
                self.links.append(fact)
            case FaceWithdrawn():
                self.withdrawn.append(fact)
            case Ruling():
                self.rulings.append(fact)

    def frozen(self, at: datetime) -> Records:
        """Return the facts that exist at a deal, and every ruling (A13)."""
        then = bisect_right(self.facts, at, key=AT)
        late = [ruling for ruling in self.rulings if ruling.at > at]
        if then + len(late) == len(self.facts):
            return self
        return Records([*self.facts[:then], *late])
