"""Reading the log: rows for the reading room, one person's story, and the state."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from audit import grammar, merkle
from audit.appending import numbers_of
from audit.models import Body, Event, Head, Index

PAGE_ROWS = 50
STANDING = ("log.opened", "site.opened", "rules.published", "pia.approved")
"""Kinds whose bodies are kept for ever: what is in force stands on them."""


@dataclass(frozen=True)
class State:
    """The log as its head tells it."""

    log: str
    operator: str
    demonstration: bool
    size: int
    root: str
    last_at: str


def log_current() -> str | None:
    """Return the id of the open log, or None while none is open. One query."""
    return Head.objects.filter(closed_at=None).values_list("log", flat=True).first()


def head_find(*, log: str | None = None) -> Head | None:
    """Return the head of a log, the open one by default, or None. One query."""
    found = Head.objects.filter(log=log) if log else Head.objects.filter(closed_at=None)
    return found.first()


def log_state(*, log: str | None = None) -> State | None:
    """Return the head of a log, the open one by default, or None. One query."""
    head = head_find(log=log)
    if head is None:
        return None
    return State(
        log=head.log,
        operator=head.operator,
        demonstration=head.operator.startswith("demo-"),
        size=head.size,
        root=merkle.root(merkle.split(bytes(head.frontier))).hex(),
        last_at=head.last_at,
    )


def rules_in_force() -> str | None:
    """Return the hash of the rules published last, as the open log knows it."""
    for event in event_list(kind="rules.published", rows=10):
        # The copy for searching is no evidence; only the body is.
        if event["type"] == "rules.published":
            return str(event["data"]["sha256"])
    return None


def pruned_before(*, log: str) -> int:
    """Return the number below which bodies of a log were dropped, but for kept ones.

    As `retention.swept` says, in this log or in one opened after it (logs share their
    partitions), where that was done: a copy for searching of what was dropped is gone.
    """
    heads = list(Head.objects.order_by(F("closed_at").asc(nulls_last=True)))
    place = next((n for n, head in enumerate(heads) if head.log == log), len(heads))
    told = {
        min(event["data"]["before"], heads[place].size)
        for head in heads[place:]
        for event in event_list(log=head.log, kind="retention.swept", rows=1_000)
        if event["type"] == "retention.swept"
    }
    kept = (*STANDING, "consent.granted")
    for before in sorted(told, reverse=True):
        there = Index.objects.filter(log=log, seq__lt=before).exclude(type__in=kept)
        if not there.exists():
            return int(before)
    return 0


def event_list(
    *,
    log: str | None = None,
    kind: str = "",
    subject: str = "",
    consent: int | None = None,
    before: int | None = None,
    rows: int = PAGE_ROWS,
) -> list[dict[str, Any]]:
    """Return event bodies of one log, newest first; at most `rows`. Three queries.

    Args:
        log: which log; the open one by default.
        kind: of this kind only.
        subject: about this pseudonym only.
        consent: naming the consent of this number only.
        before: of smaller numbers only.
        rows: how many at the most.
    """
    log = log or log_current()
    found = Index.objects.filter(log=log)
    if kind:
        found = found.filter(type=kind)
    if subject:
        found = found.filter(subject=subject)
    if consent is not None:
        found = found.filter(consent=consent)
    if before is not None:
        found = found.filter(seq__lt=before)
    numbers = found.order_by("-seq").values_list("seq", flat=True).distinct()[:rows]
    return bodies(log=log, numbers=list(numbers))


def subject_events(*, subject: str, grants: Sequence[int]) -> list[dict[str, Any]]:
    """Return every event about one person, oldest first, earlier logs' included.

    Args:
        subject: the person's pseudonym.
        grants: numbers of their `consent.granted` events in the open log, so that
            comparisons in which they were a candidate are found too.
    """
    current = log_current()
    places = (
        Index.objects.filter(
            Q(subject=subject) | Q(log=current, consent__in=list(grants))
        )
        .values_list("log", "seq")
        .distinct()
    )
    numbers: dict[str, list[int]] = {}
    for log, seq in places:
        numbers.setdefault(log, []).append(seq)
    opened = Head.objects.order_by(F("closed_at").asc(nulls_last=True))
    return [
        event
        for log in opened.values_list("log", flat=True)
        for event in reversed(bodies(log=log, numbers=numbers.get(log, [])))
    ]


def subjects_between(*, log: str, first: int, last: int) -> list[str]:
    """Return the pseudonyms that events of a range are about, sorted."""
    named = Index.objects.filter(log=log, seq__gte=first, seq__lte=last)
    found = named.exclude(subject=None).values_list("subject", flat=True).distinct()
    return sorted(one for one in found if one is not None)


def bodies(*, log: str | None, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return the events of these numbers as objects, newest first. One query."""
    if log is None or not numbers:
        return []
    rows = Body.objects.filter(log=log, seq__in=list(numbers)).order_by("-seq")
    return [json.loads(bytes(row.body)) for row in rows]


