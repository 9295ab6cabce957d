"""Real PostgreSQL under both roles: one cluster a session, one database a test.

A test that asks for `db` gets a clone of the migrated database, made in some tens of
milliseconds, and commits for real: deferred keys, triggers and privileges behave as
they do in service. A test that does not ask for it cannot reach any database.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import hypothesis
import psycopg
import pytest

ROOM_BYTES = 2 * 1024**3


def passable_folder() -> Path:
    """Make a folder that the server's user can pass, in memory where there is room.

    Cloning a database is some hundred small files: 17 ms in memory, and from run to
    run 15 to 600 ms on a disk.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES
    made = tempfile.mkdtemp(prefix="salescenter-test-", dir=memory if roomy else None)
    folder = Path(made).resolve()
    folder.chmod(0o711)
    return folder


# Before the settings are read: nothing of a test touches the data of the checkout.
_DATA = passable_folder()
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
_NAMES = (
    *("SALESCENTER_", "DATABASE_", "SECRET", "SITE_", "PUBLIC_", "REDIS_", "DEMO_"),
    "LOCAL_CAMERA",
)
for _name in [name for name in os.environ if name.startswith(_NAMES)]:
    del os.environ[_name]
os.environ["SALESCENTER_DATA"] = str(_DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "salescenter.settings"

import django  # noqa: E402

django.setup()

# How long an example takes says how busy the machine is, and nothing of the program.
hypothesis.settings.register_profile(
    "any_machine",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any_machine")

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import override_settings  # noqa: E402
from django.test.utils import (  # noqa: E402
    setup_test_environment,
    teardown_test_environment,
)
from psycopg import sql  # noqa: E402

from salescenter import embedded  # noqa: E402
from salescenter.embedded.process import postmaster  # noqa: E402

BASE_DIR = Path(__file__).resolve().parent.parent
# The cluster is thrown away, so its durability is not what is tested with it.
THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@pytest.fixture(scope="session")
def cluster() -> Iterator[embedded.Server]:
    """A running throw-away PostgreSQL with a migrated database nobody may enter."""
    with embedded.ensure(settings=THROW_AWAY) as server:
        call_command("migrate", verbosity=0)
        connections.close_all()
        with _superuser(server) as link:
            link.execute(
                sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(
                    sql.Identifier(embedded.DATABASE)
                )
            )
        yield server


@pytest.fixture
def data_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of this test's own, for servers it makes itself."""
    folder = passable_folder()
    monkeypatch.setenv("SALESCENTER_DATA", str(folder))
    yield folder
    pid = postmaster(folder)
    if pid is not None:
        os.kill(pid, signal.SIGQUIT)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def static_files() -> Path:
    """The collected static files, which every rendered page names."""
    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(settings.STATIC_ROOT)


@pytest.fixture(scope="session")
def told_pages() -> Iterator[None]:
    """Let the pages that a test's client gets tell the context they were made of."""
    setup_test_environment()
    yield
    teardown_test_environment()


@dataclass(frozen=True, slots=True)
class Database:
    """A clone of the migrated database, for one test."""

    name: str
    server: embedded.Server

    def connect(
        self, role: embedded.Role = "app", *, autocommit: bool = True
    ) -> psycopg.Connection[tuple[object, ...]]:
        """Return a bare connection, for raw SQL under a role."""
        return psycopg.connect(
            **self.server.dsn(role, database=self.name), autocommit=autocommit
        )

    def url(self, role: embedded.Role) -> str:
        """Return the address of this database, for another process."""
        dsn = self.server.dsn(role, database=self.name)
        return (
            f"postgresql://{dsn['user']}:{quote(dsn['password'], safe='')}@/"
            f"{self.name}?host={quote(dsn['host'], safe='')}&port={dsn['port']}"
        )


@pytest.fixture
def db(cluster: embedded.Server, static_files: Path) -> Iterator[Database]:
    """A database of this test's own, behind Django's 'default' and 'owner'."""
    name = f"test_{secrets.token_hex(6)}"
    with _superuser(cluster) as link:
        link.execute(
            sql.SQL(
                "CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY"
            ).format(
                sql.Identifier(name),
                sql.Identifier(embedded.DATABASE),
                sql.Identifier(embedded.ROLES["owner"]),
            )
        )
        # A clone does not take over the rights on the database itself.
        link.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(
                sql.Identifier(name)
            )
        )
        link.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
                sql.Identifier(name),
                sql.Identifier(embedded.ROLES["app"]),
                sql.Identifier(embedded.ROLES["signer"]),
            )
        )
        _point_django_at(name)
        try:
            yield Database(name=name, server=cluster)
        finally:
            _point_django_at(embedded.DATABASE)
            # FORCE, because threads of the test keep connections of their own.
            link.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Iterator[Path]:
    """A secrets folder with an empty key store, for one test."""
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)
    with override_settings(
        SECRETS_DIR=folder,
        KEYSTORE_DIR=folder / "keystore",
        EPOCHS_DIR=folder / "epochs",
        SIGNER_DIR=folder / "signer",
        EXPORTS_DIR=folder / "exports",
    ):
        yield folder


