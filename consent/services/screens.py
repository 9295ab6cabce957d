"""What a walk's screens showed, and offered, in the log."""

from __future__ import annotations

from audit.log import Unit
from consent.models import Walk
from consent.purposes import Purpose
from consent.services.offers import screen_show, switches_offered


def form_show(unit: Unit, walk: Walk, language: str) -> None:
    """Record that the form was shown."""
    screen_show(
        unit=unit,
        walk=walk,
        screen="form",
        language=language,
        offered=switches_offered(walk),
    )


def face_show(unit: Unit, walk: Walk, language: str) -> None:
    """Record that the face page was shown."""
    screen_show(
        unit=unit,
        walk=walk,
        screen="face",
        language=language,
        offered=[Purpose.FACE_CHECKIN],
    )


def guardian_show(unit: Unit, walk: Walk, language: str) -> None:
    """Record that the guardian's page was shown."""
    screen_show(
        unit=unit,
        walk=walk,
        screen="guardian",
        language=language,
        offered=[Purpose.CONTACT],
    )
