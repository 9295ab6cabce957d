"""What a visitor is asked about who announced them, and which consent reaches a visit.

The question is the same for everybody who agreed to attribution, whether or not a
channel announced them, and comes before any channel's name: what they name is theirs.
"""

from __future__ import annotations

from audit.say import Say
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.selectors import consent_usable
from leads.models import Answer, Visit

UNANSWERED = Say(
    "您先回答“有没有人替您报备”，再显示在这里",
    "Shown here once you have answered whether an agent announced you",
)
"""What stands for a channel's name until the visitor has answered, or declined to."""


def consent_reaches(*, consent: Consent | None, visit: Visit) -> bool:
    """Tell whether a usable consent lets a visit be decided anew.

    Only one that was live when the visit was decided does: one given later covers
    what comes after it.
    """
    return consent is not None and consent.granted_at <= visit.at


def visit_asked(*, subject: Subject) -> Visit | None:
    """Return the visit that a person is asked about, their latest, or None.

    They are asked while the consent to attribution that was live at it still is.
    """
    visit = (
        Visit.objects.select_related("site", "subject")
        .filter(subject=subject)
        .order_by("-at", "-id")
        .first()
    )
    if visit is None:
        return None
    consent = consent_usable(
        subject=subject, purpose=Purpose.ATTRIBUTION, site=visit.site
    )
    return visit if consent_reaches(consent=consent, visit=visit) else None


def answer_last(*, visit: Visit) -> Answer | None:
    """Return the answer that counts for a visit, the last one."""
    return Answer.objects.filter(visit=visit).order_by("-at", "-id").first()


def question_waits(*, subject: Subject) -> bool:
    """Tell whether a person is asked and has never answered at that site."""
    visit = visit_asked(subject=subject)
    return (
        visit is not None
        and not Answer.objects.filter(
            visit__subject=subject, visit__site=visit.site
        ).exists()
    )
