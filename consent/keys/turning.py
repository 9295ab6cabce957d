"""The turn of the epoch: every data key wrapped anew, the old epoch's key destroyed."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from uuid import UUID

from audit import clock
from consent.keys import backends, durable, store
from consent.keys.epochs import Epochs

EPOCH = timedelta(days=1)
BATCH = 100
"""How many files are written at once, alone; a withdrawal waits no longer for it."""


def epoch_turn(*, at_least: timedelta = EPOCH) -> bool:
    """Wrap every data key anew under a fresh epoch key and destroy the old one.

    Does nothing while the present epoch is younger than `at_least`. A crash half-way
    leaves both epoch keys; the next turn finishes. Others make, use and destroy keys
    meanwhile.

    Returns:
        Whether the epoch turned.

    Raises:
        KeysUnavailable: the backend does not answer; what is wrapped stays so.
    """
    with _one_at_a_time():
        return _turn(at_least)


def _turn(at_least: timedelta) -> bool:
    backend = backends.configured()
    standing = backend.standing()
    old = _others(backend)
    if not standing or (len(standing) == 1 and not old):
        age = clock.now().timestamp() - max(standing.values(), default=0.0)
        if standing and age < at_least.total_seconds():
            return False
        present = max(standing, default=0) + 1
    else:
        present = max(standing)  # begun, and not finished
    backend.begin(present)
    with store.locked(alone=True) as root:
        durable.write(root / "generation", secrets.token_hex(8).encode("ascii"))
        store.scratches_remove(root)
    consents = iter(list(store.keys_stored()))
    while batch := list(islice(consents, BATCH)):
        _rewrap(backend, present, batch)
    for one, number in old:
        one.end(number)
    for number in standing:
        if number != present:
            backend.end(number)
    return True


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    lock = os.open(store.folder() / "turn", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _others(present: Epochs) -> list[tuple[Epochs, int]]:
    """Return what stands at another backend than the present one."""
    return [
        (backend, number)
        for backend in backends.backends()
        if backend.name != present.name
        for number in backend.standing()
    ]


def _rewrap(backend: Epochs, present: int, consents: list[UUID]) -> None:
    """Wrap some keys anew: those that changed or died meanwhile are left alone."""
    lying = dict(_lying(backend, present, consents))
    # One key that opens no more is for the sweep; the others are not kept back.
    opened = store.unwrap_these(lying)
    if not opened:
        return
    fresh = store.wrap(backend, present, opened)
    with store.locked(alone=True) as root:
        store.put(
            root,
            "data",
            {
                f"{consent}{store.SUFFIX}": wrapped
                for consent, wrapped in fresh.items()
                if store.wrapped_read(consent) == lying[consent]
            },
        )


def _lying(
    backend: Epochs, present: int, consents: list[UUID]
) -> Iterator[tuple[UUID, bytes]]:
    for consent in consents:
        wrapped = store.wrapped_read(consent)
        if wrapped is None:
            continue
        of = backends.backend_of(wrapped[store.EPOCH_BYTES :])
        if (of.name, store.epoch_of(wrapped)) != (backend.name, present):
            yield consent, wrapped
