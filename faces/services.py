"""What may be done with a face, each only with a permit of the gate.

Called by `leads.checkin` alone (import contract). Nothing here writes a frame or an
encoding anywhere but, sealed, into the template's row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from audit import clock
from consent import gate
from consent.challenges import Step
from consent.errors import GalleryMoved, KeyMissing, UseClosed
from consent.gate import EVERYBODY, Permit, Record
from consent.models import Consent
from consent.purposes import Purpose
from consent.rows import Rows
from faces import gallery, local_camera, pixels
from faces.gallery import Found
from faces.matching import (
    METHOD,
    SEARCH_METHOD,
    Embedding,
    Verdict,
    search_verdict,
    verdict,
)
from faces.models import FaceTemplate
from faces.pixels import Asked, Hint
from faces.scoring import scores, surroundings
from faces.templates import template_open, template_seal

SCORE_UNIT = 10_000
"""Scores in the log are integers, in units of 1/10000; higher is more alike."""

SCORE_MAX = 20.0
"""The largest score that the log writes: nothing is decided beyond it, in no search."""


_TEMPLATES = Rows(FaceTemplate)


@dataclass(frozen=True, kw_only=True, eq=False)
class Probe:
    """A face just seen, in memory only; good under the permit it was seen with."""

    subject: uuid.UUID
    mean: Embedding = field(repr=False)
    model: str
    frames: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The answer of a comparison.

    Attributes:
        verdict: match, ask or no match; the visitor has the last word.
        consent: the candidate's, for match and ask; else None.
        score: in 1/10000, within the log's range; None when nobody was left to compare.
    """

    verdict: Verdict
    consent: Consent | None
    score: int | None


def hint(
    *,
    permit: Permit,
    frame: bytes,
    asked: str | None = None,
    straight: bytes | None = None,
) -> Hint:
    """Say whether a frame would do, and forget it. No transaction is open meanwhile.

    Args:
        permit: of the use.
        frame: to look at.
        asked: the step of the presence check that the page asks for, or
            `faces.presence.STRAIGHT`; counted only where a check was asked for.
        straight: a straight frame of before, to hold it against.

    Raises:
        PermitMisused: the permit is dead or for something else.
        FrameInvalid, PixelsBusy, PixelsFailed: as `faces.pixels`.
    """
    permit.demand(purpose=Purpose.FACE_CHECKIN)
    steps = permit.challenge
    if not steps or asked is None:
        return pixels.hint(frame)
    later = steps[steps.index(Step(asked)) + 1 :] if asked in steps else []
    return pixels.hint(
        frame, asked=Asked(what=asked, later=tuple(later), straight=straight)
    )


def frame(*, permit: Permit) -> bytes:
    """Return what the machine's own camera sees now, as a JPEG of 640 x 480.

    The camera goes on with the first frame of a use, and off with its burst, its end,
    or when nobody asks any more. The frame MUST NOT be written anywhere.

    Raises:
        PermitMisused: the permit is dead or for something else.
        UseClosed: its burst arrived or it ended, also while the camera looked.
        CameraUnavailable: there is none, it does not open, or it was unplugged.
    """
    permit.demand(purpose=Purpose.FACE_CHECKIN)
    if not permit.goes_on():
        raise UseClosed
    seen = local_camera.film(use=permit.use_id, seconds=permit.seconds_left)
    if not permit.goes_on():
        # This request may have switched on again what the end had switched off.
        local_camera.release(permit.use_id)
        raise UseClosed
    return seen


def encode(*, permit: Permit, frames: Sequence[bytes]) -> Probe:
    """Return the encoding of the one person in a burst. No transaction is open.

    Where a presence check was asked for, the burst has to pass it, and that is noted.

    Raises:
        PermitMisused: the permit is dead or for something else.
        FaceUnusable: not one usable face; the reasons say why.
        PresenceUnseen: the burst does not show what the presence check asked for.
        UseClosed: it passed, and somebody closed the use meanwhile.
        FrameInvalid, PixelsBusy, PixelsFailed: as `faces.pixels`.
    """
    permit.demand(purpose=Purpose.FACE_CHECKIN)
    # Nothing more is to be seen: off before the answer, not after it.
    local_camera.release(permit.use_id)
    # Nobody is kept with a mask on. A comparison is not made to wait for that question:
    # its hints have asked it, and nothing is kept of it.
    kept = not permit.matching
    found = pixels.encode(frames, steps=permit.challenge, kept=kept)
    if permit.challenge:
        gate.present(permit=permit)
    return Probe(
        subject=permit.subject.id,
        mean=found.mean,
        model=found.model,
        frames=found.frames_used,
    )


