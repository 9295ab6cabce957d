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

_installed: list[str] = []


def register(name: str) -> None:
    """Say which method is installed; the last one counts."""
    _installed[:] = [name]


def installed() -> str | None:
    """Return the name of the installed method; None where no faces are."""
    return _installed[0] if _installed else None


def names_it(words: Mapping[str, Any]) -> bool:
    """Tell whether the words of a face purpose name the installed method.

    The whole name: a longer one, such as its tenth version, is another method.
    """
    name = installed()
    if name is None:
        return True
    said = part_of(words).get(FIELD)
    whole = rf"(?<![A-Za-z0-9._-]){re.escape(name)}(?![A-Za-z0-9_-]|\.[A-Za-z0-9])"
    return isinstance(said, str) and re.search(whole, said) is not None
