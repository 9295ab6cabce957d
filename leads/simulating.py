"""Recorded history under rules that are not in force: what would be decided otherwise.

Reads the facts that each decision was made from, a batch at a time; decrypts nothing,
writes nothing.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast, Coalesce

from consent.models import Site
from leads.attribution import Rulebook, parse_rules
from leads.attribution.replay import (
    Change,
    Finding,
    Recorded,
    Replayed,
    replay,
    replay_begin,
    replay_here,
)
from leads.models import Decision

BATCH = 500
LISTED = 100
"""Changed visits that are named one by one; all are counted."""


@dataclass(slots=True)
class Simulation:
    """What a draft would change, as far as history was judged.

    Attributes:
        total: visits there are.
        judged: visits judged so far.
        changed: of these, those that another outcome or channel comes out for.
        moves: how many went from which outcome and channel to which.
        listed: the first `LISTED` changes.
        unreadable: visits whose stored facts cannot be read; none should be.
        seconds: how long it took.
    """

    total: int
    judged: int = 0
    changed: int = 0
    moves: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    listed: list[Change] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, found: Replayed) -> None:
        """Count a batch."""
        self.judged += found.judged
        self.changed += len(found.changes)
        self.moves.update(
            (*change.was[:2], *change.now[:2]) for change in found.changes
        )
        self.listed += found.changes[: LISTED - len(self.listed)]
        self.unreadable += found.unreadable[: LISTED - len(self.unreadable)]

    @property
    def whole(self) -> bool:
        """Tell whether every visit was judged."""
        return self.judged >= self.total

    def channels(self) -> dict[str, tuple[int, int]]:
        """Return for each channel the visits it would gain and lose."""
        gained: Counter[str] = Counter()
        lost: Counter[str] = Counter()
        for (_, before, _, after), count in self.moves.items():
            lost[before] += count
            gained[after] += count
        names = sorted({*gained, *lost} - {""})
        return {name: (gained[name], lost[name]) for name in names}


def history(*, sites: Sequence[Site], newest: bool = False) -> Iterator[Recorded]:
    """Yield every recorded visit with the decision that stands and the facts of that.

    In the order of time, or the newest first; in a transaction of its own that lasts
    until the end, with a cursor of the database's: memory stays flat.
    """
    order = "-visit_id" if newest else "visit_id"
    rows = (
        _standing(sites)
        # Identifiers of visits grow with time.
        .order_by(order)
        .values_list(
            "visit_id",
            "id",
            "visit__at",
            Coalesce("visit__subject_id", "visit_id"),
            "at",
            "outcome",
            "channel__code",
            "clause",
            Cast("facts", TextField()),
        )
    )
    with transaction.atomic():
        for row in rows.iterator(chunk_size=BATCH):
            visit, decision, at, visitor, as_of, outcome, channel, clause, facts = row
            yield Recorded(
                visit=str(visit),
                decision=str(decision),
                at=at,
                visitor=str(visitor),
                as_of=as_of,
                found=Finding(outcome, channel or "", clause),
                facts=facts,
            )


def _standing(sites: Sequence[Site]) -> QuerySet[Decision]:
    return Decision.objects.filter(visit__site__in=list(sites), revised_by=None)


def simulate(
    *,
    rules: Mapping[str, Any],
    sites: Sequence[Site],
    processes: int = 1,
    seconds: float | None = None,
    tell: Callable[[Simulation], None] = lambda _: None,
) -> Simulation:
    """Judge recorded visits as if a draft had always been in force.

    Args:
        rules: the draft, a document of rules.
        sites: whose visits.
        processes: how many judge; with one it is this one.
        seconds: stop after so long, having begun with the newest; None: judge all.
        tell: called after each batch.

    Raises:
        FactsMalformed: the draft is no document of rules; the line says where.
    """
    began = time.monotonic()
    book = parse_rules([dict(rules)])
    told = Simulation(total=_standing(sites).count())
    source = _batches(history(sites=sites, newest=seconds is not None))
    for found in _replayed(book, dict(rules), source, processes):
        told.add(found)
        told.seconds = time.monotonic() - began
        tell(told)
        if seconds is not None and told.seconds > seconds:
            break
    return told


def _batches(rows: Iterator[Recorded]) -> Iterator[list[Recorded]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _replayed(
    book: Rulebook,
    document: Mapping[str, Any],
    batches: Iterator[list[Recorded]],
    processes: int,
) -> Iterator[Replayed]:
    if processes <= 1:
        for batch in batches:
            yield replay(book, batch)
        return
    # Fresh processes: a forked one would share the connection to the database.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=replay_begin, initargs=(document,)
    ) as pool:
        waiting: deque[Future[Replayed]] = deque()
        for batch in batches:
            waiting.append(pool.submit(replay_here, batch))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
