"""Which order a presence check has: the one that stands at a kiosk, or a fresh one.

Who could have another order for the pressing would press until it is the order of their
recording. So the order that was drawn stands, whoever presses next and how often, until
a burst of it was judged; a burst of no picture, or without a face, was not.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile

from audit import clock
from consent.challenges import Step, challenge_draw
from consent.models import Kiosk, Use
from consent.selectors import use_end

STANDS = timedelta(minutes=10)
"""How long an order stands after it was drawn."""

NOT_PASSED = "presence"
"""Why a use was discarded whose burst was judged and not passed."""


def order_due(*, kiosk: Kiosk, mode: str) -> list[Step]:
    """Return the steps of a use that begins now, in their order.

    MUST be called in the transaction that writes the use: of two that begin at once at
    one kiosk, the second waits, and finds what the first has drawn.
    """
    list(Kiosk.objects.select_for_update(no_key=True).filter(id=kiosk.id))
    return _standing(kiosk, mode) or challenge_draw()


def _standing(kiosk: Kiosk, mode: str) -> list[Step] | None:
    """Return the order that was drawn last and was not judged, while it is young."""
    # Ids grow with time, and have the index that opened_at has not.
    uses = Use.objects.filter(kiosk=kiosk, mode=mode).order_by("-id")
    last = uses.first()
    if last is None or not last.challenge:
        return None
    same = takewhile(
        lambda use: use.challenge == last.challenge and not _judged(use),
        uses.iterator(chunk_size=20),
    )
    drawn = None
    for opened in reversed([use.opened_at for use in same]):
        # One that was too old was not taken up again: it was drawn again by chance.
        if drawn is None or opened >= drawn + STANDS:
            drawn = opened
    if drawn is None or clock.now() >= drawn + STANDS:
        return None
    return [Step(name) for name in last.challenge]


def _judged(use: Use) -> bool:
    """Tell whether a burst of a use was judged, passed or not."""
    if use.present_at is not None:
        return True
    end = use_end(use=use) if use.seized_at is not None else None
    return end is not None and end["data"].get("reason") == NOT_PASSED
