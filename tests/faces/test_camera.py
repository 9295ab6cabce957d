"""The process of the machine's own camera: what it films with, and when it ends."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from faces.camera import device, limits
from faces.camera.client import SharedCamera
from faces.camera.number import camera_number
from faces.camera.serving import NoDevice
from faces.errors import CameraUnavailable
from tests.faces.filming import StandIn, process_behind, unused_name
from tests.faces.photographs import encoded, hopper
from tests.faces.processes import ROOT, ended, program, until

PICTURE = encoded(hopper())
FIRST, SECOND = "1" * 32, "2" * 32
NOT_NUMBERS = [
    *("rtsp://10.0.0.9/1", "http://camera.example/", "/dev/video0", "clip.mp4"),
    *("", " 0", "0 ", "-1", "+1", "1.5", "00", "64", "700", "0x1", "1_0", "０", "٣"),
]


@pytest.fixture
def name() -> str:
    return unused_name()


@pytest.fixture
def camera(name: str) -> SharedCamera:
    return SharedCamera(number=63, name=name)


@pytest.fixture
def stand_in(name: str, tmp_path: Path) -> Iterator[StandIn]:
    """A camera that is plugged in."""
    one = StandIn(name=name, folder=tmp_path)
    one.plug(PICTURE)
    yield one
    one.end()


def refused(camera: SharedCamera, capture: str = FIRST) -> str:
    with pytest.raises(CameraUnavailable) as caught:
        camera.frame(capture=capture, seconds=60)
    return caught.value.why


# What may be filmed with


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_nothing_but_a_number_is_a_camera(text: str) -> None:
    with pytest.raises(ValueError):
        camera_number(text)


@pytest.mark.parametrize("text", ["rtsp://10.0.0.9/1", "/dev/video0", "", "-1", "０"])
def test_the_process_takes_nothing_but_a_number(text: str, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "faces.camera", text, name, str(os.getpid())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "not the number of a camera\n"


class _Sly(int):
    """A number that names something else."""


@pytest.mark.parametrize("number", ["0", "rtsp://x", True, -1, 64, 1.0, None, _Sly(0)])
def test_a_device_is_opened_by_a_plain_number_alone(number: int) -> None:
    with pytest.raises(ValueError):
        device.Camera(number)


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (480, 640), (320, 240)])
def test_a_frame_is_the_middle_of_what_the_camera_sees(size: tuple[int, int]) -> None:
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    # Red in the middle, where blue comes first; its rim is black.
    image[height // 3 : height - height // 3, width // 3 : width - width // 3, 2] = 255
    with Image.open(io.BytesIO(device.jpeg(image))) as shown:
        assert (shown.format, shown.size) == ("JPEG", (640, 480))
        middle = shown.getpixel((320, 240))
    assert isinstance(middle, tuple)
    assert middle[0] > 240
    assert max(middle[1:]) < 20


class Library:
    """The library's camera as its documentation describes it: no machine has one."""

    def __init__(self, opens: bool) -> None:
        self.opens = opens
        self.named: tuple[object, ...] = ()
        self.images: list[NDArray[np.uint8]] = []
        self.grabbed = 0
        self.released = 0

    def __call__(self, *named: object) -> Library:
        self.named = named
        return self

    def isOpened(self) -> bool:
        return self.opens

    def set(self, _what: int, _value: float) -> bool:
        return True

    def grab(self) -> bool:
        self.grabbed += 1
        return bool(self.images)

    def read(self) -> tuple[bool, NDArray[np.uint8] | None]:
        return (True, self.images.pop()) if self.images else (False, None)

    def release(self) -> None:
        self.released += 1


def test_a_device_gives_what_it_sees_now_until_it_is_unplugged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = Library(opens=True)
    monkeypatch.setattr(cv2, "VideoCapture", library)
    camera = device.Camera(7)
    assert library.named == (7, cv2.CAP_V4L2)
    library.images = [np.zeros((480, 640, 3), np.uint8)]
    shot = camera.shot()
    assert shot is not None
    assert shot.startswith(b"\xff\xd8")
    # The frame that waited was given up for a new one.
    assert library.grabbed == 1
    assert camera.shot() is None
    camera.close()
    assert library.released == 1


