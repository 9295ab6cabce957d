"""What is still open in a log: what should have followed, and did not.

Each question is one query over the copy for searching, joined with the bodies it needs;
what lies before the published term of retention is not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from audit import clock
from audit.models import Checkpoint, Index, Refusal
from audit.reading.event import ENDS, STARTS
from audit.reading.logs import LogHead
from audit.reading.search import bounds_of
from audit.reading.story import DANGLING_S, ENDED
from audit.selectors import pruned_before

SHOWN_MAX = 100
"""Of each question; who has more than that sees the first, and that there are more."""
UNSIGNED_AFTER = timedelta(minutes=2)
"""An event without a checkpoint for so long is a question: the signer is late."""
SWEPT_WITHIN = timedelta(minutes=5)
"""A sweep ends what is past its term; only after this long it is a question."""
LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Open:
    """One event with which something is open.

    Attributes:
        seq: its number.
        at: its time, in the log's form.
        kind: its kind.
        consent: the consent it stands on.
        missing: kinds that should have followed it and did not, or not in time.
        due: by when that should have been, in the log's form.
    """

    seq: int
    at: str
    kind: str
    consent: int | None
    missing: tuple[str, ...] = ()
    due: str = ""


@dataclass(frozen=True)
class Opens:
    """The first events of a question, and whether there are more."""

    rows: list[Open]
    more: bool


@dataclass(frozen=True)
class Unsigned:
    """The events that no checkpoint covers yet.

    `late` tells whether the oldest has waited so long that the signer should have come.
    """

    count: int
    oldest_at: str
    checkpoint: Checkpoint | None
    late: bool


@dataclass(frozen=True)
class Questions:
    """Everything that is open in one log, as of a moment."""

    as_of: datetime
    dangling: Opens
    unfollowed: Opens
    overdue: Opens
    unsigned: Unsigned
    refusals: list[Refusal]
    clock_behind: list[Open]
    refused_lately: list[tuple[str, int]]


def questions(head: LogHead) -> Questions:
    """Return what is open in a log: now, or when it was closed."""
    as_of = clock.now() if head.closed_at is None else clock.parse(head.last_at)
    least = pruned_before(log=head.log)
    return Questions(
        as_of=as_of,
        dangling=_dangling(head.log, least, as_of),
        unfollowed=_unfollowed(head.log, least, as_of),
        overdue=_overdue(head, least, as_of),
        unsigned=_unsigned(head, as_of),
        refusals=list(Refusal.objects.order_by("-at", "-id")[:SHOWN_MAX]),
        clock_behind=_clock_behind(head.log, as_of),
        refused_lately=_refused_lately(head.log, as_of),
    )


_DANGLING = """
WITH uneven AS MATERIALIZED (
SELECT consent FROM audit_index
 WHERE log = %(log)s AND type = ANY(%(starts)s::text[] || %(ends)s::text[])
   AND seq >= %(least)s
   AND subject IS NOT NULL AND consent IS NOT NULL
 GROUP BY consent
HAVING count(*) FILTER (WHERE type = ANY(%(starts)s))
     > count(*) FILTER (WHERE type = ANY(%(ends)s)))
SELECT s.seq, s.at, s.type, s.consent FROM uneven JOIN audit_index s USING (consent)
 WHERE s.log = %(log)s AND s.type = ANY(%(starts)s) AND s.seq >= %(least)s
   AND s.subject IS NOT NULL AND s.at < %(before)s
   AND NOT EXISTS (
       SELECT 1 FROM audit_index e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
        WHERE e.log = s.log AND e.consent = s.consent AND e.seq > s.seq
          AND e.type = ANY(%(ends)s)
          AND convert_from(b.body, 'UTF8')::jsonb -> 'data' -> 'start'
              = to_jsonb(s.seq))
 ORDER BY s.seq LIMIT %(most)s
"""
"""Bodies are read of those consents only that have more starts than ends."""


def _dangling(log: str, least: int, as_of: datetime) -> Opens:
    """Return the starts that nothing ended for more than five minutes."""
    rows = _rows(
        _DANGLING,
        log=log,
        least=least,
        starts=list(STARTS),
        ends=list(ENDS),
        before=clock.stamp(as_of - timedelta(seconds=DANGLING_S)),
    )
    return _opens([Open(*row) for row in rows])


_UNFOLLOWED = """
WITH ended AS MATERIALIZED (
SELECT seq, at, type, consent FROM audit_index
 WHERE log = %(log)s AND type = ANY(%(ended)s) AND seq >= %(least)s),
keys AS MATERIALIZED (
SELECT consent, max(seq) AS seq, max(at) AS at FROM audit_index
 WHERE log = %(log)s AND type = 'key.destroyed' GROUP BY consent),
faces AS MATERIALIZED (
SELECT consent, max(seq) AS seq FROM audit_index
 WHERE log = %(log)s AND type = 'face.enrolled' AND subject IS NOT NULL
 GROUP BY consent),
gone AS MATERIALIZED (
SELECT consent, max(seq) AS seq, max(at) AS at FROM audit_index
 WHERE log = %(log)s AND type = 'face.template.destroyed' GROUP BY consent),
suspects AS MATERIALIZED (
SELECT e.*,
       CASE WHEN k.seq > e.seq THEN k.at::timestamptz END AS key_at,
       f.seq IS NOT NULL AS face,
       CASE WHEN t.seq > f.seq THEN t.at::timestamptz END AS gone_at
  FROM ended e LEFT JOIN keys k USING (consent)
  LEFT JOIN faces f USING (consent) LEFT JOIN gone t USING (consent)),
