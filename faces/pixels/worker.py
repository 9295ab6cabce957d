"""One pixel worker as its parent sees it: a process and two pipes, with deadlines."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

from faces.matching import MODEL
from faces.processes.child import child_start
from faces.processes.line import Line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from faces.processes.wire import Header

ANSWER_MAX_BYTES = 4096
_KILL_MAX_SECONDS = 2.0


class Worker:
    """A running pixel worker; for one caller at a time.

    The thread that makes it must outlive it: the kernel ends a worker with the thread
    that started it, not with the process.
    """

    def __init__(self) -> None:
        self._process = child_start("faces.pixels")
        self._line = Line(
            reads=_pipe(self._process.stdout),
            writes=_pipe(self._process.stdin),
            parts_max_bytes=ANSWER_MAX_BYTES,
        )
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
        self._line.write(header | {"number": self._number}, frames, deadline=deadline)
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

    def _read(self, deadline: float) -> tuple[Header, list[bytes]]:
        return self._line.read(deadline=deadline)


def _pipe(stream: IO[bytes] | None) -> int:
    if stream is None:  # pragma: no cover  (both are asked for)
        message = "no pipe"
        raise OSError(message)
    return stream.fileno()
