"""Enrol and compare as `leads.checkin` does, for tests below it."""

from __future__ import annotations

from collections.abc import Sequence

from audit.drafts import Act
from consent import gate
from consent.models import Consent, Kiosk, Subject
from consent.purposes import Purpose
from faces import services
from faces.matching import MODEL

AT_KIOSK = Act("k-1", "kiosk")


def enrol(*, subject: Subject, kiosk: Kiosk, frames: Sequence[bytes]) -> None:
    """Enrol the person in these frames."""
    with gate.permit(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=AT_KIOSK,
        kiosk=kiosk,
    ) as permit:
        probe = services.encode(permit=permit, frames=frames)
        with permit.settle() as record:
            services.enrol(permit=permit, record=record, probe=probe)


def compare(
    *,
    subject: Subject,
    kiosk: Kiosk,
    frames: Sequence[bytes],
    candidates: Sequence[Consent],
) -> services.Comparison:
    """Compare the person in these frames with the candidates."""
    with gate.permit(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="compare",
        model=MODEL,
        act=AT_KIOSK,
        kiosk=kiosk,
        candidates=candidates,
    ) as permit:
        probe = services.encode(permit=permit, frames=frames)
        with permit.settle() as record:
            return services.compare(permit=permit, record=record, probe=probe)
