"""The gate: the only maker of a `Permit`, and so the only way to a face.

A use has a start and one end, both in the log, in two short transactions with the
slow part between them:

```python
with gate.permit(…) as permit:                       # commit 1: the start
    probe = faces.encode(permit=permit, frames=…)    # slow; no transaction, no lock
    with permit.settle() as record:                  # commit 2: consents read again
        faces.compare(permit=permit, record=record, probe=probe)
```
A capture is several requests, so its start and its permits come apart: `begin`
commits the start, `resume` opens a permit for one request, `permit` is both for one.
There is no other way in, and no argument that opens the gate without a consent.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

from django.db import connection

from audit import clock, log
from audit.log import Act, Draft, Ref, Unit
from consent import journal
from consent.errors import (
    AssessmentRequired,
    ConsentEnded,
    ConsentRequired,
    PermitMisused,
    UseClosed,
)
from consent.models import CaptureSession, Consent, Kiosk, Site, Subject, Use
from consent.purposes import FACE, Purpose
from consent.selectors import assessment_live, consent_live, consents_share

CAPTURE_SECONDS = 120
"""How long a capture session may carry a consent from request to request."""

ANSWER_SECONDS = 15
"""After the kept burst arrived, a use without an answer for this long is abandoned."""

STARTS = {"enrol": "capture.started", "compare": "face.compare.started"}

_mint = object()


class Permit:
    """The right to one use of a face; dies with its block.

    Made by the gate alone, and never copied, pickled or kept. `subject` is the person
    in front of the camera, `candidates` the consents of those they may be.
    """

    def __init__(self, mint: object, *, use: Use, act: Act) -> None:
        """Refuse to be made elsewhere than in the gate."""
        if mint is not _mint:
            message = "only the gate makes permits"
            raise TypeError(message)
        self._use = use
        self._act = act
        self._open = True
        self._record: Record | None = None

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        message = "a permit is not handed on"
        raise TypeError(message)

    @property
    def use_id(self) -> uuid.UUID:
        """Return the use this permit belongs to."""
        return self._use.id

    @property
    def subject(self) -> Subject:
        """Return the person in front of the camera."""
        return self._use.subject

    @property
    def consent(self) -> Consent:
        """Return the consent of that person."""
        return self._use.consent

    @property
    def candidates(self) -> list[uuid.UUID]:
        """Return the consents that the person may be compared with."""
        return [uuid.UUID(name) for name in self._use.candidates]

    def demand(
        self,
        *,
        purpose: str,
        mode: str | None = None,
        subject: uuid.UUID | None = None,
    ) -> None:
        """Check that this permit is alive and for this purpose, mode and person.

        Every public function of `faces.services` calls it first.

        Raises:
            PermitMisused: it is not; the log says so.
        """
        reason = None
        if not self._open:
            reason = "closed"
        elif purpose != self._use.purpose or mode not in (None, self._use.mode):
            reason = "purpose"
        elif subject not in (None, self._use.subject_id):
            reason = "subject"
        if reason is None:
            return
        refusal = _refusal(self._use, self._act, reason=reason)
        if connection.in_atomic_block:
            raise PermitMisused(reason, refusal=refusal)
        log.refuse(refusal)
        raise PermitMisused(reason)

    def demand_record(self, record: Record) -> None:
        """Check that a result is written in this permit's own second transaction.

        Raises:
            PermitMisused: the record is another permit's, or its block is over.
        """
        if self._record is record and not record.closed:
            return
        refusal = _refusal(self._use, self._act, reason="closed")
        raise PermitMisused("closed", refusal=refusal)

    @contextmanager
    def settle(self) -> Iterator[Record]:
        """Open commit 2: read and lock the consents again, write the one end.

        Locks: the use, then the consents in id order (shared), the log's head last.
        The block MUST close the record; its result is released after the block only.

        Raises:
            ConsentEnded: the person's consent is no longer live; the log says
                `gate.refused` and nothing of the result remains.
            UseClosed: somebody closed the use meanwhile.
        """
        self.demand(purpose=self._use.purpose)
        try:
            with journal.unit(act=self._act, site=self._use.site) as unit:
                record = _record(unit, self._use)
                self._record = record
                yield record
                if not record.closed:
                    message = "the block ended without an end of the use"
                    raise RuntimeError(message)
        except _Ended as ended:
            close(use=self._use, act=self._act, reason=ended.reason)
            raise ConsentEnded from None
        finally:
            self._record = None


class Record:
    """Commit 2 of one use: what is still live, and the place of its one end."""

    def __init__(self, *, unit: Unit, use: Use, candidates: list[Consent]) -> None:
        """Hold the unit of work, and the candidates that are live now."""
        self.unit = unit
        self.use = use
        self.candidates = candidates
        self.closed = False

    def close(self, kind: str, *, data: Mapping[str, object]) -> Draft:
        """Write the end of the use; its start is filled in.

        Raises:
            UseClosed: it has its end already.
        """
        if self.closed:
            raise UseClosed
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


class _Ended(Exception):
    """The consent was no longer live when commit 2 read it again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def begin(
    *,
    subject: Subject,
    purpose: Purpose,
    mode: str,
    model: str,
    act: Act,
    kiosk: Kiosk,
    candidates: Sequence[Consent] = (),
) -> Use:
    """Commit the start of a use (commit 1) and return it.

    Args:
        subject: the person in front of the camera.
        purpose: what for; they must have consented to it.
        mode: "enrol" or "compare".
        model: the face model's identity, for the log.
        act: who acts.
        kiosk: where; results are accepted from this kiosk only.
        candidates: consents of those the person may be; compared with no others.

    Raises:
        ConsentRequired: no live consent; the log says so.
        AssessmentRequired: the purpose is not assessed, or no longer.
    """
    now = clock.now()
    with journal.unit(act=act, site=kiosk.site) as unit:
        consent = allow(unit=unit, subject=subject, purpose=purpose, site=kiosk.site)
        data: dict[str, object] = {"model": model}
        if mode == "compare":
            if not candidates:
                raise ConsentRequired(
                    refusal=_draft_refusal(unit, purpose, subject, "no_candidate")
                )
            data["candidates"] = [one.granted_ref for one in candidates]
        start = unit.event(
            STARTS[mode],
            purpose=purpose,
            subject=subject.pseudonym,
            consent=consent.granted_ref,
            rules=consent.rules.sha256,
            data=data,
        )
        use = Use.objects.create(
            mode=mode,
            subject=subject,
            purpose=purpose,
            consent=consent,
            candidates=[str(one.id) for one in candidates],
            site=kiosk.site,
            kiosk=kiosk,
            start_event_id=start.eid,
            opened_at=now,
            deadline=min(now + timedelta(seconds=CAPTURE_SECONDS), consent.until),
        )
        CaptureSession.objects.create(
            use=use, live=consent.key, subject=subject, purpose=purpose
        )
    return use


