"""An exact search of 100,000 encodings against the stock library's distances.

Ours is what the gallery's process does for one face: every row compared and scored,
the best scored once more in double precision. Stock is `face_recognition.face_distance`
over the same rows and the place of the smallest. People who do not exist, drawn as the
cohort is; a probe is one of them, a little moved.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import face_recognition
import numpy as np

from faces.cohort import gaussians_load
from faces.matrix import Matrix
from faces.scoring import scores, surroundings

PEOPLE = 100_000
MOVED = 0.3
"""How far a probe lies from whose it is, as two pictures of one person do."""

CHECKED = 50
TO_REACH = 10.0


def measure(runs: int) -> dict[str, Any]:
    """Return milliseconds of each, their ratio, and the share of right answers."""
    random = np.random.RandomState(11)
    people = gaussians_load().draw(PEOPLE, seed=11).astype(np.float64)
    matrix: Matrix[int] = Matrix()
    began = time.perf_counter()
    matrix.change(keep=[], more=dict(enumerate(people)))
    filled = time.perf_counter() - began
    of = surroundings(people)
    probes = []
    for place in random.randint(0, PEOPLE, size=max(runs, CHECKED)):
        shift = random.normal(size=people.shape[1])
        probes.append(people[place] + MOVED * shift / np.linalg.norm(shift))
    stock: list[float] = []
    ours: list[float] = []
    for probe in probes[:runs]:

        def by_stock(probe: Any = probe) -> Any:
            return int(np.argmin(face_recognition.face_distance(people, probe)))

        def by_us(probe: Any = probe) -> Any:
            return matrix.best(probe)

        stock.append(_ms(by_stock))
        ours.append(_ms(by_us))
    right = sum(_is_best(matrix, probe, people, of) for probe in probes[:CHECKED])
    ratio = statistics.median(stock) / statistics.median(ours)
    return {
        "people": PEOPLE,
        "runs": runs,
        "stock_ms": round(statistics.median(stock), 2),
        "ours_ms": round(statistics.median(ours), 2),
        "times_faster": round(ratio, 1),
        "to_reach": TO_REACH,
        "recall": right / CHECKED,
        "filled_seconds": round(filled, 1),
        "locked": matrix.locked,
        "reached": ratio >= TO_REACH and right == CHECKED,
    }


def _is_best(matrix: Matrix[int], probe: Any, people: Any, of: Any) -> bool:
    """Tell whether the best of all scores in double precision is what was found."""
    found = matrix.best(probe)
    return found is not None and found[0] == int(scores(probe, people, of).argmax())


def _ms(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
