"""The camera step of a walk, as its row knows it: asked for, and over."""

from __future__ import annotations

from audit import clock
from consent.models import Walk
from consent.purposes import Purpose
from consent.selectors import consent_usable


def walk_ask_camera(*, walk: Walk) -> bool:
    """Note that the holder of this phone stands at the screen; False without a consent.

    The kiosk then offers to start the camera, for this walk only.
    """
    if walk.subject is None or walk.finished_at is None:
        return False
    live = consent_usable(
        subject=walk.subject, purpose=Purpose.FACE_CHECKIN, site=walk.kiosk.site
    )
    if live is None:
        return False
    Walk.objects.filter(id=walk.id).update(camera_asked_at=clock.now())
    return True


def walk_camera_done(*, walk: Walk) -> None:
    """Note that the camera step of a walk is over, however it ended."""
    Walk.objects.filter(id=walk.id).update(
        camera_asked_at=None, camera_done_at=clock.now()
    )
