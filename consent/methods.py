"""The method that compares faces here, by the name that the rules must publish.

The app of faces registers it when the program starts: model, looks, score and
thresholds have one name together, and a change of any of them is another method. Where
the rules in force do not name it, no face is collected or compared (`assessment_live`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from consent.structure import part_of

FIELD = "engine"
"""Words of a face purpose that say what computes it."""

SEARCHED = "1:n"
"""The width of a comparison with everybody, which has a method of its own besides."""

_installed: list[str] = []
_searching: list[str] = []


def register(name: str, *, searching: str) -> None:
    """Say which methods are installed, for one or a few and for everybody."""
    _installed[:], _searching[:] = [name], [searching]


def installed() -> str | None:
    """Return the name of the installed method; None where no faces are."""
    return _installed[0] if _installed else None


def names_it(words: Mapping[str, Any], *, matching: object) -> bool:
    """Tell whether the words of a face purpose name the methods that are used.

    The whole name: a longer one, such as its tenth version, is another method.

    Args:
        words: what the rules say of the purpose, in one language.
        matching: how widely they let a face be compared.
    """
    used = _installed + (_searching if matching == SEARCHED else [])
    return all(_names(part_of(words).get(FIELD), name) for name in used)


def _names(said: object, name: str) -> bool:
    whole = rf"(?<![A-Za-z0-9._-]){re.escape(name)}(?![A-Za-z0-9_-]|\.[A-Za-z0-9])"
    return isinstance(said, str) and re.search(whole, said) is not None
