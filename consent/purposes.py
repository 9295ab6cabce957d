"""The purposes that a person can be asked for, one consent each."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """A row of the published rules; the clause that a use stands on."""

    CONTACT = "contact"
    ATTRIBUTION = "attribution"
    CHANNEL_DISCLOSE = "channel.disclose"
    FACE_CHECKIN = "face.checkin"
    FACE_ATTRIBUTION = "face.attribution"
    MARKETING_SMS = "marketing.sms"
    MARKETING_CALL = "marketing.call"


FACE = frozenset({Purpose.FACE_CHECKIN, Purpose.FACE_ATTRIBUTION})
"""Purposes that need an approved impact assessment and an act of their own."""

MARKETING = frozenset({Purpose.MARKETING_SMS, Purpose.MARKETING_CALL})
"""Purposes that reach out to somebody, who must be able to stop it."""

SWITCHES = (
    Purpose.CONTACT,
    Purpose.ATTRIBUTION,
    Purpose.MARKETING_SMS,
    Purpose.MARKETING_CALL,
)
"""Purposes that the form offers as switches, in the order of the notice."""
