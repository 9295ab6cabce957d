"""How many altered exports the verifier lets pass, and how many good ones it blames.

Each altered export is another log, altered in one of many ways (`mutations`); it counts
as detected when the verifier exits 1 or 3. A clean one has to exit 0 with its keys
pinned.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from audit.verifier import verify_pack
from tests import packs
from tests.benchmarks.mutations import KINDS, case_of

ALTERED = 10_000
CLEAN = 1_000
DETECTED = {1, 3}


def measure(_runs: int) -> dict[str, Any]:
    """Return the altered exports detected and not, by kind, and the false alarms."""
    return count(altered=ALTERED, clean=CLEAN, processes=multiprocessing.cpu_count())


def count(*, altered: int, clean: int, processes: int = 1) -> dict[str, Any]:
    """Alter and verify; with one process, in this one."""
    began = time.perf_counter()
    asked = [(seed, True) for seed in range(altered)]
    asked += [(altered + seed, False) for seed in range(clean)]
    if processes == 1:
        answers = [one(seed, alter) for seed, alter in asked]
    else:
        with multiprocessing.Pool(processes) as pool:
            answers = pool.starmap(one, asked, chunksize=50)
    kinds = Counter(kind for kind, _ in answers if kind)
    detected = Counter(kind for kind, good in answers if kind and good)
    missed = [
        f"{kind} (seed {seed})"
        for (seed, _), (kind, good) in zip(asked, answers, strict=True)
        if kind and not good
    ]
    alarms = [
        seed
        for (seed, alter), (_, good) in zip(asked, answers, strict=True)
        if not alter and not good
    ]
    return {
        "altered": altered,
        "kinds": len(kinds),
        "detected": detected.total(),
        "by_kind": {kind: f"{detected[kind]}/{n}" for kind, n in sorted(kinds.items())},
        "missed": missed,
        "clean": clean,
        "false_alarms": len(alarms),
        "alarmed_seeds": alarms,
        "seconds": round(time.perf_counter() - began, 1),
        "reached": not missed and not alarms,
    }


def one(seed: int, alter: bool) -> tuple[str, bool]:
    """Make one export, alter it or not, verify it; return its kind and if that fits."""
    case = case_of(seed)
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "pack.zip"
        if not alter:
            pack.write_bytes(packs.zipped(case.files))
            return "", verify_pack(str(pack), pins=case.pins).exit == 0
        kind = KINDS[seed % len(KINDS)]
        pins = case.pins
        attempt = kind(case)
        pack.write_bytes(attempt.raw)
        priors = []
        for number, prior in enumerate(attempt.priors):
            path = Path(folder) / f"{number}.note"
            path.write_text(prior, "utf-8")
            priors.append(str(path))
        result = verify_pack(str(pack), pins=pins, priors=priors)
    return kind.__name__, result.exit in DETECTED