@contextmanager
def resume(*, use: uuid.UUID, act: Act, kiosk: Kiosk) -> Iterator[Permit]:
    """Open the permit of one request of a capture.

    Raises:
        UseClosed: unknown, answered, stopped or timed out: start again.
        ConsentEnded: the consent ended since; the use is closed as `gate.refused`.
        PermitMisused: another kiosk's capture.
    """
    found = (
        Use.objects.select_related("subject", "consent__rules", "site", "kiosk")
        .filter(id=use, closed_at=None)
        .first()
    )
    if found is None or found.deadline <= clock.now():
        raise UseClosed
    if found.kiosk_id != kiosk.id:
        log.refuse(_refusal(found, act, reason="kiosk"))
        raise PermitMisused("kiosk")
    if not CaptureSession.objects.filter(use=found).exists():
        close(use=found, act=act, reason="ended")
        raise ConsentEnded
    permit = Permit(_mint, use=found, act=act)
    try:
        yield permit
    finally:
        permit._open = False  # noqa: SLF001 - the gate's own


@contextmanager
def permit(
    *,
    subject: Subject,
    purpose: Purpose,
    mode: str,
    model: str,
    act: Act,
    kiosk: Kiosk,
    candidates: Sequence[Consent] = (),
) -> Iterator[Permit]:
    """Open one use for one block: `begin`, then `resume`.

    Leaving the block without an end writes `capture.discarded`.

    Raises:
        ConsentRequired, AssessmentRequired: as `begin`.
    """
    use = begin(
        subject=subject,
        purpose=purpose,
        mode=mode,
        model=model,
        act=act,
        kiosk=kiosk,
        candidates=candidates,
    )
    try:
        with resume(use=use.id, act=act, kiosk=kiosk) as opened:
            yield opened
    finally:
        discard(use=use.id, act=act, reason="failed")


