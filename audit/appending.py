"""The end of a transaction: numbers, times and bytes of its events, made last.

The head row is locked meanwhile. Called by `audit.log` and `audit.renewal` alone;
everything else opens a unit.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

import psycopg
from django.db import DatabaseError, connection, connections
from django.db.backends.utils import CursorWrapper

from audit import clock, grammar
from audit.catalogue import KINDS, is_use
from audit.drafts import SYSTEM, Act, Draft, Ref
from audit.errors import EventInvalid, LogClosed, TermOver

WRITERS = 1_635_083_369
"""The advisory lock that writers queue at; `audit_append` has the same number."""


def tell_time() -> None:
    """Tell the database a shifted clock; MUST be the first in a transaction."""
    if clock.offset():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('salescenter.now', %s, true)",
                [clock.now().isoformat()],
            )


def head_lock(*, using: str = "default") -> None:
    """Wait until nobody appends, and let nobody until this transaction ends."""
    with connections[using].cursor() as cursor:
        # In the order of audit_append, or the two would wait for each other.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS])
        cursor.execute("SELECT 1 FROM audit_head WHERE closed_at IS NULL FOR UPDATE")


def append(drafts: Sequence[Draft], *, commit: bool = False) -> None:
    """Append events to the open log, as the last of this transaction.

    Numbers and moments are put in by the database (`audit_append`), in one statement
    that locks the head; so what is sent has places for them.

    Args:
        drafts: the events, in their order.
        commit: let the same message commit the transaction, so that the head is not
            held while an answer travels. Nothing may be written after it.

    Raises:
        LogClosed: no log is open yet.
        EventInvalid: an event breaks the grammar or the catalogue.
        TermOver: a use lies at or past the term of its consent.
    """
    if not drafts:
        return
    statement = "SELECT audit_append(%s)" + ("; COMMIT" if commit else "")
    message = _message(drafts)
    try:
        with _cursor() as cursor:
            cursor.execute(statement, [message])
    except DatabaseError as error:
        raise _meant(error, drafts) from error


@contextmanager
def _cursor() -> Iterator[CursorWrapper]:
    """Open a cursor that can send two statements in one message.

    That is what the simple protocol of PostgreSQL can and the extended cannot, which
    Django's own cursors speak here (`server_side_binding`).
    """
    connection.ensure_connection()
    with psycopg.ClientCursor(connection.connection) as cursor:
        yield CursorWrapper(cursor, connection)


def _message(drafts: Sequence[Draft]) -> str:
    """Return what `audit_append` reads, a line each: no body has a line break."""
    places = _Places(drafts)
    bodies = [_checked(draft, places) for draft in drafts]
    first = drafts[0]
    return "\n".join(
        [
            clock.stamp(clock.now()),
            ",".join(str(draft.eid) for draft in drafts),
            ",".join(str(eid) for eid in places.earlier),
            "".join("u" if _is_use(draft) else "-" for draft in drafts),
            "" if first.kind == "log.opened" else _opening(first.act),
            _clock_behind(first.rules),
            *bodies,
        ]
    )


def _is_use(draft: Draft) -> bool:
    return is_use(draft.kind, dict(draft.data))


def _meant(error: DatabaseError, drafts: Sequence[Draft]) -> Exception:
    """Return what a refusal of `audit_append` means, or the error itself."""
    told = getattr(error.__cause__, "diag", None)
    match getattr(told, "sqlstate", None):
        case "SC001":
            return LogClosed()
        case "SC002":
            return EventInvalid("an event refers to one that does not exist")
        case "SC003" if told is not None:
            return TermOver(refusal=_term_refusal(drafts[int(told.message_detail) - 1]))
    return error


_SOME_MOMENT = "2000-01-01T00:00:00.000Z"


class _Places:
    """Where numbers will stand: in this unit, or found by the database by eid."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.own = {draft.eid: place for place, draft in enumerate(drafts, 1)}
        self.earlier: dict[uuid.UUID, int] = {}

    def of(self, ref: Ref) -> str:
        if ref.eid in self.own:
            return f"@u{self.own[ref.eid]}"
        place = self.earlier.setdefault(ref.eid, len(self.earlier) + 1)
        return f"@r{place}"


def _checked(draft: Draft, places: _Places) -> str:
    """Return the template of a body that keeps grammar and catalogue.

    It is checked with numbers in their places; how the database fills these is checked
    there, as each body is stored.
    """
    template = _template(draft, places)
    some = _body(draft, seq=0, at=_SOME_MOMENT, number=lambda _: 0)
    grammar.require(some, raw=template.encode())
    return template


def _template(draft: Draft, places: _Places) -> str:
    """Return a body with places for what only the database knows.

    A place is a text that begins with an at sign, which no body can have.
    """
    told = _body(draft, seq="@seq", at="@at", number=places.of)
    return grammar.dump(told).decode()


def _term_refusal(draft: Draft) -> Draft:
    return replace(
        draft,
        kind="gate.refused",
        clause=str(KINDS["gate.refused"].clause),
        consent=None,
        data={"reason": "ended", "start": None},
        eid=uuid.uuid4(),
    )


@lru_cache(maxsize=64)
def _opening(act: Act) -> str:
    """Return the body that opens an empty log; the database writes it when it is."""
    data = {"reason": "first", "prior_log": None, "prior_size": None}
    return _bare("log.opened", act, None, {**data, "prior_root": None})


@lru_cache(maxsize=64)
def _clock_behind(rules: str | None) -> str:
    """Return the body of a clock behind the log's; the database writes it when so."""
    return _bare("clock.behind", SYSTEM, rules, {"behind_ms": "@behind"})


def _bare(kind: str, act: Act, rules: str | None, data: dict[str, object]) -> str:
    clause = str(KINDS[kind].clause)
    draft = Draft(kind=kind, clause=clause, act=act, site=None, rules=rules, data=data)
    return _template(draft, _Places([]))


def _body(
    draft: Draft, *, seq: object, at: str, number: Callable[[Ref], object]
) -> dict[str, Any]:
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
