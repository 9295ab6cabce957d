"""A demonstration's own clock: for showing what time brings about.

Accepted for a log only that was opened with a demonstration clock, which the database
grants to operators whose id begins with `demo-`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from audit import clock
from audit.errors import ClockRefused
from audit.models import Head


@contextmanager
def clock_shifted(*, days: float = 0, seconds: float = 0) -> Iterator[None]:
    """Shift this process's clock for a block.

    Raises:
        ClockRefused: the log is no demonstration with a clock of its own.
    """
    if not Head.objects.filter(clock="demo", operator__startswith="demo-").exists():
        raise ClockRefused
    before = clock.offset()
    clock.shift(before + timedelta(days=days, seconds=seconds))
    try:
        yield
    finally:
        clock.shift(before)
