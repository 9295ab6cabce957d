"""The camera step of a check-in: the only caller of `faces.services`.

Every function here works for one use of a face that the gate opened; between its start
and its result no transaction is open, and nothing of a frame outlives its request.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from audit import clock
from audit.drafts import Act
from consent import gate
from consent.errors import (
    ConsentEnded,
    GalleryMoved,
    KeyMissing,
    PurposeStopped,
    UseClosed,
)
from consent.models import Consent, Kiosk, Subject, Use
from consent.services.consents import consent_end, consent_expire, key_destroy
from faces import services as faces
from faces.errors import (
    FaceUnusable,
    FrameInvalid,
    GalleryAway,
    PixelsBusy,
    PixelsFailed,
    PresenceUnseen,
    Reason,
)
from faces.pixels import Hint
from leads.captures import COMPARE, ENROL, SEARCH_TRIES
from leads.kiosks import kiosk_act

UNSEEN = "unseen_"
"""Begins the reason that names what a presence check did not see."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a burst came to.

    Attributes:
        kind: enrolled, confirm, ask, no_match, discarded or stopped.
        reasons: why frames would not do, for discarded.
        matched: who it seems to be, for confirm and, with less certainty, for ask;
            they have the last word.
        attempt: whether it counts as a failed attempt of the kiosk: somebody was taken
            for nobody, was not seen to be present, or somebody else took their place.
        ended: the one-time consent that ended with it; `capture_finish` is due.
    """

    kind: str
    reasons: tuple[str, ...] = ()
    matched: Subject | None = None
    attempt: bool = False
    ended: Consent | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A live capture as its page shows it.

    Attributes:
        mode: enrol or compare.
        seconds: how many it has left.
        steps: of its presence check, in their order; none where there is no check.
    """

    mode: str
    seconds: int
    steps: list[str]


def capture_shown(*, use: uuid.UUID, kiosk: Kiosk) -> Shown:
    """Return what the page of a live capture shows.

    Raises:
        UseClosed, ConsentEnded, PermitMisused: there is none to show at this kiosk.
    """
    with gate.resume(use=use, act=kiosk_act(kiosk), kiosk=kiosk):
        found = Use.objects.get(id=use)
    if found.seized_at is not None:
        raise UseClosed
    left = (found.deadline - clock.now()).total_seconds()
    return Shown(
        mode=found.mode, seconds=max(1, math.floor(left)), steps=found.challenge
    )


def capture_hint(
    *,
    use: uuid.UUID,
    kiosk: Kiosk,
    frame: bytes,
    asked: str | None = None,
    straight: bytes | None = None,
) -> Hint:
    """Say whether a frame would do, and forget it.

    Args:
        use: the capture.
        kiosk: where they stand.
        frame: to look at.
        asked, straight: of a presence check, as `faces.services.hint`.

    Raises:
        UseClosed, ConsentEnded, PermitMisused: the capture is not alive here, or its
            burst arrived already.
        FrameInvalid, PixelsBusy, PixelsFailed: as `faces.services.hint`.
    """
    with gate.resume(use=use, act=kiosk_act(kiosk), kiosk=kiosk) as permit:
        if not permit.goes_on():
            raise UseClosed
        return faces.hint(permit=permit, frame=frame, asked=asked, straight=straight)


def capture_frame(*, use: uuid.UUID, kiosk: Kiosk) -> bytes:
    """Return what the machine's camera sees now, for the preview of a live capture.

    Returns:
        A JPEG. MUST NOT be written anywhere.

    Raises:
        UseClosed, ConsentEnded, PermitMisused: the capture is not alive here, its burst
            arrived already, or it ended while the camera looked.
        CameraUnavailable: there is none, it does not open, or it was unplugged.
    """
    with gate.resume(use=use, act=kiosk_act(kiosk), kiosk=kiosk) as permit:
        return faces.frame(permit=permit)


