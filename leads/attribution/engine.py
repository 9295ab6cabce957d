"""Who brought this customer: a pure function of rules and facts.

No database, no clock, no order dependence: shuffling the facts changes nothing and
the same input always gives the same bytes. Source: attribution.md, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from leads.attribution.clauses import a5_earliest
from leads.attribution.decision import Decision, Losing
from leads.attribution.facts import Fact, Referral, Ruling
from leads.attribution.people import Customer, People
from leads.attribution.reasons import Reasons
from leads.attribution.records import Records
from leads.attribution.rules import Rulebook
from leads.attribution.trials import Bench, Judged, Moment, Ownership, Trial


class Court:
    """Judge the moments of some facts in time order."""

    def __init__(self, records: Records, rules: Rulebook) -> None:
        """Know the facts; judge nothing yet."""
        self.records = records
        self.rules = rules
        self.people = People(records, rules)
        self.judged: dict[str, Judged] = {}
        self.ownerships: dict[str, Ownership] = {}

    @cached_property
    def visits(self) -> list[Moment]:
        """All visits in the order of (`at`, `id`)."""
        return [Moment(v.id, v.at, v.visitor) for v in self.records.visits]

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
            return Moment(deal.id, deal.at, deal.visitor, deal=True)
        for visit in reversed(self.visits):
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

    def hear(self, moment: Moment) -> Judged:
        """Judge every earlier visit that can matter, then this moment."""
        circle = self.people.circle(moment.visitor)
        for visit in self.visits:
            earlier = visit.at <= moment.at if moment.deal else visit.key < moment.key
            if earlier and visit.visitor in circle:
                self._enter(self._judge(visit))
        judged = self._judge(moment)
        self._enter(judged)
        return judged

    def _enter(self, judged: Judged) -> None:
        if judged.ruling is not None:
            self._close(judged)
        self.judged[judged.moment.id] = judged
        # A deal's ownership begins nothing: what comes after it is frozen out.
        if judged.won is not None and not judged.moment.deal:
            self.ownerships[judged.moment.id] = judged.won

    def _close(self, judged: Judged) -> None:
        """End the ownerships that ran where people ruled otherwise (A13)."""
        at = judged.moment.at
        for own in judged.bench.ownerships:
            if own.holds(at):
                self.ownerships[own.by.id] = replace(own, until=at)

    def _judge(self, moment: Moment) -> Judged:
        customer = self.people.customer(moment.visitor, moment.at)
        earlier = [
            visit
            for visit in self.visits
            if visit.visitor in customer.visitors
            and (visit.at <= moment.at if moment.deal else visit.key < moment.key)
        ]
        owned = [self.ownerships[v.id] for v in earlier if v.id in self.ownerships]
        holding = tuple(own for own in owned if own.holds(moment.at))
        inside_deal = moment.deal and holding
        bench = Bench(
            records=self.records,
            rules=self.rules,
            visits=earlier if inside_deal else [*earlier, moment],
            ownerships=owned,
            nobody=[v for v in earlier if self.judged[v.id].outcome == "walk_in"],
        )
        trials = [
            bench.hear(referral)
            for referral in self.records.referrals
            if referral.at <= moment.at and self.people.concerns(referral, customer)
        ]
        judged = Judged(
            moment=moment,
            customer=customer,
            bench=bench,
            trials=tuple(trials),
            outcome="walk_in",
            clause="A14",
            holding=holding,
        )
        judged = self._inside(judged) if holding else self._outside(judged)
        ruling = self.rulings.get(moment.id) if self.records.rulings else None
        return judged if ruling is None else self._ruled(judged, ruling)

    def _own(
        self,
        moment: Moment,
        *,
        channel: str,
        kind: str | None,
        referral: Referral | None = None,
        founded: Ownership | None = None,
    ) -> Ownership:
        term = self.rules.at(moment.at).terms(kind).ownership
        return Ownership(
            channel=channel,
            kind=kind,
            agent=referral.agent if referral else None,
            referral=referral,
            founded=founded.founded if founded else moment,
            by=moment,
            until=moment.at + term,
        )

    def _inside(self, judged: Judged) -> Judged:
        """A7: the moment is the owner's; two owners are for a person to decide."""
        if len({own.channel for own in judged.holding}) > 1:
            return replace(judged, outcome="review", clause="A7")
        first = min(judged.holding, key=lambda own: own.founded.key)
        renewed = self._own(
            judged.moment,
            channel=first.channel,
            kind=first.kind,
            referral=first.referral,
            founded=first,
        )
        running = max(own.until for own in judged.holding)
        if not judged.moment.deal:
            running = max(running, renewed.until)
        return replace(
            judged, outcome="channel", clause="A7", won=renewed, owned_until=running
        )

    def _outside(self, judged: Judged) -> Judged:
        """A5, A1 and A14: among the referrals whose first visit this is."""
        moment = judged.moment
        standing = [
            trial.referral
            for trial in judged.trials
            if trial.clause is None and trial.first == moment
        ]
        if not standing:
            return judged
        ahead = a5_earliest(standing)
        unclear = {
            referral.id
            for referral in ahead
            if self.people.ambiguous(referral, judged.customer)
        }
        fates = {referral.id: ("A5", "later") for referral in standing}
        for referral in ahead:
            fates[referral.id] = ("A5", "tie") if len(ahead) > 1 else ("A5", "won")
            if referral.id in unclear:
                fates[referral.id] = ("A1", "ambiguous")
        rivals = tuple(sorted(referral.id for referral in ahead))
        trials = tuple(
            replace(
                trial,
                clause=fates[trial.referral.id][0],
                reason=fates[trial.referral.id][1],
                against=tuple(r for r in rivals if r != trial.referral.id),
            )
            if trial.referral.id in fates and fates[trial.referral.id][1] != "won"
            else trial
            for trial in judged.trials
        )
        judged = replace(judged, trials=trials)
        if unclear or len(ahead) > 1:
            return replace(judged, outcome="review", clause="A1" if unclear else "A5")
        winner = ahead[0]
        own = self._own(
            moment, channel=winner.channel, kind=winner.kind, referral=winner
        )
        return replace(
            judged, outcome="channel", clause="A5", won=own, owned_until=own.until
        )

    def _ruled(self, judged: Judged, ruling: Ruling) -> Judged:
        """A13: what people decided stands in place of what the clauses found."""
        if ruling.channel is None:
            return replace(
                judged,
                outcome="walk_in",
                clause="A13",
                won=None,
                owned_until=None,
                ruling=ruling,
            )
        kinds = [
            trial.referral.kind
            for trial in judged.trials
            if trial.referral.channel == ruling.channel
        ]
        own = self._own(
            judged.moment, channel=ruling.channel, kind=kinds[-1] if kinds else None
        )
        return replace(
            judged,
            outcome="channel",
            clause="A13",
            won=own,
            owned_until=own.until,
            ruling=ruling,
        )

    def waiting(self, judged: Judged, customer: Customer) -> list[Trial]:
        """Test the referrals that came after the deciding moment."""
        bench = judged.bench
        # As they stand now: a ruling here may have ended some.
        bench.ownerships = [self.ownerships[own.by.id] for own in bench.ownerships]
        if not judged.moment.deal:
            if judged.won is not None:
                bench.ownerships.append(judged.won)
            if judged.outcome == "walk_in":
                bench.nobody.append(judged.moment)
        return [
            bench.hear(referral)
            for referral in self.records.referrals
            if referral.at > judged.moment.at
            and self.people.concerns(referral, customer)
        ]


