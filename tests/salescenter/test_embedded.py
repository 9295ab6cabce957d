from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from salescenter import embedded, instance
from salescenter.embedded import place, process
from tests.conftest import passable_folder

BASE_DIR = Path(__file__).resolve().parents[2]
# Root serves without its powers, and passes by its group.
GUARDED = 0o710 if os.geteuid() == 0 else 0o700
HOLDER = """
import sys
from salescenter import embedded
server = embedded.ensure()
print("held", flush=True)
sys.stdin.readline()
server.release()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server that was made and stopped."""
    kept = tmp_path_factory.mktemp("made")
    folder = passable_folder()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SALESCENTER_DATA", str(folder))
        with embedded.ensure():
            pass
    _copy(folder, kept)
    shutil.rmtree(folder)
    return kept


@pytest.fixture
def data(data_folder: Path, made: Path) -> Path:
    """Such data again: copying costs a fifth of making."""
    _copy(made, data_folder)
    return data_folder


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", f"{source}/.", target], check=True)
    target.chmod(0o711)


def _postmaster(data: Path) -> int:
    pid = process.postmaster(data)
    assert pid is not None
    return pid


def _holder() -> subprocess.Popen[str]:
    """Start another process that holds a share until it is told to let go."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def _let_go(holder: subprocess.Popen[str]) -> None:
    holder.communicate("\n", timeout=30)
    assert holder.returncode == 0


def test_the_last_one_out_stops_the_server(data: Path) -> None:
    first = embedded.ensure()
    pid = _postmaster(data)
    second = embedded.ensure()
    assert _postmaster(data) == pid
    first.release()
    assert second.alive()
    second.release()
    assert process.postmaster(data) is None


def test_a_share_of_another_process_counts(data: Path) -> None:
    holder = _holder()
    with embedded.ensure():
        pid = _postmaster(data)
        _let_go(holder)
        assert _postmaster(data) == pid
    assert process.postmaster(data) is None


def test_a_command_leaves_a_running_server_as_it_found_it(data: Path) -> None:
    with embedded.ensure() as server:
        _let_go(_holder())
        assert server.alive()


def test_an_orphaned_server_is_adopted(data: Path) -> None:
    holder = _holder()
    pid = _postmaster(data)
    holder.kill()
    holder.communicate()
    assert _postmaster(data) == pid
    with embedded.ensure():
        assert _postmaster(data) == pid
    assert process.postmaster(data) is None


def test_a_killed_server_is_revived_with_its_data(data: Path) -> None:
    with embedded.ensure() as server:
        with psycopg.connect(**server.dsn("owner")) as link:
            link.execute("CREATE TABLE kept (value integer)")
        os.kill(_postmaster(data), signal.SIGKILL)
        deadline = time.monotonic() + 10
        while server.alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not server.alive()
        server.revive()
        with psycopg.connect(**server.dsn("owner")) as link:
            assert link.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_server_killed_with_its_only_user_is_started_anew(data: Path) -> None:
    holder = _holder()
    os.kill(_postmaster(data), signal.SIGKILL)
    # The dead server is a zombie now: its parent lives and does not look.
    with embedded.ensure() as server:
        assert server.alive()
    _let_go(holder)


def test_a_half_made_cluster_is_made_anew(data_folder: Path) -> None:
    half = data_folder / "postgres.new"
    half.mkdir()
    (half / "rest").write_text("of an interrupted start")
    with embedded.ensure() as server:
        assert server.alive()
    assert not half.exists()


def test_the_server_is_private_and_durable(data: Path) -> None:
    with embedded.ensure() as server:
        with psycopg.connect(**server.dsn("superuser")) as link:
            found = {
                name: link.execute("SELECT current_setting(%s)", [name]).fetchone()
                for name in ("listen_addresses", "fsync", "wal_level")
            }
            checksums = link.execute("SHOW data_checksums").fetchone()
            rules = link.execute(
                "SELECT DISTINCT auth_method FROM pg_hba_file_rules"
            ).fetchall()
        assert found == {
            "listen_addresses": ("",),
            "fsync": ("on",),
            "wal_level": ("logical",),
        }
        assert checksums == ("on",)
        assert rules == [("scram-sha-256",)]
        assert not _sockets_of(_postmaster(data)) & _listening()
        assert (data / "run").stat().st_mode & 0o777 == GUARDED
        assert (data / "postgres").stat().st_mode & 0o777 == 0o700
        assert (data / "secrets").stat().st_mode & 0o777 == 0o700
        for secret in (data / "secrets").iterdir():
            assert secret.stat().st_mode & 0o777 == 0o600


def _listening() -> set[str]:
    """Return the sockets that listen on TCP, by inode."""
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[9] for row in rows if row[3] == "0A"}


def _sockets_of(pid: int) -> set[str]:
    names = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    return {name[8:-1] for name in names if name.startswith("socket:[")}


def test_a_wrong_password_is_refused(data: Path) -> None:
    with embedded.ensure() as server:
        for role in embedded.ROLES:
            dsn = {**server.dsn(role), "password": "guessed"}
            with pytest.raises(psycopg.OperationalError, match="authentication"):
                psycopg.connect(**dsn)


def test_the_app_role_owns_nothing_and_is_nobody(data: Path) -> None:
    with embedded.ensure() as server, psycopg.connect(**server.dsn("app")) as link:
        rights = link.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert rights == (False, False, False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute("CREATE TABLE mine (value integer)")


def test_the_log_is_told_no_value(data: Path) -> None:
    with (
        embedded.ensure() as server,
        psycopg.connect(**server.dsn("owner"), autocommit=True) as link,
    ):
        link.execute("CREATE TABLE once (value text PRIMARY KEY)")
        link.execute("INSERT INTO once VALUES (%s)", ["13800138000"])
        for statement in (
            "INSERT INTO once VALUES ('13800138000')",
            "SELECT '13800138000'::integer / 0",
            "SELECT 13800138000 FROM",
            "DO $$BEGIN RAISE WARNING '13800138000'; END$$",
        ):
            with contextlib.suppress(psycopg.Error):
                link.execute(statement)
    assert "13800138000" not in (data / "postgres.log").read_text()


@pytest.mark.parametrize("damage", ["missing", "version", "control", "secret"])
def test_a_broken_data_folder_is_one_line(data: Path, damage: str) -> None:
    if damage == "missing":
        (data / "postgres" / "PG_VERSION").unlink()
    elif damage == "version":
        (data / "postgres" / "PG_VERSION").write_text("15\n")
    elif damage == "control":
        (data / "postgres" / "global" / "pg_control").write_bytes(b"\0" * 8192)
    else:
        (data / "secrets" / "database_superuser").unlink()
    done = subprocess.run(
        [sys.executable, "manage.py", "showmigrations"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("manage.py: ")
    assert done.stderr.count("\n") == 1
    assert process.postmaster(data) is None


def test_a_deep_folder_gets_a_short_socket(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = data_folder / ("d" * 60) / ("e" * 60)
    deep.parent.mkdir(mode=0o711)
    monkeypatch.setenv("SALESCENTER_DATA", str(deep))
    with embedded.ensure() as server:
        folder = Path(server.dsn("app")["host"])
        assert folder.stat().st_mode & 0o777 == GUARDED
        socket_path = os.fsencode(folder / ".s.PGSQL.5432")
        assert len(socket_path) <= place.SOCKET_PATH_MAX_BYTES
        psycopg.connect(**server.dsn("app")).close()
    folder.rmdir()
    # What somebody else put in the way is not used.
    folder.symlink_to(data_folder)
    try:
        with pytest.raises(embedded.EmbeddedError, match="in the way"):
            embedded.ensure()
    finally:
        folder.unlink()


def test_a_secret_is_made_once(data_folder: Path) -> None:
    first = instance.secret("any")
    assert len(first) >= 50
    assert instance.secret("any") == first
    assert [path.name for path in (data_folder / "secrets").iterdir()] == ["any"]
