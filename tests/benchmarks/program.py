"""The program itself, started as a person starts it, on data that are thrown away."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
STOP_SECONDS = 30


@dataclass(frozen=True)
class Program:
    """Where it is, the code that pairs a kiosk, and the folder of its data."""

    url: str
    pairing: str
    data: Path


@contextmanager
def running() -> Iterator[Program]:
    """Run the program with its demonstration on loopback, and stop it.

    Raises:
        RuntimeError: it never said that it is ready.
    """
    with tempfile.TemporaryDirectory(prefix="salescenter-bench-") as folder:
        Path(folder).chmod(0o711)
        with running_on(Path(folder), port=free_port()) as program:
            yield program


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_on(data: Path, *, port: int) -> Iterator[Program]:
    """Run the program on a folder of data that stays, and stop it.

    Raises:
        RuntimeError: it never said that it is ready.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "salescenter.supervisor", "--port", str(port)],
        cwd=BASE_DIR,
        env={**os.environ, "SALESCENTER_DATA": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield Program(
            url=f"http://127.0.0.1:{port}", pairing=_pairing(process), data=data
        )
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _pairing(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said: list[str] = []
    ready, pairing = False, ""
    for line in process.stdout:
        said.append(line)
        ready = ready or line.startswith("ready ")
        found = re.match(r"kiosk\s+\S+#(\S+)", line)
        pairing = found[1] if found else pairing
        if ready and pairing:
            # Whatever it says from now on must not fill the pipe.
            threading.Thread(
                target=lambda: [None for _ in process.stdout or ()], daemon=True
            ).start()
            return pairing
    message = f"the program did not start:\n{''.join(said[-20:])}"
    raise RuntimeError(message)
