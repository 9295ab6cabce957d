"""What follows when every page of a walk is answered: the arrival.

Consent asks the last question of some walks, and knows no visits; who records them
tells how, from `AppConfig.ready`. It follows in the request that answered, so that
looking at the last page changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from consent.models import Walk

Ending = Callable[[Walk], None]
_ENDINGS: list[Ending] = []


def register(ending: Ending) -> None:
    """Register what is done with a walk whose last page is answered; twice is once."""
    if ending not in _ENDINGS:
        _ENDINGS.append(ending)


def walk_end(*, walk: Walk) -> None:
    """End a walk that has no page left; a second time changes nothing."""
    for ending in _ENDINGS:
        ending(walk)
