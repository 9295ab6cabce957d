"""Searching a log: by time, kind, site, purpose, person, consent, number and actor.

Pages go by number, never by offset, and nothing is counted: a page of a million
events costs what a page of a hundred does. Who acted stands in the bodies alone, so
that filter looks through a stretch of events at a time and says how far it got.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from audit.models import Index
from audit.selectors import PAGE_ROWS, bodies

OPERATOR_WIDE = "-"
"""Asks for events of no site."""
CHUNK = 5_000
CHUNKS_MAX = 20
"""An actor is looked for among this many chunks of events before a page is shown."""


@dataclass(frozen=True)
class Search:
    """What is asked for; everything that is set must hold.

    Attributes:
        log: in which log.
        since: from this moment on, in the log's form.
        until: before this moment.
        kind: of this kind.
        site: of this site, or of none (`OPERATOR_WIDE`).
        purpose: for this purpose.
        subject: about this pseudonym.
        consent: naming the consent of this number, as a candidate's too.
        event: of this number.
        actor: done by this code.
    """

    log: str
    since: str = ""
    until: str = ""
    kind: str = ""
    site: str = ""
    purpose: str = ""
    subject: str = ""
    consent: int | None = None
    event: int | None = None
    actor: str = ""


@dataclass(frozen=True)
class Found:
    """One page of a search, newest first.

    Attributes:
        events: bodies, or what the index knows where a body is kept no more.
        newer: whether newer ones fit too.
        older: whether older ones fit too, or may.
        first: the number to look before for older ones.
        last: the number to look after for newer ones.
        looked_to: how far an actor was looked for, when that ended the page.
    """

    events: list[dict[str, Any]]
    newer: bool = False
    older: bool = False
    first: int | None = None
    last: int | None = None
    looked_to: int | None = None


@dataclass(frozen=True)
class _Stretch:
    """Numbers that fit, in the order they were looked for."""

    numbers: list[int]
    more: bool
    looked_to: int | None = None


def search(
    wanted: Search,
    *,
    before: int | None = None,
    after: int | None = None,
    rows: int = PAGE_ROWS,
) -> Found:
    """Return a page of what fits.

    Args:
        wanted: what is asked for.
        before: only events of smaller numbers: the page of older ones.
        after: only events of larger numbers: the page of newer ones.
        rows: how many at the most.
    """
    fitting = _fitting(wanted)
    if fitting is None:
        return Found([])
    ascending = after is not None
    if after is not None:
        fitting = fitting.filter(seq__gt=after)
    elif before is not None:
        fitting = fitting.filter(seq__lt=before)
    got = _take(wanted, fitting, rows=rows, ascending=ascending)
    ends = [*got.numbers, *([] if got.looked_to is None else [got.looked_to])]
    return Found(
        events=events(log=wanted.log, numbers=got.numbers),
        # Whoever came by a page of older ones came from newer ones, and the reverse.
        newer=got.more if ascending else before is not None,
        older=True if ascending else got.more,
        first=min(ends, default=after if after is None else after + 1),
        last=max(ends, default=before if before is None else before - 1),
        looked_to=got.looked_to,
    )


def numbers_found(wanted: Search, *, below: int) -> Iterator[list[int]]:
    """Yield the numbers of everything that fits, oldest first, a chunk at a time.

    Args:
        wanted: what is asked for.
        below: of smaller numbers only, so that what is written meanwhile is left out.
    """
    fitting = _fitting(wanted)
    reached = -1
    while fitting is not None:
        left = fitting.filter(seq__gt=reached, seq__lt=below)
        numbers = _numbers(left, CHUNK, ascending=True)
        if not numbers:
            return
        kept = _of_actor(wanted, numbers)
        if kept:
            yield kept
        reached = numbers[-1]


def events(*, log: str, numbers: list[int]) -> list[dict[str, Any]]:
    """Return the events of these numbers, newest first.

    Where a body was dropped at the end of its term, what the index knows of it is
    returned in its place, with `act`, `clause`, `rules` and `data` None.
    """
    known = {body["seq"]: body for body in bodies(log=log, numbers=numbers)}
    lost = [number for number in numbers if number not in known]
    if lost:
        # Candidates' rows have no subject, and NULLs sort last.
        for row in Index.objects.filter(log=log, seq__in=lost).order_by("subject"):
            known.setdefault(row.seq, _without_body(row))
    return [known[number] for number in sorted(known, reverse=True)]


def _without_body(row: Index) -> dict[str, Any]:
    return {
        "act": None,
        "at": row.at,
        "clause": None,
        "consent": row.consent,
        "data": None,
        "purpose": row.purpose,
        "rules": None,
        "seq": row.seq,
        "site": row.site,
        "subject": row.subject,
        "type": row.type,
    }


def _fitting(wanted: Search) -> QuerySet[Index] | None:
    """Return the rows of the index that fit, but for the actor; None for nothing."""
    rows = Index.objects.filter(log=wanted.log)
    bounds = bounds_of(log=wanted.log, since=wanted.since, until=wanted.until)
    if bounds is None:
        return None
    if wanted.since:
        rows = rows.filter(seq__gte=bounds[0])
    if wanted.until:
        rows = rows.filter(seq__lte=bounds[1])
    if wanted.event is not None:
        rows = rows.filter(seq=wanted.event)
    if wanted.kind:
        rows = rows.filter(type=wanted.kind)
    if wanted.site == OPERATOR_WIDE:
        rows = rows.filter(site=None)
    elif wanted.site:
        rows = rows.filter(site=wanted.site)
    if wanted.purpose:
        rows = rows.filter(purpose=wanted.purpose)
    if wanted.subject:
        rows = rows.filter(subject=wanted.subject)
    if wanted.consent is not None:
        naming = Index.objects.filter(log=wanted.log, consent=wanted.consent)
        if wanted.subject:
            # A candidate's consent has a row of its own, without the subject.
            rows = rows.filter(seq__in=naming.values("seq"))
        else:
            rows = rows.filter(consent=wanted.consent)
    return rows


def bounds_of(*, log: str, since: str, until: str) -> tuple[int, int] | None:
    """Return the first and last number of a stretch of time; None for an empty one.

    Time never runs backwards in a log, so that a stretch of time is one of numbers.
    Two queries at the most; an end that is not given costs none and bounds nothing.
    """
    rows = Index.objects.filter(log=log).values_list("seq", flat=True)
    first: int | None = 0
    last: int | None = 2**63 - 1
    if since:
        first = rows.filter(at__gte=since).order_by("at", "seq").first()
    if until:
        last = rows.filter(at__lt=until).order_by("-at", "-seq").first()
    if first is None or last is None or first > last:
        return None
    return first, last


def _numbers(rows: QuerySet[Index], most: int, *, ascending: bool) -> list[int]:
    ordered = rows.order_by("seq" if ascending else "-seq")
    return list(ordered.values_list("seq", flat=True).distinct()[:most])


def _take(
    wanted: Search, fitting: QuerySet[Index], *, rows: int, ascending: bool
) -> _Stretch:
    if not wanted.actor:
        numbers = _numbers(fitting, rows + 1, ascending=ascending)
        return _Stretch(numbers[:rows], more=len(numbers) > rows)
    kept: list[int] = []
    reached: int | None = None
    for _ in range(CHUNKS_MAX):
        left = fitting
        if reached is not None:
            left = fitting.filter(
                **{"seq__gt" if ascending else "seq__lt": reached},
            )
        numbers = _numbers(left, CHUNK, ascending=ascending)
        kept += _of_actor(wanted, numbers)
        if len(kept) > rows:
            return _Stretch(kept[:rows], more=True)
        if len(numbers) < CHUNK:
            return _Stretch(kept, more=False)
        reached = numbers[-1]
    return _Stretch(kept, more=True, looked_to=reached)


def _of_actor(wanted: Search, numbers: list[int]) -> list[int]:
    """Return those of the numbers that the actor did, in the order given."""
    if not wanted.actor or not numbers:
        return numbers
    # Keys ascend in a body, so every one begins with who acted.
    begins = f'{{"act":{{"id":"{wanted.actor}","role":"'.encode("ascii")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq FROM audit_body WHERE log = %s AND seq = ANY(%s)"
            " AND substr(body, 1, %s) = %s",
            [wanted.log, numbers, len(begins), begins],
        )
        done = {row[0] for row in cursor.fetchall()}
    return [number for number in numbers if number in done]