def seize(*, permit: Permit) -> None:
    """Note that the kept burst arrived: from now on an answer is due.

    Raises:
        UseClosed: a burst of this use arrived before.
    """
    permit.demand(purpose=permit._use.purpose)  # noqa: SLF001 - the gate's own
    taken = Use.objects.filter(id=permit.use_id, seized_at=None, closed_at=None).update(
        seized_at=clock.now()
    )
    if not taken:
        raise UseClosed


def allow(*, unit: Unit, subject: Subject, purpose: Purpose, site: Site) -> Consent:
    """Return a person's live consent, locked until this transaction commits.

    For a use that fits in one transaction (a name written or read). The caller
    writes the event of the use in the same unit.

    Raises:
        ConsentRequired: no live consent; the log says so.
        AssessmentRequired: a face purpose without a current assessment.
    """
    found = consent_live(subject=subject, purpose=purpose, site=site)
    live = consents_share(ids=[found.id]) if found else []
    if not live:
        raise ConsentRequired(
            refusal=_draft_refusal(unit, purpose, subject, "no_consent")
        )
    if purpose in FACE and assessment_live(site=site, purpose=purpose) is None:
        raise AssessmentRequired(
            refusal=_draft_refusal(unit, purpose, subject, "assessment")
        )
    return live[0]


def discard(*, use: uuid.UUID, act: Act, reason: str) -> bool:
    """Close an open use with `capture.discarded`; False when it has its end already."""
    found = _open_use(use)
    return found is not None and _close(
        found, act, "capture.discarded", {"reason": reason}
    )


def close(*, use: Use, act: Act, reason: str) -> bool:
    """Close an open use with `gate.refused`; False when it has its end already."""
    return _close(use, act, "gate.refused", {"reason": reason})


def abandon_due(*, act: Act = log.SYSTEM) -> int:
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


def _open_use(use: uuid.UUID) -> Use | None:
    return (
        Use.objects.select_related("subject", "consent__rules", "site")
        .filter(id=use, closed_at=None)
        .first()
    )


def _close(use: Use, act: Act, kind: str, data: Mapping[str, object]) -> bool:
    with journal.unit(act=act, site=use.site) as unit:
        if not _lock_open(use.id):
            return False
        record = Record(unit=unit, use=use, candidates=[])
        record.close(kind, data=data)
    return True


def _lock_open(use: uuid.UUID) -> bool:
    return (
        Use.objects.select_for_update(of=("self",))
        .filter(id=use, closed_at=None)
        .exists()
    )


def _mark_closed(use: Use, end: Draft) -> None:
    CaptureSession.objects.filter(use=use).delete()
    Use.objects.filter(id=use.id).update(closed_at=clock.now(), closed_event_id=end.eid)


def _record(unit: Unit, use: Use) -> Record:
    if not _lock_open(use.id):
        raise UseClosed
    named = [use.consent_id, *(uuid.UUID(name) for name in use.candidates)]
    live = {one.id: one for one in consents_share(ids=named)}
    if use.consent_id not in live:
        raise _Ended("ended")
    if use.purpose in FACE and (
        assessment_live(site=use.site, purpose=use.purpose) is None
    ):
        raise _Ended("assessment")
    candidates = [live[one] for one in named[1:] if one in live]
    return Record(unit=unit, use=use, candidates=candidates)


def _refusal(use: Use, act: Act, *, reason: str) -> Draft:
    rules = use.consent.rules.sha256
    unit = Unit(act=act, site=use.site.code, rules=rules)
    return unit.draft(
        "gate.refused",
        purpose=use.purpose,
        subject=use.subject.pseudonym,
        # A refusal that names a start is its end; this one leaves the use open.
        data={"reason": reason, "start": None},
    )


def _draft_refusal(unit: Unit, purpose: str, subject: Subject, reason: str) -> Draft:
    return unit.draft(
        "gate.refused",
        purpose=purpose,
        subject=subject.pseudonym,
        data={"reason": reason, "start": None},
    )
