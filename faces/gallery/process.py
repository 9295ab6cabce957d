"""The process that holds the galleries: one to a machine, asked over a socket.

It answers one question after the other, on a socket in a folder of its own that nobody
else may enter, to processes of the same user. The row of somebody whose consent ended
is overwritten within `LOOK_SECONDS` of that commit, unless a site is being loaded just
then, and before the next answer in any case.
"""

from __future__ import annotations

import fcntl
import logging
import os
import resource
import socket
import socketserver
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from django.db import Error, close_old_connections, connections

from audit.errors import DomainError
from consent.generations import Gallery
from faces.gallery.asking import PARTS_MAX_BYTES, short_name
from faces.gallery.keeping import Keeper, sites_searched
from faces.matching import EMBEDDING_LENGTH
from faces.processes.confining import memory_hide
from faces.processes.line import Line
from faces.processes.peers import peer_user
from faces.processes.wire import Header

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often it looks whether somebody came, went, or searching is over."""

QUESTION_SECONDS = 1.0


class AnotherRuns(Exception):
    """Another process holds the galleries of this machine already."""


class Process(socketserver.UnixStreamServer):
    """Listens until told to stop (`shutdown`)."""

    request_queue_size = 64

    def __init__(self, path: Path) -> None:
        """Take the place of the one process, and listen.

        Raises:
            AnotherRuns: it is taken.
            OSError: the folder cannot be made, or the system does not keep secrets.
        """
        _confine()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        self._place = os.open(
            path.parent / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(self._place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._place)
            raise AnotherRuns from None
        path.unlink(missing_ok=True)
        self._keepers: dict[str, Keeper] = {}
        self._looked = -LOOK_SECONDS
        with short_name(path) as name:
            before = os.umask(0o177)
            try:
                super().__init__(name, _Question)
            finally:
                os.umask(before)

    def service_actions(self) -> None:
        """Look, a while after the last look."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        close_old_connections()
        try:
            self.look()
        except Error as error:
            # The class alone: a database's text may quote a row.
            logger.warning("gallery not looked after: %s", type(error).__name__)
            # What comes back may be a copy of before: nobody is held across that.
            self._drop()
            with suppress(Error):
                connections.close_all()
        self._looked = time.monotonic()

    def look(self) -> None:
        """Hold whoever may be searched now, and overwrite everybody else."""
        open_now = {site.code: site for site in sites_searched()}
        for code in self._keepers.keys() - open_now:
            self._keepers.pop(code).drop()
        for code, site in open_now.items():
            keeper = self._keepers.setdefault(code, Keeper(site))
            try:
                keeper.refresh()
            except (DomainError, OSError) as error:
                # The key store does not answer: this site is not searched meanwhile.
                logger.warning("gallery not loaded: %s", type(error).__name__)
                self._keepers.pop(code).drop()

    def server_close(self) -> None:
        """Overwrite everything and give the place free."""
        super().server_close()
        self._drop()
        os.close(self._place)

    def handle_error(self, request: object, client_address: object) -> None:
        """Note the class of what went wrong; the asker hears nothing and is late."""
        del request, client_address
        logger.warning("gallery question failed: %s", type(sys.exception()).__name__)

    def answer(self, question: Header, parts: Sequence[bytes]) -> Header:
        """Return the answer to one question."""
        if question["ask"] == "held":
            held = {
                code: {"people": len(one.matrix), "locked": one.matrix.locked}
                for code, one in self._keepers.items()
            }
            return {"held": held}
        keeper = self._keepers.get(question["site"])
        if keeper is None:
            self.look()
            keeper = self._keepers.get(question["site"])
        if keeper is None:
            return {"error": "not searched here"}
        keeper.refresh()
        if question["ask"] == "standing":
            return _told(keeper.standing())
        (probe,) = parts
        asked = np.frombuffer(probe, dtype="<f8", count=EMBEDDING_LENGTH)
        if not np.isfinite(asked).all():
            return {"error": "no encoding"}
        gallery, consent, score = keeper.search(asked)
        named = None if consent is None else str(consent)
        return {**_told(gallery), "consent": named, "score": score}

    def _drop(self) -> None:
        while self._keepers:
            self._keepers.popitem()[1].drop()


class _Question(socketserver.BaseRequestHandler):
    """One connection, one question."""

    server: Process
    request: socket.socket

    def handle(self) -> None:
        """Read, answer, and forget."""
        if peer_user(self.request) != os.geteuid():
            return
        end = self.request.fileno()
        line = Line(reads=end, writes=end, parts_max_bytes=PARTS_MAX_BYTES)
        try:
            question, parts = line.read(deadline=time.monotonic() + QUESTION_SECONDS)
        except (OSError, EOFError, ValueError):
            return
        close_old_connections()
        answer = self.server.answer(question, parts)
        line.write(answer, deadline=time.monotonic() + QUESTION_SECONDS)


def _told(gallery: Gallery) -> Header:
    return {"generation": gallery.generation, **gallery.told()}


def _confine() -> None:
    """Let nothing of this process's memory reach a file.

    Raises:
        OSError: the system does not do that.
    """
    memory_hide()
    _soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
