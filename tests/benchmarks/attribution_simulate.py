"""How fast recorded history is judged again under a draft, and what a million takes.

A history of `VISITS` visits of which two in five have referrals, matches, earlier
visits and others of the agent's day, as the service hands them over; the rest are
walk-ins. Visits, decisions and their events are written in units of many, because as
many walks take hours. The draft is judged with as many processes as there are cores,
as the command does, and once with one.
"""

from __future__ import annotations

import json
import os
import resource
import time
from datetime import datetime, timedelta
from typing import Any

from tests.benchmarks.enrolling import house

VISITS = 20_000
AT_ONCE = 500
MILLION = 1_000_000
TARGET_SECONDS = 300
RUNS_MAX = 3
_SELF, _CHILDREN = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN


def measure(runs: int) -> dict[str, Any]:
    """Return visits a second, and the seconds for a million at that rate.

    Args:
        runs: counted runs, at most `RUNS_MAX`.
    """
    with house():
        from consent.models import Site
        from leads.simulating import simulate
        from salescenter.management.commands.demo_seed import ATTRIBUTION

        site = Site.objects.get()
        began = time.monotonic()
        average = _history(site)
        filled = time.monotonic() - began
        draft: dict[str, Any] = json.loads(json.dumps(ATTRIBUTION))
        draft["defaults"]["min_lead_minutes"] = 120
        cores = os.cpu_count() or 1
        told, busy = [], []
        for _ in range(min(runs, RUNS_MAX)):
            before = _processor()
            told.append(simulate(rules=draft, sites=[site], processes=cores))
            busy.append(_processor() - before)
        alone = simulate(rules=draft, sites=[site])
    rate = sorted(one.judged / one.seconds for one in told)[len(told) // 2]
    return {
        "visits": told[0].judged,
        "facts_a_visit": round(average, 1),
        "changed": told[0].changed,
        "filled_s": round(filled),
        "processes": cores,
        "visits_per_second": round(rate),
        "visits_per_second_alone": round(alone.judged / alone.seconds),
        "core_us_a_visit": round(1e6 * min(busy) / told[0].judged),
        "million_s": round(MILLION / rate),
        "target_million_s": TARGET_SECONDS,
        "reached": MILLION / rate <= TARGET_SECONDS,
    }


def _processor() -> float:
    """Return the processor's seconds of this process and of those it waited for.

    The database's own are not among them. On a loaded machine they tell more than a
    clock does.
    """
    used = [resource.getrusage(who) for who in (_SELF, _CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _history(site: Any) -> float:
    """Write the history, and return how many facts a visit has."""
    facts = 0
    for first in range(0, VISITS, AT_ONCE):
        facts += _some(site, first, min(AT_ONCE, VISITS - first))
    return facts / VISITS


def _some(site: Any, first: int, count: int) -> int:
    from audit import clock
    from audit.drafts import VISITOR
    from audit.ids import uuid7
    from consent import journal
    from leads.models import Decision, Visit

    visits, decisions, facts = [], [], 0
    with journal.unit(act=VISITOR, site=site) as unit:
        now = clock.now()
        for number in range(first, first + count):
            name = uuid7()
            recorded = unit.event(
                "visit.recorded", data={"visit": str(name), "verified_by": "qr"}
            )
            made = unit.event(
                "decision.made",
                clause="a14",
                purpose="attribution",
                data={"visit": str(name), "outcome": "walk_in", "channel": None,
                      "referral": None, "version": "v"},
            )  # fmt: skip
            visit = Visit(id=name, site=site, at=now, verified_by="qr",
                          key=str(name), event_id=recorded.eid)  # fmt: skip
            told = _facts(str(name), now, rich=number % 5 < 2)
            facts += len(told)
            visits.append(visit)
            decisions.append(
                Decision(visit=visit, outcome="walk_in", clause="A14", version="v",
                         facts=told, document={}, at=now, event_id=made.eid)
            )  # fmt: skip
        Visit.objects.bulk_create(visits)
        Decision.objects.bulk_create(decisions)
    return facts


def _facts(name: str, now: datetime, *, rich: bool) -> list[dict[str, Any]]:
    from audit import clock

    def fact(type_: str, identifier: str, before: timedelta, **values: Any) -> Any:
        at = clock.stamp(now - before)
        return {"id": identifier, "type": type_, "at": at, **values}

    def visit(identifier: str, before: timedelta) -> Any:
        return fact("visit", identifier, before, visitor=name, phone=None,
                    surname=None, verified_by="qr")  # fmt: skip

    found = [visit(name, timedelta())]
    if not rich:
        return found
    found.append(visit(f"{name}-0", timedelta(days=90)))
    for number in range(6):
        before = timedelta(hours=1 + number)
        found.append(
            fact("referral", f"{name}-r{number}", before, channel=f"b-{number % 3}",
                 kind="broker", agent="a", surname=None, phone=None, whole=True,
                 consent_proof=True)
        )  # fmt: skip
        if number < 3:
            found.append(
                fact("referral_match", f"{name}-m{number}", timedelta(),
                     referral=f"{name}-r{number}", visitor=name)
            )  # fmt: skip
    return found
