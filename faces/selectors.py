"""Counting faces; never their bytes."""

from __future__ import annotations

from collections.abc import Sequence

from consent.models import Consent, Site, Subject
from faces.gallery import gallery_held, gallery_standing
from faces.matching import METHOD, MODEL, SEARCH_METHOD
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
    """Tell whether a person's face is enrolled at a site, under the model of now."""
    lives = Consent.objects.filter(
        subject=subject, site=site, state="active"
    ).values_list("live", flat=True)
    return FaceTemplate.objects.filter(live__in=list(lives), model=MODEL).exists()


def templates_count(site: Site | None = None) -> int:
    """Return how many templates stand; a template is one person at one site.

    Args:
        site: only this one's; for None all of the operator.
    """
    standing = FaceTemplate.objects.all()
    if site is not None:
        here = Consent.objects.filter(site=site, live__isnull=False)
        standing = standing.filter(live__in=here.values("live"))
    return standing.count()


__all__ = [
    "METHOD",
    "MODEL",
    "SEARCH_METHOD",
    "enrolled",
    "face_enrolled",
    "gallery_held",
    "gallery_standing",
    "templates_count",
]
