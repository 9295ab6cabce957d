"""The sweeps through Celery and a real Redis: the same functions, the same result."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.selectors import event_list
from consent import gate
from consent.models import Use
from consent.purposes import Purpose
from faces.matching import MODEL
from salescenter import celery, sweeping
from tests import make
from tests.faces.make import AT_KIOSK

pytestmark = pytest.mark.slow

WAIT_SECONDS = 90


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of this test's own, on loopback, which keeps nothing."""
    server = shutil.which("redis-server")
    assert server, "install redis-server: ./test does where it may"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    process = subprocess.Popen(
        [server, *options, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL
    )
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(20)


def test_every_sweep_is_on_the_schedule() -> None:
    schedule = celery.app.conf.beat_schedule
    assert {entry["task"] for entry in schedule.values()} == {
        "salescenter.tasks.make_exports",
        "salescenter.tasks.sweep_often",
        "salescenter.tasks.sweep_seldom",
    }
    assert schedule["often"]["schedule"] == sweeping.OFTEN_SECONDS


def test_a_worker_behind_redis_closes_what_was_left_open(
    redis_url: str, process_env: dict[str, str], tmp_path: Path
) -> None:
    house = make.house()
    use = gate.begin(
        subject=make.person(kiosk=house.kiosk),
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=AT_KIOSK,
        kiosk=house.kiosk,
    )
    with gate.resume(use=use.id, act=AT_KIOSK, kiosk=house.kiosk) as permit:
        gate.seize(permit=permit)
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "-A", "salescenter.celery"),
            *("worker", "-B", "--concurrency=1", "--loglevel=ERROR"),
            *("--schedule", str(tmp_path / "beat")),
        ],
        env={**process_env, "REDIS_URL": redis_url},
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline and Use.objects.get().closed_at is None:
            time.sleep(0.5)
    finally:
        worker.terminate()
        worker.wait(30)
    assert Use.objects.get().closed_at is not None
    assert event_list(rows=1)[0]["type"] == "use.abandoned"
