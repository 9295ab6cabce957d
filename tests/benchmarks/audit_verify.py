"""How long an inspector waits for a million events, and in how much memory.

The verifier runs as they run it: one file, a process of its own, no site-packages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit import verifier
from tests import packs
from tests.benchmarks.measuring import measured
from tests.packs import Log
from tests.packs.stories import rules_hash, rules_text

EVENTS = 1_000_000
CONSENTS = 150_000
TARGET_SECONDS = 20
TARGET_MEGABYTES = 150
RUNS_MAX = 3
# Days until somebody withdraws: few are alive at once, or nearly all to the end.
STAYS = {"few_alive": 7.0, "most_alive": 4000.0}


def measure(runs: int) -> dict[str, Any]:
    """Return seconds and peak memory of verifying one big export, twice made."""
    runs = min(runs, RUNS_MAX)
    shapes = {
        name: _shape(stays, runs if name == "few_alive" else 1)
        for name, stays in STAYS.items()
    }
    return {
        "events": EVENTS,
        "runs": runs,
        **shapes,
        "target_seconds": TARGET_SECONDS,
        "target_megabytes": TARGET_MEGABYTES,
        "reached": all(
            shape["wall_s"] <= TARGET_SECONDS and shape["peak_mb"] <= TARGET_MEGABYTES
            for shape in shapes.values()
        ),
    }


def _shape(stays: float, runs: int) -> dict[str, Any]:
    like = Log(documents={rules_hash(one): rules_text(one) for one in (1, 2)})
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "pack.zip"
        seen = _Counting(
            packs.story(
                seed=5,
                consents=CONSENTS,
                days=365,
                stays=stays,
                refused=0.1,
                events=EVENTS,
            )
        )
        made = packs.write_pack(pack, seen.first(EVENTS), like)
        done = [
            measured([verifier.__file__, str(pack), "--pin", packs.vkey(like)])
            for _ in range(runs)
        ]
    if any(one.code != 0 for one in done):
        raise RuntimeError(done[0].output)
    best = min(done, key=lambda one: one.wall)
    return {
        "consents": seen.granted,
        "alive_at_once": seen.alive_most,
        "checkpoints": made["checkpoints"],
        "pack_mb": round(made["bytes"] / 1e6, 1),
        "wall_s": round(best.wall, 2),
        "cpu_s": round(best.seconds, 2),
        "peak_mb": round(max(one.megabytes for one in done), 1),
    }


class _Counting:
    """Counts consents while the bodies pass."""

    def __init__(self, bodies: Iterator[bytes]) -> None:
        self._bodies = bodies
        self.granted = self.alive = self.alive_most = 0

    def first(self, count: int) -> Iterator[bytes]:
        """Yield so many bodies; whatever would come later has not happened yet."""
        for _, body in zip(range(count), self._bodies, strict=False):
            if b'"type":"consent.granted"' in body:
                self.granted += 1
                self.alive += 1
                self.alive_most = max(self.alive_most, self.alive)
            elif b'"type":"consent.withdrawn"' in body or b"consent.expired" in body:
                self.alive -= 1
            yield body
