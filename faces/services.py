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
from consent.errors import KeyMissing
from consent.gate import Permit, Record
from consent.models import Consent
from consent.purposes import Purpose
from faces import pixels
from faces.matching import METHOD, Embedding, Verdict, verdict
from faces.models import FaceTemplate
from faces.pixels import Asked, Hint
from faces.scoring import scores, surroundings
from faces.templates import template_open, template_seal

SCORE_UNIT = 10_000
"""Scores in the log are integers, in units of 1/10000; higher is more alike."""

SCORE_MAX = 10.0
"""The largest score that the log writes: beyond it nothing is decided any more."""


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
    found = pixels.encode(frames, steps=permit.challenge)
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


def compare(*, permit: Permit, record: Record, probe: Probe) -> Comparison:
    """Compare the probe with the candidates that are still live, in commit 2.

    Templates of another model, or whose key is gone, are not compared.

    Raises:
        PermitMisused: dead permit, another purpose, another person's probe.
    """
    _demand(permit, record, probe, mode="compare")
    compared = list(_compared(record.candidates, probe.model))
    best: tuple[float, Consent] | None = None
    if compared:
        gallery = np.stack([embedding for _, embedding in compared])
        found = scores(probe.mean, gallery, surroundings(gallery))
        best = float(found.max()), compared[int(found.argmax())][0]
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


def _compared(
    candidates: Sequence[Consent], model: str
) -> Iterator[tuple[Consent, Embedding]]:
    """Yield the candidates whose template is of this model and can be opened."""
    for consent in candidates:
        stored = FaceTemplate.objects.filter(live=consent.key, model=model).first()
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