@pytest.mark.parametrize(("there", "why"), [(False, "missing"), (True, "busy")])
def test_a_device_that_does_not_open_is_missing_or_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool, why: str
) -> None:
    library = Library(opens=False)
    monkeypatch.setattr(cv2, "VideoCapture", library)
    monkeypatch.setattr(device, "_DEVICES", tmp_path)
    if there:
        (tmp_path / "video7").touch()
    with pytest.raises(NoDevice) as caught:
        device.Camera(7)
    assert caught.value.why == why
    assert library.released == 1


# A machine without a camera, and the real process


def test_an_absent_camera_is_told_and_the_process_lives(
    camera: SharedCamera, name: str
) -> None:
    assert process_behind(name) is None
    assert refused(camera) == "missing"
    pid = process_behind(name)
    assert pid is not None
    assert refused(camera) == "missing"
    assert process_behind(name) == pid
    # Nobody asks any more: it does not wait for the next guest.
    assert until(lambda: ended(pid), limits.IDLE_MAX_SECONDS + 5)
    assert process_behind(name) is None
    assert refused(camera) == "missing"


def test_its_limits_are_in_force(camera: SharedCamera, name: str) -> None:
    refused(camera)
    pid = process_behind(name)
    found = {
        line[:25].strip(): line[25:].split()[:2]
        for line in Path(f"/proc/{pid}/limits").read_text().splitlines()
    }
    assert found["Max file size"] == ["0", "0"]
    assert found["Max core file size"] == ["0", "0"]
    assert found["Max open files"] == [str(limits.FILES_MAX)] * 2
    assert found["Max address space"] == [str(limits.MEMORY_MAX_BYTES)] * 2
    status = Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Threads:\t1" in status


