"""Publishing rules and approving assessments: what another person drafted, as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from audit import clock
from audit.documents import document_put
from audit.drafts import SYSTEM, Act
from audit.log import Unit
from consent import assessments, journal
from consent.changes import purposes_changed
from consent.closings import site_require_open
from consent.errors import (
    DraftSettled,
    RulesInvalid,
    RulesUnfit,
)
from consent.lint import Finding, rules_lint
from consent.models import Draft, ImpactAssessment, Rules, Site
from consent.purposes import FACE
from consent.recipients import recipients_lint
from consent.rules import canonical
from consent.rules import document as rules_document
from consent.selectors import assessments_allowed
from consent.services.stops import site_lock
from consent.services.two_people import (
    draft_decide,
    draft_open,
    draft_require_another,
)


def rules_publish(*, draft: Draft, act: Act) -> Rules:
    """Publish what another person drafted; the version before it is retired.

    The bytes that were submitted are published, frozen under their hash. Purposes
    that changed materially bar the use of what older consents collected, from this
    commit on; when a face purpose did, assessments of before the change are stale.

    Raises:
        DraftNotSubmitted, DraftSettled, DraftOwnApproval: as `draft_locked`.
        RulesInvalid: a field that has to be published is missing; its path is named.
        RulesUnfit: the linter found what no rules may say; codes and paths are named.
    """
    site = draft.site
    site_require_open(site=site)
    with journal.unit(act=act, site=site) as unit:
        # Uses of before this commit stand before it in the log (`stop_share`).
        site_lock(site)
        locked = draft_locked(draft=draft, kind="rules", act=act)
        content, document = bytes(locked.content), locked.document
        rules_fit(document=document, site=site)
        prior = journal.rules_in_force(site=site)
        before = None if prior is None else rules_document(sha256=prior.sha256)
        material = purposes_changed(old=before, new=document)
        sha256 = hashlib.sha256(content).hexdigest()
        document_put(content=content)
        published = unit.event(
            "rules.published",
            rules=sha256,
            data={
                "sha256": sha256,
                "prior": prior.sha256 if prior else None,
                "author": locked.author,
                "material": material,
            },
        )
        draft_decide(draft=locked, outcome="published", act=act)
        now = _after_all(site)
        if prior is not None:
            Rules.objects.filter(id=prior.id).update(retired_at=now)
            _assessments_overtaken(unit, prior, material)
        return Rules.objects.create(
            site=site,
            label=document["label"],
            sha256=sha256,
            published_at=now,
            published_event_id=published.eid,
            material=material,
            draft=locked,
        )


def _after_all(site: Site) -> datetime:
    """Return now, or just after the latest version when the clock was set back.

    Which version overtakes which is told by this moment alone.
    """
    latest = Rules.objects.filter(site=site).aggregate(at=Max("published_at"))["at"]
    now = clock.now()
    return now if latest is None else max(now, latest + timedelta(milliseconds=1))


def rules_fit(*, document: dict[str, Any], site: Site) -> None:
    """Refuse a document that may not be published at a site.

    Raises:
        RulesInvalid, RulesUnfit: as `rules_publish`.
    """
    content = canonical(document)
    if Rules.objects.filter(sha256=hashlib.sha256(content).hexdigest()).exists():
        # A version is known by its hash; the same text is published once.
        raise RulesInvalid("label")
    found = rules_findings(document=document, site=site)
    if found:
        raise RulesUnfit(*(f"{finding.code} {finding.field}" for finding in found))


def rules_findings(*, document: Mapping[str, Any], site: Site) -> list[Finding]:
    """Return what keeps a draft from being published at a site; [] when nothing does.

    The linter's own findings, with the site's assessments, then where the draft and
    the register of parties differ.
    """
    allowed = assessments_allowed(site=site)
    return [
        *rules_lint(document=document, assessments=allowed),
        *recipients_lint(document=document),
    ]


def assessment_approve(*, draft: Draft, act: Act) -> ImpactAssessment:
    """Approve what another person assessed; its purposes are open while it lasts.

    Raises:
        DraftNotSubmitted, DraftSettled, DraftOwnApproval: as `draft_locked`.
        AssessmentInvalid: a part is missing; its path is named.
    """
    site = draft.site
    with journal.unit(act=act, site=site) as unit:
        locked = draft_locked(draft=draft, kind="assessment", act=act)
        document = locked.document
        content = assessments.canonical(document)
        now = clock.now()
        until = now + timedelta(days=document["valid_days"])
        purposes = sorted(document["purposes"])
        sha256 = document_put(content=content)
        approved = unit.event(
            "pia.approved",
            data={
                "sha256": sha256,
                "until": clock.stamp(until),
                "demonstration": document["demonstration"],
                "purposes": purposes,
                "author": locked.author,
            },
        )
        draft_decide(draft=locked, outcome="published", act=act)
        return ImpactAssessment.objects.create(
            site=site,
            code=document["code"],
            sha256=sha256,
            purposes=purposes,
            demonstration=document["demonstration"],
            approved_at=now,
            until=until,
            approved_event_id=approved.eid,
            draft=locked,
        )


def assessment_go_stale(*, assessment: ImpactAssessment, reason: str, act: Act) -> None:
    """Set an assessment to stale: what it covered is shut at once; twice is once.

    Args:
        assessment: an approved one.
        reason: `purpose` (what it was of changed), `incident`, or `expired`.
        act: who says so.
    """
    with journal.unit(act=act, site=assessment.site) as unit:
        site_lock(assessment.site)
        _go_stale(unit, assessment, reason)


def assessments_expire_due() -> int:
    """Tell the log of each assessment whose time is over; return how many.

    Its purposes were shut the moment it ran out; this is the record of it.
    """
    over = ImpactAssessment.objects.select_related("site").filter(
        stale_at=None, until__lte=clock.now()
    )
    found = list(over)
    for assessment in found:
        assessment_go_stale(assessment=assessment, reason="expired", act=SYSTEM)
    return len(found)


def draft_locked(*, draft: Draft, kind: str, act: Act) -> Draft:
    """Lock a draft that another person submitted, until this transaction commits.

    Raises:
        DraftSettled: it was decided before, or is of another kind.
        DraftNotSubmitted: its author still writes.
        DraftOwnApproval: the author asks; another person has to.
    """
    locked = draft_open(draft)
    if locked.kind != kind:
        raise DraftSettled
    draft_require_another(locked, act)
    return locked


def _assessments_overtaken(unit: Unit, prior: Rules, material: list[str]) -> None:
    """Set to stale what assessed a face purpose as it was before it changed.

    One that was approved after the last version was made for this one.
    """
    for purpose in FACE.intersection(material):
        for assessment in ImpactAssessment.objects.filter(
            site=prior.site,
            stale_at=None,
            purposes__contains=[purpose],
            approved_at__lt=prior.published_at,
        ):
            _go_stale(unit, assessment, "purpose")


def _go_stale(unit: Unit, assessment: ImpactAssessment, reason: str) -> None:
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
