from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from salescenter.embedded.process import postmaster

BASE_DIR = Path(__file__).resolve().parents[2]
# A supervisor over two children of its own making: one answers, one only lives.
SMALL_HOUSE = """
import socket, sys
from salescenter.supervisor import Child, Probe, Supervisor, RunError, say
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
answering = '''
import signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
listener = socket.socket(fileno=int(sys.argv[1]))
while True:
    with listener.accept()[0] as link:
        link.recv(100)
        link.sendall(b"HTTP/1.0 200 OK")
'''
def child(name, code, *arguments, fds=()):
    return Child(name, [sys.executable, "-c", code, *arguments], pass_fds=fds)
web = child("web", answering, str(listener.fileno()), fds=(listener.fileno(),))
other = child("other", sys.argv[1])
probe = Probe(listener.getsockname())
def ready():
    other.start()
    say(f"ready {web.process.pid} {other.process.pid}")
try:
    Supervisor([web, other], database=None, probe=probe, on_ready=ready).run()
except RunError as error:
    sys.exit(f"run: {error}")
"""
LIVES = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "time.sleep(600)"
)


class Terminal:
    """A started program and the lines it prints."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=BASE_DIR,
            env={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._rest = b""

    def until(self, pattern: str, *, seconds: float = 60) -> re.Match[str]:
        """Return the first line from here on that has `pattern` in it."""
        deadline = time.monotonic() + seconds
        while (line := self._line(deadline)) is not None:
            found = re.search(pattern, line)
            if found:
                return found
        raise AssertionError(f"no {pattern!r} in:\n" + "\n".join(self.lines))

    def ended(self) -> int:
        """Return how the program ended by itself."""
        deadline = time.monotonic() + 60
        while self._line(deadline) is not None:
            pass
        return self.process.wait(60)

    def _line(self, deadline: float) -> str | None:
        assert self.process.stdout is not None
        pipe = self.process.stdout.fileno()
        while b"\n" not in self._rest:
            patience = max(0.0, deadline - time.monotonic())
            if not select.select([pipe], [], [], patience)[0]:
                return None
            piece = os.read(pipe, 65536)
            if not piece:
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        self.lines.append(line.decode())
        return self.lines[-1]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        # As a terminal does it: to the whole foreground group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        return self.ended()


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*command: str, **environment: str) -> Terminal:
        opened.append(Terminal(list(command), **environment))
        return opened[-1]

    yield start
    for one in opened:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)


def _gone(pid: int, *, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def _parents() -> dict[int, int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    return parents


def _descendants(pid: int) -> set[int]:
    parents = _parents()
    found: set[int] = set()
    heirs = {pid}
    while heirs:
        heirs = {child for child, parent in parents.items() if parent in heirs} - found
        found |= heirs
    return found


def _small_house(start: Callable[..., Terminal], other: str = LIVES) -> Terminal:
    return start(sys.executable, "-c", SMALL_HOUSE, other)


def test_a_killed_child_is_started_again(terminal: Callable[..., Terminal]) -> None:
    house = _small_house(terminal)
    web, other = map(int, house.until(r"ready (\d+) (\d+)").groups())
    os.kill(other, signal.SIGKILL)
    house.until(r"other ended \(signal 9\)")
    deadline = time.monotonic() + 10
    while len(_descendants(house.process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert web in _descendants(house.process.pid)
    assert len(_descendants(house.process.pid)) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process(
    terminal: Callable[..., Terminal], number: signal.Signals
) -> None:
    house = _small_house(terminal)
    children = [int(pid) for pid in house.until(r"ready (\d+) (\d+)").groups()]
    assert house.end(number) == 0
    assert all(_gone(pid, seconds=0.1) for pid in children)


@pytest.mark.slow
def test_a_child_that_will_not_end_is_killed_with_its_children(
    terminal: Callable[..., Terminal],
) -> None:
    house = _small_house(terminal, STUBBORN)
    house.until("ready")
    time.sleep(1)
    started = _descendants(house.process.pid)
    assert len(started) == 3
    assert house.end() == 0
    assert all(_gone(pid, seconds=1) for pid in started)


def test_children_of_a_killed_supervisor_end(terminal: Callable[..., Terminal]) -> None:
    house = _small_house(terminal)
    children = [int(pid) for pid in house.until(r"ready (\d+) (\d+)").groups()]
    house.process.kill()
    assert all(_gone(pid) for pid in children)


@pytest.mark.slow
def test_a_child_that_never_starts_ends_the_program(
    terminal: Callable[..., Terminal],
) -> None:
    # The web never answers here, because it is the one that cannot start.
    broken = SMALL_HOUSE.replace('"web", answering', '"web", "raise SystemExit(3)"')
    house = terminal(sys.executable, "-c", broken, LIVES)
    house.until("run: web does not start")
    assert house.ended() == 1


def test_a_taken_port_is_one_line(data_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "salescenter.supervisor", f"--port={port}"],
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stdout == ""
    expected = f"run: port {port} is taken; choose another with --port N\n"
    assert done.stderr == expected
    assert not (data_folder / "postgres").exists()


def test_a_broken_data_folder_is_one_line(data_folder: Path) -> None:
    (data_folder / "postgres").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "salescenter.supervisor", f"--port={_free_port()}"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("run: ")
    assert "PG_VERSION is missing" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_run_serves_survives_and_ends(
    data_folder: Path, terminal: Callable[..., Terminal]
) -> None:
    """One long walk, because each start of everything takes seconds."""
    port = _free_port()

    def start() -> Terminal:
        return terminal(
            sys.executable,
            "-m",
            "salescenter.supervisor",
            f"--port={port}",
            SALESCENTER_DATA=str(data_folder),
        )

    first = start()
    first.until(rf"^ready http://127\.0\.0\.1:{port}$")
    for name in ("kiosk", "phone form", "desk", "dashboard", "compliance"):
        first.until(rf"^{name} .*http://127\.0\.0\.1:{port}/")
    assert any("shown this once" in line for line in first.lines)
    assert _answers(port)

    # A second one over the same data stays away.
    second = terminal(
        sys.executable, "-m", "salescenter.supervisor", f"--port={_free_port()}"
    )
    second.until("run: it runs already")
    assert second.ended() == 1

    # The web and the database are killed, and both come back.
    web = next(
        pid
        for pid, parent in _parents().items()
        if parent == first.process.pid and "gunicorn" in _command(pid)
    )
    os.kill(web, signal.SIGKILL)
    first.until("web ended")
    assert _answers(port)
    database = postmaster(data_folder)
    assert database is not None
    os.kill(database, signal.SIGKILL)
    first.until("the database ended")
    assert _answers(port)

    started = _descendants(first.process.pid)
    assert len(started) >= 4
    assert first.end(signal.SIGINT) == 0
    assert all(_gone(pid, seconds=1) for pid in started)
    assert postmaster(data_folder) is None

    # Again: the same data, nothing printed twice, and soon.
    began = time.monotonic()
    again = start()
    again.until("^ready ")
    assert time.monotonic() - began < 5 * _crowd()
    assert not any("shown this once" in line for line in again.lines)

    # Killed without a word, it leaves no web; the next one adopts the database.
    started = _descendants(again.process.pid)
    again.process.kill()
    database = postmaster(data_folder)
    assert database is not None
    assert all(_gone(pid) for pid in started - _descendants(database) - {database})
    last = start()
    last.until("^ready ")
    assert postmaster(data_folder) == database
    assert last.end(signal.SIGTERM) == 0
    assert postmaster(data_folder) is None


def _crowd() -> float:
    """Return how many programs share a core here, at least one."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def _answers(port: int) -> bool:
    """Say whether a page that reads the database comes within half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/kiosk/", timeout=10
            ) as page:
                return bool(page.status == 200)
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