def test_those_who_ask_at_once_share_one_process(
    camera: SharedCamera, name: str
) -> None:
    whys: list[str] = []
    asking = [
        threading.Thread(target=lambda: whys.append(refused(camera))) for _ in range(6)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert whys == ["missing"] * 6
    pid = process_behind(name)
    assert until(lambda: with_name(name) == [pid])


def with_name(name: str) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-f", name], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


PATIENT = """
import os, sys
from faces.camera import __main__ as camera, serving
serving.serve.__kwdefaults__["idle"] = 60
sys.argv[1:] = ["63", sys.argv[1], str(os.getppid())]
camera.main()
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_it_dies_with_its_parent(name: str) -> None:
    parent = program(PARENT, PATIENT, name)
    assert parent.stdout is not None
    with parent:
        pid = int(parent.stdout.readline())
        assert until(lambda: process_behind(name) == pid, 30)
        parent.kill()
    assert until(lambda: ended(pid))


def test_it_does_not_start_when_its_parent_has_gone(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "faces.camera", "63", name, "1"],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")


# When the camera is on


def test_it_is_on_from_the_first_frame_until_it_is_released(
    camera: SharedCamera, stand_in: StandIn
) -> None:
    assert stand_in.events() == []
    for _ in range(3):
        assert camera.frame(capture=FIRST, seconds=60) == PICTURE
    assert until(lambda: stand_in.events() == ["open"])
    camera.release(capture=FIRST)
    assert until(lambda: stand_in.events() == ["open", "close"])
    # What was under way when the capture ended does not begin it again.
    assert refused(camera) == "lost"
    assert stand_in.events() == ["open", "close"]
    assert camera.frame(capture=SECOND, seconds=60) == PICTURE
    assert until(lambda: stand_in.events() == ["open", "close", "open"])


def test_a_capture_released_before_its_first_frame_never_begins(
    camera: SharedCamera, stand_in: StandIn
) -> None:
    camera.release(capture=FIRST)
    assert refused(camera) == "lost"
    assert stand_in.events() == []


def test_releasing_another_capture_changes_nothing(
    camera: SharedCamera, stand_in: StandIn
) -> None:
    camera.frame(capture=FIRST, seconds=60)
    camera.release(capture=SECOND)
    assert camera.frame(capture=FIRST, seconds=60) == PICTURE
    assert until(lambda: stand_in.events() == ["open"])


def test_another_capture_ends_the_one_before(
    camera: SharedCamera, stand_in: StandIn
) -> None:
    camera.frame(capture=FIRST, seconds=60)
    camera.frame(capture=SECOND, seconds=60)
    assert until(lambda: stand_in.events() == ["open", "close", "open"])
    assert refused(camera, FIRST) == "lost"


def test_an_unplugged_camera_is_told_and_can_be_plugged_in_again(
    camera: SharedCamera, stand_in: StandIn
) -> None:
    camera.frame(capture=FIRST, seconds=60)
    stand_in.unplug()
    assert refused(camera) == "lost"
    assert until(lambda: stand_in.events() == ["open", "close"])
    assert refused(camera) == "missing"
    assert stand_in.process.poll() is None
    stand_in.plug(PICTURE)
    assert camera.frame(capture=FIRST, seconds=60) == PICTURE


@pytest.fixture
def hasty(name: str, tmp_path: Path) -> Iterator[StandIn]:
    """A camera that does not wait long for the next question."""
    one = StandIn(name=name, folder=tmp_path, idle=1.0)
    one.plug(PICTURE)
    yield one
    one.end()


@pytest.fixture
def brief(name: str, tmp_path: Path) -> Iterator[StandIn]:
    """A camera whose captures are short."""
    one = StandIn(name=name, folder=tmp_path, longest=2.0)
    one.plug(PICTURE)
    yield one
    one.end()


def test_it_goes_off_when_nobody_asks(camera: SharedCamera, hasty: StandIn) -> None:
    camera.frame(capture=FIRST, seconds=60)
    assert until(lambda: hasty.process.poll() == -signal.SIGALRM)


@pytest.mark.parametrize("seconds", [1.5, 1e9])
def test_it_goes_off_when_its_time_is_over_however_much_is_asked(
    camera: SharedCamera, brief: StandIn, seconds: float
) -> None:
    shots = 0
    with pytest.raises(CameraUnavailable):
        while shots < 1000:
            camera.frame(capture=FIRST, seconds=seconds)
            shots += 1
            time.sleep(0.02)
    assert shots > 2
    assert brief.went_off()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_capture_without_time_never_begins(
    camera: SharedCamera, stand_in: StandIn, seconds: float
) -> None:
    with pytest.raises(CameraUnavailable):
        camera.frame(capture=FIRST, seconds=seconds)
    assert stand_in.events() == []


def test_a_camera_may_be_slow_to_start(camera: SharedCamera, hasty: StandIn) -> None:
    hasty.slow_down()
    assert camera.frame(capture=FIRST, seconds=60) == PICTURE


def test_a_driver_that_hangs_is_ended(camera: SharedCamera, hasty: StandIn) -> None:
    camera.frame(capture=FIRST, seconds=60)
    hasty.hang()
    assert refused(camera) == "lost"
    assert until(lambda: hasty.process.poll() == -signal.SIGALRM)


def test_somebody_who_connects_and_says_nothing_holds_nobody_up(
    camera: SharedCamera, stand_in: StandIn, name: str
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.connect(f"\0{name}")
        assert camera.frame(capture=FIRST, seconds=60) == PICTURE


# Other users of the machine

OTHER = 65534
ASKS = """
import socket, sys
from faces.processes.wire import message_pack
link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
link.connect("\\0" + sys.argv[1])
asked = message_pack({"ask": "frame", "capture": "1" * 32, "seconds": 60})
try:
    link.sendall(asked)
    print(len(link.recv(1000)))
except OSError:
    print(0)
"""
SQUATS = """
import socket, sys, time
from faces.processes.wire import message_pack
listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listening.bind("\\0" + sys.argv[1])
listening.listen()
print("listens", flush=True)
link, _ = listening.accept()
link.sendall(message_pack({"frame": True}, [b"\\xff\\xd8\\xff"]))
time.sleep(60)
"""
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has other users")


def as_another(text: str, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["python3", "-c", text, name],
        cwd=ROOT,
        user=OTHER,
        stdout=subprocess.PIPE,
        text=True,
    )


@root
def test_another_user_is_given_no_frame(stand_in: StandIn, name: str) -> None:
    with as_another(ASKS, name) as other:
        assert other.communicate(timeout=30)[0] == "0\n"
    assert stand_in.events() == []


@root
def test_another_user_s_process_is_no_camera(camera: SharedCamera, name: str) -> None:
    other = as_another(SQUATS, name)
    assert other.stdout is not None
    with other:
        assert other.stdout.readline() == "listens\n"
        assert refused(camera) == "lost"
        other.kill()


@root
def test_the_process_knows_none_of_its_parent_s_secrets(
    camera: SharedCamera, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESCENTER_SECRET", "hush")
    refused(camera)
    known = Path(f"/proc/{process_behind(name)}/environ").read_bytes()
    assert not re.search(b"hush", known)
