"""The end of a transaction: numbers, times and bytes of its events, made last.

The head row is locked meanwhile. Called by `audit.log` and `audit.renewal` alone;
everything else opens a unit.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from audit import clock, grammar, merkle
from audit.catalogue import COUNT_MAX, KINDS, is_use
from audit.drafts import SYSTEM, Draft, Ref
from audit.errors import EventInvalid, LogClosed, TermOver
from audit.ids import uuid7
from audit.models import Index

BEHIND_MAX_MS = 5_000
"""A clock further behind the log than this is logged as `clock.behind`, once."""


def tell_time() -> None:
    """Tell the database a shifted clock; MUST be the first in a transaction."""
    if clock.offset():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('salescenter.now', %s, true)",
                [clock.now().isoformat()],
            )


def append(drafts: Sequence[Draft]) -> None:
    """Append events to the open log, as the last of this transaction.

    Raises:
        LogClosed: no log is open yet.
        EventInvalid: an event breaks the grammar or the catalogue.
        TermOver: a use lies at or past the term of its consent.
    """
    if not drafts:
        return
    with connection.cursor() as cursor:
        log, size, last_at = _head_lock(cursor)
        now = clock.stamp(clock.now())
        at = max(now, last_at)
        if size == 0 and drafts[0].kind != "log.opened":
            drafts = [_opening(drafts[0]), *drafts]
        elif last_at > now and _behind(cursor, log, now, last_at):
            drafts = [_clock_behind(drafts[0], now, last_at), *drafts]
        numbers = _numbers(cursor, log, drafts, size)
        bodies = [
            _body(draft, seq=size + place, at=at, numbers=numbers)
            for place, draft in enumerate(drafts)
        ]
        raws = [grammar.encode(body) for body in bodies]
        _require_terms(cursor, log, drafts, bodies)
        for draft, body, raw in zip(drafts, bodies, raws, strict=True):
            _insert(cursor, log, draft.eid, int(body["seq"]), raw)
    Index.objects.bulk_create(row for body in bodies for row in index_rows(log, body))


def _head_lock(cursor: Any) -> tuple[str, int, str]:
    # Twice: a log that was renewed while this waited for its head has another one.
    for _ in range(2):
        cursor.execute(
            "SELECT log, size, last_at FROM audit_head WHERE closed_at IS NULL"
            " FOR UPDATE"
        )
        row: tuple[str, int, str] | None = cursor.fetchone()
        if row is not None:
            return row
    raise LogClosed


def _require_terms(
    cursor: Any, log: str, drafts: Sequence[Draft], bodies: Sequence[dict[str, Any]]
) -> None:
    """Refuse a use whose moment lies at or past the term of a consent it names.

    The apps judged the consents before; this is the moment that the log will show.
    """
    granted = {body["seq"]: body for body in bodies}
    for draft, body in zip(drafts, bodies, strict=True):
        if not is_use(body["type"], body["data"]):
            continue
        named = [body["consent"], *body["data"].get("candidates", [])]
        for seq in named:
            if seq not in granted:
                cursor.execute(
                    "SELECT body FROM audit_body WHERE log = %s AND seq = %s",
                    [log, seq],
                )
                row = cursor.fetchone()
                granted[seq] = json.loads(bytes(row[0])) if row else {}
            until = granted[seq].get("data", {}).get("until")
            if until is None or body["at"] >= until:
                raise TermOver(refusal=_term_refusal(draft))


def _term_refusal(draft: Draft) -> Draft:
    return replace(
        draft,
        kind="gate.refused",
        clause=str(KINDS["gate.refused"].clause),
        consent=None,
        data={"reason": "ended", "start": None},
        eid=uuid.uuid4(),
    )


def _insert(cursor: Any, log: str, eid: uuid.UUID, seq: int, raw: bytes) -> None:
    # The head grows at the end of each statement, so one event is one pair of them.
    cursor.execute(
        "INSERT INTO audit_event (eid, log, seq, leaf) VALUES (%s, %s, %s, %s)",
        [eid, log, seq, merkle.leaf_hash(raw)],
    )
    cursor.execute(
        "INSERT INTO audit_body (log, seq, body) VALUES (%s, %s, %s)", [log, seq, raw]
    )


def _opening(first: Draft) -> Draft:
    data = {"reason": "first", "prior_log": None, "prior_size": None}
    return Draft(
        kind="log.opened",
        clause=str(KINDS["log.opened"].clause),
        act=first.act,
        site=None,
        rules=None,
        data={**data, "prior_root": None},
    )


def _behind(cursor: Any, log: str, now: str, last_at: str) -> bool:
    gap = clock.parse(last_at) - clock.parse(now)
    if gap.total_seconds() * 1000 <= BEHIND_MAX_MS:
        return False
    cursor.execute(
        "SELECT 1 FROM audit_index WHERE log = %s AND type = 'clock.behind'"
        " AND at = %s LIMIT 1",
        [log, last_at],
    )
    return cursor.fetchone() is None


def _clock_behind(first: Draft, now: str, last_at: str) -> Draft:
    gap = clock.parse(last_at) - clock.parse(now)
    return Draft(
        kind="clock.behind",
        clause=str(KINDS["clock.behind"].clause),
        act=SYSTEM,
        site=None,
        rules=first.rules,
        data={"behind_ms": min(int(gap.total_seconds() * 1000), COUNT_MAX)},
    )


def _refs(draft: Draft) -> Iterator[Ref]:
    if draft.consent is not None:
        yield draft.consent
    for value in draft.data.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Ref):
                yield item


def _numbers(
    cursor: Any, log: str, drafts: Sequence[Draft], size: int
) -> dict[uuid.UUID, int]:
    numbers = {draft.eid: size + place for place, draft in enumerate(drafts)}
    missing = {
        ref.eid for draft in drafts for ref in _refs(draft) if ref.eid not in numbers
    }
    if missing:
        numbers.update(numbers_of(log=log, eids=list(missing)))
    return numbers


def _body(
    draft: Draft, *, seq: int, at: str, numbers: Mapping[uuid.UUID, int]
) -> dict[str, Any]:
    def number(ref: Ref) -> int:
        if ref.eid not in numbers:
            message = f"{draft.kind} refers to an event that does not exist"
            raise EventInvalid(message)
        return numbers[ref.eid]

    def plain(value: object) -> object:
        if isinstance(value, list):
            return [plain(item) for item in value]
        return number(value) if isinstance(value, Ref) else value

    return {
        "act": {"id": draft.act.id, "role": draft.act.role},
        "at": at,
        "clause": draft.clause,
        "consent": None if draft.consent is None else number(draft.consent),
        "data": {key: plain(value) for key, value in draft.data.items()},
        "purpose": draft.purpose,
        "rules": draft.rules,
        "seq": seq,
        "site": draft.site,
        "subject": draft.subject,
        "type": draft.kind,
        "v": grammar.VERSION,
    }


def numbers_of(*, log: str, eids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return the numbers that events have in a log; those it lacks are left out.

    An event that was carried over from the log before has the number it got here.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT eid, seq FROM audit_event WHERE log = %s AND eid = ANY(%s)"
            " UNION ALL"
            " SELECT c.prior, e.seq FROM audit_carried c JOIN audit_event e"
            " ON e.eid = c.eid WHERE c.log = %s AND c.prior = ANY(%s)",
            [log, list(eids), log, list(eids)],
        )
        return dict(cursor.fetchall())


def index_rows(log: str, body: Mapping[str, Any]) -> Iterator[Index]:
    """Yield the queryable copies of one body: one per consent that it names."""
    candidates = body["data"].get("candidates") or []
    own = body["consent"]
    for place, named in enumerate([own, *[c for c in candidates if c != own]]):
        yield Index(
            id=uuid7(),
            log=log,
            seq=body["seq"],
            at=body["at"],
            type=body["type"],
            site=body["site"],
            # Only the row of the event's own consent belongs to its subject.
            subject=body["subject"] if place == 0 else None,
            consent=named,
            purpose=body["purpose"],
        )
