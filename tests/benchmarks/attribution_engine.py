"""How many decisions a second the engine of attribution makes, on one core.

About one person with 20 facts of nearly every kind: a family of two, a changed number,
a face link, masked and whole referrals of four channels, a purchase. Counted is
`decide` alone, facts read before, as history is replayed; beside it the decision with
its words and bytes, as a page keeps it. A loaded machine takes the processor away, so
what is held against the target is the processor's time.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from leads.attribution import decide, parse_case
from tests.leads.attribution.cases import (
    deal,
    document,
    fact,
    hidden,
    referral,
    visit,
)

TARGET_PER_SECOND = 5_000
IN_A_RUN = 500
OLD, NEW, WIFE = "13812345678", "13700001111", "13700002222"
FACTS = [
    visit("t0", "2025-10-13 14:00"),
    visit("t9", "01-15 10:00", "v9", phone="13800009999", surname="赵"),
    referral("r1", "01-05 09:00", "B9", phone="13987654321"),
    referral("r2", "02-24 10:00"),
    referral("r3", "02-24 12:00", "B2"),
    hidden("r4", "02-24 13:00", "B3"),
    referral("r5", "02-24 14:00", "B4", consent_proof=False),
    visit("t1", "02-25 14:00"),
    fact("c1", "confirmation", "02-25 14:05", referral="r2", answer="confirmed"),
    fact("c2", "confirmation", "02-25 14:06", referral="r5", answer="denied"),
    fact("n1", "contact_change", "03-01 10:00", visitor="v1", old=OLD, new=NEW),
    fact("f1", "relation", "03-02 10:00", visitor="v1", other="v2",
         relation="spouse", evidence=True),
    visit("t2", "03-03 10:00", "v2", phone=WIFE, surname="李"),
    referral("r6", "03-04 10:00", "B2"),
    visit("t3", "03-05 10:00", phone=NEW),
    fact("l1", "face_link", "03-05 11:00", visits=["t1", "t3"], consent_live=True),
    visit("t4", "03-20 10:00", "v2", phone=WIFE, surname="李"),
    fact("s1", "referral_shown", "03-20 10:01", referral="r6", visitor="v2"),
    deal("d0", "03-21 11:00", stage="intent"),
    deal("d1", "03-28 11:00"),
]  # fmt: skip


def measure(runs: int) -> dict[str, Any]:
    """Return decisions a second: medians over runs of `IN_A_RUN`."""
    case = parse_case(json.loads(json.dumps(document(*FACTS))))

    def once(*, words: bool) -> str:
        decision = decide(
            rules=case.rules, facts=case.facts, visitor=case.visitor, as_of=case.as_of
        )
        return decision.canonical() if words else decision.outcome

    for _ in range(IN_A_RUN):
        once(words=True)
    told: dict[str, list[float]] = {"wall": [], "core": [], "words": []}
    for _ in range(runs):
        wall, core = _seconds(once, words=False)
        told["wall"].append(IN_A_RUN / wall)
        told["core"].append(IN_A_RUN / core)
        told["words"].append(IN_A_RUN / _seconds(once, words=True)[1])
    middle = {name: statistics.median(rates) for name, rates in told.items()}
    return {
        "runs": runs,
        "facts": len(FACTS),
        "outcome": once(words=False),
        "decisions_per_core_second": round(middle["core"]),
        "decisions_per_second": round(middle["wall"]),
        "with_words_per_core_second": round(middle["words"]),
        "target_per_core_second": TARGET_PER_SECOND,
        "reached": middle["core"] >= TARGET_PER_SECOND,
    }


def _seconds(once: Any, *, words: bool) -> tuple[float, float]:
    """Return seconds by the clock and by the processor for a run."""
    began, busy = time.perf_counter(), time.process_time()
    for _ in range(IN_A_RUN):
        once(words=words)
    return time.perf_counter() - began, time.process_time() - busy
