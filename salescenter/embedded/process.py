"""Starting the server, knowing whether it runs, and stopping it."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from salescenter.accounts import Account
from salescenter.embedded.place import (
    PORT,
    EmbeddedError,
    account_of_server,
    environment,
    programs,
    socket_dir,
)

START_MAX_SECONDS = 120  # recovery after a crash takes its time
STOP_MAX_SECONDS = 30
LOG_MAX_BYTES = 5 * 1024 * 1024

# Nothing that a statement carries may reach the server's log: no statements, no
# parameters, no errors of single statements, no DETAIL line with a row in it.
SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "wal_level": "logical",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "logging_collector": "off",
}


def postmaster(data: Path) -> int | None:
    """Return the server's process id when it runs on this folder."""
    pid = _noted_pid(data)
    if pid is None:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        # Gone in this moment, or a system without /proc.
        return None if Path("/proc/self").exists() else pid
    except PermissionError:
        return pid
    if status.rpartition(")")[2].split()[0] == "Z":
        return None
    # After a reboot the number may be anybody's.
    return pid if os.fsencode(data / "postgres") in command else None


def _noted_pid(data: Path) -> int | None:
    try:
        text = (data / "postgres" / "postmaster.pid").read_text()
        return int(text.split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _forget_dead(data: Path) -> None:
    """Remove the note of a server that is dead but whose number lives on.

    PostgreSQL removes every other stale note itself. A number that is a zombie's or,
    after a reboot, a stranger's makes it refuse. The note also guards the memory that
    backends of a killed server still use, so it stays until they are gone.
    """
    pid = _noted_pid(data)
    if pid is None or not Path(f"/proc/{pid}").exists():
        return
    note = data / "postgres" / "postmaster.pid"
    try:
        segment = note.read_text().split("\n")[6].split()[1]
        table = Path("/proc/sysvipc/shm").read_text().splitlines()
    except (OSError, IndexError):
        return
    column = table[0].split().index("nattch")
    attached = [row.split()[column] for row in table[1:] if row.split()[1] == segment]
    if attached in ([], ["0"]):
        note.unlink(missing_ok=True)


def start(data: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    """Start the server and wait until it answers; None when it ran already."""
    account = account_of_server()
    cluster = data / "postgres"
    process = None
    deadline = time.monotonic() + START_MAX_SECONDS
    stale = (cluster / "postmaster.pid").exists()
    while postmaster(data) is None or not _ready(cluster):
        if process is None and postmaster(data) is None:
            _forget_dead(data)
            process = _launch(data, account, settings)
        if process is not None and process.poll() is not None:
            # Backends of a killed server hold its memory for a moment.
            if not stale or time.monotonic() > deadline - START_MAX_SECONDS + 10:
                raise EmbeddedError(
                    "the database does not start; its log says why:"
                    f" {data / 'postgres.log'}"
                )
            process = None
            time.sleep(0.25)
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"the database is not ready after {START_MAX_SECONDS} s; see"
                f" {data / 'postgres.log'}"
            )
        time.sleep(0.02)
    return process


def _ready(cluster: Path) -> bool:
    try:
        lines = (cluster / "postmaster.pid").read_text().split("\n")
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def _launch(
    data: Path, account: Account, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    installation, libraries = programs(account)
    folder = socket_dir(data)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        # The short one lies where anybody may put something in the way.
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            raise EmbeddedError(f"{folder} is in the way; remove it") from None
        # The folder serves this data alone, and its own note (`postmaster.pid`) guards
        # it; the socket's note would only mistake a zombie or a stranger for a server.
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (folder / name).unlink(missing_ok=True)
    _close(folder, account)
    if account.foreign:
        settings = {**settings, "unix_socket_permissions": "0777"}
    command: list[str | Path] = [installation / "bin" / "postgres"]
    command += ["-D", data / "postgres", "-k", folder]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log = os.open(data / "postgres.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if os.fstat(log).st_size > LOG_MAX_BYTES:
            os.ftruncate(log, 0)
        return subprocess.Popen(
            command,
            env=environment(libraries),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C at the terminal is for the programs, not for their database.
            start_new_session=True,
            **account.launch(),
        )
    finally:
        os.close(log)


def _close(folder: Path, account: Account) -> None:
    """Let nobody into the socket's folder but the server and this user.

    Root serves without its powers, so the folder is of its group: the group passes
    through, and what is in it is guarded by the folder.
    """
    if account.foreign:
        os.chown(folder, account.uid, os.getegid())
        folder.chmod(0o710)
    else:
        folder.chmod(0o700)


def stop(data: Path, process: subprocess.Popen[bytes] | None) -> None:
    """End the server: open transactions are rolled back, the data are left clean."""
    pid = postmaster(data)
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
    deadline = time.monotonic() + STOP_MAX_SECONDS
    while time.monotonic() < deadline:
        if process is not None:
            process.poll()
        if postmaster(data) is None:
            return
        time.sleep(0.02)
    raise EmbeddedError(f"the database did not stop within {STOP_MAX_SECONDS} s")
