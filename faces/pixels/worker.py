"""One pixel worker as its parent sees it: a process and two pipes, with deadlines."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from faces.matching import MODEL
from faces.pixels.wire import Header, message_pack, message_read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

ANSWER_MAX_BYTES = 4096
_KILL_MAX_SECONDS = 2.0
_ROOT = Path(__file__).resolve().parents[2]
# A worker decodes what strangers send: it gets no secret from the environment.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONWARNINGS": "ignore",
}


class Worker:
    """A running pixel worker; for one caller at a time.

    The thread that makes it must outlive it: the kernel ends a worker with the thread
    that started it, not with the process.
    """

    def __init__(self) -> None:
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faces.pixels", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=_ROOT,
            env=environment | _ENVIRONMENT,
            # Ctrl-C in a terminal is for the supervisor; a worker ends with its parent.
            start_new_session=True,
        )
        self._requests = _pipe(self._process.stdin)
        self._answers = _pipe(self._process.stdout)
        self._ready = False
        self._number = 0

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def alive(self) -> bool:
        """Say whether the process is still running."""
        return self._process.poll() is None

    def wait_ready(self, deadline: float) -> None:
        """Wait until the models are loaded.

        Args:
            deadline: on the clock of `time.monotonic`.

        Raises:
            TimeoutError: not by then.
            EOFError, OSError, ValueError: it died or talks nonsense.
        """
        if self._ready:
            return
        header, _parts = self._read(deadline)
        if header != {"ready": MODEL}:
            message = "not the greeting of a pixel worker"
            raise ValueError(message)
        self._ready = True

    def ask(
        self, header: Header, frames: Sequence[bytes], deadline: float
    ) -> tuple[Header, list[bytes]]:
        """Send one request and return its answer.

        After any exception, also one from outside such as an interrupt, the worker
        MUST be ended: its late answer would be taken for the next visitor's.

        Raises:
            TimeoutError: no answer by the deadline.
            EOFError, OSError, ValueError: it died or talks nonsense.
        """
        self._number += 1
        self._write(message_pack(header | {"number": self._number}, frames), deadline)
        answer, parts = self._read(deadline)
        if answer.pop("number", None) != self._number:
            message = "the answer to another request"
            raise ValueError(message)
        return answer, parts

    def end(self) -> None:
        """Kill the process, whatever it is doing, and reap it."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_KILL_MAX_SECONDS)
        self.let_go()

    def let_go(self) -> None:
        """Close the pipes without touching the process: it may be another's child."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _write(self, data: bytes, deadline: float) -> None:
        left = memoryview(data)
        while left:
            _wait(self._requests, select.POLLOUT, deadline)
            left = left[os.write(self._requests, left) :]

    def _read(self, deadline: float) -> tuple[Header, list[bytes]]:
        def exactly(size: int) -> bytes:
            data = bytearray()
            while len(data) < size:
                _wait(self._answers, select.POLLIN, deadline)
                more = os.read(self._answers, size - len(data))
                if not more:
                    raise EOFError
                data += more
            return bytes(data)

        return message_read(exactly, parts_max_bytes=ANSWER_MAX_BYTES)


def _pipe(stream: IO[bytes] | None) -> int:
    if stream is None:  # pragma: no cover  (both are asked for)
        message = "no pipe"
        raise OSError(message)
    os.set_blocking(stream.fileno(), False)
    return stream.fileno()


def _wait(pipe: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    remaining_ms = max(0.0, deadline - time.monotonic()) * 1000
    if not poll.poll(remaining_ms):
        raise TimeoutError
