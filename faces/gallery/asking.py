"""One question to the process that holds the gallery, and its answer."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from faces.processes.line import Line
from faces.processes.wire import Header

ANSWER_SECONDS = 2.0
"""How long a visitor's question may take. One process answers one after the other."""

PARTS_MAX_BYTES = 128 * 8


def answer_of(path: Path, question: Header, parts: Sequence[bytes]) -> Header:
    """Ask, and return the answer.

    Raises:
        OSError, EOFError: nobody is there, it went away, or was late.
        ValueError: what came is no answer; or the question was refused.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    with connected(path, ANSWER_SECONDS) as link:
        line = Line(reads=link.fileno(), writes=link.fileno(), parts_max_bytes=0)
        line.write(question, parts, deadline=deadline)
        answer, _parts = line.read(deadline=deadline)
    if "error" in answer:
        message = "the question was refused"
        raise ValueError(message)
    return answer


def connected(path: Path, seconds: float) -> socket.socket:
    """Connect to a socket in a folder, however long the folder's name.

    Raises:
        OSError: nobody listens there.
    """
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(seconds)
        with short_name(path) as name:
            link.connect(name)
    except OSError:
        link.close()
        raise
    return link


class short_name:
    """A name of a socket that fits into 107 bytes: by a descriptor of its folder."""

    def __init__(self, path: Path) -> None:
        """Remember whose name is asked for."""
        self.path = path

    def __enter__(self) -> str:
        """Open the folder.

        Raises:
            OSError: there is none.
        """
        self.folder = os.open(self.path.parent, os.O_PATH | os.O_DIRECTORY)
        return f"/proc/self/fd/{self.folder}/{self.path.name}"

    def __exit__(self, *_: object) -> None:
        """Close the folder."""
        with suppress(OSError):
            os.close(self.folder)
