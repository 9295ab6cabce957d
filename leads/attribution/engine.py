"""Who brought this customer: a pure function of rules and facts.

No database, no clock, no order dependence: shuffling the facts changes nothing and
the same input always gives the same bytes. Source: attribution.md, section 2.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from leads.attribution.clauses import a5_earliest
from leads.attribution.decision import Decision, Losing
from leads.attribution.facts import Deal, Fact, Referral, Ruling, Visit
from leads.attribution.people import FACE, Customer, People
from leads.attribution.reasons import Reasons
from leads.attribution.records import AT, Records
from leads.attribution.rules import Rulebook
from leads.attribution.trials import Bench, Claim, Judged, Moment, Ownership, Trial


class Court:
    """Judge the moments of some facts in time order."""

    def __init__(self, records: Records, rules: Rulebook) -> None:
        """Know the facts; judge nothing yet."""
        self.records = records
        self.rules = rules
        self.people = People(records, rules)
        self.judged: dict[str, Judged] = {}
        self.ownerships: dict[str, Ownership] = {}
        self._claims: dict[Customer, list[Claim]] = {}
        self._claimed: dict[str, Claim] = {}

    def deciding(self, visitor: str, until: datetime) -> Moment | None:
        """Return the customer's first subscribed deal, else the last visit."""
        circle = self.people.circle(visitor)
        for deal in self.records.subscribed:
            if deal.at > until or deal.visitor not in circle:
                continue
            if deal.visitor != visitor:
                then = People(self.records.frozen(deal.at), self.rules)
                if visitor not in then.customer(deal.visitor, deal.at).visitors:
                    continue
            return deal
        for visit in reversed(self.records.visits):
            if visit.at > until or visit.visitor not in circle:
                continue
            if visit.visitor == visitor:
                return visit
            if visitor in self.people.customer(visit.visitor, visit.at).visitors:
                return visit
        return None

    @cached_property
    def rulings(self) -> dict[str, Ruling]:
        """The last ruling on each moment: the named one, or the deciding one then."""
        found: dict[str, Ruling] = {}
        for ruling in self.records.rulings:
            if ruling.visit is not None:
                found[ruling.visit] = ruling
                continue
            moment = self.deciding(ruling.visitor, ruling.at)
            if moment is not None:
                found[moment.id] = ruling
        return found

    @cached_property
    def _places(self) -> dict[str, int]:
        return {visit.id: place for place, visit in enumerate(self.records.visits)}

    def _before(self, moment: Moment) -> list[Visit]:
        """Return all visits before a moment; one at a deal's instant is before it."""
        visits = self.records.visits
        if isinstance(moment, Deal):
            return visits[: bisect_right(visits, moment.at, key=AT)]
        return visits[: self._places[moment.id]]

    def claims(self, customer: Customer, at: datetime) -> list[Claim]:
        """Return the referrals of a customer as joined at a moment, whenever made."""
        found = self._claims.get(customer)
        if found is None:
            concerns = self.people.concerns
            found = self._claims[customer] = [
                self._claimed.get(referral.id) or self._claim(referral)
                for referral in self.records.referrals
                if concerns(referral, customer, at)
            ]
        return found

    def _claim(self, referral: Referral) -> Claim:
        claim = Claim(referral, self.records, self.rules)
        self._claimed[referral.id] = claim
        return claim

    def hear(self, moment: Moment) -> Judged:
        """Judge every earlier visit that can matter, then this moment."""
        circle = self.people.circle(moment.visitor)
        for visit in self._before(moment):
            if visit.visitor in circle:
                self._enter(self._judge(visit, asked=False))
        judged = self._judge(moment, asked=True)
        self._enter(judged)
        return judged

    def _enter(self, judged: Judged) -> None:
        if judged.ruling is not None:
            self._close(judged)
        self.judged[judged.moment.id] = judged
        # A deal's ownership begins nothing: what comes after it is frozen out.
        if judged.won is not None and isinstance(judged.moment, Visit):
            self.ownerships[judged.moment.id] = judged.won

    def _close(self, judged: Judged) -> None:
        """End the ownerships that ran where people ruled otherwise (A13)."""
        at = judged.moment.at
        for own in judged.bench.ownerships:
            if own.holds(at):
                self.ownerships[own.by.id] = replace(own, until=at)

    def _judge(self, moment: Moment, *, asked: bool) -> Judged:
        at = moment.at
        customer = self.people.customer(moment.visitor, at)
        visitors = customer.visitors
        earlier = [v for v in self._before(moment) if v.visitor in visitors]
        ownerships = self.ownerships
        owned = [ownerships[v.id] for v in earlier if v.id in ownerships]
        holding = [own for own in owned if own.holds(at)]
        judged = Judged(moment, customer, holding)
        ruling = self.rulings.get(moment.id) if self.records.rulings else None
        if asked or not holding or ruling is not None:
            judged.bench = self._bench(judged, earlier, owned)
            judged.trials = [
                judged.bench.hear(claim)
                for claim in self.claims(customer, at)
                if claim.referral.at <= at
            ]
        if holding:
            self._inside(judged)
        elif judged.trials:
            self._outside(judged)
        if ruling is not None:
            self._ruled(judged, ruling)
        return judged

    def _bench(
        self, judged: Judged, earlier: list[Visit], owned: list[Ownership]
    ) -> Bench:
        nobody = [v for v in earlier if self.judged[v.id].outcome == "walk_in"]
        if isinstance(judged.moment, Deal) and judged.holding:
            return Bench(earlier, owned, nobody)
        return Bench([*earlier, judged.moment], owned, nobody)

    def _own(
        self,
        moment: Moment,
        channel: str,
        kind: str | None,
        referral: Referral | None = None,
        founded: Moment | None = None,
    ) -> Ownership:
        term = self.rules.at(moment.at).terms(kind).ownership
        agent = referral.agent if referral else None
        until = moment.at + term
        return Ownership(
            channel, kind, agent, referral, founded or moment, moment, until
        )

    def _inside(self, judged: Judged) -> None:
        """A7: the moment is the owner's; two owners are for a person to decide."""
        judged.clause = "A7"
        holding = judged.holding
        first = holding[0]
        for own in holding[1:]:
            if own.channel != first.channel:
                judged.outcome = "review"
                return
            one, other = own.founded, first.founded
            if one is not other and one.key < other.key:
                first = own
        renewed = self._own(
            judged.moment, first.channel, first.kind, first.referral, first.founded
        )
        untils = [own.until for own in holding]
        if isinstance(judged.moment, Visit):
            untils.append(renewed.until)
        judged.outcome, judged.won, judged.owned_until = "channel", renewed, max(untils)

    def _outside(self, judged: Judged) -> None:
        """A5, A1 and A14: among the referrals whose first visit this is."""
        moment = judged.moment
        standing = [
            trial
            for trial in judged.trials
            if trial.clause is None and trial.first is moment
        ]
        if not standing:
            return
        ahead = a5_earliest([trial.referral for trial in standing])
        rivals = sorted(referral.id for referral in ahead)
        unclear = {
            referral.id
            for referral in ahead
            if self.people.ambiguous(referral, judged.customer, moment.at)
        }
        review = len(ahead) > 1 or bool(unclear)
        for trial in standing:
            referral = trial.referral
            if referral.id in unclear:
                trial.clause, trial.reason = "A1", "ambiguous"
            elif referral.id not in rivals:
                trial.clause, trial.reason = "A5", "later"
            elif len(ahead) > 1:
                trial.clause, trial.reason = "A5", "tie"
            else:
                continue
            trial.against = tuple(each for each in rivals if each != referral.id)
        if review:
            judged.outcome, judged.clause = "review", "A1" if unclear else "A5"
            return
        winner = ahead[0]
        own = self._own(moment, winner.channel, winner.kind, winner)
        judged.outcome, judged.clause = "channel", "A5"
        judged.won, judged.owned_until = own, own.until

    def _ruled(self, judged: Judged, ruling: Ruling) -> None:
        """A13: what people decided stands in place of what the clauses found."""
        judged.clause, judged.ruling = "A13", ruling
        if ruling.channel is None:
            judged.outcome, judged.won, judged.owned_until = "walk_in", None, None
            return
        kinds = [
            trial.referral.kind
            for trial in judged.trials
            if trial.referral.channel == ruling.channel
        ]
        own = self._own(judged.moment, ruling.channel, kinds[-1] if kinds else None)
        judged.outcome, judged.won, judged.owned_until = "channel", own, own.until

    def waiting(self, judged: Judged) -> list[Trial]:
        """Test the referrals that came after the deciding moment."""
        bench, moment = judged.bench, judged.moment
        late = [
            claim
            for claim in self.claims(judged.customer, moment.at)
            if claim.referral.at > moment.at
        ]
        if not late:
            return []
        # As they stand now: a ruling here may have ended some.
        bench.ownerships = [self.ownerships[own.by.id] for own in bench.ownerships]
        if isinstance(moment, Visit):
            if judged.won is not None:
                bench.ownerships.append(judged.won)
            if judged.outcome == "walk_in":
                bench.nobody.append(moment)
        return [bench.hear(claim) for claim in late]


