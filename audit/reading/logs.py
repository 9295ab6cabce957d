"""The logs of a database, of which a reader chooses one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from audit.models import Head


@dataclass(frozen=True)
class LogHead:
    """One log as the room shows it; `closed_at` is None for the open one."""

    log: str
    operator: str
    size: int
    last_at: str
    closed_at: datetime | None

    @property
    def demonstration(self) -> bool:
        """Tell whether everything in it is a demonstration."""
        return self.operator.startswith("demo-")


def logs() -> list[LogHead]:
    """Return every log, the open one first, then from the latest closed to the first.

    One query.
    """
    heads = Head.objects.order_by(F("closed_at").desc(nulls_first=True))
    return [
        LogHead(head.log, head.operator, head.size, head.last_at, head.closed_at)
        for head in heads
    ]
