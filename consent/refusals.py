"""What a visitor said no to lately, remembered by their own browser and nobody else.

A refusal is in the log without identity, so nothing on the server could tell who it
was that should not be asked again. The visitor's own phone can: a signed cookie holds
the purposes and the moments, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from django.core import signing

from audit import clock
from consent.purposes import Purpose

QUIET = timedelta(hours=48)
"""How long after a refusal nobody asks again; law register, `ndr-22`."""

_SALT = "consent.refusals"


def refusals_read(*, cookie: str) -> dict[Purpose, datetime]:
    """Return what was refused less than `QUIET` ago, and when.

    Whatever is not ours, altered, too old or from the future counts as nothing.
    """
    try:
        told = signing.loads(cookie, salt=_SALT)
    except signing.BadSignature:
        return {}
    now = clock.now()
    found = {
        Purpose(name): datetime.fromtimestamp(at, UTC)
        for name, at in told.items()
        if name in list(Purpose)
    }
    return {name: at for name, at in found.items() if now - QUIET < at <= now}


def refusals_written(
    *,
    before: Mapping[Purpose, datetime],
    refused: Collection[Purpose] = (),
    forgotten: Collection[Purpose] = (),
) -> str:
    """Return the cookie after some were refused now, or their owner thought again.

    Args:
        before: what the cookie held.
        refused: said no to now.
        forgotten: to be asked for again, by the visitor's own wish.
    """
    now = int(clock.now().timestamp())
    kept = {
        name.value: int(at.timestamp())
        for name, at in before.items()
        if name not in forgotten
    }
    return signing.dumps({**kept, **{name.value: now for name in refused}}, salt=_SALT)
