"""What the keys are worth to a thief, in hours, and whether the store is in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from audit import clock
from consent.keys import backends, mirror, store
from consent.keys.turning import EPOCH


@dataclass(frozen=True, kw_only=True)
class KeysState:
    """The key store at one moment.

    Attributes:
        backend: where the epochs' keys lie.
        keys: how many data keys there are.
        tombstones: how many were destroyed.
        epoch: number of the present one; None before the first key.
        epochs: how many stand, everywhere; more than one while a turn is under way.
        began_at: when the oldest epoch that still stands began.
        next_turn_at: when it is due to go; in the past when the turn is late.
        overdue: it should have gone, and the round that would do it is over, too.
        window: the longest time after a withdrawal in which a copy of the store and
            the database, taken before, can still be opened with a key that is here.
        mirror: `none`, `ok`, `behind` (a write failed, and it is not mended yet),
            `missing` (it cannot be read) or `differs`.
        mirror_differences: how many files are not the same there.
    """

    backend: str
    keys: int
    tombstones: int
    epoch: int | None
    epochs: int
    began_at: datetime | None
    next_turn_at: datetime | None
    overdue: bool
    window: timedelta
    mirror: str
    mirror_differences: int


def keys_state(*, round_every: timedelta) -> KeysState:
    """Return the state of the store.

    The resurrection window is the longest life that an epoch's key can have. What is
    destroyed the moment after an epoch began can be opened by its key, out of a copy,
    until that key is destroyed: at the first round after the epoch is a day old. With
    `n` for now and `b` for when the oldest epoch still standing began, that is
    `max(b + day, n) - b + round_every`: a turn that is late makes it longer by as much
    as it is late.

    Args:
        round_every: how often a turn is tried.

    Raises:
        KeysUnavailable: the backend does not answer.
    """
    backend = backends.configured()
    here = backend.standing()
    standing = [made for one in backends.backends() for made in one.standing().values()]
    now = clock.now()
    began = datetime.fromtimestamp(min(standing), UTC) if standing else None
    due = began + EPOCH if began is not None else None
    life = max(due, now) - began if began is not None and due is not None else EPOCH
    mirror_state, differing = _mirror()
    return KeysState(
        backend=backend.name,
        keys=len(store.keys_stored()),
        tombstones=store.tombstones_count(),
        epoch=max(here) if here else None,
        epochs=len(standing),
        began_at=began,
        next_turn_at=due,
        overdue=due is not None and now > due + round_every,
        window=life + round_every,
        mirror=mirror_state,
        mirror_differences=differing,
    )


def mirror_behind_since() -> datetime | None:
    """Return since when the mirror does not follow; None while all is well."""
    return mirror.behind_since(store.folder())


def _mirror() -> tuple[str, int]:
    if not settings.KEYSTORE_MIRROR:
        return "none", 0
    root = store.folder()
    try:
        if not Path(settings.KEYSTORE_MIRROR).is_dir():
            return "missing", 0
        differing = mirror.differences(root)
    except OSError:
        return "missing", 0
    if mirror.behind_since(root) is not None:
        return "behind", differing
    return ("differs" if differing else "ok"), differing
