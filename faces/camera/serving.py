"""What the camera's process does: one frame a request, during one capture.

The device is open from the first request of a capture until the capture is ended, its
time is over, the camera is unplugged, or nobody asks any more. The last is held by an
alarm that is left to its default action: it ends the process wherever it is, also in a
driver that hangs, and the kernel closes the device with it.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, Protocol

from faces.camera.limits import (
    CAPTURE_MAX_SECONDS,
    IDLE_MAX_SECONDS,
    OPEN_MAX_SECONDS,
    REQUEST_READ_MAX_SECONDS,
)
from faces.processes.line import Line
from faces.processes.peers import peer_user
from faces.processes.wire import Header

_CAPTURE = re.compile(r"[0-9a-f]{32}")
_ENDED_KEPT = 64

Answer = tuple[Header, list[bytes]]


class NoDevice(Exception):
    """There is no camera to film with; `why` is missing or busy."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Device(Protocol):
    """A camera that is on."""

    def shot(self) -> bytes | None:
        """Return what it sees now as a JPEG, or None when it is lost."""

    def close(self) -> None:
        """Switch it off."""


class _Session:
    """The capture that the camera is on for, if any."""

    def __init__(self, open_device: Callable[[], Device], *, idle: float) -> None:
        self._open_device = open_device
        self._idle = idle
        self._capture: str | None = None
        self._until = 0.0
        self._device: Device | None = None
        # A request that was under way when its capture ended must not begin it again.
        self._ended: deque[str] = deque(maxlen=_ENDED_KEPT)

    def answer(self, header: Header) -> Answer:
        """Answer one request.

        Raises:
            ValueError: it is none.
        """
        capture = header.get("capture")
        if not isinstance(capture, str) or not _CAPTURE.fullmatch(capture):
            message = "no capture"
            raise ValueError(message)
        if header.get("ask") == "end":
            if capture == self._capture:
                self._end()
            self._ended.append(capture)
            return {"ended": True}, []
        seconds = header.get("seconds")
        if header.get("ask") != "frame" or not isinstance(seconds, int | float):
            message = "no request"
            raise ValueError(message)
        # No more than that, and none where it is no number at all.
        lasts = min(seconds, CAPTURE_MAX_SECONDS) if seconds > 0 else 0.0
        return self._frame(capture, lasts)

    def _frame(self, capture: str, seconds: float) -> Answer:
        if capture in self._ended:
            return {"why": "over"}, []
        now = time.monotonic()
        if capture != self._capture:
            self._end()
            self._capture, self._until = capture, now + seconds
        if now >= self._until:
            self._end()
            return {"why": "over"}, []
        # A camera starts with its first frame only, so that one may be slow as well.
        self._alarm(OPEN_MAX_SECONDS if self._device is None else self._idle)
        if self._device is None:
            try:
                self._device = self._open_device()
            except NoDevice as none:
                self._alarm(self._idle)
                return {"why": none.why}, []
        shot = self._device.shot()
        if shot is None:
            self._close()
            return {"why": "lost"}, []
        self._alarm(self._idle)
        return {"frame": True}, [shot]

    def _alarm(self, seconds: float) -> None:
        """Let the process end after some seconds, and with its capture at the latest.

        Never zero, which would be no alarm.
        """
        left = min(seconds, self._until - time.monotonic())
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))

    def _end(self) -> None:
        self._close()
        if self._capture is not None:
            self._ended.append(self._capture)
        self._capture = None

    def _close(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.close()


def serve(
    listening: socket.socket,
    *,
    open_device: Callable[[], Device],
    idle: float = IDLE_MAX_SECONDS,
) -> NoReturn:
    """Answer requests, one a connection, until the alarm ends this process.

    Args:
        listening: a local socket; only this user's processes are answered.
        open_device: switches the camera on; called during a capture only.
        idle: seconds without a request for a frame after which the process ends.
    """
    # Whoever started this process may have had other plans for the signal.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, idle)
    session = _Session(open_device, idle=idle)
    while True:
        link, _address = listening.accept()
        with link:
            if peer_user(link) == os.geteuid():
                # Whoever went away or talks nonsense gets no answer.
                with suppress(TimeoutError, EOFError, OSError, ValueError):
                    _answer(session, link)


def _answer(session: _Session, link: socket.socket) -> None:
    line = Line(reads=link.fileno(), writes=link.fileno(), parts_max_bytes=0)
    deadline = time.monotonic() + REQUEST_READ_MAX_SECONDS
    header: dict[str, Any]
    header, _parts = line.read(deadline=deadline)
    answer, parts = session.answer(header)
    deadline = time.monotonic() + REQUEST_READ_MAX_SECONDS
    line.write(answer, parts, deadline=deadline)
