"""From the tap on "stop everything" to template gone, key destroyed, answer shown.

Over real HTTP with the real program; the person's page is open, as it is when they
tap. `--runs` people withdraw, one after the other, among `PEOPLE` who are enrolled.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from typing import Any

from tests.benchmarks.browser import Browser
from tests.benchmarks.enrolling import house, people_enrol
from tests.benchmarks.program import Program

PEOPLE = 100_000
TARGET_P99_MS = 1_000.0


def measure(runs: int) -> dict[str, Any]:
    """Return the milliseconds of each withdrawal, as percentiles.

    `BENCH_PEOPLE` enrols another number.
    """
    people = int(os.environ.get("BENCH_PEOPLE", PEOPLE))
    with house() as program:
        began = time.monotonic()
        subjects = people_enrol(max(people, runs), tell=_tell)
        built = time.monotonic() - began
        _analyse(program)
        step = max(1, len(subjects) // runs)
        taken = sorted(_withdraw(program, one) for one in subjects[::step][:runs])
    p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    return {
        "enrolled": people,
        "built_s": round(built),
        "withdrawals": len(taken),
        "p50_ms": round(taken[len(taken) // 2], 1),
        "p99_ms": round(p99, 1),
        "max_ms": round(taken[-1], 1),
        "target_p99_ms": TARGET_P99_MS,
        "reached": p99 < TARGET_P99_MS,
    }


def _withdraw(program: Program, subject: uuid.UUID) -> float:
    from consent import keys
    from consent.models import Consent, Subject
    from consent.services.links import link_issue, link_token
    from faces.models import FaceTemplate

    person = Subject.objects.get(id=subject)
    phone = Browser(program.url)
    phone.get("/me/open/")
    phone.post(phone.page.url, {"token": link_token(link=link_issue(subject=person))})
    began = time.perf_counter()
    page = phone.post("/me/stop/all/", {})
    taken = (time.perf_counter() - began) * 1000
    consent = Consent.objects.get(subject=subject)
    gone = (
        page.status == 200
        and page.url.endswith("/me/stopped/")
        and consent.state == "withdrawn"
        and consent.key_event_id is not None
        and keys.key_missing(consent=consent.id)
        and not FaceTemplate.objects.filter(subject=subject).exists()
    )
    if not gone:
        message = f"something was left after the answer ({page.status} {page.url})"
        raise RuntimeError(message)
    return taken


def _analyse(program: Program) -> None:
    """Let the planner know the tables, as the server's own rounds would by then."""
    from django.db import connections

    del program
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    connections["owner"].close()


def _tell(made: int) -> None:
    if made % 5_000 == 0:
        print(f"{made} enrolled", file=sys.stderr, flush=True)
