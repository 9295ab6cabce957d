"""The rows of consent: who asks, by which rules, and who said yes to what."""

from __future__ import annotations

from consent.models.consents import (
    CaptureSession,
    Consent,
    ImpactAssessment,
    Rules,
    Subject,
    Use,
)
from consent.models.devices import Device, Picture
from consent.models.parties import Disclosure, Party
from consent.models.places import Kiosk, Operator, Site, Walk
from consent.models.proofs import PageLink, Pass, Receipt
from consent.models.requests import Request
from consent.models.stops import Stop

__all__ = [
    "CaptureSession",
    "Consent",
    "Device",
    "Disclosure",
    "ImpactAssessment",
    "Kiosk",
    "Operator",
    "PageLink",
    "Party",
    "Pass",
    "Picture",
    "Receipt",
    "Request",
    "Rules",
    "Site",
    "Stop",
    "Subject",
    "Use",
    "Walk",
]