slow AS MATERIALIZED (
SELECT * FROM suspects
 WHERE key_at IS NULL OR key_at > at::timestamptz + interval '1 second'
    OR face AND (gone_at IS NULL OR gone_at > at::timestamptz + interval '1 second'))
SELECT * FROM (
SELECT s.seq, s.at, s.type, s.consent,
       key_at IS NULL OR key_at > d.due,
       face AND (gone_at IS NULL OR gone_at > d.due),
       d.due
  FROM slow s JOIN audit_body g ON g.log = %(log)s AND g.seq = s.consent
  CROSS JOIN LATERAL (
       SELECT s.at::timestamptz + make_interval(secs =>
           (convert_from(g.body, 'UTF8')::jsonb #>> '{data,destroy_s}')::int) AS due) d
OFFSET 0) AS judged (seq, at, type, consent, key_missing, template_missing, due)
 WHERE (key_missing OR template_missing) AND due < %(now)s
 ORDER BY seq LIMIT %(most)s
"""
"""No term to destroy is shorter than a second, so that what was as quick is in time;
the grants of the others are read for theirs."""


def _unfollowed(log: str, least: int, as_of: datetime) -> Opens:
    """Return the ends after which key or template were not destroyed in time."""
    rows = _rows(_UNFOLLOWED, log=log, least=least, ended=list(ENDED), now=as_of)
    found = []
    for seq, at, kind, consent, key, template, due in rows:
        missing = [("key.destroyed", key), ("face.template.destroyed", template)]
        lacking = tuple(name for name, lacks in missing if lacks)
        found.append(Open(seq, at, kind, consent, lacking, clock.stamp(due)))
    return _opens(found)


_OVERDUE = """
WITH ended AS MATERIALIZED (
SELECT DISTINCT consent FROM audit_index
 WHERE log = %(log)s AND type = ANY(%(ended)s)),
standing AS MATERIALIZED (
SELECT g.seq, g.at, g.type FROM audit_index g LEFT JOIN ended ON ended.consent = g.seq
 WHERE g.log = %(log)s AND g.type = 'consent.granted' AND g.seq >= %(least)s
   AND ended.consent IS NULL)
SELECT * FROM (
SELECT g.seq, g.at, g.type, g.seq,
       convert_from(b.body, 'UTF8')::jsonb #>> '{data,until}'
  FROM standing g JOIN audit_body b ON b.log = %(log)s AND b.seq = g.seq
OFFSET 0) AS told (seq, at, type, consent, until) WHERE until < %(before)s
 ORDER BY seq LIMIT %(most)s
"""


def _overdue(head: LogHead, least: int, as_of: datetime) -> Opens:
    """Return the consents past their term that the log has not ended.

    What stood when a log was closed goes on in the one after, and is not judged.
    """
    rows = _rows(
        _OVERDUE,
        log=head.log,
        least=least,
        ended=list(ENDED),
        before=clock.stamp(as_of - SWEPT_WITHIN),
    )
    return _opens(
        [
            Open(seq, at, kind, consent, ("consent.expired",), until)
            for seq, at, kind, consent, until in rows
        ]
    )


def _unsigned(head: LogHead, as_of: datetime) -> Unsigned:
    last = Checkpoint.objects.filter(log=head.log).order_by("-size").first()
    covered = last.size if last else 0
    oldest = (
        Index.objects.filter(log=head.log, seq__gte=covered)
        .order_by("seq")
        .values_list("at", flat=True)
        .first()
    )
    return Unsigned(
        count=max(head.size - covered, 0),
        oldest_at=oldest or "",
        checkpoint=last,
        late=oldest is not None and clock.parse(oldest) < as_of - UNSIGNED_AFTER,
    )


def _clock_behind(log: str, as_of: datetime) -> list[Open]:
    rows = (
        Index.objects.filter(
            log=log, type="clock.behind", at__gte=clock.stamp(as_of - LATELY)
        )
        .order_by("-seq")
        .values_list("seq", "at", "type", "consent")[:SHOWN_MAX]
    )
    return [Open(*row) for row in rows]


_REFUSED = """
SELECT convert_from(b.body, 'UTF8')::jsonb #>> '{data,reason}' AS reason, count(*)
  FROM audit_index i JOIN audit_body b ON b.log = i.log AND b.seq = i.seq
 WHERE i.log = %(log)s AND i.type = 'gate.refused'
   AND i.seq BETWEEN %(first)s AND %(last)s
 GROUP BY reason ORDER BY count(*) DESC, reason LIMIT %(most)s
"""


def _refused_lately(log: str, as_of: datetime) -> list[tuple[str, int]]:
    """Return how often the gate refused in the last days, by reason."""
    since = clock.stamp(as_of - LATELY)
    bounds = bounds_of(log=log, since=since, until="")
    if bounds is None:
        return []
    return [
        (str(reason), int(count))
        for reason, count in _rows(_REFUSED, log=log, first=bounds[0], last=bounds[1])
    ]


def _rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {**values, "most": SHOWN_MAX + 1})
        return list(cursor.fetchall())


def _opens(rows: Sequence[Open]) -> Opens:
    return Opens(list(rows[:SHOWN_MAX]), more=len(rows) > SHOWN_MAX)
