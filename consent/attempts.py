"""Wrong tries at a code or a password, counted in the memory of one process.

Every web process counts for itself, so all together allow as many times more, and a
restart forgets: it slows guessing down, no more. Names and addresses become hashes.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from django.core.cache import cache

SPAN_SECONDS = 600
"""How long wrong tries count, from the first one on."""


def attempts_wrong(*, what: str, who: str) -> int:
    """Return how many wrong tries of somebody count now."""
    return int(cache.get(_key(what, who), 0))


def attempt_wrong(*, what: str, who: str) -> int:
    """Count one wrong try and return how many that makes."""
    key = _key(what, who)
    cache.add(key, 0, SPAN_SECONDS)
    with suppress(ValueError):  # it ran out in between
        return int(cache.incr(key))
    return 1


def attempts_forget(*, what: str, who: str) -> None:
    """Count from nothing again."""
    cache.delete(_key(what, who))


def _key(what: str, who: str) -> str:
    return f"{what}-{hashlib.sha256(who.encode()).hexdigest()}"
