"""Dropping the bodies of events whose term is over, a whole partition at a time.

Leaves, tiles and checkpoints stay, so that every proof ever given still verifies, and
so do the grants that a kept event names.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from django.db import connections

from audit import clock, log
from audit.drafts import SYSTEM
from audit.errors import TermTooShort
from audit.indexing import upkeep
from audit.locks import BODIES, held
from audit.models import Body, Head
from audit.selectors import STANDING, event_list, head_find, rules_in_force

YEARS_DEFAULT = 5
"""Proof of having informed and of consent is kept as long (sh-crpl-31)."""
YEARS_MIN = 3
"""Records of processing are kept at least as long (pipl-55-56)."""
_PARTITION = re.compile(r"audit_body_([0-9]+)")
_OWNER = "owner"
_KEPT = f"""(
    EXISTS (SELECT 1 FROM audit_index i WHERE i.log = b.log AND i.seq = b.seq
             AND i.type IN ({", ".join(f"'{kind}'" for kind in STANDING)}))
    OR EXISTS (SELECT 1 FROM audit_index i WHERE i.log = b.log AND i.consent = b.seq
             AND i.seq = b.seq AND i.type = 'consent.granted')
    AND (EXISTS (SELECT 1 FROM audit_index i WHERE i.log = b.log
                  AND i.consent = b.seq AND i.seq >= %(before)s)
         OR NOT EXISTS (SELECT 1 FROM audit_index i WHERE i.log = b.log
                  AND i.consent = b.seq
                  AND i.type IN ('consent.withdrawn', 'consent.expired'))))"""
"""What things stand on, and a grant that a kept event names or still may name."""


@dataclass(frozen=True)
class Pruned:
    """What a sweep did: below which number bodies are gone, and how many went."""

    before: int
    bodies: int


def prune(*, years: int = YEARS_DEFAULT, partition: int = 2**20) -> Pruned | None:
    """Drop the partitions of which every body is older than the term.

    MUST be called where the owner role may be used. The event is written first: a
    crash after it leaves bodies that the next call drops.

    Args:
        years: the published term.
        partition: how many numbers a partition holds.

    Returns:
        None when nothing is old enough.

    Raises:
        TermTooShort: the term is under three years.
    """
    if years < YEARS_MIN:
        raise TermTooShort
    with held(BODIES):
        return _prune(years, partition)


def _prune(years: int, partition: int) -> Pruned | None:
    head = head_find()
    if head is None:
        return None
    limit = clock.stamp(_years_before(clock.now(), years))
    numbers = _over(limit, partition)
    if not numbers:
        return None
    before = (numbers[-1] + 1) * partition
    bodies = _count(before)
    told = event_list(log=head.log, kind="retention.swept", rows=1)
    if not told or told[0]["data"]["before"] < before:
        with log.unit(act=SYSTEM, site=None, rules=rules_in_force()) as unit:
            unit.event("retention.swept", data={"before": before, "bodies": bodies})
    for number in numbers:
        _drop(number, partition, before)
    return Pruned(before, bodies) if bodies else None


def _years_before(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year - years, day=28)


def _over(limit: str, partition: int) -> list[int]:
    """Return the first partitions in which no log has an event of the term."""
    numbers: list[int] = []
    for number in _partitions():
        start, end = number * partition, (number + 1) * partition
        for head in Head.objects.all():
            if head.size <= start:
                continue
            # One that still grows is never dropped.
            if head.closed_at is None and head.size < end:
                return numbers
            if _at(head.log, min(end, head.size) - 1) >= limit:
                return numbers
        numbers.append(number)
    return numbers


def _partitions() -> list[int]:
    with connections[_OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'audit_body'::regclass"
        )
        names = [_PARTITION.fullmatch(row[0]) for row in cursor.fetchall()]
    return sorted(int(name[1]) for name in names if name)


def _at(log: str, seq: int) -> str:
    """Return the time of an event; an empty text when it was dropped before."""
    row = Body.objects.filter(log=log, seq=seq).first()
    return str(json.loads(bytes(row.body))["at"]) if row else ""


def _count(before: int) -> int:
    """Return how many bodies below a number go."""
    with connections[_OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM audit_body b"
            f" WHERE b.seq < %(before)s AND NOT {_KEPT}",
            {"before": before},
        )
        return int(cursor.fetchone()[0])


def _drop(number: int, partition: int, before: int) -> None:
    """Put a table with the kept grants in a partition's place, and drop the old one.

    Its rows in the copy for searching go with it.
    """
    name = f"audit_body_{number}"
    start, end = number * partition, (number + 1) * partition
    with upkeep() as cursor:
        cursor.execute(f"CREATE TABLE {name}_kept (LIKE audit_body INCLUDING ALL)")
        cursor.execute(
            # The name is a partition's, made of a number.
            f"INSERT INTO {name}_kept SELECT b.* FROM {name} b WHERE {_KEPT}",
            {"before": before},
        )
        cursor.execute(
            "DELETE FROM audit_index i WHERE i.seq >= %s AND i.seq < %s"
            " AND NOT EXISTS"
            f" (SELECT 1 FROM {name}_kept k WHERE k.log = i.log AND k.seq = i.seq)",
            [start, end],
        )
        cursor.execute(f"ALTER TABLE audit_body DETACH PARTITION {name}")
        cursor.execute(f"DROP TABLE {name}")
        cursor.execute(f"ALTER TABLE {name}_kept RENAME TO {name}")
        cursor.execute(
            f"ALTER TABLE audit_body ATTACH PARTITION {name}"
            f" FOR VALUES FROM ({start}) TO ({end})"
        )
