"""1,000 withdrawals racing 10,000 comparisons: none may come after its withdrawal.

Judged by the log alone: a `face.compared` that names a candidate, with a number above
that of the candidate's `consent.withdrawn`.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
import uuid
from typing import Any

from tests.benchmarks.enrolling import house, people_enrol, random_encoding

WITHDRAWALS = 1_000
COMPARISONS = 10_000
COMPARING, WITHDRAWING = 6, 2

_LATE = """
    SELECT count(*) FROM audit_index compared
    JOIN audit_index ended ON ended.log = compared.log
        AND ended.consent = compared.consent AND ended.type = 'consent.withdrawn'
    WHERE compared.type = 'face.compared' AND compared.seq > ended.seq
"""


def measure(runs: int) -> dict[str, Any]:
    """Return how many comparisons the log holds after their withdrawal.

    `--runs` does nothing here. `BENCH_PEOPLE` races another number of withdrawals,
    with ten times as many comparisons.
    """
    del runs
    withdrawals = int(os.environ.get("BENCH_PEOPLE", WITHDRAWALS))
    comparisons = withdrawals * COMPARISONS // WITHDRAWALS
    with house():
        people = people_enrol(withdrawals + COMPARING, tell=lambda _: None)
        return _race(people[COMPARING:], people[:COMPARING], comparisons)


def _race(
    leaving: list[uuid.UUID], standing: list[uuid.UUID], comparisons: int
) -> dict[str, Any]:
    from django.db import connection, connections

    from audit.drafts import VISITOR, Act
    from audit.selectors import log_faults
    from consent import gate
    from consent.models import Consent, Kiosk, Subject
    from consent.purposes import Purpose
    from consent.services.consents import consents_withdraw
    from faces import services
    from faces.matching import MODEL

    kiosk = Kiosk.objects.select_related("site__operator")[0]
    candidates = {
        one.subject_id: one
        for one in Consent.objects.select_related("rules", "subject", "site").filter(
            subject__in=[*leaving, *standing]
        )
    }
    # Named in each: one whose other candidate has just left is a comparison too.
    staying = candidates[standing[0]]
    counter, failed = itertools.count(), list[str]()
    began, pace = time.monotonic(), comparisons // len(leaving)
    done = threading.Semaphore(0)

    def compare(subject: uuid.UUID) -> None:
        me = Subject.objects.get(id=subject)
        while next(counter) < comparisons:
            # Those about to leave are the likeliest: that is where it could go wrong.
            near = min(len(leaving) - 1, at[0] + int(random.expovariate(0.5)))
            with gate.permit(
                subject=me,
                purpose=Purpose.FACE_CHECKIN,
                mode="compare",
                model=MODEL,
                act=Act(kiosk.code, "kiosk"),
                kiosk=kiosk,
                candidates=[candidates[leaving[near]], staying],
            ) as permit:
                probe = services.Probe(
                    subject=me.id, mean=random_encoding(), model=MODEL, frames=1
                )
                with permit.settle() as record:
                    services.compare(permit=permit, record=record, probe=probe)
            done.release()

    at = [0]
    taking = iter(leaving)

    def withdraw(_: uuid.UUID) -> None:
        for subject in taking:
            for _number in range(pace):
                done.acquire()
            at[0] += 1
            me = Subject.objects.get(id=subject)
            consents_withdraw(subject=me, purposes=None, act=VISITOR)

    def guarded(work: Any, subject: uuid.UUID) -> None:
        try:
            work(subject)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(type(error).__name__)
            for _number in range(comparisons):
                done.release()
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=guarded, args=(work, subject), daemon=True)
        for work, subjects in (
            (compare, standing),
            (withdraw, leaving[:WITHDRAWING]),
        )
        for subject in subjects
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connection.cursor() as cursor:
        cursor.execute(_LATE)
        late = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FILTER (WHERE type = 'face.compared' AND place = 0),"
            " count(*) FILTER (WHERE type = 'consent.withdrawn'),"
            " count(*) FILTER (WHERE type = 'face.compared' AND place > 0"
            " AND consent IN (SELECT consent FROM audit_index"
            " WHERE type = 'consent.withdrawn'))"
            " FROM audit_index"
        )
        compared, withdrawn, named = cursor.fetchone()
    faults = [*failed, *log_faults()]
    return {
        "comparisons": compared,
        "of_them_with_one_who_left_later": named,
        "withdrawals": withdrawn,
        "seconds": round(time.monotonic() - began),
        "compared_after_withdrawal": late,
        "faults": faults[:10],
        "reached": late == 0
        and not faults
        and compared >= comparisons
        and withdrawn >= len(leaving),
    }