def _losing(trials: Iterable[Trial], winner: Referral | None) -> tuple[Losing, ...]:
    return tuple(
        Losing(
            referral=trial.referral.id,
            channel=trial.referral.channel,
            clause=trial.clause,
            reason=trial.reason,
        )
        for trial in trials
        if winner is None or trial.referral.id != winner.id
    )


def _nobody_came(court: Court, visitor: str, as_of: datetime) -> Decision:
    customer = court.people.customer(visitor, as_of)
    bench = Bench(
        records=court.records,
        rules=court.rules,
        visits=[],
        ownerships=[],
        nobody=[],
    )
    trials = [
        bench.hear(referral)
        for referral in court.records.referrals
        if court.people.concerns(referral, customer)
    ]
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
        face_used=customer.face_used,
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
    court = Court(Records(fact for fact in facts if fact.at <= as_of), rules)
    moment = court.deciding(visitor, as_of)
    if moment is None:
        return _nobody_came(court, visitor, as_of)
    if moment.deal:
        court = Court(court.records.frozen(moment.at), rules)
    judged = court.hear(moment)
    trials = [*judged.trials, *court.waiting(judged, judged.customer)]
    version = rules.at(moment.at)
    winner = judged.won.referral if judged.won else None
    until = judged.owned_until
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
        face_used=judged.customer.face_used,
        because=(*reasons.decided(judged, court.judged), *reasons.lost(trials)),
        losing=_losing(trials, winner),
        moment=moment.id,
    )
