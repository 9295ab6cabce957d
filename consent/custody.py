"""Whether every live consent has its key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from consent import keys
from consent.models import Consent

AT_ONCE = 500


def consents_keyless() -> Iterator[list[UUID]]:
    """Yield the active consents whose key is gone, some at a time.

    Reads the key of each active consent: for start-up and a slow round.

    Raises:
        KeysUnavailable: the backend does not answer; nothing is known.
    """
    active = Consent.objects.filter(state="active").order_by("id")
    found = iter(list(active.values_list("id", flat=True)))
    while batch := list(islice(found, AT_ONCE)):
        missing = keys.keys_missing(consents=batch)
        if missing:
            yield [one for one in batch if one in missing]


def consents_keyless_count() -> int:
    """Return how many active consents have lost their key.

    Raises:
        KeysUnavailable: the backend does not answer.
    """
    return sum(len(batch) for batch in consents_keyless())
