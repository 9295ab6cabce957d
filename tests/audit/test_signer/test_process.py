"""The signer as it runs: a process, and as root a user, of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit import signing
from audit.models import Checkpoint, Head, Refusal, Signer
from consent.models import Site
from salescenter.powers import powers_drop
from tests import make
from tests.audit.judging import judge
from tests.audit.restoring import rewind
from tests.conftest import BASE_DIR, Database, LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("db", "secrets_dir")]
AS_ROOT = os.geteuid() == 0


def manage(
    environment: dict[str, str], *arguments: object
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@contextmanager
def signing_process(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "audit_sign"],
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(20) in {0, 143, -signal.SIGTERM, -signal.SIGKILL}


def wait_for(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@pytest.fixture
def environment(process_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    # Where the signer's own user can pass, as under /var/lib.
    folder = Path(process_env["SALESCENTER_DATA"]) / f"signer-{tmp_path.name}"
    return {**process_env, "SIGNER_DIR": str(folder)}


def test_it_signs_and_answers_and_ends_when_told(
    environment: dict[str, str],
) -> None:
    make.house()
    with signing_process(environment) as process:
        wait_for(lambda: Checkpoint.objects.exists())
        assert signing.checkpoint_request().size == Head.objects.get().size
        # It says how it stands after it has answered.
        wait_for(lambda: Signer.objects.exists())
        assert Signer.objects.get().separated is AS_ROOT
        assert process.poll() is None
    assert process.poll() is not None


def test_a_killed_signer_goes_on_where_it_was(environment: dict[str, str]) -> None:
    make.house()
    with signing_process(environment) as process:
        wait_for(lambda: Checkpoint.objects.exists())
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    make.kiosk_paired(site=Site.objects.get(), code="k-2")
    assert "1 checkpoints signed" in manage(environment, "audit_sign", "--once").stdout
    assert not Refusal.objects.exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root has other users to become")
def test_what_serves_cannot_read_the_key(environment: dict[str, str]) -> None:
    make.house()
    assert manage(environment, "audit_sign", "--once").returncode == 0
    (key,) = Path(environment["SIGNER_DIR"]).glob("*.key")
    assert key.stat().st_uid not in {0, os.geteuid()}
    assert key.stat().st_mode & 0o077 == 0
    reading = f"open({str(key)!r}).read()"
    serving = (
        "from salescenter.powers import powers_drop; powers_drop();"
        " import subprocess, sys;"
        f" sys.exit(subprocess.call([sys.executable, '-c', {reading!r}]))"
    )
    for code in (reading, serving):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        # Root can; root that gave its powers up cannot, nor can what it starts.
        assert (done.returncode == 0) is (code is reading), done.stderr
    assert "PermissionError" in done.stderr


@pytest.mark.skipif(not AS_ROOT, reason="a plain user has no powers to give up")
def test_the_web_serves_without_roots_powers(live_server: LiveServer) -> None:
    children = Path(
        f"/proc/{live_server.process.pid}/task/{live_server.process.pid}/children"
    )
    workers = children.read_text().split()
    assert workers
    for worker in workers:
        status = Path(f"/proc/{worker}/status").read_text()
        told = dict(
            line.split(":\t", 1) for line in status.splitlines() if ":\t" in line
        )
        for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(told[name], 16) == 0, name
        assert told["NoNewPrivs"] == "1"


@pytest.mark.skipif(AS_ROOT, reason="root is separated")
def test_a_plain_user_is_told_that_the_signer_is_not_separated(
    environment: dict[str, str],
) -> None:
    powers_drop()
    make.house()
    manage(environment, "audit_sign", "--once")
    assert not signing.signer_state().separated


def test_the_command_writes_a_pack_and_prints_what_pins_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    make.house()
    pack = tmp_path / "pack.zip"
    done = manage(environment, "audit_export", "--out", pack)
    assert done.returncode == 0, done.stderr
    pin = done.stdout.split("--pin '")[1].split("'")[0]
    assert judge(pack, "--pin", pin)["exit"] == 0
    assert judge(pack)["exit"] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "yesterday"], "is no moment"),
        (["--to", "1999-01-01"], "no event lies in this range"),
        (["--site", "nowhere"], "knows no such site"),
        (["--log", "0" * 16], "there is no such log"),
        (["--identified"], "approved by another person"),
        (["--out", "/nowhere/x.zip"], "cannot be written"),
    ],
)
def test_bad_words_to_the_command_get_one_line(
    environment: dict[str, str], tmp_path: Path, arguments: list[str], told: str
) -> None:
    make.house()
    done = manage(environment, "audit_export", "--out", tmp_path / "p.zip", *arguments)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "p.zip").exists()


def test_a_database_restored_from_an_hour_ago_is_refused(
    environment: dict[str, str], db: Database, tmp_path: Path
) -> None:
    make.house()
    assert manage(environment, "audit_sign", "--once").returncode == 0
    kept = Head.objects.get().size
    for number in range(3):
        make.kiosk_paired(site=Site.objects.get(), code=f"k-{number + 2}")
    assert manage(environment, "audit_sign", "--once").returncode == 0
    rewind(db, kept)
    done = manage(environment, "audit_sign", "--once")
    assert "0 checkpoints signed" in done.stdout
    assert Refusal.objects.get().reason == "shrank"
    exported = manage(environment, "audit_export", "--out", tmp_path / "p.zip")
    assert exported.returncode == 1
    assert "refuses to sign" in exported.stderr
    looked = manage(environment, "audit_sign", "--looked")
    assert looked.returncode == 1
    assert "still does not extend" in looked.stderr


def test_a_rotation_is_one_command(environment: dict[str, str]) -> None:
    make.house()
    assert manage(environment, "audit_sign", "--once").returncode == 0
    done = manage(environment, "audit_sign", "--rotate")
    assert done.returncode == 0, done.stderr
    log = Head.objects.get().log
    assert len(signing.vkeys(log=log)) == 2
    assert signing.vkeys(log=log)[1] in done.stdout
    again = manage(environment, "audit_sign", "--rotate")
    assert again.returncode == 1
    assert "no rotation now" in again.stderr


def test_a_broken_memory_is_told_in_one_line(environment: dict[str, str]) -> None:
    make.house()
    manage(environment, "audit_sign", "--once")
    memory = Path(environment["SIGNER_DIR"]) / "memory.json"
    told = json.loads(memory.read_text())
    memory.write_text(json.dumps({**told, "schema": "other"}))
    done = manage(environment, "audit_sign", "--once")
    assert done.returncode == 1
    assert "not as they were" in done.stderr
    assert "Traceback" not in done.stderr
