"""With whom a stranger's face may be compared: a pass or a number's ending says it."""

from __future__ import annotations

from audit import clock
from consent.gate import FEW, ONE
from consent.models import Consent, Kiosk, Subject
from consent.purposes import Purpose
from consent.selectors import consent_usable, consents_usable
from faces.selectors import enrolled
from leads.availability import face_demand
from leads.contacts import subjects_of_ending
from leads.errors import NobodyEnrolled
from leads.kiosks import kiosk_act

CANDIDATES_MAX = 64
"""A comparison names each candidate in the log, and a list there has 64 places."""


def candidate(*, subject: Subject, kiosk: Kiosk) -> Consent:
    """Return the face consent of whoever a pass names.

    Raises:
        AssessmentRequired, MatchingTooWide: faces are not compared so at this site.
        PurposeStopped: the stop switch is on.
        DeviceRequired: this kiosk's camera is not approved, or no longer.
        NobodyEnrolled: they have no face here, so no camera is needed.
    """
    face_demand(kiosk=kiosk, matching=ONE)
    found = consent_usable(
        subject=subject, purpose=Purpose.FACE_CHECKIN, site=kiosk.site
    )
    if found is None or not enrolled(consents=[found]):
        raise NobodyEnrolled
    return found


def candidates(*, digits: str, kiosk: Kiosk) -> list[Consent]:
    """Return the face consents of the enrolled people whose number has this ending.

    That their numbers were looked at is logged first.

    Raises:
        AssessmentRequired, MatchingTooWide: faces are not compared so at this site.
        PurposeStopped: the stop switch is on.
        DeviceRequired: this kiosk's camera is not approved, or no longer.
        PhoneInvalid: not four digits.
        NobodyEnrolled: nobody, so no camera is needed.
    """
    site = kiosk.site
    face_demand(kiosk=kiosk, matching=FEW)
    people = subjects_of_ending(digits=digits, site=site, act=kiosk_act(kiosk))
    consents = list(
        Consent.objects.select_related("rules", "subject", "site")
        .filter(
            subject__in=people,
            purpose=Purpose.FACE_CHECKIN,
            site=site,
            state="active",
            once=False,
            until__gt=clock.now(),
        )
        .order_by("-granted_at")
    )
    usable = consents_usable(consents=consents)
    found = enrolled(consents=usable)[:CANDIDATES_MAX]
    if not found:
        raise NobodyEnrolled
    return found
