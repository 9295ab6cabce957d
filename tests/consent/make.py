"""One consent at a time, as a walk gives it, for tests of consent itself."""

from __future__ import annotations

from datetime import timedelta

from audit.drafts import VISITOR
from consent import journal
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.services.consents import consent_grant
from tests import make


def grant(
    house: make.House,
    subject: Subject,
    purpose: Purpose = Purpose.CONTACT,
    *,
    once: bool = False,
    lasts: timedelta | None = None,
) -> Consent:
    """Have a person say yes to one purpose."""
    with journal.unit(act=VISITOR, site=house.site) as unit:
        return consent_grant(
            unit=unit,
            subject=subject,
            purpose=purpose,
            site=house.site,
            rules=house.rules,
            language="zh-hans",
            once=once,
            lasts=lasts,
        )
