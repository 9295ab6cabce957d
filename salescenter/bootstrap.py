"""Make `.venv` and install the locked packages, with the standard library alone.

Read by whatever `python3` is there, so it stays within the grammar of old ones: they
only get as far as saying that they are too old, or finding a newer one.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

MINIMUM = (3, 11)
TRIED = ("3.13", "3.12", "3.11")
BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
PYTHON = VENV / "bin" / "python"
RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"  # holds all of the runtime lock as well
PREPARED = BASE_DIR / "var" / "models" / "prepared.sha256"
HEARTBEAT_SECONDS = 15


class SetupError(Exception):
    """The set-up cannot go on; the text says why in one line."""


def main(command: str, arguments: "list[str]", lock: str = RUNTIME_LOCK) -> None:
    """Set up, then become `.venv`'s Python running the module `command`."""
    os.chdir(str(BASE_DIR))
    try:
        setup(lock)
    except SetupError as error:
        sys.exit(f"{Path(sys.argv[0]).name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    sys.stdout.flush()
    os.execv(str(PYTHON), [str(PYTHON), "-m", command, *arguments])


def setup(lock: str = RUNTIME_LOCK) -> None:
    """Make `.venv` hold exactly what `lock` names; do nothing when it does."""
    if _installed(lock) and _prepared():
        return
    (BASE_DIR / "var").mkdir(exist_ok=True)
    with (BASE_DIR / "var" / "setup.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not _installed(lock):
            if not _works(str(PYTHON), "import pip"):
                _make_venv(find_python())
            _install(lock)
        if not _prepared():
            _prepare()


def find_python() -> str:
    """Return a Python of the right age: this one, or one on the PATH."""
    if sys.version_info >= MINIMUM:
        return sys.executable
    for version in TRIED:
        found = shutil.which("python" + version)
        # A name on the PATH may be a shim with nothing behind it.
        if found and _works(found, "import sys; sys.exit(sys.version_info < (3, 11))"):
            return found
    raise SetupError(
        "needs Python {}.{} or newer; this is {}.{}, and there is no other on the"
        " PATH".format(*MINIMUM, *sys.version_info[:2])
    )


def _make_venv(python: str) -> None:
    if not _works(python, "import ensurepip, venv"):
        raise SetupError(
            "Python's venv module is missing; install it (on Debian and Ubuntu:"
            " apt-get install python3-venv) and start again"
        )
    print("making .venv", flush=True)
    made = subprocess.run(
        [python, "-m", "venv", "--clear", str(VENV)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if made.returncode:
        raise SetupError(
            "the virtual environment cannot be made: " + _last(made.stdout)
        )


def _install(lock: str) -> None:
    print(f"installing from {lock}: a minute or two, once", flush=True)
    began = time.time()
    with (BASE_DIR / "var" / "setup.log").open("w+") as log:
        pip = subprocess.Popen(
            [
                str(PYTHON),
                *("-m", "pip", "install", "--no-deps", "--require-hashes"),
                *("--disable-pip-version-check", "--no-input"),
                *("--progress-bar", "off", "-r", str(BASE_DIR / lock)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        while True:
            try:
                pip.wait(HEARTBEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                print(f"  installing, {time.time() - began:.0f} s", flush=True)
            except KeyboardInterrupt:
                pip.terminate()
                pip.wait()
                raise
        log.seek(0)
        output = log.read()
    if pip.returncode:
        errors = [line for line in output.splitlines() if line.startswith("ERROR")]
        raise SetupError(
            "the packages cannot be installed: {} (all of it: var/setup.log)".format(
                errors[0] if errors else _last(output)
            )
        )
    for name in {lock, RUNTIME_LOCK}:
        _stamp(name).write_text(_digest(name))
    print(f"installed in {time.time() - began:.0f} s", flush=True)


def _installed(lock: str) -> bool:
    try:
        same = _stamp(lock).read_text() == _digest(lock)
        return same and os.access(str(PYTHON), os.X_OK)
    except OSError:
        return False


def _prepare() -> None:
    """Make the fast face encoder out of what is installed; it says what it found.

    Without it the library is used, so no failure here keeps the program from running.
    """
    made = subprocess.run(
        [str(PYTHON), "-W", "ignore", "-m", "faces.engine.preparing"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if made.returncode:
        told = _last(made.stdout)
        print(f"face encoder: the library, slower ({told})", flush=True)
        return
    print(_last(made.stdout), flush=True)
    PREPARED.write_text(_preparation())


def _prepared() -> bool:
    try:
        return PREPARED.read_text() == _preparation()
    except OSError:
        return False


def _preparation() -> str:
    """Return what the encoder's file depends on: the packages and our own code."""
    sources = sorted((BASE_DIR / "faces" / "engine").glob("*.py"))
    parts = [_digest(RUNTIME_LOCK), *(_digest(str(source)) for source in sources)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _stamp(lock: str) -> Path:
    return VENV / (lock + ".sha256")


def _digest(lock: str) -> str:
    return hashlib.sha256((BASE_DIR / lock).read_bytes()).hexdigest()


def _works(python: str, code: str) -> bool:
    try:
        return (
            subprocess.call(
                [python, "-c", code],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            == 0
        )
    except OSError:
        return False


def _last(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"
