"""What `./run` starts: database, web, worker, signer and gallery, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import errno
import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from salescenter import embedded, instance

GRACE_SECONDS = 10
BACKOFF_FIRST_SECONDS = 0.5
BACKOFF_MAX_SECONDS = 30.0
STEADY_SECONDS = 60  # a child that lived this long has not failed before
STARTS_MAX_BEFORE_READY = 4
DATABASE_LOOK_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class RunError(Exception):
    """The program cannot run; the text says why in one line."""


@dataclass(slots=True)
class Child:
    """One supervised program, in a process group of its own."""

    name: str
    command: Sequence[str]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    failures: int = 0
    next_start: float = field(default=0.0)

    def start(self) -> None:
        """Start the program; it gets SIGTERM when this process is killed."""
        parent = os.getpid()
        self.process = subprocess.Popen(
            self.command,
            cwd=instance.BASE_DIR,
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            process_group=0,
            preexec_fn=lambda: _die_with(parent),
        )
        self.began = time.monotonic()

    def watch(self) -> None:
        """Start the program again, later each time it fails at once."""
        if self.process is None:
            if time.monotonic() >= self.next_start:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.sweep()
        lived = time.monotonic() - self.began
        self.failures = 0 if lived > STEADY_SECONDS else self.failures + 1
        wait = min(BACKOFF_FIRST_SECONDS * 2**self.failures, BACKOFF_MAX_SECONDS)
        self.next_start = time.monotonic() + wait
        self.process = None
        how = f"signal {-code}" if code < 0 else f"code {code}"
        say(f"{self.name} ended ({how}); it starts again in {wait:.0f} s")

    def signal(self, number: int) -> None:
        """Send a signal to the program's main process."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def ended(self) -> bool:
        """Say whether the main process is gone."""
        return self.process is None or self.process.poll() is not None

    def sweep(self) -> None:
        """Kill what is left of the program's process group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Probe:
    """Ask the web for one page, without waiting for the answer."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.link: socket.socket | None = None

    def ask(self) -> None:
        """Send the question, which waits in the listener's queue for a worker."""
        if self.link is not None:
            return
        with contextlib.suppress(OSError):  # a full queue; asked again soon
            self.link = socket.create_connection(self.address, timeout=1)
            self.link.sendall(b"GET /static/- HTTP/1.0\r\nHost: localhost\r\n\r\n")

    def answered(self) -> bool:
        """Say whether a worker has answered, whatever it said."""
        if self.link is None or not select.select([self.link], [], [], 0)[0]:
            return False
        with self.link as link:
            self.link = None
            try:
                return link.recv(5) == b"HTTP/"
            except OSError:
                return False


