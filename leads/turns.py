"""Whose turn at the camera it is: a press counts for who stands there, and briefly."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from audit import clock
from consent.models import Use, Walk
from consent.selectors import use_end
from leads.kiosks import ASKED_SPAN

SCREEN_SPAN = timedelta(seconds=60)
"""How long after a walk on this screen its guest is taken to stand there still."""

AGAIN_SPAN = timedelta(seconds=30)
"""How long after frames that would not do the same guest is taken to stand there."""

AGAIN_MAX = 2
BEGUN_MAX = AGAIN_MAX + 3
"""How many captures of one consent begin at one screen: stopping and starting too."""

AGAIN_COUNTED = timedelta(minutes=10)

DISCARDED, STOPPED = "capture.discarded", "stopped"


def camera_due(*, walk: Walk) -> bool:
    """Tell whether the guest of a walk is at the screen now, by their own last act.

    On a phone it is "I am at the screen", and a press after an earlier camera step
    counts anew; on the kiosk's screen it is the end of the walk, and counts once.
    """
    now = clock.now()
    if walk.finished_at is None:
        return False
    if walk.surface == "kiosk":
        return walk.camera_done_at is None and walk.finished_at > now - SCREEN_SPAN
    asked = walk.camera_asked_at
    return asked is not None and asked > now - ASKED_SPAN and camera_open(walk=walk)


def camera_open(*, walk: Walk) -> bool:
    """Tell whether the camera step of a walk is not over."""
    done, asked = walk.camera_done_at, walk.camera_asked_at
    return done is None or (asked is not None and asked > done)


def again_due(*, use: Use, walk: Walk | None) -> bool:
    """Tell whether an enrolment may be tried once more by who stands there now.

    Only right after frames that would not do, in the same walk, and a few times: who
    comes later to this screen is somebody else.

    Args:
        use: closed.
        walk: the one whose camera step this is, if it is under way still.
    """
    now = clock.now()
    if walk is None or walk.subject_id != use.subject_id or not camera_open(walk=walk):
        return False
    if use.closed_at is None or use.closed_at <= now - AGAIN_SPAN:
        return False
    tried = captures_begun(consent=use.consent_id, kiosk=use.kiosk_id)
    return tried <= AGAIN_MAX and _frames_would_not_do(use)


def captures_begun(*, consent: UUID, kiosk: UUID) -> int:
    """Return how many captures of a consent began at a kiosk lately."""
    since = clock.now() - AGAIN_COUNTED
    begun = Use.objects.filter(consent=consent, kiosk=kiosk, opened_at__gt=since)
    return begun.count()


def _frames_would_not_do(use: Use) -> bool:
    """Tell whether the log ends a use with a burst that was discarded."""
    end = use_end(use=use)
    if end is None or end["type"] != DISCARDED:
        return False
    return bool(end["data"]["reason"] != STOPPED)
