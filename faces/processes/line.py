"""One conversation with another process, each step by a deadline."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

from faces.processes.wire import Header, message_pack, message_read

if TYPE_CHECKING:
    from collections.abc import Sequence


class Line:
    """The ends of two pipes, or a socket that is both; the caller closes them.

    Deadlines are on the clock of `time.monotonic`.
    """

    def __init__(self, *, reads: int, writes: int, parts_max_bytes: int) -> None:
        """Hold two file descriptors; no answer may be longer than that."""
        self._reads = reads
        self._writes = writes
        self._parts_max_bytes = parts_max_bytes
        for end in (reads, writes):
            os.set_blocking(end, False)

    def write(
        self, header: Header, parts: Sequence[bytes] = (), *, deadline: float
    ) -> None:
        """Send one message.

        Raises:
            TimeoutError: the other side did not take it by the deadline.
            OSError: the other side has gone.
        """
        left = memoryview(message_pack(header, parts))
        while left:
            _wait(self._writes, select.POLLOUT, deadline)
            left = left[os.write(self._writes, left) :]

    def read(self, *, deadline: float) -> tuple[Header, list[bytes]]:
        """Receive one message.

        Raises:
            TimeoutError: it was not complete by the deadline.
            EOFError, OSError, ValueError: the other side has gone or talks nonsense.
        """

        def exactly(size: int) -> bytes:
            data = bytearray()
            while len(data) < size:
                _wait(self._reads, select.POLLIN, deadline)
                more = os.read(self._reads, size - len(data))
                if not more:
                    raise EOFError
                data += more
            return bytes(data)

        return message_read(exactly, parts_max_bytes=self._parts_max_bytes)


def _wait(end: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(end, event)
    remaining_ms = max(0.0, deadline - time.monotonic()) * 1000
    if not poll.poll(remaining_ms):
        raise TimeoutError
