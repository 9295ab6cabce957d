"""How long the sealed export of a million events takes, and in how much memory.

The command runs as a person runs it, a process of its own, over a real database; the
memory is its peak, beside that of a tenth of the events. The pack is then verified.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from salescenter import embedded
from tests.benchmarks.filling import fill

EVENTS = 1_000_000
SMALL = EVENTS // 10
RUNS_MAX = 3
FLAT = 1.25
"""Ten times the events may take a quarter more memory: buffers, not events."""
BASE_DIR = Path(__file__).resolve().parents[2]


def measure(runs: int) -> dict[str, Any]:
    """Return seconds and peak megabytes of the command, for both sizes."""
    runs = min(runs, RUNS_MAX)
    small = _of(SMALL, runs)
    large = _of(EVENTS, runs)
    return {
        "events": EVENTS,
        "runs": runs,
        "seconds": large["seconds"],
        "peak_mb": large["peak_mb"],
        "pack_mb": large["pack_mb"],
        "peak_mb_of_a_tenth": small["peak_mb"],
        "verify_exit": large["verify_exit"],
        "target": f"peak at most {FLAT} times that of a tenth; verified",
        "reached": large["peak_mb"] <= FLAT * small["peak_mb"]
        and large["verify_exit"] == small["verify_exit"] == 0,
    }


def _of(events: int, runs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="salescenter-bench-") as folder:
        Path(folder).chmod(0o711)
        os.environ["SALESCENTER_DATA"] = folder
        try:
            with embedded.ensure() as server:
                _manage("migrate", "--verbosity=0")
                with psycopg.connect(
                    **server.dsn("superuser", database=embedded.DATABASE),
                    autocommit=True,
                ) as link:
                    fill(link, events=events)
                _manage("audit_sign", "--once")
                return _exported(Path(folder) / "pack.zip", runs)
        finally:
            del os.environ["SALESCENTER_DATA"]


def _exported(pack: Path, runs: int) -> dict[str, Any]:
    taken, peaks = [], []
    for _ in range(runs):
        pack.unlink(missing_ok=True)
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "audit_export", "--out", str(pack)],
            cwd=BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken.append(time.perf_counter() - began)
        peaks.append(used.ru_maxrss / 1024)
        if process.returncode or "events 0 to" not in said:
            message = f"the export failed: {said}"
            raise RuntimeError(message)
    pin = said.split("--pin '")[1].split("'")[0]
    verdict = subprocess.run(
        [sys.executable, "-I", "-S", "audit/verifier.py", pack, "--pin", pin],
        cwd=BASE_DIR,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return {
        "seconds": round(statistics.median(taken), 1),
        "peak_mb": round(statistics.median(peaks), 1),
        "pack_mb": round(pack.stat().st_size / 1e6, 1),
        "verify_exit": verdict.returncode,
    }


def _manage(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        stdout=subprocess.DEVNULL,
        check=True,
    )