def enrol(*, permit: Permit, record: Record, probe: Probe) -> None:
    """Store the probe as the person's template and close the use, in commit 2.

    A template from before is replaced.

    Raises:
        PermitMisused: dead permit, another purpose, another person's probe.
        KeyMissing: the consent's key is gone.
    """
    _demand(permit, record, probe, mode="enrol")
    consent = permit.consent
    FaceTemplate.objects.filter(live=consent.key).delete()
    enrolled = record.close(
        "face.enrolled", data={"model": probe.model, "frames": probe.frames}
    )
    FaceTemplate.objects.create(
        live=consent.key,
        subject=consent.subject,
        purpose=consent.purpose,
        model=probe.model,
        sealed=template_seal(consent=consent, model=probe.model, embedding=probe.mean),
        enrolled_at=clock.now(),
        enrolled_event_id=enrolled.eid,
    )


def search(*, permit: Permit, probe: Probe) -> Found | None:
    """Look for the probe among everybody enrolled, before commit 2; None if not asked.

    No transaction is open: whoever withdraws meanwhile does not wait for it. What it
    comes to is told by `compare`, and only while nothing has changed since.

    Raises:
        PermitMisused: dead permit, another purpose, another person's probe.
        GalleryAway: the process that holds everybody does not answer.
    """
    permit.demand(purpose=Purpose.FACE_CHECKIN, subject=probe.subject)
    if permit.matching != EVERYBODY:
        return None
    return gallery.search(site=permit.site, probe=probe.mean)


def compare(
    *, permit: Permit, record: Record, probe: Probe, found: Found | None = None
) -> Comparison:
    """Compare the probe with the candidates that are still live, in commit 2.

    Templates of another model, or whose key is gone, are not compared. Of a search
    (`found`) the answer is told instead: whom it found only where the gate opens for
    them now.

    Raises:
        PermitMisused: dead permit, another purpose, another person's probe.
        GalleryMoved: somebody who was searched may not be any more; search again.
    """
    _demand(permit, record, probe, mode="compare")
    if permit.matching == EVERYBODY:
        return _searched(record, found)
    compared = list(_compared(record.candidates, probe.model))
    best: tuple[float, Consent] | None = None
    if compared:
        stored = np.stack([embedding for _, embedding in compared])
        alike = scores(probe.mean, stored, surroundings(stored))
        best = float(alike.max()), compared[int(alike.argmax())][0]
    answer: Verdict = "no_match" if best is None else verdict(best[0])
    score = None if best is None else _logged(best[0])
    record.close(
        "face.compared",
        data={
            "candidates": [one.granted_ref for one in record.candidates],
            "model": METHOD,
            "score": score,
            "verdict": answer,
        },
    )
    matched = best[1] if best is not None and answer != "no_match" else None
    return Comparison(verdict=answer, consent=matched, score=score)


def _searched(record: Record, found: Found | None) -> Comparison:
    """Tell what a search came to, if those who were searched are still the same."""
    if found is None or found.gallery.generation != record.generation:
        raise GalleryMoved
    answer: Verdict = "no_match"
    consent = None
    if found.consent is not None and found.score is not None:
        answer = search_verdict(found.score, people=found.gallery.count)
        if answer != "no_match":
            consent = record.found(found.consent)
    if consent is None:
        answer = "no_match"
    score = None if found.score is None else _logged(found.score)
    record.close(
        "face.compared",
        data={
            **found.gallery.told(),
            "candidates": [] if consent is None else [consent.granted_ref],
            "model": SEARCH_METHOD,
            "score": score,
            "verdict": answer,
        },
    )
    return Comparison(verdict=answer, consent=consent, score=score)


def _compared(
    candidates: Sequence[Consent], model: str
) -> Iterator[tuple[Consent, Embedding]]:
    """Yield the candidates whose template is of this model and can be opened."""
    keys = [consent.key for consent in candidates]
    found = _TEMPLATES.read("WHERE it.live = ANY(%s) AND it.model = %s", [keys, model])
    templates = {template.live: template for template in found}
    for consent in candidates:
        stored = templates.get(consent.key)
        if stored is None:
            continue
        try:
            yield consent, template_open(consent=consent, template=stored)
        except KeyMissing:
            continue


def _logged(score: float) -> int:
    """Return a score as the log has it; beyond its range nothing is decided."""
    return round(max(-SCORE_MAX, min(SCORE_MAX, score)) * SCORE_UNIT)


def _demand(permit: Permit, record: Record, probe: Probe, *, mode: str) -> None:
    permit.demand(purpose=Purpose.FACE_CHECKIN, mode=mode, subject=probe.subject)
    permit.demand_record(record)
