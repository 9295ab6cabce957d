"""What waits for a second person, and assessments that run out: for the office."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse

from audit import clock
from audit.say import Say
from consent.duties import Duty
from consent.models import ImpactAssessment
from consent.selectors import drafts_waiting

RENEW = timedelta(days=60)
"""So long before its end an assessment is told of: it takes weeks to write another."""

_WAITING = {
    "rules": Say("一版规则等您批准", "A version of the rules waits for you"),
    "assessment": Say("一份影响评估等您批准", "An impact assessment waits for you"),
}


def draft_duties() -> Iterator[Duty]:
    """Tell of each draft that another person than its author decides about."""
    for draft in drafts_waiting():
        yield Duty(
            title=_WAITING[draft.kind],
            url=reverse("consent:draft", kwargs={"name": draft.id}),
            permission="consent.approve_rules",
            since=draft.submitted_at or draft.begun_at,
            detail=Say(f"作者 {draft.author}", f"by {draft.author}"),
        )


def assessment_duties() -> Iterator[Duty]:
    """Tell of each assessment that runs out soon, while none follows it."""
    now = clock.now()
    current = ImpactAssessment.objects.filter(stale_at=None, until__gt=now)
    for one in current.filter(until__lte=now + RENEW):
        followed = current.filter(site=one.site_id, until__gt=one.until)
        if any(set(one.purposes) <= set(other.purposes) for other in followed):
            continue
        yield Duty(
            title=Say(f"影响评估 {one.code} 快到期", f"Assessment {one.code} runs out"),
            url=reverse("consent:drafts"),
            permission="consent.draft_rules",
            since=one.until - RENEW,
            due=one.until,
            warn=one.until - RENEW / 2,
            detail=Say("到期后，人脸登记自动停用。", "Faces are off from that day."),
        )
