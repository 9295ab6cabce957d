"""Everybody enrolled at a site, in the memory of one process that the others ask.

Asked for by `faces.selectors` (how many) and `faces.services` (who is most alike, with
a permit). The process is `manage.py faces_gallery`; nothing here loads its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from consent.generations import Gallery
from consent.models import Site
from faces.errors import GalleryAway
from faces.gallery.asking import Asked, answer_of
from faces.matching import Embedding

__all__ = ["Found", "Held", "gallery_held", "gallery_standing", "search"]


@dataclass(frozen=True)
class Found:
    """Who of a gallery is most alike.

    Attributes:
        gallery: those who were compared.
        consent: of the most alike; None where there was nobody.
        score: of `faces.scoring`; None likewise.
    """

    gallery: Gallery
    consent: UUID | None
    score: float | None


@dataclass(frozen=True)
class Held:
    """What the process holds of a site: how many, and whether locked in memory."""

    people: int
    locked: bool


def gallery_standing(*, site: Site) -> Gallery:
    """Return those who could be searched at a site now.

    Raises:
        GalleryAway: nobody answers, or not in time.
    """
    return _gallery(_ask({"ask": "standing", "site": site.code}))


def search(*, site: Site, probe: Embedding) -> Found:
    """Compare a face with everybody enrolled at a site, exactly.

    The answer MUST be told only while the generation is held (`consent.generations`)
    and is the one that it is about, or somebody's consent may have ended meanwhile.

    Raises:
        GalleryAway: nobody answers, or not in time.
    """
    told = _ask({"ask": "search", "site": site.code}, probe.astype("<f8").tobytes())
    try:
        consent = UUID(told["consent"]) if told["consent"] else None
        return Found(_gallery(told), consent, told["score"])
    except (KeyError, ValueError):
        raise GalleryAway from None


def gallery_held() -> dict[str, Held] | None:
    """Return what the process holds, by the code of the site; None where it is away."""
    try:
        told = _ask({"ask": "held"})
    except GalleryAway:
        return None
    return {
        site: Held(people=one["people"], locked=one["locked"])
        for site, one in told["held"].items()
    }


def _gallery(told: Asked) -> Gallery:
    return Gallery(told["generation"], told["gallery"], told["gallery_sha256"])


def _ask(question: Asked, *parts: bytes) -> Asked:
    try:
        return answer_of(Path(settings.GALLERY_SOCKET), question, parts)
    except (TimeoutError, OSError, EOFError, ValueError, KeyError):
        raise GalleryAway from None
