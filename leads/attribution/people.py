"""Who the customer is at a moment: visitors joined by phone, change, family, face."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from leads.attribution.clauses import a1_masked, a1_phone, a10_joins
from leads.attribution.facts import FaceLink, Fact, Referral, Visit
from leads.attribution.records import Records
from leads.attribution.rules import Rulebook

# Joins that hold whenever they were found: A9, same_person.
ALWAYS = datetime.min.replace(tzinfo=UTC)
EVER = datetime.max.replace(tzinfo=UTC)

# What joins two people, by its clause.
PHONE, CHANGE, RELATION, FACE = "A1", "A9", "A10", "A12"


class Edge(NamedTuple):
    """A visitor or a phone that somebody is joined with, counted from a moment on."""

    since: datetime
    to: str
    by: str
    fact: str


@dataclass(slots=True, eq=False)
class Customer:
    """The people who are one customer at a moment."""

    visitors: set[str]
    phones: set[str]


class Circle(NamedTuple):
    """Everybody who can be one customer, and the moments at which that changes."""

    visitors: set[str]
    turns: list[datetime]


class People:
    """The joins among all visitors of the facts.

    Who is one customer changes only where a join begins; between two such turns it
    is found once.
    """

    def __init__(self, records: Records, rules: Rulebook) -> None:
        """Collect what joins whom, and since when."""
        self._records = records
        self._rules = rules
        self._phones: dict[str, list[Edge]] = defaultdict(list)
        self._holders: dict[str, list[Edge]] = defaultdict(list)
        self._ties: dict[str, list[Edge]] = defaultdict(list)
        self._surnames: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._customers: dict[tuple[str, int, bool], Customer] = {}
        self._circles: dict[str, Circle] = {}
        self._fitting: dict[tuple[str, str, int, int], bool] = {}
        for change in records.changes:
            for phone in (change.old, change.new):
                self._add_phone(change.visitor, phone, ALWAYS, CHANGE, change)
        # What is known of a visitor adds nothing when it is told again.
        known = {(one, edge.to) for one, told in self._phones.items() for edge in told}
        surnames_count = any(each.masked is not None for each in records.referrals)
        for visit in records.visits:
            if visit.phone is not None and (visit.visitor, visit.phone) not in known:
                known.add((visit.visitor, visit.phone))
                self._add_phone(visit.visitor, visit.phone, visit.at, PHONE, visit)
            if surnames_count and visit.surname is not None:
                self._add_surname(visit.visitor, visit.surname, visit.at)
        for same in records.same:
            self._tie(same.visitor, same.other, ALWAYS, PHONE, same)
        for tie in records.relations:
            if a10_joins(tie):
                self._tie(tie.visitor, tie.other, tie.at, RELATION, tie)
        if records.links:
            self._add_links()

    @cached_property
    def moments(self) -> dict[str, datetime]:
        """When each fact was, by its id."""
        return {fact.id: fact.at for fact in self._records.facts}

    def _add_phone(
        self, visitor: str, phone: str, since: datetime, by: str, fact: Fact
    ) -> None:
        self._phones[visitor].append(Edge(since, phone, by, fact.id))
        self._holders[phone].append(Edge(since, visitor, by, fact.id))

    def _tie(self, one: str, two: str, since: datetime, by: str, fact: Fact) -> None:
        self._ties[one].append(Edge(since, two, by, fact.id))
        self._ties[two].append(Edge(since, one, by, fact.id))

    def _add_surname(self, visitor: str, surname: str, since: datetime) -> None:
        told = self._surnames[visitor]
        if surname not in [each for _, each in told]:
            told.append((since, surname))

    def _add_links(self) -> None:
        visits = {visit.id: visit for visit in self._records.visits}
        for link in self._records.links:
            one, two = (visits.get(each) for each in link.visits)
            if one is None or two is None or one.visitor == two.visitor:
                continue
            if link.consent_live and not self._gone(link, one, two):
                # A12: for the visits it joins and whatever is judged after.
                since = min(one.at, two.at)
                self._tie(one.visitor, two.visitor, since, FACE, link)

    def _gone(self, link: FaceLink, one: Visit, two: Visit) -> bool:
        people = {one.visitor, two.visitor}
        return any(
            end.visitor in people and link.at <= end.at
            for end in self._records.withdrawn
        )

    def _joined(self, visitor: str, at: datetime, *, family: bool) -> Customer:
        phones: set[str] = set()
        visitors = {visitor}
        waiting = [visitor]
        while waiting:
            one = waiting.pop()
            for since, phone, _, _ in self._phones.get(one, ()):
                if since <= at and phone not in phones:
                    phones.add(phone)
                    for began, other, _, _ in self._holders[phone]:
                        if began <= at and other not in visitors:
                            visitors.add(other)
                            waiting.append(other)
            for since, other, by, _ in self._ties.get(one, ()):
                if since <= at and other not in visitors and (family or by != RELATION):
                    visitors.add(other)
                    waiting.append(other)
        return Customer(visitors, phones)

    def _family(self, at: datetime) -> bool:
        """Tell whether relations join at a moment (A10)."""
        return self._rules.at(at).defaults.family == "same_customer"

    def _circle(self, visitor: str) -> Circle:
        found = self._circles.get(visitor)
        if found is None:
            visitors = self._joined(visitor, EVER, family=True).visitors
            turns = {
                edge.since
                for edges in (self._phones, self._ties)
                for each in visitors
                for edge in edges.get(each, ())
            }
            for each in visitors:
                turns.update([since for since, _ in self._surnames.get(each, ())])
            found = Circle(visitors, sorted(turns))
            self._circles.update(dict.fromkeys(visitors, found))
        return found

    def circle(self, visitor: str) -> set[str]:
        """Return everybody who can be this customer at any moment."""
        return self._circle(visitor).visitors

    def customer(self, visitor: str, at: datetime) -> Customer:
        """Return the customer a visitor belongs to at a moment."""
        family = bool(self._records.relations) and self._family(at)
        turn = bisect_right(self._circle(visitor).turns, at)
        found = self._customers.get((visitor, turn, family))
        if found is None:
            found = self._joined(visitor, at, family=family)
            for each in found.visitors:
                self._customers[each, turn, family] = found
        return found

    def joins(self, customer: Customer, at: datetime) -> list[tuple[str, str]]:
        """Return clause and fact of what joins a customer, but for equal phones."""
        if len(customer.visitors) + len(customer.phones) == 1:
            return []
        family = self._family(at)
        return sorted(
            {
                (edge.by, edge.fact)
                for visitor in customer.visitors
                for edges in (self._phones, self._ties)
                for edge in edges.get(visitor, ())
                if edge.by != PHONE
                and edge.since <= at
                and (family or edge.by != RELATION)
            }
        )

    def fits(self, referral: Referral, visitor: str, at: datetime) -> bool:
        """Tell whether a masked referral fits one visitor as known at a moment."""
        if referral.masked is None or visitor not in self._phones:
            return False
        phones = [edge.to for edge in self._phones[visitor] if edge.since <= at]
        surnames = [
            name for since, name in self._surnames.get(visitor, ()) if since <= at
        ]
        # What is known of a visitor only grows, so its size says how much it was.
        key = referral.id, visitor, len(phones), len(surnames)
        found = self._fitting.get(key)
        if found is None:
            found = self._fitting[key] = a1_masked(
                referral,
                phones=phones,
                surnames=surnames,
                terms=self._rules.at(referral.at).terms(referral.kind),
            )
        return found

    def concerns(self, referral: Referral, customer: Customer, at: datetime) -> bool:
        """Tell whether a referral concerns the customer (A1, A11 shown)."""
        if a1_phone(referral, customer.phones):
            return True
        told = self._records.told_to.get(referral.id)
        if told is not None and not customer.visitors.isdisjoint(told):
            return True
        return referral.masked is not None and any(
            self.fits(referral, visitor, at) for visitor in customer.visitors
        )

    def identity(
        self, referral: Referral, customer: Customer, at: datetime
    ) -> tuple[str, tuple[str, ...]]:
        """Return how a referral concerns the customer and the facts that say so.

        One of `shown`, `phone`, `match`, `masked`.
        """
        for how, known in (
            ("shown", self._records.shown_to),
            ("match", self._records.matched_to),
        ):
            facts = sorted(
                fact
                for visitor, fact in known.get(referral.id, {}).items()
                if visitor in customer.visitors
            )
            if facts and not (how == "match" and referral.phone is not None):
                return how, tuple(facts)
        visits = tuple(
            visit.id
            for visit in self._records.visits
            if visit.at <= at
            and visit.visitor in customer.visitors
            and (
                visit.phone == referral.phone
                if referral.phone is not None
                else self.fits(referral, visit.visitor, visit.at)
            )
        )
        return ("masked" if referral.phone is None else "phone"), visits

    def ambiguous(self, referral: Referral, customer: Customer, at: datetime) -> bool:
        """Tell whether a referral without a whole phone fits other customers too.

        A whole number names one customer, also after it was erased (A1).
        Only people who have visited by then count. Where this customer showed the
        referral's own code, nothing rests on the digits (A11).
        """
        if referral.phone is not None or referral.whole:
            return False
        shown = self._records.shown_to.get(referral.id, {})
        if not customer.visitors.isdisjoint(shown):
            return False
        told = self._records.told_to.get(referral.id, ())
        return any(
            visit.at <= at
            and visit.visitor not in customer.visitors
            and (visit.visitor in told or self.fits(referral, visit.visitor, at))
            for visit in self._records.visits
        )
