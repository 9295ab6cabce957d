"""Publishing rules and approving assessments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from audit import clock
from audit.documents import document_put
from audit.drafts import Act
from consent import journal
from consent.errors import RulesUnfit
from consent.lint import rules_lint
from consent.models import ImpactAssessment, Rules, Site
from consent.recipients import recipients_lint
from consent.rules import canonical


def rules_publish(*, site: Site, document: Mapping[str, Any], act: Act) -> Rules:
    """Publish a version of the rules at a site; the one before it is retired.

    Raises:
        RulesInvalid: a field that has to be published is missing; its path is named.
        RulesUnfit: the linter found what no rules may say; codes and paths are named.
    """
    content = canonical(document)
    found = [*rules_lint(document=document), *recipients_lint(document=document)]
    if found:
        raise RulesUnfit(*(f"{finding.code} {finding.field}" for finding in found))
    sha256 = hashlib.sha256(content).hexdigest()
    now = clock.now()
    prior = journal.rules_in_force(site=site)
    with journal.unit(act=act, site=site) as unit:
        document_put(content=content)
        published = unit.event(
            "rules.published",
            rules=sha256,
            data={"sha256": sha256, "prior": prior.sha256 if prior else None},
        )
        if prior is not None:
            Rules.objects.filter(id=prior.id).update(retired_at=now)
        return Rules.objects.create(
            site=site,
            label=document["label"],
            sha256=sha256,
            published_at=now,
            published_event_id=published.eid,
        )


def assessment_approve(
    *,
    site: Site,
    code: str,
    content: bytes,
    purposes: Sequence[str],
    until: datetime,
    demonstration: bool,
    act: Act,
) -> ImpactAssessment:
    """Approve an impact assessment; face purposes it names are open until `until`."""
    with journal.unit(act=act, site=site) as unit:
        sha256 = document_put(content=content)
        approved = unit.event(
            "pia.approved",
            data={
                "sha256": sha256,
                "until": clock.stamp(until),
                "demonstration": demonstration,
                "purposes": list(purposes),
            },
        )
        return ImpactAssessment.objects.create(
            site=site,
            code=code,
            sha256=sha256,
            purposes=list(purposes),
            demonstration=demonstration,
            approved_at=clock.now(),
            until=until,
            approved_event_id=approved.eid,
        )


def assessment_go_stale(*, assessment: ImpactAssessment, reason: str, act: Act) -> None:
    """Set an assessment to stale: what it covered is shut at once; twice is once."""
    with journal.unit(act=act, site=assessment.site) as unit:
        fresh = (
            ImpactAssessment.objects.select_for_update()
            .filter(id=assessment.id, stale_at=None)
            .first()
        )
        if fresh is None:
            return
        stale = unit.event("pia.stale", data={"reason": reason})
        fresh.stale_at = clock.now()
        fresh.stale_event_id = stale.eid
        fresh.save(update_fields=["stale_at", "stale_event"])
