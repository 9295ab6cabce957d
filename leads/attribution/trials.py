"""One referral tested at one moment: the first clause that fails names the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leads.attribution.clauses import (
    a2_late,
    a3_already_visited,
    a4_protects,
    a6_blocked,
    a7_owned,
    a8_over_quota,
    a11_reason,
)
from leads.attribution.decision import Outcome
from leads.attribution.facts import Referral, Ruling
from leads.attribution.people import Customer
from leads.attribution.records import Records
from leads.attribution.rules import Rulebook, Terms


@dataclass(frozen=True, slots=True)
class Moment:
    """A visit, or a deal that is judged as if it were one."""

    id: str
    at: datetime
    visitor: str
    deal: bool = False

    @property
    def key(self) -> tuple[datetime, str]:
        """Return the order of moments: time, then identifier."""
        return self.at, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """What a visit decided for a channel gives it (A7); the end is excluded.

    `founded` is the visit by which the channel first won; `agent` and `referral`
    are those it won with, None under a ruling.
    """

    channel: str
    kind: str | None
    agent: str | None
    referral: Referral | None
    founded: Moment
    by: Moment
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies inside."""
        return self.by.at <= at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How one referral fared; `clause` and `reason` are None when nothing failed."""

    referral: Referral
    terms: Terms
    first: Moment | None
    clause: str | None = None
    reason: str | None = None
    against: tuple[str, ...] = ()


class Bench:
    """Test the referrals of one customer at one moment.

    Args (of the constructor):
        visits: the customer's, until and with the moment, in time order.
        ownerships: those the earlier visits gave.
        nobody: earlier visits that were decided for nobody.
    """

    def __init__(
        self,
        *,
        records: Records,
        rules: Rulebook,
        visits: list[Moment],
        ownerships: list[Ownership],
        nobody: list[Moment],
    ) -> None:
        """Begin with no protection running."""
        self._records = records
        self._rules = rules
        self._visits = visits
        self.ownerships = ownerships
        self.nobody = nobody
        self._protections: list[tuple[Referral, Terms]] = []

    def hear(self, referral: Referral) -> Trial:
        """Test one referral; MUST be called in the order of (`at`, `id`)."""
        terms = self._rules.at(referral.at).terms(referral.kind)
        first = next((v for v in self._visits if v.at >= referral.at), None)
        clause, reason, against = self._first_failure(referral, terms, first)
        if clause in (None, "A4"):
            self._protections.append((referral, terms))
        return Trial(
            referral=referral,
            terms=terms,
            first=first,
            clause=clause,
            reason=reason,
            against=against,
        )

    def _first_failure(
        self, referral: Referral, terms: Terms, first: Moment | None
    ) -> tuple[str | None, str | None, tuple[str, ...]]:
        at = referral.at
        agents = self._records.by_agent[referral.channel, referral.agent]
        if a8_over_quota(referral, same_agent=agents, version=self._rules.at(at)):
            return "A8", "quota", ()
        answer = self._records.answers.get(referral.id)
        if reason := a11_reason(referral, answer):
            return "A11", reason, (answer.id,) if answer else ()
        for own in self.ownerships:
            start = own.by.at
            if a7_owned(referral, owner=own.channel, start=start, until=own.until):
                return "A7", "owned", (own.by.id,)
        for other, theirs in self._protections:
            if a6_blocked(
                referral, by_channel=other.channel, announced=other.at, terms=theirs
            ):
                return "A6", "blocked", (other.id,)
        for visit in self.nobody:
            if a3_already_visited(at, visit.at, terms):
                return "A3", "already_visited", (visit.id,)
        if first is not None and a2_late(at, first.at, terms):
            return "A2", "late", (first.id,)
        if first is not None and not a4_protects(at, first.at, terms):
            return "A4", "expired", (first.id,)
        return None, None, ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One moment and what was decided there."""

    moment: Moment
    customer: Customer
    bench: Bench
    trials: tuple[Trial, ...]
    outcome: Outcome
    clause: str
    won: Ownership | None = None
    owned_until: datetime | None = None
    holding: tuple[Ownership, ...] = ()
    ruling: Ruling | None = None
