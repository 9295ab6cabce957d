"""Writing rules of attribution: one person drafts, another publishes, with notice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from audit import clock
from audit.documents import document_put
from audit.drafts import Act
from consent import journal
from consent.closings import site_require_open
from consent.errors import (
    DraftSettled,
)
from consent.models import Site
from consent.services.stops import site_lock
from consent.services.two_people import (
    draft_decide,
    draft_drop,
    draft_open,
    draft_own,
    draft_require_another,
    draft_write,
)
from consent.structure import encoded
from leads.attribution import parse_rules
from leads.attribution.terms import (
    STARTING,
    Finding,
    day_of,
    day_start,
    findings,
    first_day,
)
from leads.errors import AttributionDraftUnfit
from leads.models import AttributionDraft, AttributionRules

NOTE_MAX = 2_000


def attribution_in_force(*, site: Site) -> AttributionRules | None:
    """Return the version in force at a site; the first one before it takes effect."""
    published = AttributionRules.objects.filter(site=site)
    now = published.filter(effective_from__lte=clock.now())
    return (
        now.order_by("-effective_from").first()
        or published.order_by("effective_from").first()
    )


def attribution_before(*, draft: AttributionDraft) -> AttributionRules | None:
    """Return the version that a draft would take over from on its day."""
    published = AttributionRules.objects.filter(site=draft.site)
    begins = _begins(draft.document)
    if begins is not None:
        published = published.filter(effective_from__lt=begins)
    return published.order_by("-effective_from").first() or attribution_in_force(
        site=draft.site
    )


def draft_findings(*, draft: AttributionDraft) -> list[Finding]:
    """Return what keeps a draft from being published now; [] when nothing does."""
    document = draft.document
    current = attribution_in_force(site=draft.site)
    before = attribution_before(draft=draft)
    found = findings(
        document,
        prior=before.document if before else None,
        earliest=first_day(
            current.document if current else None,
            clock.now(),
            ZoneInfo(document["timezone"]),
        ),
    )
    begins = _begins(document)
    if begins is not None and _taken(draft.site, begins):
        found.append(Finding("taken", "day"))
    return found


def _begins(document: Mapping[str, Any]) -> datetime | None:
    day = day_of(document)
    if day is None:
        return None
    return datetime.combine(day, time.min, ZoneInfo(document["timezone"]))


def _taken(site: Site, begins: datetime) -> bool:
    return AttributionRules.objects.filter(site=site, effective_from=begins).exists()


def attribution_draft_begin(
    *, site: Site, act: Act, source: AttributionDraft | None = None
) -> AttributionDraft:
    """Begin a draft from an earlier one, or from the version published last.

    That is the one in force where none is to come. It takes effect on the first day
    that the notice leaves and no other version has.
    """
    prior = attribution_in_force(site=site)
    last = AttributionRules.objects.filter(site=site).order_by("-effective_from")
    if source is not None:
        document = source.document
    elif latest := last.first():
        document = json.loads(json.dumps(latest.document))
    else:
        document = {**json.loads(json.dumps(STARTING)), "timezone": site.timezone}
    document.setdefault("notice_days", STARTING["notice_days"])
    zone = ZoneInfo(document["timezone"])
    now = clock.now()
    day = first_day(prior.document if prior else None, now, zone)
    day = day or now.astimezone(zone).date()
    while _taken(site, datetime.combine(day, time.min, zone)):
        day += timedelta(days=1)
    document["effective_from"] = day_start(day, zone)
    return AttributionDraft.objects.create(
        site=site,
        content=encoded(attribution_named(document=document, site=site)),
        author=act.id,
        begun_at=now,
        changed_at=now,
    )


def attribution_named(*, document: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """Return a draft with the version's name: its day, counted where one has it."""
    day = str(document["effective_from"])[:10]
    stem = f"v-{day}" if day[:4].isdigit() and len(day) == len("2026-01-01") else "v-0"
    taken = set(
        AttributionRules.objects.filter(
            site=site, version__startswith=stem
        ).values_list("version", flat=True)
    )
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return {**document, "version": name}


def attribution_draft_save(
    *, draft: AttributionDraft, document: Mapping[str, Any], act: Act
) -> AttributionDraft:
    """Keep what its author wrote, fit or not.

    Raises:
        DraftOfAnother: somebody else's.
        DraftSettled: it was submitted, and is what another person reads now.
    """
    return draft_write(draft, document, act)


def attribution_draft_submit(*, draft: AttributionDraft, act: Act) -> AttributionDraft:
    """Hand a draft to another person; from now on its bytes are fixed.

    Raises:
        DraftOfAnother, DraftSettled: as `attribution_draft_save`.
        AttributionDraftUnfit: it could not be published.
    """
    with transaction.atomic():
        locked = draft_own(draft, act)
        if locked.submitted_at is not None:
            raise DraftSettled
        _fit(locked)
        locked.submitted_at = clock.now()
        locked.save(update_fields=["submitted_at"])
    return locked


def attribution_draft_return(
    *, draft: AttributionDraft, note: str, act: Act
) -> AttributionDraft:
    """Decide not to publish a draft, and tell its author why.

    Raises:
        DraftSettled: it was decided before.
        DraftNotSubmitted: there is nothing to decide yet.
        DraftOwnApproval: its author asks.
    """
    with transaction.atomic():
        locked = draft_open(draft)
        draft_require_another(locked, act)
        draft_decide(draft=locked, outcome="returned", act=act, note=note[:NOTE_MAX])
    return locked


def attribution_draft_discard(*, draft: AttributionDraft, act: Act) -> AttributionDraft:
    """Let go of one's own draft. It stays to be read, and can be gone on from.

    Raises:
        DraftOfAnother: somebody else's.
        DraftSettled: it was decided before.
    """
    return draft_drop(draft, act)


def attribution_publish(*, draft: AttributionDraft, act: Act) -> AttributionRules:
    """Publish what another person drafted; it takes effect on its own day.

    Raises:
        DraftSettled, DraftNotSubmitted, DraftOwnApproval: as
            `attribution_draft_return`.
        AttributionDraftUnfit: it takes effect too soon by now, or is otherwise unfit.
    """
    site = draft.site
    site_require_open(site=site)
    with journal.unit(act=act, site=site) as unit:
        # Two versions of one site wait for each other.
        site_lock(site)
        locked = draft_open(draft)
        draft_require_another(locked, act)
        _fit(locked)
        document = locked.document
        (version,) = parse_rules([document]).versions
        content = bytes(locked.content)
        prior = attribution_in_force(site=site)
        document_put(content=content)
        published = unit.event(
            "attribution.published",
            data={
                "version": version.version,
                "sha256": hashlib.sha256(content).hexdigest(),
                "prior": prior.version if prior else None,
                "author": locked.author,
                "effective_from": clock.stamp(version.effective_from),
            },
        )
        draft_decide(draft=locked, outcome="published", act=act)
        return AttributionRules.objects.create(
            site=site,
            version=version.version,
            effective_from=version.effective_from,
            document=document,
            draft=locked,
            published_at=clock.now(),
            event_id=published.eid,
        )


def _fit(draft: AttributionDraft) -> None:
    found = draft_findings(draft=draft)
    if found:
        raise AttributionDraftUnfit(*(one.code for one in found))
