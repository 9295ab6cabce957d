"""The machine's camera as the web processes see it: a process they share."""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from faces.camera.limits import (
    ANSWER_MAX_SECONDS,
    FRAME_MAX_BYTES,
    RELEASE_MAX_SECONDS,
    START_MAX_SECONDS,
)
from faces.errors import CameraUnavailable
from faces.processes.child import child_start
from faces.processes.line import Line
from faces.processes.peers import peer_user

if TYPE_CHECKING:
    from faces.processes.wire import Header

_GREETINGS = ({"ready": True}, {"taken": True})
_JPEG = b"\xff\xd8\xff"
_RETRY_SECONDS = 0.02
_GONE = (TimeoutError, EOFError, OSError, ValueError)


class SharedCamera:
    """A camera of this machine; whoever asks first starts its process.

    A web process that starts one minds it with a thread of its own: the kernel ends the
    camera with the thread that started it. The others find it by its name.
    """

    def __init__(self, *, number: int, name: str) -> None:
        """Start nothing yet.

        Args:
            number: of the camera, 0 to 63.
            name: of its socket; the same in all processes that share it.
        """
        self._number = number
        self._name = name

    def frame(self, *, capture: str, seconds: float) -> bytes:
        """Return what the camera sees now, switching it on if need be.

        Args:
            capture: 32 hexadecimal digits; one that was released stays so.
            seconds: how long the capture may last still.

        Returns:
            A JPEG of 640 x 480. MUST NOT be written anywhere.

        Raises:
            CameraUnavailable: there is none, it does not open, or it was unplugged.
        """
        deadline = time.monotonic() + START_MAX_SECONDS + ANSWER_MAX_SECONDS
        header = {"ask": "frame", "capture": capture, "seconds": seconds}
        try:
            answer, parts = self._asked(header, deadline)
        except _GONE:
            raise CameraUnavailable("lost") from None
        if "why" in answer:
            why = answer["why"]
            raise CameraUnavailable(why if why in {"missing", "busy"} else "lost")
        if len(parts) != 1 or not parts[0].startswith(_JPEG):
            raise CameraUnavailable("lost")
        return parts[0]

    def release(self, *, capture: str) -> None:
        """Switch the camera off if it is on for this capture, now and for good.

        Never fails: a camera that cannot be told goes off by itself when nobody asks it
        for a frame (`IDLE_MAX_SECONDS`).
        """
        deadline = time.monotonic() + RELEASE_MAX_SECONDS
        with suppress(*_GONE):
            self._ask({"ask": "end", "capture": capture}, deadline)

    def _asked(self, header: Header, deadline: float) -> tuple[Header, list[bytes]]:
        """Ask the camera's process; where there is none, start it first."""
        with suppress(ConnectionRefusedError):
            return self._ask(header, deadline)
        self._start()
        while True:
            try:
                return self._ask(header, deadline)
            except ConnectionRefusedError:
                # The quicker one has taken the name and does not listen yet.
                if time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_SECONDS)

    def _ask(self, header: Header, deadline: float) -> tuple[Header, list[bytes]]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(max(deadline - time.monotonic(), _RETRY_SECONDS))
            link.connect(f"\0{self._name}")
            _own(link)
            line = Line(
                reads=link.fileno(),
                writes=link.fileno(),
                parts_max_bytes=FRAME_MAX_BYTES,
            )
            line.write(header, deadline=deadline)
            return line.read(deadline=deadline)

    def _start(self) -> None:
        """Start the process and wait until it, or a quicker one, has the name.

        Raises:
            TimeoutError, EOFError, OSError, ValueError: it did not start.
        """
        told: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        threading.Thread(
            target=self._mind, args=(told,), name="camera", daemon=True
        ).start()
        failed = told.get()
        if failed is not None:
            raise failed

    def _mind(self, told: queue.SimpleQueue[Exception | None]) -> None:
        try:
            process = child_start(
                "faces.camera",
                str(self._number),
                self._name,
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            told.put(error)
            return
        with process:
            try:
                _greeted(process)
            except _GONE as error:
                process.kill()
                told.put(error)
            else:
                told.put(None)


def _greeted(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is None:  # pragma: no cover  (it is asked for)
        message = "no pipe"
        raise OSError(message)
    end = process.stdout.fileno()
    line = Line(reads=end, writes=end, parts_max_bytes=0)
    greeting, _parts = line.read(deadline=time.monotonic() + START_MAX_SECONDS)
    if greeting not in _GREETINGS:
        message = "not the greeting of a camera"
        raise ValueError(message)


def _own(link: socket.socket) -> None:
    """Check that it is a process of this user that has the name.

    Raises:
        PermissionError: it is another's.
    """
    if peer_user(link) != os.geteuid():
        raise PermissionError
