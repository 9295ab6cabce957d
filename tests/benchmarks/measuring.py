"""Seconds and memory of a Python program run on its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_WATCH = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run([sys.executable, "-I", "-S", *sys.argv[1:]], capture_output=True)
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "code": done.returncode,
    "output": done.stdout.decode("utf-8"),
    "complaint": done.stderr.decode("utf-8"),
    "wall": wall,
    "seconds": used.ru_utime + used.ru_stime,
    "megabytes": used.ru_maxrss / 1024,
}))
"""


@dataclass(frozen=True)
class Measured:
    """What one run said and took; `seconds` are the processor's."""

    code: int
    output: str
    complaint: str
    wall: float
    seconds: float
    megabytes: float


def measured(arguments: Sequence[str], *, cwd: Path | None = None) -> Measured:
    """Run a Python file with arguments, without site-packages or environment.

    A small process stands between: a child's peak would begin with its parent's.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", _WATCH, *arguments],
        cwd=cwd,
        capture_output=True,
        check=True,
    )
    return Measured(**json.loads(done.stdout))