def capture_answer(*, use: uuid.UUID, kiosk: Kiosk, frames: Sequence[bytes]) -> Answer:
    """Take the kept burst: enrol it or compare it, and close the use.

    Frames that would not do close it as discarded, with the reason; nothing is kept.
    Once the answer is handed on it MUST be finished (`capture_finish`).

    Raises:
        UseClosed, PermitMisused: the capture is not alive here.
        FrameInvalid: the bytes are no pictures; the use is closed as discarded.
        PurposeStopped: the stop switch was pressed; nothing of the burst is kept.
    """
    act = kiosk_act(kiosk)
    try:
        with gate.resume(use=use, act=act, kiosk=kiosk) as permit:
            gate.seize(permit=permit)
            probe = faces.encode(permit=permit, frames=frames)
            return _settled(permit, probe)
    except PresenceUnseen as unseen:
        _give_up(use, act, str(unseen.reasons[0]))
        reason = f"{UNSEEN}{unseen.unseen}"
        return Answer(kind="discarded", reasons=(reason,), attempt=_compares(use))
    except FaceUnusable as unusable:
        reasons = tuple(str(reason) for reason in unusable.reasons)
        _give_up(use, act, reasons[0])
        # Who holds up a picture and then shows their own head is refused by this alone:
        # were it free, they could go on until the two seem alike enough.
        swapped = Reason.NOT_ONE_PERSON in unusable.reasons and _compares(use)
        return Answer(kind="discarded", reasons=reasons, attempt=swapped)
    except FrameInvalid:
        _give_up(use, act, "invalid")
        raise
    except (PixelsBusy, PixelsFailed, GalleryAway, KeyMissing) as failed:
        _give_up(use, act, "failed")
        return Answer(kind="discarded", reasons=(failed.code,))
    except ConsentEnded:
        _once_ends(use)
        return Answer(kind="stopped")
    except PurposeStopped:
        _once_ends(use)
        raise


def capture_finish(answer: Answer) -> None:
    """Destroy the key of the one-time consent that ended with an answer.

    Nobody has to wait for it: nothing lies under that key, and the sweep destroys it
    within seconds if this is never reached.
    """
    if answer.ended is not None:
        key_destroy(consent=answer.ended)


def _settled(permit: gate.Permit, probe: faces.Probe) -> Answer:
    """Write what the probe came to, and end a one-time consent with it.

    A search is made once more where those who were searched changed meanwhile.

    Raises:
        GalleryAway: no answer, or other people each time it was asked.
    """
    for _ in range(SEARCH_TRIES):
        found = faces.search(permit=permit, probe=probe)
        with suppress(GalleryMoved), permit.settle() as record:
            if record.use.mode == ENROL:
                faces.enrol(permit=permit, record=record, probe=probe)
                return Answer(kind="enrolled")
            verdict = faces.compare(
                permit=permit, record=record, probe=probe, found=found
            )
            ended = consent_end(
                unit=record.unit,
                consent=permit.consent,
                kind="consent.expired",
                reason="used",
            )
            return _verdict(verdict, ended.consent if ended else None)
    raise GalleryAway


def _give_up(use: uuid.UUID, act: Act, reason: str) -> None:
    """Close a use whose burst came to nothing; a one-time consent ends with it."""
    gate.discard(use=use, act=act, reason=reason)
    _once_ends(use)


def _compares(use: uuid.UUID) -> bool:
    return Use.objects.filter(id=use, mode=COMPARE).exists()


def _once_ends(use: uuid.UUID) -> None:
    found = Use.objects.select_related("consent__site", "consent__subject").get(id=use)
    if found.consent.once:
        consent_expire(found.consent, reason="used")


def _verdict(found: faces.Comparison, ended: Consent | None) -> Answer:
    if found.consent is None:
        return Answer(kind="no_match", attempt=True, ended=ended)
    kind = "confirm" if found.verdict == "match" else "ask"
    return Answer(kind=kind, matched=found.consent.subject, ended=ended)
