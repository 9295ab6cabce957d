"""A day of the log, as it is closed: what happened, and what is signed of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count

from audit import clock, notes
from audit.models import Checkpoint, Index
from audit.reading.logs import LogHead
from audit.reading.search import bounds_of
from audit.signing import checkpoint_covering, checkpoint_latest
from audit.words import GROUPS, Group, group_of
from audit.words.kinds import OTHER


@dataclass(frozen=True)
class Day:
    """One day of a site's zone, in numbers of the log.

    Attributes:
        day: which.
        first: number of its first event, or None on a day without one.
        last: number of its last event, or None.
        checkpoint: the first that covers it all, or else the last one there is.
    """

    day: date
    first: int | None
    last: int | None
    checkpoint: Checkpoint | None

    @property
    def count(self) -> int:
        """Return how many events it has: numbers have no gaps."""
        if self.first is None or self.last is None:
            return 0
        return self.last - self.first + 1

    @property
    def uncovered(self) -> int:
        """Return how many of its events no checkpoint covers yet."""
        if self.first is None or self.last is None:
            return 0
        covered = self.checkpoint.size if self.checkpoint else 0
        return max(self.last + 1 - max(covered, self.first), 0)


@dataclass(frozen=True)
class Counted:
    """How many events of one group of kinds a day has, at each site."""

    group: Group
    total: int
    by_site: list[int]


def midnight(day: date, zone: ZoneInfo) -> str:
    """Return the moment that a day begins in a zone, in the log's form."""
    return clock.stamp(datetime.combine(day, time.min, tzinfo=zone))


def today(zone: ZoneInfo) -> date:
    """Return the day that it is in a zone."""
    return clock.now().astimezone(zone).date()


def day_find(*, head: LogHead, day: date, zone: ZoneInfo) -> Day:
    """Return a day of a log as far as the log went when `head` was read."""
    bounds = bounds_of(
        log=head.log,
        since=midnight(day, zone),
        until=midnight(day + timedelta(days=1), zone),
    )
    if bounds is None or bounds[0] >= head.size:
        return Day(day, None, None, checkpoint_latest(log=head.log))
    first, last = bounds[0], min(bounds[1], head.size - 1)
    covering = checkpoint_covering(log=head.log, size=last + 1)
    return Day(day, first, last, covering or checkpoint_latest(log=head.log))


def days_lately(*, head: LogHead, zone: ZoneInfo, count: int) -> list[Day]:
    """Return the last days of a log up to its last event, the newest first.

    A few short queries for each.
    """
    if not head.last_at:
        return []
    latest = clock.parse(head.last_at).astimezone(zone).date()
    begun = Index.objects.filter(log=head.log, seq=0).values_list("at", flat=True)
    first = clock.parse(begun[0]).astimezone(zone).date() if begun else latest
    back = min(count, (latest - first).days + 1)
    return [
        day_find(head=head, day=latest - timedelta(days=place), zone=zone)
        for place in range(back)
    ]


def day_counts(*, log: str, day: Day, sites: list[str]) -> list[Counted]:
    """Return how many events of each group a day has; one query.

    Args:
        log: which log.
        day: of it.
        sites: codes of sites to count apart.
    """
    totals: Counter[str] = Counter()
    apart: Counter[tuple[str, str]] = Counter()
    if day.first is not None:
        rows = (
            Index.objects.filter(log=log, seq__range=(day.first, day.last))
            .values("type", "site")
            .annotate(events=Count("seq", distinct=True))
            .values_list("type", "site", "events")
        )
        for kind, site, events in rows:
            code = group_of(kind).code
            totals[code] += events
            apart[code, site or ""] += events
    shown = [*GROUPS, *([OTHER] if totals[OTHER.code] else [])]
    return [
        Counted(group, totals[group.code], [apart[group.code, site] for site in sites])
        for group in shown
    ]


def day_last_at(*, log: str, day: Day) -> str:
    """Return when the last event of a day was, or nothing."""
    if day.last is None:
        return ""
    row = Index.objects.filter(log=log, seq=day.last).values_list("at", flat=True)
    return row.first() or ""


def root_of(checkpoint: Checkpoint) -> str:
    """Return the root that a checkpoint signs, in hex."""
    return notes.note_read(checkpoint.note).root.hex()
