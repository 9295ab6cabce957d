"""What awaits a compliance officer: the register behind the office's first page.

Each part of the program that leaves something for a person to do tells of it here,
from `AppConfig.ready`: an approval, an answer that falls due, a filing. Nothing is
stored; a duty is there as long as its provider says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from audit.say import Say


@dataclass(frozen=True)
class Duty:
    """One thing for a person to do.

    Attributes:
        title: what there is to do, with what it is about; no name, phone or face.
        url: the page on which it is done.
        permission: who may do it, as `app.codename`; others are not shown it.
        since: when it arose.
        due: by when it has to be done; None when the law and the rules set no day.
        warn: from when on a person should look; None for only once it is overdue.
        alarm: from when on it is urgent, though its day is not over.
        detail: what else helps to decide whether to open it.
    """

    title: Say
    url: str
    permission: str
    since: datetime
    due: datetime | None = None
    warn: datetime | None = None
    alarm: datetime | None = None
    detail: Say | None = None

    def overdue(self, now: datetime) -> bool:
        """Tell whether its day is over."""
        return self.due is not None and self.due <= now

    def pressing(self, now: datetime) -> bool:
        """Tell whether a person should look before its day is over."""
        return self.warn is not None and self.warn <= now

    def urgent(self, now: datetime) -> bool:
        """Tell whether its day is near and nothing was done."""
        return self.alarm is not None and self.alarm <= now


Provider = Callable[[], Iterable[Duty]]

_PROVIDERS: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Register what tells of one kind of duty; called from `AppConfig.ready`."""
    _PROVIDERS[name] = provider


def awaiting(*, may: Callable[[str], bool]) -> list[Duty]:
    """Return what awaits a person, soonest due first, then oldest first.

    Args:
        may: tells whether they have a permission (`user.has_perm`).
    """
    found = [
        duty
        for name in sorted(_PROVIDERS)
        for duty in _PROVIDERS[name]()
        if may(duty.permission)
    ]
    return sorted(
        found, key=lambda duty: (duty.due is None, duty.due or duty.since, duty.since)
    )
