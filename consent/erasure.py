"""Everything that hangs on a consent goes when it ends: the register of erasers.

An eraser deletes what one app keeps under one consent, inside the transaction that
ends it, and tells the log. The database refuses to end a consent whose data still
stand, so a forgotten eraser is an error, not a leak.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from audit.log import Unit

if TYPE_CHECKING:
    from consent.models import Consent

Eraser = Callable[[Unit, "Consent"], None]

_ERASERS: dict[str, Eraser] = {}


def register(name: str, eraser: Eraser) -> None:
    """Register what an app deletes when a consent ends, from `AppConfig.ready`."""
    _ERASERS[name] = eraser


def registered() -> dict[str, Eraser]:
    """Return every eraser by the model it empties, `app.Model`."""
    return dict(_ERASERS)


def erase(*, unit: Unit, consent: Consent) -> None:
    """Delete all that hangs on a consent. MUST run in the commit that ends it."""
    for name in sorted(_ERASERS):
        _ERASERS[name](unit, consent)
