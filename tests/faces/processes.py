"""Watching other processes from a test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def state(pid: int) -> str:
    """Return the kernel's letter for a process; Z once dead, gone once reaped."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    return line.rpartition(")")[2].split()[0]


def until(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def ended(pid: int) -> bool:
    return state(pid) in {"gone", "Z", "X"}


def stopped(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    assert until(lambda: state(pid) == "T")


def program(text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", text, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def output(text: str, *arguments: str) -> str:
    with program(text, *arguments) as process:
        return process.communicate(timeout=60)[0]
