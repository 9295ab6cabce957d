"""Whether a face may be used at a kiosk now: assessed, approved, not stopped."""

from __future__ import annotations

from consent.errors import (
    AssessmentRequired,
    DeviceRequired,
    MatchingTooWide,
    PurposeStopped,
)
from consent.models import Kiosk, Site, Subject
from consent.purposes import Purpose
from consent.selectors import consent_usable, device_live
from consent.standing import Standing, standing_read
from consent.stops import stop_of


def face_offered(*, kiosk: Kiosk, matching: str) -> bool:
    """Tell whether a face may be compared as widely as this here, now.

    Assessed and published so, the camera approved, and not stopped.

    Args:
        kiosk: where.
        matching: one of `consent.rules.MATCHING`.
    """
    standing = _standing(kiosk)
    return not standing.stopped and standing.camera and standing.allows(matching)


def face_demand(*, kiosk: Kiosk, matching: str) -> None:
    """Check that a face may be compared so at a kiosk, before anybody is asked for one.

    Raises:
        PurposeStopped: the stop switch is on.
        AssessmentRequired: faces are not assessed at this site, or no longer.
        MatchingTooWide: they are, but compared less widely.
        DeviceRequired: this kiosk's camera is not approved, or no longer.
    """
    standing = _standing(kiosk)
    if standing.stopped:
        raise PurposeStopped
    if not standing.assessed():
        raise AssessmentRequired
    if not standing.allows(matching):
        raise MatchingTooWide
    if not standing.camera:
        raise DeviceRequired


def _standing(kiosk: Kiosk) -> Standing:
    return standing_read(site=kiosk.site, purpose=Purpose.FACE_CHECKIN, kiosk=kiosk)


def films_here(*, kiosk: Kiosk) -> bool:
    """Tell whether a camera of this machine films for a kiosk, not its browser."""
    device = device_live(kiosk=kiosk)
    return device is not None and device.kind == "local"


def face_stopped(*, site: Site) -> bool:
    """Tell whether the stop switch of a site is on for faces."""
    return stop_of(site=site, purpose=Purpose.FACE_CHECKIN) is not None


def match_stands(*, subject: Subject, site: Site) -> bool:
    """Tell whether somebody who was matched still consents to that."""
    live = consent_usable(subject=subject, purpose=Purpose.FACE_CHECKIN, site=site)
    return live is not None
