"""The one clock of the program.

Every stored time comes from `now()`. A demonstration may run on a shifted clock
(`audit.demonstration`), which the database accepts only in a log that was opened for
an operator whose id begins with `demo-`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """Return the present moment, aware, in UTC, in whole milliseconds."""
    moment = datetime.now(UTC) + _offset
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def offset() -> timedelta:
    """Return how far this process's clock is shifted; zero outside demonstrations."""
    return _offset


def shift(offset: timedelta) -> None:
    """Set the shift of this process's clock.

    MUST be called by `audit.demonstration` only, which checks that the log allows it;
    the database refuses what a shifted clock writes to any other log.
    """
    global _offset
    _offset = offset


def stamp(moment: datetime) -> str:
    """Return a moment in the log's form, `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse(stamped: str) -> datetime:
    """Return the moment that `stamp` wrote.

    Raises:
        ValueError: not of the log's form.
    """
    return datetime.strptime(stamped, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
