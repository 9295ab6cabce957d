"""Why it was decided so: the steps of a decision, each with its facts and words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leads.attribution.decision import Because
from leads.attribution.people import People
from leads.attribution.trials import Judged, Trial


class Reasons:
    """Write the steps of one decision."""

    def __init__(self, people: People, zone: ZoneInfo) -> None:
        """Know the people of the facts and the time zone to write times in."""
        self._people = people
        self._zone = zone

    def _step(
        self,
        name: str,
        facts: Iterable[str],
        **values: datetime | timedelta | int,
    ) -> Because:
        clause = name[: name.index(".")]
        return Because(clause, tuple(dict.fromkeys(facts)), name, self._zone, values)

    def decided(
        self,
        judged: Judged,
        joins: Iterable[tuple[str, str]],
        history: Mapping[str, Judged],
    ) -> Iterator[Because]:
        """Yield the steps that lead to the outcome.

        Args:
            judged: the deciding moment.
            joins: clause and fact of what joins the customer.
            history: what was decided about earlier visits, by their ids.
        """
        moment = judged.moment
        for clause, fact in joins:
            yield self._step(f"{clause}.joined", [fact])
        if judged.ruling is not None:
            yield self._step("A13.ruled", [judged.ruling.id, moment.id])
        elif judged.clause == "A7":
            yield from self._owned(judged, history)
        elif judged.won is not None:
            yield from self._won(judged)
        elif judged.outcome == "walk_in":
            yield self._step("A14.walk_in", [moment.id])

    def _owned(
        self, judged: Judged, history: Mapping[str, Judged]
    ) -> Iterator[Because]:
        cited = [own.by.id for own in judged.holding]
        if judged.outcome == "review" or judged.won is None:
            yield self._step("A7.review", [*cited, judged.moment.id])
            return
        founded = judged.won.founded
        founding = history[founded.id]
        if founding.ruling is not None:
            yield self._step("A13.ruled", [founding.ruling.id, founded.id])
        else:
            yield from self._won(founding)
        yield self._step(
            "A7.owner",
            [founded.id, *cited, judged.moment.id],
            visited=founded.at,
            until=max(own.until for own in judged.holding),
        )

    def _won(self, judged: Judged) -> Iterator[Because]:
        for trial in judged.trials:
            if judged.won is None or trial.referral is not judged.won.referral:
                continue
            referral, terms, moment = trial.referral, trial.terms, judged.moment
            at, cited = referral.at, [referral.id, moment.id]
            how, facts = self._people.identity(referral, judged.customer, moment.at)
            yield self._step(f"A1.{how}", [referral.id, *facts])
            for visit in judged.bench.nobody:
                if visit.at < at:
                    yield self._step(
                        "A3.clear",
                        [referral.id, visit.id],
                        visited=visit.at,
                        lookback=terms.lookback,
                        from_at=at - terms.lookback,
                    )
            yield self._step(
                "A2.met", cited, announced=at, visited=moment.at, lead=terms.min_lead
            )
            yield self._step(
                "A4.met", cited, visited=moment.at, protected=at + terms.protection
            )
            yield self._step("A5.won", cited, announced=at)

    def lost(self, trials: Iterable[Trial]) -> Iterator[Because]:
        """Yield one step for each referral that a clause set aside."""
        for trial in trials:
            if trial.clause is None:
                continue
            terms, announced = trial.terms, trial.referral.at
            yield self._step(
                f"{trial.clause}.{trial.reason}",
                [trial.referral.id, *trial.against],
                announced=announced,
                visited=self._people.moments.get(
                    trial.against[0] if trial.against else "", announced
                ),
                lead=terms.min_lead,
                lookback=terms.lookback,
                protected=announced + terms.protection,
                quota=terms.quota_per_day,
            )
