"""Making the copy for searching anew, from the bodies.

Beside running writers: a body never changes once it is committed, and only the append
that stores it writes its rows. So what stands is done in parts without a lock; the
last part, with what came meanwhile, is done while writers wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction

from audit.appending import head_lock
from audit.models import Head

AT_ONCE = 10_000
"""Events in one part."""
UPKEEP = 1_635_083_370
"""The advisory lock of whatever deletes bodies or their copies."""
_OWNER = "owner"


def reindex(
    *,
    at_once: int = AT_ONCE,
    told: Callable[[str, int, int], None] = lambda *_: None,
) -> int:
    """Write every row of the copy for searching again; return for how many events.

    MUST be called where the owner role may be used. Readers find each part whole,
    the old one or the new one. A second call changes nothing.

    Args:
        at_once: how many events make a part.
        told: called after each part with the log, how far it is done, and its size.
    """
    done: dict[str, int] = {}
    for head in Head.objects.using(_OWNER).order_by("log"):
        for start in range(0, head.size, at_once):
            end = min(start + at_once, head.size)
            with upkeep() as cursor:
                _rewrite(cursor, head.log, start, end)
            told(head.log, end, head.size)
        done[head.log] = head.size
    with upkeep() as cursor:
        head_lock(using=_OWNER)
        for head in Head.objects.using(_OWNER).order_by("log"):
            _rewrite(cursor, head.log, done.get(head.log, 0), head.size)
            cursor.execute(
                "DELETE FROM audit_index WHERE log = %s AND (seq < 0 OR seq >= %s)",
                [head.log, head.size],
            )
            done[head.log] = head.size
        cursor.execute(
            "DELETE FROM audit_index WHERE log <> ALL(%s::text[])", [list(done)]
        )
    return sum(done.values())


@contextmanager
def upkeep() -> Iterator[Any]:
    """Open a transaction of the owner beside which nobody else deletes bodies."""
    with (
        transaction.atomic(using=_OWNER, durable=True),
        connections[_OWNER].cursor() as cursor,
    ):
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [UPKEEP])
        yield cursor


def _rewrite(cursor: Any, log: str, start: int, end: int) -> None:
    cursor.execute(
        "DELETE FROM audit_index WHERE log = %s AND seq >= %s AND seq < %s",
        [log, start, end],
    )
    cursor.execute(
        "SELECT count(audit_index_add(log, convert_from(body, 'UTF8')::jsonb)::text)"
        " FROM audit_body WHERE log = %s AND seq >= %s AND seq < %s",
        [log, start, end],
    )
