"""What follows the end of a use, whatever ended it: the machine's camera goes off.

The gate ends uses and knows no camera; who has one tells how it is switched off, from
`AppConfig.ready`. It follows the commit, in the process that ended the use.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

Ending = Callable[[uuid.UUID], None]
_ENDINGS: list[Ending] = []


def register(ending: Ending) -> None:
    """Register what is done with a use that has its end; twice is once.

    It MUST NOT raise and MUST be quick: somebody may be waiting for the end.
    """
    if ending not in _ENDINGS:
        _ENDINGS.append(ending)


def use_ended(use: uuid.UUID) -> None:
    """Do what follows the end of a use."""
    for ending in _ENDINGS:
        ending(use)
