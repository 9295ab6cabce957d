"""The data keys: a wrapped file for each consent, a tombstone for each destroyed one.

Reading takes no lock: files are replaced whole. Who makes or destroys holds the lock
shared, for as long as it takes to write, never while a backend is asked; who wraps
anew holds it alone, for a few files at a time.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings

from audit import clock
from consent.errors import KeyMissing
from consent.keys import backends, durable, mirror
from consent.keys.epochs import KEY_BYTES, EpochGone, Epochs

EPOCH_BYTES = 8
SUFFIX = ".key"


def key_create(*, consent: UUID) -> None:
    """Make the data key of a consent that is about to be committed.

    Raises:
        KeysUnavailable: the backend does not answer; nothing was kept.
    """
    key = secrets.token_bytes(KEY_BYTES)
    backend = backends.configured()
    while True:
        with locked() as root:
            before = generation(root)
        try:
            wrapped = wrap(backend, _present(backend), {consent: key})[consent]
        except EpochGone:
            continue
        with locked() as root:
            # An epoch that began meanwhile may have counted the keys already.
            if generation(root) == before:
                put(root, "data", {f"{consent}{SUFFIX}": wrapped})
                return


def key_destroy(*, consent: UUID) -> None:
    """Destroy a consent's data key and leave its tombstone; twice is as good as once.

    What the key opened is unreadable from this moment. Needs no backend.
    """
    with locked() as root:
        told = clock.stamp(clock.now()).encode("ascii")
        durable.write(root / "tombstones" / str(consent), told)
        durable.remove(root / "data" / f"{consent}{SUFFIX}")
        mirror.put(root, "tombstones", {str(consent): told})
        mirror.take(root, "data", f"{consent}{SUFFIX}")


def key_missing(*, consent: UUID) -> bool:
    """Tell whether a consent's key is gone: destroyed, or not restored as it was.

    A file wrapped by a key that is no more, as an old mirror holds it, is no key.

    Raises:
        KeysUnavailable: the backend does not answer.
    """
    return bool(keys_missing(consents=[consent]))


def keys_missing(*, consents: Iterable[UUID]) -> set[UUID]:
    """Return those of the consents whose key is gone.

    Raises:
        KeysUnavailable: the backend does not answer; nothing is known.
    """
    wanted = set(consents)
    return wanted - set(unwrap_all(wanted))


def keys_stored() -> dict[UUID, float]:
    """Return the consents that have a key, with the file's time (seconds, epoch)."""
    found = {}
    for entry in _entries(folder() / "data"):
        # One that is destroyed while it is looked at lies there no more.
        with suppress(FileNotFoundError):
            if entry.name.endswith(SUFFIX):
                found[UUID(entry.name.removesuffix(SUFFIX))] = entry.stat().st_mtime
    return found


def tombstones_count() -> int:
    """Return how many keys were destroyed."""
    lying = _entries(folder() / "tombstones")
    return sum(1 for entry in lying if not entry.name.startswith("."))


def unwrap(consent: UUID) -> bytes:
    """Return a consent's data key.

    Raises:
        KeyMissing: it is gone.
        KeysUnavailable: the backend does not answer.
    """
    found = unwrap_all([consent])
    if consent not in found:
        raise KeyMissing
    return found[consent]


def unwrap_all(consents: Iterable[UUID]) -> dict[UUID, bytes]:
    """Return the data keys that there are, of these consents."""
    opened: dict[UUID, bytes] = {}
    tried: dict[UUID, bytes] = {}
    wanted = set(consents)
    while True:
        lying = {one: wrapped_read(one) for one in wanted}
        due = {
            consent: wrapped
            for consent, wrapped in lying.items()
            # Wrapped anew while it was opened: once more, by the new epoch's key.
            if wrapped is not None and wrapped != tried.get(consent)
        }
        if not due:
            return opened
        opened |= unwrap_these(due)
        tried |= due
        wanted = set(due) - set(opened)


def unwrap_these(wrapped: dict[UUID, bytes]) -> dict[UUID, bytes]:
    """Return the data keys that these open to, each by its epoch's key."""
    opened: dict[UUID, bytes] = {}
    groups: dict[tuple[str, int], dict[UUID, bytes]] = {}
    asked: dict[str, Epochs] = {}
    for consent, one in wrapped.items():
        backend = backends.backend_of(one[EPOCH_BYTES:])
        asked[backend.name] = backend
        group = groups.setdefault((backend.name, epoch_of(one)), {})
        group[consent] = one[EPOCH_BYTES:]
    for (name, epoch), group in groups.items():
        opened |= asked[name].unwrap(epoch, group)
    return opened


def wrap(backend: Epochs, epoch: int, keys: dict[UUID, bytes]) -> dict[UUID, bytes]:
    """Return what is written for these data keys: epoch ‖ what the backend made."""
    head = epoch.to_bytes(EPOCH_BYTES, "big")
    return {
        consent: head + wrapped
        for consent, wrapped in backend.wrap(epoch, keys).items()
    }


def epoch_of(wrapped: bytes) -> int:
    """Return the number of the epoch that wrapped this."""
    return int.from_bytes(wrapped[:EPOCH_BYTES], "big")


def wrapped_read(consent: UUID) -> bytes | None:
    """Return the bytes of a key's file; None when there is none, or a tombstone."""
    root = folder()
    if (root / "tombstones" / str(consent)).exists():
        return None
    try:
        return (root / "data" / f"{consent}{SUFFIX}").read_bytes()
    except FileNotFoundError:
        return None


def folder() -> Path:
    """Return the store's folder, made when it is not there."""
    root = Path(settings.KEYSTORE_DIR)
    for one in (root, root / "data", root / "tombstones"):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def put(root: Path, name: str, contents: Mapping[str, bytes]) -> None:
    """Write files of one folder, here and then in the mirror. MUST hold the store."""
    durable.write_all(root / name, contents)
    mirror.put(root, name, contents)


def mirror_reconcile() -> int:
    """Bring the mirror up to date; return how many files it lacked or had too many."""
    return mirror.reconcile(folder(), alone=partial(locked, alone=True))


def scratches_remove(root: Path) -> None:
    """Remove what a crash left half written. MUST hold the store alone."""
    for one in ("data", "tombstones"):
        for entry in list(_entries(root / one)):
            if entry.name.startswith("."):
                Path(entry.path).unlink()


def generation(root: Path) -> bytes:
    """Return what changes whenever an epoch begins."""
    try:
        return (root / "generation").read_bytes()
    except FileNotFoundError:
        return b""


@contextmanager
def locked(*, alone: bool = False) -> Iterator[Path]:
    """Hold the store, shared or alone. Nobody starves: all pass one turnstile."""
    root = folder()
    lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    turnstile = os.open(root / "turnstile", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(turnstile, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(turnstile, fcntl.LOCK_UN)
        yield root
    finally:
        os.close(lock)
        os.close(turnstile)


def _present(backend: Epochs) -> int:
    """Return the epoch that wraps now; the first one begins here."""
    found = backend.standing()
    if not found:
        with locked(alone=True):
            found = backend.standing()
            if not found:
                backend.begin(1)
                found = {1: 0.0}
    return max(found)


def _entries(path: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        yield from entries
