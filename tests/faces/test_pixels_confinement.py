"""What a pixel worker cannot do, and how it ends without being told to."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from faces.matching import MODEL
from faces.pixels import PixelPool, limits
from faces.pixels.worker import Worker
from faces.processes import wire
from tests.faces.photographs import encoded, hopper
from tests.faces.processes import ROOT, output

pytestmark = pytest.mark.vision

HOPPER = encoded(hopper())

TAKEN_OVER = """
import os, socket, sys, time
from faces.errors import FrameFault, FrameInvalid
from faces.pixels import __main__ as worker
def refuses(door, *arguments):
    try:
        door(*arguments)
    except OSError:
        return True
    return False
def taken_over(frame):
    if frame == b"open":
        refused = refuses(socket.socket) and refuses(open, os.devnull)
        raise FrameInvalid(FrameFault.NOT_AN_IMAGE if refused else FrameFault.EMPTY)
    os.write(1, b"a library prints")
    time.sleep(60)
worker.WORKER_REQUEST_MAX_SECONDS = 1
worker.frame_decode = taken_over
sys.argv[1:] = sys.argv[1:] or [str(os.getppid())]
sys.exit(worker.main())
"""


def served(requests: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TAKEN_OVER, *arguments],
        cwd=ROOT,
        input=requests,
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )


GREETING = wire.message_pack({"ready": MODEL})


@pytest.mark.slow
def test_a_worker_leaves_when_its_requests_end() -> None:
    done = served(b"")
    assert (done.returncode, done.stdout) == (0, GREETING)


@pytest.mark.slow
def test_a_worker_that_is_stuck_ends_itself() -> None:
    done = served(wire.message_pack({"ask": "hint", "number": 1}, [HOPPER]))
    # What a library printed meanwhile is not among the answers.
    assert (done.returncode, done.stdout) == (-signal.SIGALRM, GREETING)


@pytest.mark.slow
def test_a_worker_whose_parent_has_already_gone_does_not_start() -> None:
    done = served(b"", "0")
    assert (done.returncode, done.stdout) == (0, b"")


def test_importing_the_client_loads_no_model_and_no_image_library() -> None:
    loaded = output(
        "import sys, faces.pixels, faces.matching, faces.errors\n"
        "heavy = {'PIL', 'cv2', 'dlib', 'django', 'face_recognition'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert loaded.strip() == "[]"


def test_a_worker_knows_none_of_its_parent_s_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SALESCENTER_SECRET", "hush")
    given: list[dict[str, str]] = []

    def recorded(*_arguments: object, env: dict[str, str], **_options: object) -> None:
        given.append(env)
        raise OSError

    monkeypatch.setattr(subprocess, "Popen", recorded)
    with pytest.raises(OSError):
        Worker()
    assert "hush" not in given[0].values()


def test_a_worker_s_limits_are_in_force(workers: PixelPool) -> None:
    workers.warm()
    (pid,) = workers.worker_pids()
    found = {
        line[:25].strip(): line[25:].split()[:2]
        for line in Path(f"/proc/{pid}/limits").read_text().splitlines()
    }
    assert found["Max file size"] == ["0", "0"]
    assert found["Max open files"] == ["0", "0"]
    assert found["Max core file size"] == ["0", "0"]
    assert found["Max address space"] == [str(limits.WORKER_MAX_BYTES)] * 2
    status = Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    # Nothing runs beside it: from 1.29 on ONNX Runtime would, to report its use.
    assert "Threads:\t1" in status


def test_a_worker_can_open_neither_a_file_nor_a_connection() -> None:
    done = served(wire.message_pack({"ask": "hint", "number": 1}, [b"open"]))
    answer = wire.message_pack({"number": 1, "fault": "not_an_image"})
    assert (done.returncode, done.stdout) == (0, GREETING + answer)


def test_a_confined_process_cannot_write_allocate_or_be_dumped(tmp_path: Path) -> None:
    told = output(
        "import ctypes, os, sys\n"
        "from faces.processes.confining import confine\n"
        "confine(parent_pid=os.getppid(), memory_max_bytes=1536 * 1024**2)\n"
        "try:\n"
        "    os.write(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), b'pixels')\n"
        "except OSError as error: print('write', error.strerror)\n"
        "try: bytearray(2 * 1024**3)\n"
        "except MemoryError: print('memory')\n"
        "print('dumpable', ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n",
        str(tmp_path / "frame"),
    )
    assert told.split("\n")[:-1] == ["write File too large", "memory", "dumpable 0"]


def test_no_file_is_made_by_any_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = {path for path in ROOT.glob("*") if not path.name.startswith(".")}
    workers = PixelPool()
    workers.hint(HOPPER)
    workers.encode([HOPPER, encoded(hopper(), "PNG"), encoded(hopper(), "WEBP")])
    workers.close()
    assert list(tmp_path.iterdir()) == []
    after = {path for path in ROOT.glob("*") if not path.name.startswith(".")}
    assert after == before
