"""A camera for machines without one: the real process's loop, with photographs.

It runs `faces.camera.serving.serve` in a process of its own, and only the device is
another. Nothing in the product can be told to do that.
"""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
from pathlib import Path

from faces.processes.peers import peer_process
from tests.faces.processes import ROOT, until

STAND_IN = """
import pathlib, socket, sys, time
from faces.camera import serving
name, folder, idle, longest = sys.argv[1:]
folder = pathlib.Path(folder)
serving.CAPTURE_MAX_SECONDS = float(longest)
def told(what):
    print(what, flush=True)
class Photographs:
    def __init__(self):
        self.starts = 1.5 if (folder / "slow").exists() else 0
        if not (folder / "frame").exists():
            raise serving.NoDevice("missing")
        told("open")
    def shot(self):
        if (folder / "hangs").exists():
            time.sleep(60)
        time.sleep(self.starts)
        self.starts = 0
        told("shot")
        try:
            return (folder / "frame").read_bytes()
        except OSError:
            return None
    def close(self):
        told("close")
listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listening.bind("\\0" + name)
listening.listen()
told("listens")
serving.serve(listening, open_device=Photographs, idle=float(idle))
"""


class StandIn:
    """A running stand-in; plugged in while its folder has a `frame`."""

    def __init__(
        self, *, name: str, folder: Path, idle: float = 30.0, longest: float = 120.0
    ) -> None:
        self.folder = folder
        told = [name, str(folder), str(idle), str(longest)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", STAND_IN, *told],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._told.get(timeout=30) == "listens"
        self.seen: list[str] = []

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._told.put(line.strip())

    def events(self) -> list[str]:
        """Return all that happened to the device so far, without the shots."""
        while not self._told.empty():
            self.seen.append(self._told.get())
        return [event for event in self.seen if event != "shot"]

    def is_off(self) -> bool:
        """Say whether the device is closed, or its process gone with it."""
        return self.process.poll() is not None or self.events()[-1:] != ["open"]

    def went_off(self, seconds: float = 5.0) -> bool:
        return until(self.is_off, seconds)

    def plug(self, picture: bytes) -> None:
        (self.folder / "frame").write_bytes(picture)

    def unplug(self) -> None:
        (self.folder / "frame").unlink()

    def slow_down(self) -> None:
        """Let it take longer for its first frame than a hasty one may for others."""
        (self.folder / "slow").touch()

    def hang(self) -> None:
        (self.folder / "hangs").touch()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def process_behind(name: str) -> int | None:
    """Return the id of the process that has a camera's name, or None."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        try:
            link.connect(f"\0{name}")
        except ConnectionRefusedError:
            return None
        return peer_process(link)


def unused_name() -> str:
    """Return a name that no other test's camera has."""
    return f"salescenter-test-{os.getpid()}-{os.urandom(6).hex()}"
