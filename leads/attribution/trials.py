"""One referral tested at one moment: the first clause that fails names the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
from leads.attribution.facts import Deal, Referral, Ruling, Visit
from leads.attribution.people import Customer
from leads.attribution.records import Records
from leads.attribution.rules import Rulebook, Terms

Moment = Visit | Deal
"""What is judged: a visit, or a deal that is judged as if it were one."""

Failure = tuple[str, str, tuple[str, ...]]
"""The clause a referral failed, the reason, and the facts that stand against it."""


@dataclass(slots=True, eq=False)
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


class Claim:
    """One referral, with what is the same of it at every moment.

    Attributes:
        terms: of the version in force at it, for its kind of channel.
        void: the failure of A8 or A11, which no moment changes; None for none.
    """

    __slots__ = ("referral", "terms", "void")

    def __init__(self, referral: Referral, records: Records, rules: Rulebook) -> None:
        """Find the terms, and test what depends on no moment."""
        version = rules.at(referral.at)
        self.referral = referral
        self.terms = terms = version.terms(referral.kind)
        self.void: Failure | None = None
        agents = records.by_agent[referral.channel, referral.agent]
        answer = records.answers.get(referral.id)
        if len(agents) > terms.quota_per_day and a8_over_quota(
            referral, same_agent=agents, version=version
        ):
            self.void = "A8", "quota", ()
        elif reason := a11_reason(referral, answer):
            self.void = "A11", reason, (answer.id,) if answer else ()


@dataclass(slots=True, eq=False)
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

    __slots__ = ("_protections", "_visits", "nobody", "ownerships")

    def __init__(
        self,
        visits: Sequence[Moment],
        ownerships: list[Ownership],
        nobody: Sequence[Moment],
    ) -> None:
        """Begin with no protection running."""
        self._visits = visits
        self.ownerships = ownerships
        self.nobody = list(nobody)
        self._protections: list[tuple[Referral, Terms]] = []

    def hear(self, claim: Claim) -> Trial:
        """Test one referral; MUST be called in the order of (`at`, `id`)."""
        referral, terms = claim.referral, claim.terms
        first = None
        for visit in self._visits:
            if visit.at >= referral.at:
                first = visit
                break
        failed = claim.void or self._failure(referral, terms, first)
        if failed is None:
            self._protections.append((referral, terms))
            return Trial(referral, terms, first)
        if failed[0] == "A4":
            # An expired one did block.
            self._protections.append((referral, terms))
        return Trial(referral, terms, first, *failed)

    def _failure(
        self, referral: Referral, terms: Terms, first: Moment | None
    ) -> Failure | None:
        """Return the first of A7, A6, A3, A2 and A4 that it fails, in this order."""
        at = referral.at
        # In time order: what is made before the first of them is inside none.
        if self.ownerships and at > self.ownerships[0].by.at:
            for own in self.ownerships:
                start, until = own.by.at, own.until
                if a7_owned(referral, owner=own.channel, start=start, until=until):
                    return "A7", "owned", (own.by.id,)
        for other, theirs in self._protections:
            if a6_blocked(
                referral, by_channel=other.channel, announced=other.at, terms=theirs
            ):
                return "A6", "blocked", (other.id,)
        for visit in self.nobody:
            if a3_already_visited(at, visit.at, terms):
                return "A3", "already_visited", (visit.id,)
        if first is not None:
            if a2_late(at, first.at, terms):
                return "A2", "late", (first.id,)
            if not a4_protects(at, first.at, terms):
                return "A4", "expired", (first.id,)
        return None


NOBODY_TESTED = Bench((), [], ())
"""Where no referral was tested; nothing is ever put on it."""


@dataclass(slots=True, eq=False)
class Judged:
    """One moment and what was decided there; a walk-in until something else is found.

    Referrals are tested only where something rests on it: not at an earlier visit that
    was inside an ownership and nobody ruled about.
    """

    moment: Moment
    customer: Customer
    holding: list[Ownership]
    bench: Bench = NOBODY_TESTED
    trials: list[Trial] = field(default_factory=list)
    outcome: Outcome = "walk_in"
    clause: str = "A14"
    won: Ownership | None = None
    owned_until: datetime | None = None
    ruling: Ruling | None = None