class Supervisor:
    """Everything between `ready` and the last process ended.

    The first child answers the probe; the others start when it has.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        database: embedded.Server | None,
        probe: Probe,
        on_ready: Callable[[], None],
    ) -> None:
        self.children = children
        self.database = database
        self.probe = probe
        self.on_ready = on_ready
        self.ready = False
        self.stopping = False
        self._looked = 0.0

    def run(self) -> None:
        """Watch the children until a signal says to stop.

        Raises:
            RunError: the first child never came up.
        """
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if sys.platform == "linux":
            # What a killed child leaves behind comes here, to be ended and buried.
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
        try:
            while not self.stopping:
                self._watch()
                waiting = [reader]
                if self.probe.link is not None:
                    waiting.append(self.probe.link.fileno())
                if reader in select.select(waiting, [], [], 0.5)[0]:
                    os.read(reader, 4096)
        finally:
            self._end()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _watch(self) -> None:
        self._watch_database()
        for pid in self._orphans():
            _bury(pid)
        first, *others = self.children
        first.watch()
        if self.ready:
            for child in others:
                child.watch()
        else:
            if first.failures >= STARTS_MAX_BEFORE_READY:
                raise RunError(f"{first.name} does not start")
            if self.probe.answered():
                self.ready = True
                self.on_ready()
            else:
                self.probe.ask()

    def _watch_database(self) -> None:
        now = time.monotonic()
        if self.database is None or now - self._looked < DATABASE_LOOK_SECONDS:
            return
        self._looked = now
        if not self.database.alive():
            say("the database ended; it starts again")
            self.database.revive()

    def _end(self) -> None:
        """End every child: asked first, killed after a grace."""
        self.stopping = False  # a second signal shortens the grace
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while not all(child.ended() for child in self.children):
            if self.stopping or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        for child in self.children:
            child.sweep()
            if child.process is not None:
                child.process.wait()
        # Killing one may bring its own children here.
        while orphans := self._orphans():
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                _bury(pid)
            time.sleep(0.01)

    def _orphans(self) -> list[int]:
        """Return the processes that were left to this one, the database excepted."""
        try:
            mine = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
        except OSError:
            return []
        known = {child.process.pid for child in self.children if child.process}
        if self.database is not None:
            known.add(self.database.pid() or 0)
        return [pid for pid in map(int, mine.split()) if pid not in known]


def main(arguments: Sequence[str]) -> int:
    """Prepare, and unless only that was asked for, run until told to stop."""
    options = _options(arguments)
    began = time.monotonic()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salescenter.settings")
    os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{options.port}")
    if options.demo_camera:
        os.environ["DEMO_CAMERA"] = "1"
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with contextlib.ExitStack() as stack:
            if options.command == "setup":
                _database(stack)
                _prepare()
                say(f"prepared in {time.monotonic() - began:.1f} s")
            else:
                _serve(stack, port=options.port)
    except (RunError, embedded.EmbeddedError) as error:
        sys.stdout.flush()
        print(f"run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def say(line: str) -> None:
    """Print one line for the person at the terminal, at once."""
    print(line, flush=True)


def _serve(stack: contextlib.ExitStack, *, port: int) -> None:
    host = os.environ.get("BIND_HOST", "127.0.0.1")
    _only_one(stack)
    listener = _listen(host, port)
    stack.callback(listener.close)
    database = _database(stack)
    addresses = _prepare()
    # The listener stays here, so a web that starts again finds its visitors waiting.
    os.environ["BIND"] = f"fd://{listener.fileno()}"
    web = Child(
        "web",
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--config=python:salescenter.gunicorn_conf",
            "salescenter.wsgi:application",
        ],
        pass_fds=(listener.fileno(),),
    )
    worker = Child("worker", [sys.executable, "manage.py", "worker"])
    if os.environ.get("REDIS_URL"):
        worker.command = [sys.executable, "-m", "celery", "-A", "salescenter.celery"]
        worker.command += ["worker", "--beat", "--loglevel=WARNING", "--concurrency=2"]
        worker.command += ["--schedule", str(instance.data_dir() / "beat")]
    signer = Child("signer", [sys.executable, "manage.py", "audit_sign"])
    gallery = Child("gallery", [sys.executable, "manage.py", "faces_gallery"])

    def announce() -> None:
        say(f"ready http://{host}:{port}")
        for line in addresses:
            say(line)
        if os.geteuid() != 0:
            say("signer not separated: web and signer are one user, for a try-out")

    probe = Probe(("127.0.0.1" if host == "0.0.0.0" else host, port))  # noqa: S104
    children = [web, worker, signer, gallery]
    Supervisor(children, database=database, probe=probe, on_ready=announce).run()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run", description="Set up and run.")
    parser.add_argument("command", nargs="?", choices=["setup"])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--demo-camera",
        action="store_true",
        help="play two public-domain photographs as the kiosk's camera",
    )
    return parser.parse_args(arguments)


def _only_one(stack: contextlib.ExitStack) -> None:
    """Refuse a second supervisor over the same data."""
    lock = os.open(instance.data_dir() / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    stack.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError("it runs already, on the same data") from None


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise RunError(
                f"port {port} is taken; choose another with --port N"
            ) from None
        raise RunError(f"port {port} cannot be used: {error}") from None
    listener.listen(128)
    return listener


def _database(stack: contextlib.ExitStack) -> embedded.Server | None:
    """Hold a share of the embedded database, unless another server is named."""
    if not embedded.wanted():
        return None
    if not (instance.data_dir() / "postgres").exists():
        say("making the database")
    return stack.enter_context(embedded.ensure())


def _prepare() -> list[str]:
    """Bring tables, static files and the demonstration up to date.

    Returns:
        Where the pages are, a line each.
    """
    reader, writer = os.pipe()
    command = [sys.executable, "manage.py", "prepare", f"--addresses-fd={writer}"]
    process = subprocess.Popen(
        command,
        cwd=instance.BASE_DIR,
        stdin=subprocess.DEVNULL,
        pass_fds=(writer,),
    )
    os.close(writer)
    try:
        with os.fdopen(reader, encoding="utf-8") as lines:
            addresses = lines.read().splitlines()
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if code:
        raise RunError("the preparation failed; the reason is above")
    return addresses


def _bury(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _die_with(parent: int) -> None:
    """Ask the kernel to end this process when its supervisor is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
