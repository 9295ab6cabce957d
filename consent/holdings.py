"""What is held about a person: the register behind the visitor's own page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from audit.say import Say

if TYPE_CHECKING:
    from consent.models import Subject


@dataclass(frozen=True)
class Holding:
    """One datum held: what it is, its value as its owner may read it, and since when.

    `value` is shown to the person it is about and nowhere else.
    """

    title: Say
    value: Say
    purpose: str | None
    since: datetime


Provider = Callable[["Subject"], Iterable[Holding]]

_PROVIDERS: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Register what an app holds of a person; called from `AppConfig.ready`."""
    _PROVIDERS[name] = provider


def registered() -> dict[str, Provider]:
    """Return every provider by the model it tells of, `app.Model`."""
    return dict(_PROVIDERS)


def held(*, subject: Subject) -> list[Holding]:
    """Return all that is held about a person, oldest first."""
    found = [
        holding for name in sorted(_PROVIDERS) for holding in _PROVIDERS[name](subject)
    ]
    return sorted(found, key=lambda holding: holding.since)
