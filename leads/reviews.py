"""What waits for a person to decide: the queue, and one visit with all its facts."""

from __future__ import annotations

import uuid
from typing import Any

from audit.say import Say
from consent.models import Site
from consent.purposes import Purpose
from consent.selectors import consent_usable
from leads.models import Channel, Decision, Referral
from leads.questions import consent_reaches
from leads.rulings import CHANNEL, GROUNDS, WALK_IN, channels_concerned
from leads.selectors import decision_shown, facts_shown, referral_shown

GROUPS = (
    (Say("判给渠道或自然来访", "For a channel, or walk-in"), {CHANNEL, WALK_IN}),
    (Say("判给渠道", "For a channel"), {CHANNEL}),
    (Say("自然来访", "Walk-in"), {WALK_IN}),
)
"""The reasons as the form groups them: by what each can lead to."""

QUEUE_MAX = 200
"""Rows of the queue; the oldest come first, so that none is left behind."""


def reviews_count(*, site: Site) -> int:
    """Return how many visits of a site wait for a person."""
    return Decision.objects.filter(**_waiting(site)).count()


def reviews_open(*, site: Site, language: str) -> list[dict[str, Any]]:
    """Return what waits, oldest visit first."""
    rows = (
        Decision.objects.select_related("visit__site")
        .filter(**_waiting(site))
        .order_by("visit__at", "id")[:QUEUE_MAX]
    )
    return [
        {
            "id": row.id,
            "visited_at": row.visit.at,
            "who": row.visit.short or "—",
            "clause": row.clause,
            "channels": [
                one.name.text(language) for one in channels_concerned(decision=row)
            ],
        }
        for row in rows
    ]


def review_at(*, site: Site, identifier: uuid.UUID) -> Decision | None:
    """Return a decision of the site by its own name, settled or not."""
    return (
        Decision.objects.select_related("channel", "agent", "visit__site")
        .filter(visit__site=site, id=identifier)
        .first()
    )


def review_shown(*, decision: Decision, language: str) -> dict[str, Any]:
    """Return a visit with what a person needs to settle it; no name, no number.

    The numbers are masked: which channel was first is not in a number.
    """
    visit = decision.visit
    consent = None
    if visit.subject is not None:
        consent = consent_usable(
            subject=visit.subject, purpose=Purpose.ATTRIBUTION, site=visit.site
        )
    return {
        "decision": decision_shown(decision=decision, language=language),
        "timeline": facts_shown(decision=decision, language=language),
        "referrals": _referrals(decision, language),
        "visit": visit,
        "stopped": not consent_reaches(consent=consent, visit=visit),
        "choices": choices_shown(
            channels=channels_concerned(decision=decision), language=language
        ),
        "grounds": [
            {
                "title": title,
                "grounds": {
                    code: ground.words
                    for code, ground in GROUNDS.items()
                    if ground.outcomes == outcomes
                },
            }
            for title, outcomes in GROUPS
        ],
    }


def choices_shown(*, channels: list[Channel], language: str) -> dict[str, str]:
    """Return the channels that a ruling may name, by their codes."""
    return {one.code: one.name.text(language) for one in channels}


def _waiting(site: Site) -> dict[str, Any]:
    return {
        "visit__site": site,
        "outcome": Decision.Outcome.REVIEW,
        "revised_by": None,
        "ruling": None,
    }


def _referrals(decision: Decision, language: str) -> list[dict[str, Any]]:
    """Return the referrals of the customer, by time, each with why it did not win."""
    reasons = {one["referral"]: one for one in decision.document["losing"]}
    rows = (
        Referral.objects.select_related("channel", "agent", "site")
        .filter(site=decision.visit.site, id__in=list(reasons))
        .order_by("received_at", "id")
    )
    return [
        {
            **referral_shown(referral=row, language=language),
            "clause": reasons[str(row.id)]["clause"],
            "reason": reasons[str(row.id)]["reason"],
        }
        for row in rows
    ]
