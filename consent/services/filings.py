"""Opening filings when a threshold is crossed, and recording that one was made."""

from __future__ import annotations

import uuid
from datetime import date

from django.db import IntegrityError

from audit import clock
from audit.drafts import SYSTEM, Act
from audit.log import Unit
from consent import journal
from consent.errors import FilingInvalid
from consent.filings import (
    CHINA,
    CLAUSES,
    THRESHOLDS,
    Threshold,
    counted,
    crossed,
    due_after,
)
from consent.models import Filing, Site


def filings_open_due(thresholds: tuple[Threshold, ...] = THRESHOLDS) -> int:
    """Open what the present counts call for; return how many were opened.

    Each threshold opens once; falling below it again takes nothing back.
    """
    counts = counted()
    opened = 0
    for one in crossed(counts, thresholds):
        if Filing.objects.filter(kind=one.kind, step=one.step).exists():
            continue
        try:
            _open(one, counts[one.kind])
        except IntegrityError:
            # Another sweep was quicker.
            continue
        opened += 1
    return opened


def filing_made(*, filing: uuid.UUID, on: date, receipt: str, act: Act) -> Filing:
    """Record on which day a task was filed, and the authority's number; once.

    The number stays out of the log: it is no code of ours.

    Raises:
        FilingInvalid: a notice, one that was recorded before, or a day that has not
            come or lies before the task.
    """
    with journal.unit(act=act, site=None) as unit:
        locked = Filing.objects.select_for_update(of=("self",)).get(id=filing)
        today = clock.now().astimezone(CHINA).date()
        began = locked.since.astimezone(CHINA).date()
        if (
            locked.step != "task"
            or locked.filed_at is not None
            or not began <= on <= today
            or not receipt.strip()
        ):
            raise FilingInvalid
        made = unit.event(
            "filing.made",
            clause=CLAUSES[locked.kind],
            data={
                "filing": str(locked.id),
                "kind": locked.kind,
                "days": (on - began).days,
            },
        )
        locked.filed_on = on
        locked.receipt = receipt.strip()
        locked.filed_at = clock.now()
        locked.filed_by = act.id
        locked.filed_event_id = made.eid
        locked.save(
            update_fields=["filed_on", "receipt", "filed_at", "filed_by", "filed_event"]
        )
    return locked


def filing_cancel_open(*, unit: Unit, site: Site) -> None:
    """Open the task to cancel the filing of faces, with the closing of a site."""
    _add(unit, Threshold("face_cancel", "task", 0), 0, site)


def _open(threshold: Threshold, count: int) -> None:
    with journal.unit(act=SYSTEM, site=None) as unit:
        _add(unit, threshold, count, None)


def _add(unit: Unit, threshold: Threshold, count: int, site: Site | None) -> None:
    now = clock.now()
    due = due_after(now) if threshold.step == "task" else None
    found = Filing(
        kind=threshold.kind,
        step=threshold.step,
        site=site,
        threshold=threshold.number,
        counted=count,
        since=now,
        due=due,
    )
    opened = unit.event(
        "filing.due",
        clause=CLAUSES[threshold.kind],
        data={
            "filing": str(found.id),
            "kind": threshold.kind,
            "step": threshold.step,
            "count": count,
            "until": None if due is None else clock.stamp(due),
        },
    )
    found.event_id = opened.eid
    found.save(force_insert=True)
