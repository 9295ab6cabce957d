"""What the signer reads of a log, through the database connection `signer`.

Nothing that somebody wrote there may stop it: what cannot be read is read as nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.db import connections

from audit import merkle, notes
from audit.errors import NoteInvalid
from audit.models import Body, Event, Head
from audit.models import Signer as Status
from audit.signer.memory import Memory

USING = "signer"
_LEAVES_AT_ONCE = 10_000


def root_of(head: Head) -> str:
    """Return the root that a head tells, in hex."""
    return merkle.root(merkle.split(bytes(head.frontier))).hex()


def leaves(log: str, start: int, end: int) -> Iterator[bytes]:
    """Yield the leaves between two numbers, in order."""
    rows = (
        Event.objects.using(USING)
        .filter(log=log, seq__gte=start, seq__lt=end)
        .order_by("seq")
        .values_list("leaf", flat=True)
    )
    for leaf in rows.iterator(chunk_size=_LEAVES_AT_ONCE):
        yield bytes(leaf)


def time_of(log: str, seq: int) -> str:
    """Return the time of an event, or an empty text when its body is gone.

    Read in SQL: a body that only the database can parse must not stop the signer.
    """
    with connections[USING].cursor() as cursor:
        cursor.execute(
            "SELECT convert_from(body, 'UTF8')::jsonb ->> 'at' FROM audit_body"
            " WHERE log = %s AND seq = %s",
            [log, seq],
        )
        row = cursor.fetchone()
    return str(row[0] or "") if row else ""


def end_of_day(head: Head, start: int) -> int:
    """Return the size at which the UTC day of event `start` ends, or the head's."""
    day = time_of(head.log, start)[:10]
    if not day or day == head.last_at[:10]:
        return head.size
    low, high = start, head.size - 1
    # The time of the log never falls, so the first event of a later day is bisected.
    while low < high:
        middle = (low + high) // 2
        if time_of(head.log, middle)[:10] > day:
            high = middle
        else:
            low = middle + 1
    return low


def rotated_on(log: str, start: int, end: int, new: str) -> str:
    """Return the UTC day of the rotation to a key between two numbers, or nothing."""
    with connections[USING].cursor() as cursor:
        cursor.execute(
            "SELECT told ->> 'at' FROM ("
            " SELECT convert_from(body, 'UTF8')::jsonb AS told FROM audit_body"
            " WHERE log = %s AND seq >= %s AND seq < %s"
            " AND position('\"signer.rotated\"'::bytea in body) > 0) AS bodies"
            " WHERE told ->> 'type' = 'signer.rotated' AND told #>> '{data,new}' = %s",
            [log, start, end, new],
        )
        row = cursor.fetchone()
    return str(row[0])[:10] if row and row[0] else ""


def told_keys(log: str) -> tuple[str, ...]:
    """Return the public keys that a signer before this one told of, oldest first."""
    said = Status.objects.using(USING).filter(log=log).first()
    found = []
    for line in said.vkeys.splitlines() if said else []:
        with suppress(NoteInvalid):
            found.append(notes.verifier_key_read(line).public.hex())
    return tuple(found)


def succeeds(memory: Memory, head: Head) -> bool:
    """Tell whether a log says that it was opened because the remembered one was lost.

    By a person, as it says: a database cannot prove who acted in it.
    """
    row = Body.objects.using(USING).filter(log=head.log, seq=0).first()
    if row is None:
        return False
    try:
        body: dict[str, Any] = json.loads(bytes(row.body))
        told = body["data"]
        return bool(
            body["type"] == "log.opened"
            and body["act"]["role"] != "system"
            and told["reason"] == "restored"
            and told["prior_log"] == memory.log
            and told["prior_size"] == memory.size
            and told["prior_root"] == memory.root.hex()
        )
    except (KeyError, TypeError, ValueError):
        return False