@pytest.fixture
def process_env(db: Database, secrets_dir: Path) -> dict[str, str]:
    """The environment of another process on this test's database and key store."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(BASE_DIR),
        "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "salescenter.settings",
        "SALESCENTER_DATA": str(_DATA),
        "DATABASE_URL": db.url("app"),
        "DATABASE_OWNER_URL": db.url("owner"),
        "DATABASE_SIGNER_URL": db.url("signer"),
        "SIGNER_DIR": str(secrets_dir / "signer"),
        "EXPORTS_DIR": str(secrets_dir / "exports"),
        "SECRET_KEY": settings.SECRET_KEY,
        "SECRETS_DIR": str(secrets_dir),
        "KEYSTORE_DIR": str(secrets_dir / "keystore"),
        "EPOCHS_DIR": str(secrets_dir / "epochs"),
    }


@dataclass(frozen=True, slots=True)
class LiveServer:
    """The program as it is served, on loopback."""

    url: str
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    log: Path


@pytest.fixture
def serve(
    process_env: dict[str, str], static_files: Path, tmp_path: Path
) -> Iterator[Callable[..., LiveServer]]:
    """A function that serves this test's database and returns where.

    It takes further environment variables, like `DEMO_CAMERA="1"`. What it started
    ends with the test.
    """
    running: list[subprocess.Popen[bytes]] = []

    def start(**extra: str) -> LiveServer:
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {
            **process_env,
            "SITE_URL": url,
            "STATIC_ROOT": str(static_files),
            "WEB_PROCESSES": "1",
            "PIXEL_WORKERS": "1",
            "BIND": f"127.0.0.1:{port}",
            **extra,
        }
        log = tmp_path / f"gunicorn-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "gunicorn",
                    "--config=python:salescenter.gunicorn_conf",
                    "salescenter.wsgi:application",
                ],
                env=environment,
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        running.append(process)
        _wait_until_answering(url, process, log)
        return LiveServer(url=url, process=process, environment=environment, log=log)

    yield start
    for process in running:
        _end(process)


@pytest.fixture
def live_server(serve: Callable[..., LiveServer]) -> LiveServer:
    """The program on loopback, over this test's database."""
    return serve()


def _superuser(server: embedded.Server) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        **server.dsn("superuser", database="postgres"), autocommit=True
    )


def _point_django_at(name: str) -> None:
    connections.close_all()
    for alias in connections:
        # One dictionary, shared by the connections of every thread.
        connections.settings[alias]["NAME"] = name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_answering(
    url: str, process: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/static/-", timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    _end(process)
    pytest.fail(f"the server does not answer:\n{log.read_text()[-4000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        process.wait()
