"""The rows of consent: who asks, by which rules, and who said yes to what."""

from __future__ import annotations

from consent.models.closings import SiteClosing
from consent.models.consents import (
    CaptureSession,
    Consent,
    Generation,
    Guardianship,
    ImpactAssessment,
    Rules,
    Subject,
    Use,
)
from consent.models.devices import Device, Picture
from consent.models.drafts import Draft
from consent.models.filings import Filing
from consent.models.parties import Disclosure, Party
from consent.models.places import Kiosk, Operator, PaperCode, Site, Walk
from consent.models.proofs import PageLink, Pass, Receipt
from consent.models.requests import Request
from consent.models.stops import Stop

__all__ = [
    "CaptureSession",
    "Consent",
    "Device",
    "Disclosure",
    "Draft",
    "Filing",
    "Generation",
    "Guardianship",
    "ImpactAssessment",
    "Kiosk",
    "Operator",
    "PageLink",
    "PaperCode",
    "Party",
    "Pass",
    "Picture",
    "Receipt",
    "Request",
    "Rules",
    "Site",
    "SiteClosing",
    "Stop",
    "Subject",
    "Use",
    "Walk",
]