def event_seq(*, eid: UUID) -> int | None:
    """Return the number of an event in the open log, or None when it is unknown.

    An event of an earlier log has the number under which it was carried over.
    """
    return event_seqs(eids=[eid]).get(eid)


def event_seqs(*, eids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the numbers of those events that the open log knows; as `event_seq`."""
    log = log_current()
    return {} if log is None else numbers_of(log=log, eids=eids)


def event_place(*, eid: UUID) -> tuple[str, int] | None:
    """Return log and number of an event where it was written first, or None."""
    return Event.objects.filter(eid=eid).values_list("log", "seq").first()


def log_faults(*, log: str | None = None) -> Iterator[str]:
    """Recompute a log from its stored bodies and yield what does not hold.

    Reads every body once, in order; memory does not grow with the log.

    Args:
        log: which log; the open one by default.
    """
    head = head_find(log=log)
    if head is None:
        return
    # None from the first gap on: there is no root without every leaf before it.
    frontier: list[bytes] | None = []
    pruned = pruned_before(log=head.log)
    due = 0
    last_at = ""
    events = (
        Event.objects.filter(log=head.log).order_by("seq").values_list("seq", "leaf")
    ).iterator(chunk_size=2_000)
    bodies = (
        Body.objects.filter(log=head.log).order_by("seq").values_list("seq", "body")
    ).iterator(chunk_size=2_000)
    body = next(bodies, None)
    for seq, leaf in events:
        if seq != due:
            yield f"event {due} is missing"
            due = seq
            frontier = None
        if body is None or body[0] != seq:
            if seq >= pruned:
                yield f"event {seq} has no body"
        else:
            raw = bytes(body[1])
            last_at = yield from _body_faults(seq, raw, bytes(leaf), last_at)
            body = next(bodies, None)
        if frontier is not None:
            frontier = merkle.fold(frontier, due, bytes(leaf))
        due += 1
    if body is not None:
        yield f"a body without an event: {body[0]}"
    if due != head.size:
        yield f"the head says {head.size} events, there are {due}"
    if merkle.split(bytes(head.frontier)) != frontier:
        yield "the root of the stored bodies is not the head's"
    if head.last_at != last_at:
        yield "the head's time is not the last event's"


def _body_faults(
    seq: int, raw: bytes, leaf: bytes, last_at: str
) -> Generator[str, None, str]:
    if merkle.leaf_hash(raw) != leaf:
        yield f"event {seq}: the body is not the one that was hashed"
    problem = grammar.fault(raw)
    if problem:
        yield f"event {seq}: {problem}"
        return last_at
    told = json.loads(raw)
    if told["seq"] != seq:
        yield f"event {seq} says it is {told['seq']}"
    if told["at"] < last_at:
        yield f"event {seq}: time runs backwards"
    return str(told["at"])
