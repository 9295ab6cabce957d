"""Permits: the right to one use of a face, for the length of one block."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from django.db import connection

from audit import clock, log
from audit.drafts import Act
from audit.log import Unit
from consent import journal
from consent.challenges import Step
from consent.errors import ConsentEnded, PermitMisused, PurposeStopped, UseClosed
from consent.gate.ends import Record, close, discard, refusal_of, use_lock
from consent.gate.starts import EVERYBODY, FEW, begin
from consent.generations import Gallery, generation_share
from consent.models import Consent, Kiosk, Site, Subject, Use
from consent.purposes import FACE, Purpose
from consent.rows import USES
from consent.selectors import consents_share
from consent.standing import standing_read
from consent.stops import site_share

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
    def site(self) -> Site:
        """Return where it is."""
        return self._use.site

    @property
    def matching(self) -> str:
        """Return how widely the face may be compared; "" where it is not."""
        return self._use.matching

    @property
    def seconds_left(self) -> float:
        """Return how long the use may last still, in seconds."""
        return (self._use.deadline - clock.now()).total_seconds()

    @property
    def candidates(self) -> list[uuid.UUID]:
        """Return the consents that the person may be compared with."""
        return [uuid.UUID(name) for name in self._use.candidates]

    def goes_on(self) -> bool:
        """Tell whether frames may come still: no burst has arrived, and no end."""
        going = Use.objects.filter(id=self._use.id, seized_at=None, closed_at=None)
        return going.exists()

    @property
    def challenge(self) -> list[Step]:
        """Return what its presence check asks for; empty where there is none."""
        return [Step(name) for name in self._use.challenge]

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
        refusal = refusal_of(self._use, self._act, reason=reason)
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
        refusal = refusal_of(self._use, self._act, reason="closed")
        raise PermitMisused("closed", refusal=refusal)

    @contextmanager
    def settle(self) -> Iterator[Record]:
        """Open commit 2: read and lock the consents again, write the one end.

        Locks: the use, then the consents in id order (shared), the log's head last.
        The block MUST close the record; its result is released after the block only.

        Raises:
            ConsentEnded: the person's consent is no longer live, or barred from use;
                the log says `gate.refused` and nothing of the result remains.
            PurposeStopped: the stop switch was pressed meanwhile; likewise.
            UseClosed: somebody closed the use meanwhile.
        """
        self.demand(purpose=self._use.purpose)
        try:
            with journal.unit(
                act=self._act, site=self.site, rules=self.consent.rules.sha256
            ) as unit:
                record = _record(unit, self._use)
                self._record = record
                yield record
                if not record.closed:
                    message = "the block ended without an end of the use"
                    raise RuntimeError(message)
        except _Ended as ended:
            close(use=self._use, act=self._act, reason=ended.reason)
            raise ended.told from None
        finally:
            self._record = None


class _Ended(Exception):
    """The use may not come to a result any more, as commit 2 found it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.told = PurposeStopped() if reason == "stop" else ConsentEnded()


@contextmanager
def resume(*, use: uuid.UUID, act: Act, kiosk: Kiosk) -> Iterator[Permit]:
    """Open the permit of one request of a capture.

    Raises:
        UseClosed: unknown, answered, stopped or timed out: start again.
        ConsentEnded: the consent ended or was barred, or the camera revoked; the use is
            closed as `gate.refused`.
        PurposeStopped: the stop switch is on; likewise.
        PermitMisused: another kiosk's capture.
    """
    open_still = USES.read("WHERE it.id = %s AND it.closed_at IS NULL", [use])
    if not open_still or open_still[0].deadline <= clock.now():
        raise UseClosed
    (found,) = open_still
    if found.kiosk_id != kiosk.id:
        log.refuse(refusal_of(found, act, reason="kiosk"))
        raise PermitMisused("kiosk")
    standing = standing_read(
        site=found.site,
        purpose=found.purpose,
        consents=[found.consent],
        kiosk=kiosk,
        use=found.id,
    )
    if standing.stopped:
        close(use=found, act=act, reason="stop")
        raise PurposeStopped
    if not standing.capture:
        close(use=found, act=act, reason="ended")
        raise ConsentEnded
    barred = standing.bars(found.consent)
    if barred is not None:
        close(use=found, act=act, reason=barred)
        raise ConsentEnded
    if not standing.camera:
        close(use=found, act=act, reason="device")
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
    matching: str = FEW,
    gallery: Gallery | None = None,
) -> Iterator[Permit]:
    """Open one use for one block: `begin`, then `resume`.

    Leaving the block without an end writes `capture.discarded`.

    Raises:
        ConsentRequired, AssessmentRequired, MatchingTooWide, DeviceRequired: as
            `begin`.
    """
    use = begin(
        subject=subject,
        purpose=purpose,
        mode=mode,
        model=model,
        act=act,
        kiosk=kiosk,
        candidates=candidates,
        matching=matching,
        gallery=gallery,
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
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consent_use SET seized_at = %s"
            " WHERE id = %s AND seized_at IS NULL AND closed_at IS NULL",
            [clock.now(), permit.use_id],
        )
        if not cursor.rowcount:
            raise UseClosed


def present(*, permit: Permit) -> None:
    """Note that the kept burst passed the presence check that was asked for.

    Raises:
        UseClosed: none was asked for, no burst arrived, or the use has its end.
    """
    permit.demand(purpose=permit._use.purpose)  # noqa: SLF001 - the gate's own
    now = clock.now()
    noted = (
        Use.objects.filter(
            id=permit.use_id, seized_at__isnull=False, present_at=None, closed_at=None
        )
        .exclude(challenge=[])
        .update(present_at=now)
    )
    if not noted:
        raise UseClosed
    permit._use.present_at = now  # noqa: SLF001 - the gate's own


def _record(unit: Unit, use: Use) -> Record:
    if not use_lock(use.id):
        raise UseClosed
    site_share(site=use.site)
    named = [use.consent_id, *(uuid.UUID(name) for name in use.candidates)]
    live = {one.id: one for one in consents_share(ids=named)}
    own = live.get(use.consent_id)
    # Only now, when all is held that an end, a press or a publication waits for.
    standing = standing_read(
        site=use.site, purpose=use.purpose, consents=live.values(), kiosk=use.kiosk
    )
    if standing.stopped:
        raise _Ended("stop")
    if own is None:
        raise _Ended("ended")
    barred = standing.bars(own)
    if barred is not None:
        raise _Ended(barred)
    if use.purpose in FACE and not standing.assessed():
        raise _Ended("assessment")
    if use.matching and not standing.allows(use.matching):
        raise _Ended("matching")
    if not standing.camera:
        raise _Ended("device")
    candidates = [live[one] for one in named[1:] if one in live]
    usable = [one for one in candidates if standing.bars(one) is None]
    generation = None
    if use.matching == EVERYBODY:
        # Last: whoever ends a consent holds it while they wait for this.
        generation = generation_share(site=use.site)
    return Record(unit=unit, use=use, candidates=usable, generation=generation)
