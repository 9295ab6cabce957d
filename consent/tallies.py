"""Counts that the apps above keep of what they store: numbers, never rows.

Consent counts for the whole operator what it cannot see itself; who stores it tells
how to count it, from `AppConfig.ready`.
"""

from __future__ import annotations

from collections.abc import Callable

from consent.models import Site

Tally = Callable[[Site | None], int]
_TALLIES: dict[str, Tally] = {}

TEMPLATES = "face_templates"
"""Living templates of faces; a template is one person at one site."""


def register(name: str, tally: Tally) -> None:
    """Register what counts one kind of thing, at a site or, for None, everywhere."""
    _TALLIES[name] = tally


def count(name: str, *, site: Site | None = None) -> int:
    """Return how many of one kind there are now."""
    return _TALLIES[name](site)


def counts(*, site: Site | None = None) -> dict[str, int]:
    """Return how many there are of each kind."""
    return {name: _TALLIES[name](site) for name in sorted(_TALLIES)}
