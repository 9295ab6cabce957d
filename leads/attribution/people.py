"""Who the customer is at a moment: visitors joined by phone, change, family, face."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from leads.attribution.clauses import a1_masked, a1_phone, a10_joins
from leads.attribution.facts import FaceLink, Fact, Referral, Visit
from leads.attribution.records import Records
from leads.attribution.rules import Rulebook

# Joins that hold whenever they were found: A9, same_person.
ALWAYS = datetime.min.replace(tzinfo=UTC)


class By(Enum):
    """What joins two nodes."""

    PHONE = "A1"
    CHANGE = "A9"
    RELATION = "A10"
    FACE = "A12"


Node = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Edge:
    """One join, counted from a moment on."""

    since: datetime
    to: Node
    by: By
    fact: str


@dataclass(frozen=True, slots=True)
class Customer:
    """The people who are one customer at a moment, and why."""

    at: datetime
    visitors: frozenset[str]
    phones: frozenset[str]
    face_used: bool
    joins: tuple[tuple[str, str], ...]


class People:
    """The joins among all visitors of the facts."""

    def __init__(self, records: Records, rules: Rulebook) -> None:
        """Collect what joins whom, and since when."""
        self._records = records
        self._rules = rules
        self._edges: dict[Node, list[Edge]] = defaultdict(list)
        # Since when a visitor is known by a phone or surname.
        self._phones: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._surnames: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        for visit in records.visits:
            self._add_visit(visit)
        for change in records.changes:
            for phone in (change.old, change.new):
                self._add_phone(change.visitor, phone, ALWAYS, By.CHANGE, change)
        for same in records.same:
            self._join(("v", same.visitor), ("v", same.other), ALWAYS, By.PHONE, same)
        for tie in records.relations:
            if a10_joins(tie):
                ends = ("v", tie.visitor), ("v", tie.other)
                self._join(*ends, tie.at, By.RELATION, tie)
        self._add_links()
        self.moments = {fact.id: fact.at for fact in records.facts}

    def _join(self, one: Node, two: Node, since: datetime, by: By, fact: Fact) -> None:
        self._edges[one].append(Edge(since, two, by, fact.id))
        self._edges[two].append(Edge(since, one, by, fact.id))

    def _add_phone(
        self, visitor: str, phone: str, since: datetime, by: By, fact: Fact
    ) -> None:
        self._phones[visitor].append((since, phone))
        self._join(("v", visitor), ("p", phone), since, by, fact)

    def _add_visit(self, visit: Visit) -> None:
        if visit.phone is not None:
            self._add_phone(visit.visitor, visit.phone, visit.at, By.PHONE, visit)
        if visit.surname is not None:
            self._surnames[visit.visitor].append((visit.at, visit.surname))

    def _add_links(self) -> None:
        if not self._records.links:
            return
        visits = {visit.id: visit for visit in self._records.visits}
        for link in self._records.links:
            one, two = (visits.get(each) for each in link.visits)
            if one is None or two is None or one.visitor == two.visitor:
                continue
            if link.consent_live and not self._gone(link, one, two):
                # A12: for the visits it joins and whatever is judged after.
                since = min(one.at, two.at)
                ends = ("v", one.visitor), ("v", two.visitor)
                self._join(*ends, since, By.FACE, link)

    def _gone(self, link: FaceLink, one: Visit, two: Visit) -> bool:
        people = {one.visitor, two.visitor}
        return any(
            end.visitor in people and link.at <= end.at
            for end in self._records.withdrawn
        )

    def _reach(self, visitor: str, counts: Callable[[Edge], bool]) -> dict[Node, None]:
        start: Node = ("v", visitor)
        seen: dict[Node, None] = {start: None}
        waiting = [start]
        while waiting:
            for edge in self._edges.get(waiting.pop(), ()):
                if edge.to not in seen and counts(edge):
                    seen[edge.to] = None
                    waiting.append(edge.to)
        return seen

    def circle(self, visitor: str) -> frozenset[str]:
        """Return everybody who can be this customer at any moment."""
        reached = self._reach(visitor, lambda _edge: True)
        return frozenset(name for sort, name in reached if sort == "v")

    def customer(self, visitor: str, at: datetime) -> Customer:
        """Return the customer a visitor belongs to at a moment."""
        family = self._rules.at(at).defaults.family == "same_customer"

        def counts(edge: Edge) -> bool:
            return edge.since <= at and (family or edge.by is not By.RELATION)

        reached = self._reach(visitor, counts)
        joins: set[tuple[str, str]] = set()
        if len(reached) > 1:
            joins = {
                (edge.by.value, edge.fact)
                for node in reached
                for edge in self._edges.get(node, ())
                if edge.by is not By.PHONE and counts(edge)
            }
        return Customer(
            at=at,
            visitors=frozenset(name for sort, name in reached if sort == "v"),
            phones=frozenset(name for sort, name in reached if sort == "p"),
            face_used=any(clause == By.FACE.value for clause, _ in joins),
            joins=tuple(sorted(joins)),
        )

    def fits(self, referral: Referral, visitor: str, at: datetime) -> bool:
        """Tell whether a masked referral fits one visitor as known at a moment."""
        if referral.masked is None or visitor not in self._phones:
            return False
        return a1_masked(
            referral,
            phones=[phone for since, phone in self._phones[visitor] if since <= at],
            surnames=[
                name for since, name in self._surnames.get(visitor, ()) if since <= at
            ],
            terms=self._rules.at(referral.at).terms(referral.kind),
        )

    def concerns(self, referral: Referral, customer: Customer) -> bool:
        """Tell whether a referral concerns the customer (A1, A11 shown)."""
        if a1_phone(referral, customer.phones):
            return True
        told = (self._records.shown_to, self._records.matched_to)
        if any(
            not customer.visitors.isdisjoint(known[referral.id])
            for known in told
            if referral.id in known
        ):
            return True
        return referral.masked is not None and any(
            self.fits(referral, visitor, customer.at) for visitor in customer.visitors
        )

    def identity(
        self, referral: Referral, customer: Customer
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
            if visit.at <= customer.at
            and visit.visitor in customer.visitors
            and (
                visit.phone == referral.phone
                if referral.phone is not None
                else self.fits(referral, visit.visitor, visit.at)
            )
        )
        return ("masked" if referral.phone is None else "phone"), visits

    def ambiguous(self, referral: Referral, customer: Customer) -> bool:
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
        told = {*shown, *self._records.matched_to.get(referral.id, {})}
        return any(
            visit.at <= customer.at
            and visit.visitor not in customer.visitors
            and (
                visit.visitor in told or self.fits(referral, visit.visitor, customer.at)
            )
            for visit in self._records.visits
        )
