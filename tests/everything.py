"""What `./test` runs: every part in order, each timed, none left out by a failure."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
# Without Chinese glyphs the pages cannot be looked at; the sweeps run through a real
# broker where a house has one; what is printed is read off its pages as pictures.
PACKAGES = ("chromium", "fonts-noto-cjk", "redis-server", "poppler-utils")
PYTHON = sys.executable
TOOLS = Path(PYTHON).parent


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is checked, by a program of its own."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)


# By file, so that what is made once for a file is made once.
UNIT = (PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile")

STATIC_PARTS = (
    Part("lint", [TOOLS / "ruff", "check", "."]),
    Part("format", [TOOLS / "ruff", "format", "--check", "."]),
    Part("types", [TOOLS / "mypy"]),
    Part("imports", [TOOLS / "lint-imports"]),
    Part("migrations", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]),
    Part(
        "deployment",
        [PYTHON, "manage.py", "check", "--deploy", "--fail-level=WARNING"],
        # As a site serves it; a try-out on loopback has no TLS to insist on.
        {"SITE_URL": "https://desk.example", "PUBLIC_URL": "https://visit.example"},
    ),
)
FAST_PARTS = (
    *STATIC_PARTS,
    Part("unit", [*UNIT, "-m", "not browser and not slow"]),
)
ALL_PARTS = (
    *STATIC_PARTS,
    Part("unit", [*UNIT, "-m", "not browser"]),
    Part("browser", [PYTHON, "-m", "pytest", "-q", "-m", "browser"]),
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="test", description="Check everything.")
    parser.add_argument(
        "what",
        nargs="?",
        choices=["fast"],
        help="leave out the slow and the browser tests: three minutes at most",
    )
    options = parser.parse_args(arguments)
    if options.what != "fast" and (missing := packages_missing()):
        print(f"test: {missing}", file=sys.stderr)
        return 1
    return run(FAST_PARTS if options.what == "fast" else ALL_PARTS)


def run(parts: Sequence[Part]) -> int:
    """Run every part and sum up; 0 when all passed."""
    began = time.monotonic()
    results = []
    with _data() as data:
        for part in parts:
            print(f"\n== {part.name}", flush=True)
            started = time.monotonic()
            code = subprocess.run(
                part.command,
                cwd=BASE_DIR,
                env={**os.environ, "SALESCENTER_DATA": str(data), **part.environment},
                stdin=subprocess.DEVNULL,
                check=False,
            ).returncode
            seconds = time.monotonic() - started
            results.append((part.name, code, seconds))
            print(f"== {part.name}: {_word(code)} in {seconds:.1f} s", flush=True)
    print("\n== all")
    for name, code, seconds in results:
        print(f"{name:<12}{_word(code):<8}{seconds:8.1f} s")
    print(f"{'total':<20}{time.monotonic() - began:8.1f} s")
    failed = [name for name, code, _ in results if code]
    print(f"FAILED: {', '.join(failed)}" if failed else "passed")
    return 1 if failed else 0


def packages_missing() -> str:
    """Install browser and broker where that is possible; else say what to install."""
    if _all_there():
        return ""
    advice = f"install {' and '.join(PACKAGES)}: the tests need them"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return advice
    print(f"installing {' and '.join(PACKAGES)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
    ):
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            return f"{' '.join(command[:2])} failed; {advice}"
    return "" if _all_there() else advice


def _all_there() -> bool:
    paper = shutil.which("pdftoppm") is not None
    return paper and _browser_there() and _broker_there()


def _browser_there() -> bool:
    if not Path(CHROMIUM).exists():
        return False
    listing = shutil.which("fc-list")
    if listing is None:
        return False
    found = subprocess.run(
        [listing, ":lang=zh-cn", "family"], capture_output=True, check=False
    )
    return bool(found.stdout.strip())


def _broker_there() -> bool:
    return shutil.which("redis-server") is not None


def _word(code: int) -> str:
    return "ok" if code == 0 else "FAILED"


@contextmanager
def _data() -> Iterator[Path]:
    """Keep what the parts make away from the data of the checkout."""
    with tempfile.TemporaryDirectory(prefix="salescenter-test-") as folder:
        path = Path(folder).resolve()
        path.chmod(0o711)
        yield path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
