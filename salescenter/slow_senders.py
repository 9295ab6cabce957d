"""A gunicorn worker that waits for a request's bytes a while, and no longer.

A thread reads a request as slowly as it is sent. A few senders who never come to the
end would hold every thread, and nobody else would be served.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

READ_SECONDS = 15.0
"""How long after a thread took up a request its bytes may still arrive."""


class PatientWorker(ThreadWorker):  # type: ignore[misc] # gunicorn is untyped
    """Threads as in gunicorn; a request that is too long in coming ends where it is.

    Only the reading ends: a request that has arrived is answered however long that
    takes.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Start with nobody being read."""
        super().__init__(*args, **kwargs)
        self._since: dict[TConn, float] = {}
        self._reading = threading.Lock()

    def handle(self, conn: TConn) -> Any:
        """Serve one request of a connection, in a thread of the pool."""
        with self._reading:
            self._since[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            with self._reading:
                self._since.pop(conn, None)

    def murder_pending(self) -> None:
        """End the reading of what is too long in coming; called every second."""
        super().murder_pending()
        over = time.monotonic() - READ_SECONDS
        # A thread that is done may reuse its socket's number: hence under the lock.
        with self._reading:
            for conn, since in self._since.items():
                if since < over:
                    with contextlib.suppress(OSError):
                        conn.sock.shutdown(socket.SHUT_RD)