def _losing(trials: Iterable[Trial], winner: Referral | None) -> tuple[Losing, ...]:
    return tuple(
        [
            Losing(
                referral=trial.referral.id,
                channel=trial.referral.channel,
                clause=trial.clause,
                reason=trial.reason,
            )
            for trial in trials
            if trial.referral is not winner
        ]
    )


def _nobody_came(court: Court, visitor: str, as_of: datetime) -> Decision:
    customer = court.people.customer(visitor, as_of)
    bench = Bench((), [], ())
    trials = [bench.hear(claim) for claim in court.claims(customer, as_of)]
    joins = court.people.joins(customer, as_of)
    reasons = Reasons(court.people, court.rules.at(as_of).timezone)
    return Decision(
        outcome="none",
        channel=None,
        agent=None,
        referral=None,
        clause=None,
        rules_referral=None,
        rules_visit=None,
        owned_until=None,
        face_used=any(clause == FACE for clause, _ in joins),
        because=tuple(reasons.lost(trials)),
        losing=_losing(trials, None),
    )


def decide(
    *, rules: Rulebook, facts: Iterable[Fact], visitor: str, as_of: datetime
) -> Decision:
    """Decide to whom a visitor belongs, as far as is known at `as_of`.

    Args:
        rules: every published version.
        facts: of this visitor and of anybody else, in any order; ids unique,
            phones E.164. For an ambiguous masked referral (A1) and for quotas (A8)
            the facts of others are needed too.
        visitor: about whom.
        as_of: facts later than this do not exist; MUST carry a zone.

    Returns:
        The decision of the deciding moment: the first subscribed deal, else the
        last visit.
    """
    as_of = as_of.astimezone(UTC)
    court = Court(Records([fact for fact in facts if fact.at <= as_of]), rules)
    moment = court.deciding(visitor, as_of)
    if moment is None:
        return _nobody_came(court, visitor, as_of)
    if isinstance(moment, Deal):
        frozen = court.records.frozen(moment.at)
        if frozen is not court.records:
            court = Court(frozen, rules)
    judged = court.hear(moment)
    trials = [*judged.trials, *court.waiting(judged)]
    version = rules.at(moment.at)
    winner = judged.won.referral if judged.won else None
    until = judged.owned_until
    joins = court.people.joins(judged.customer, moment.at)
    reasons = Reasons(court.people, version.timezone)
    return Decision(
        outcome=judged.outcome,
        channel=judged.won.channel if judged.won else None,
        agent=winner.agent if winner else None,
        referral=winner.id if winner else None,
        clause=judged.clause,
        rules_referral=rules.at(winner.at).version if winner else None,
        rules_visit=version.version,
        owned_until=until.astimezone(version.timezone).isoformat() if until else None,
        face_used=any(clause == FACE for clause, _ in joins),
        because=(
            *reasons.decided(judged, joins, court.judged),
            *reasons.lost(trials),
        ),
        losing=_losing(trials, winner),
        moment=moment.id,
    )
