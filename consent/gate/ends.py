"""The ends of uses: every start in the log gets exactly one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from django.db import connection, transaction

from audit import clock
from audit.drafts import SYSTEM, Act, Draft, Ref
from audit.log import Unit
from consent import journal, keys
from consent.errors import PresenceRequired, UseClosed
from consent.models import Consent, Subject, Use
from consent.rows import CONSENTS
from consent.selectors import LEAST_LEFT, consents_usable
from consent.uses import use_ended

ANSWER_SECONDS = 25
"""After the kept burst arrived, a use without an answer for this long is abandoned.

More than an answer may take: 6 s in line for a pixel worker, 2 s until a new one is
ready, 12 s for a presence check (`faces.pixels.limits`) and 2 s for a search
(`faces.gallery.asking`). The sweep comes every 5 s: 30 s after the burst at the latest
the log has an end of it.
"""


RESULTS = frozenset({"face.enrolled", "face.compared"})
"""Ends that something comes of; a presence check that was asked for stands before."""


class Record:
    """Commit 2 of one use: what is still live, and the place of its one end."""

    def __init__(
        self,
        *,
        unit: Unit,
        use: Use,
        candidates: list[Consent],
        generation: int | None = None,
    ) -> None:
        """Hold the unit of work, and the candidates that are live now.

        In a search `generation` stands until the commit: nobody who is enrolled ends.
        """
        self.unit = unit
        self.use = use
        self.candidates = candidates
        self.generation = generation
        self.closed = False

    def found(self, consent: uuid.UUID) -> Consent | None:
        """Open the gate for whom a search found; None where it stays shut.

        Nothing of them may be used or told before.
        """
        if self.generation is None:
            return None
        live = CONSENTS.read(
            "WHERE it.id = %s AND it.site_id = %s AND it.purpose = %s AND NOT it.once"
            " AND it.state = 'active' AND it.until > %s",
            [consent, self.use.site_id, self.use.purpose, clock.now() + LEAST_LEFT],
        )
        usable = next(iter(consents_usable(consents=live)), None)
        # A row can come back with a copy of the database; a destroyed key does not.
        if usable is None or keys.key_missing(consent=usable.id):
            return None
        return usable

    def close(self, kind: str, *, data: Mapping[str, object]) -> Draft:
        """Write the end of the use; its start is filled in.

        Raises:
            UseClosed: it has its end already.
            PresenceRequired: a result, and the presence check was not passed.
        """
        if self.closed:
            raise UseClosed
        if kind in RESULTS and self.use.challenge and self.use.present_at is None:
            raise PresenceRequired
        self.closed = True
        end = self.unit.event(
            kind,
            purpose=self.use.purpose,
            subject=self.use.subject.pseudonym,
            consent=self.use.consent.granted_ref,
            rules=self.use.consent.rules.sha256,
            data={**data, "start": Ref(self.use.start_event_id)},
        )
        _mark_closed(self.use, end)
        return end


def discard(*, use: uuid.UUID, act: Act, reason: str) -> bool:
    """Close an open use with `capture.discarded`; False when it has its end already."""
    found = _open_use(use)
    return found is not None and _close(
        found, act, "capture.discarded", {"reason": reason}
    )


def close(*, use: Use, act: Act, reason: str) -> bool:
    """Close an open use with `gate.refused`; False when it has its end already."""
    return _close(use, act, "gate.refused", {"reason": reason})


def abandon_due(*, act: Act = SYSTEM) -> int:
    """Close every use that nobody will answer any more; return how many.

    A use is abandoned when its capture ran out, or when its burst arrived
    `ANSWER_SECONDS` ago and no answer was written: the process died.
    """
    now = clock.now()
    late = Use.objects.select_related("subject", "consent__rules", "site").filter(
        closed_at=None
    )
    count = 0
    for use in late:
        unanswered = use.seized_at is not None and (
            use.seized_at <= now - timedelta(seconds=ANSWER_SECONDS)
        )
        if (use.deadline <= now or unanswered) and _close(
            use, act, "use.abandoned", {}
        ):
            count += 1
    return count


def abandon_all(*, act: Act = SYSTEM) -> int:
    """Close every open use, due or not: before a log is closed; return how many."""
    uses = Use.objects.select_related("subject", "consent__rules", "site").filter(
        closed_at=None
    )
    return sum(_close(use, act, "use.abandoned", {}) for use in uses)


def _open_use(use: uuid.UUID) -> Use | None:
    return (
        Use.objects.select_related("subject", "consent__rules", "site")
        .filter(id=use, closed_at=None)
        .first()
    )


def _close(use: Use, act: Act, kind: str, data: Mapping[str, object]) -> bool:
    with journal.unit(act=act, site=use.site) as unit:
        if not use_lock(use.id):
            return False
        record = Record(unit=unit, use=use, candidates=[])
        record.close(kind, data=data)
    return True


def use_lock(use: uuid.UUID) -> bool:
    """Lock a use until this transaction commits; False when it has its end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM consent_use WHERE id = %s AND closed_at IS NULL FOR UPDATE",
            [use],
        )
        return cursor.fetchone() is not None


def _mark_closed(use: Use, end: Draft) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM consent_capturesession WHERE use_id = %s)"
            " UPDATE consent_use SET closed_at = %s, closed_event_id = %s"
            " WHERE id = %s",
            [use.id, clock.now(), end.eid, use.id],
        )
    transaction.on_commit(partial(use_ended, use.id), robust=True)


def refusal_of(use: Use, act: Act, *, reason: str) -> Draft:
    """Return the refusal of a permit that is misused; the use stays as it is."""
    rules = use.consent.rules.sha256
    unit = Unit(act=act, site=use.site.code, rules=rules)
    return unit.draft(
        "gate.refused",
        purpose=use.purpose,
        subject=use.subject.pseudonym,
        # A refusal that names a start is its end; this one leaves the use open.
        data={"reason": reason, "start": None},
    )


def refusal_draft(unit: Unit, purpose: str, subject: Subject, reason: str) -> Draft:
    """Return the refusal of a use that never began."""
    return unit.draft(
        "gate.refused",
        purpose=purpose,
        subject=subject.pseudonym,
        data={"reason": reason, "start": None},
    )
