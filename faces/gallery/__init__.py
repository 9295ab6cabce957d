"""Everybody enrolled at a site, in the memory of one process that the others ask.

Asked for by `faces.selectors` (how many) and `faces.services` (who is most alike, with
a permit). The process is `manage.py faces_gallery`; nothing here loads its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from consent.generations import Gallery
from consent.models import Site
from faces.errors import GalleryAway
from faces.gallery.asking import answer_of
from faces.matching import Embedding
from faces.processes.wire import Header

Told = TypeVar("Told")

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
    return _ask(_gallery, {"ask": "standing", "site": site.code})


def search(*, site: Site, probe: Embedding) -> Found:
    """Compare a face with everybody enrolled at a site, exactly.

    The answer MUST be told only while the generation is held (`consent.generations`)
    and is the one that it is about, or somebody's consent may have ended meanwhile.

    Raises:
        GalleryAway: nobody answers, or not in time.
    """
    question = {"ask": "search", "site": site.code}
    return _ask(_found, question, probe.astype("<f8").tobytes())


def gallery_held() -> dict[str, Held] | None:
    """Return what the process holds, by the code of the site; None where it is away."""
    try:
        return _ask(_held, {"ask": "held"})
    except GalleryAway:
        return None


def _gallery(told: Header) -> Gallery:
    return Gallery(told["generation"], told["gallery"], told["gallery_sha256"])


def _found(told: Header) -> Found:
    consent = UUID(told["consent"]) if told["consent"] else None
    return Found(_gallery(told), consent, told["score"])


def _held(told: Header) -> dict[str, Held]:
    return {site: Held(**one) for site, one in told["held"].items()}


def _ask(read: Callable[[Header], Told], question: Header, *parts: bytes) -> Told:
    """Ask, and read the answer; one that cannot be read is none.

    Raises:
        GalleryAway: there is none.
    """
    try:
        return read(answer_of(Path(settings.GALLERY_SOCKET), question, parts))
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        raise GalleryAway from None
