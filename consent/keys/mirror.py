"""A second folder that follows every write and every removal; mirrored, not versioned.

What the mirror cannot follow is noted and told, and never in the way: a key is
destroyed here first, and what a broken mirror keeps dies with the epoch. It is written
to by a thread that is not waited for longer than `PATIENCE_SECONDS`, since a folder of
another machine may hang.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.conf import settings

from audit import clock
from consent.keys import durable

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
SCAN_SECONDS = 120.0
AT_ONCE = 100
FOLDERS = ("data", "tombstones")
BEHIND = "mirror-behind"
"""The file in the store that says since when the mirror does not follow."""


class _Hand:
    """The one thread of this process that writes to the mirror."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.work: queue.Queue[tuple[Callable[[], None], threading.Event, list[bool]]]
        self.work = queue.Queue()
        self.stuck: threading.Event | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def do(self, work: Callable[[], None], *, patience: float) -> bool:
        """Do it, and tell whether it was done in time."""
        if self.stuck is not None and not self.stuck.is_set():
            return False
        ended, well = threading.Event(), list[bool]()
        self.work.put((work, ended, well))
        if not ended.wait(patience):
            self.stuck = ended
        return bool(well)

    def _run(self) -> None:
        while True:
            work, ended, well = self.work.get()
            try:
                work()
                well.append(True)
            except OSError:
                pass  # told by the empty list
            finally:
                ended.set()


_hand: _Hand | None = None
_lock = threading.Lock()


def put(root: Path, folder: str, contents: Mapping[str, bytes]) -> None:
    """Let the mirror have these files, too."""
    target = _target()
    if target is not None and contents:
        _follow(root, lambda: durable.write_all(target / folder, contents))


def take(root: Path, folder: str, name: str) -> None:
    """Remove a file from the mirror, too."""
    target = _target()
    if target is not None:
        _follow(root, lambda: durable.remove(target / folder / name))


def behind_since(root: Path) -> datetime | None:
    """Return since when the mirror does not follow; None while it does, or is none."""
    if _target() is None:
        return None
    try:
        return datetime.fromtimestamp((root / BEHIND).stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def differences(root: Path) -> int:
    """Return how many files the mirror lacks, has too many, or has otherwise.

    Raises:
        OSError: it cannot be read.
    """
    target = _target()
    if target is None:
        return 0
    return sum(
        1
        for folder in FOLDERS
        for name in _names(root / folder) | _names(target / folder)
        if _read(root / folder / name) != _read(target / folder / name)
    )


def reconcile(root: Path, *, alone: Callable[[], AbstractContextManager[Path]]) -> int:
    """Bring the mirror up to date, some files at a time.

    Args:
        root: the store.
        alone: holds the store alone, for no longer than a few files take.

    Returns:
        How many files were mended; 0 also when it cannot be written, which is noted.
    """
    target = _target()
    noted, mending = root / BEHIND, root / f"{BEHIND}-mending"
    if target is None:
        noted.unlink(missing_ok=True)
        return 0
    if noted.exists():
        noted.replace(mending)  # a write that fails from now on notes it again
    due: list[tuple[str, str]] = []
    well = _attempt(lambda: due.extend(_due(root, target)), patience=SCAN_SECONDS)
    for first in range(0, len(due), AT_ONCE):
        some = due[first : first + AT_ONCE]
        with alone():
            well = well and _attempt(
                partial(_mend, root, target, some), patience=PATIENCE_SECONDS
            )
    if not well:
        if mending.exists():
            mending.replace(noted)
        _note(root)
        return 0
    mending.unlink(missing_ok=True)
    return len(due)


def _due(root: Path, target: Path) -> list[tuple[str, str]]:
    # The folder itself is the operator's: an absent one is a mount that is away.
    target.stat()
    for folder in FOLDERS:
        (target / folder).mkdir(mode=0o700, exist_ok=True)
    return [
        (folder, name)
        for folder in FOLDERS
        for name in sorted(_names(root / folder) | _names(target / folder))
        if _read(root / folder / name) != _read(target / folder / name)
    ]


def _mend(root: Path, target: Path, due: list[tuple[str, str]]) -> None:
    for folder, name in due:
        here = _read(root / folder / name)
        if here is None:
            durable.remove(target / folder / name)
        else:
            durable.write(target / folder / name, here)


def _target() -> Path | None:
    return Path(settings.KEYSTORE_MIRROR) if settings.KEYSTORE_MIRROR else None


def _follow(root: Path, work: Callable[[], None]) -> None:
    if not _attempt(work, patience=PATIENCE_SECONDS):
        _note(root)


def _attempt(work: Callable[[], None], *, patience: float) -> bool:
    global _hand
    with _lock:
        if _hand is None or _hand.pid != os.getpid():
            _hand = _Hand()  # a forked process has no thread of its parent's
        hand = _hand
    return hand.do(work, patience=patience)


def _note(root: Path) -> None:
    path = root / BEHIND
    if path.exists():
        return
    logger.error("the mirror of the key store does not follow")
    try:
        durable.write(path, clock.stamp(clock.now()).encode("ascii"))
    except OSError:
        logger.exception("nor can that be noted")


def _names(folder: Path) -> set[str]:
    try:
        return {one.name for one in folder.iterdir() if not one.name.startswith(".")}
    except FileNotFoundError:
        return set()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
