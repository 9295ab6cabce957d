"""Counting faces; never their bytes."""

from __future__ import annotations

from collections.abc import Sequence

from consent.models import Consent, Site, Subject
from faces.matching import MODEL
from faces.models import FaceTemplate


def enrolled(*, consents: Sequence[Consent]) -> list[Consent]:
    """Return those of the consents under which a face is enrolled now. One query."""
    lives = set(
        FaceTemplate.objects.filter(
            live__in=[one.live for one in consents if one.live], model=MODEL
        ).values_list("live", flat=True)
    )
    return [one for one in consents if one.live in lives]


def face_enrolled(*, subject: Subject, site: Site) -> bool:
    """Tell whether a person's face is enrolled at a site."""
    lives = Consent.objects.filter(
        subject=subject, site=site, state="active"
    ).values_list("live", flat=True)
    return FaceTemplate.objects.filter(live__in=list(lives)).exists()


def templates_count() -> int:
    """Return how many templates stand; a template is one person at one site."""
    return FaceTemplate.objects.count()


__all__ = ["MODEL", "enrolled", "face_enrolled", "templates_count"]
