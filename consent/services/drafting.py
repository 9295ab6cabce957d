"""Writing drafts of rules and of assessments, until another person decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from audit import clock
from audit.drafts import Act
from consent import assessments, journal
from consent.editing import skeleton
from consent.errors import DraftNotSubmitted, DraftSettled
from consent.models import Draft, Site
from consent.rules import document as rules_document
from consent.selectors import assessments_list
from consent.services.publishing import rules_fit
from consent.services.two_people import (
    draft_decide,
    draft_drop,
    draft_open,
    draft_own,
    draft_write,
)
from consent.structure import encoded

NOTE_MAX = 2_000


def draft_begin(
    *, site: Site, kind: str, document: Mapping[str, Any], act: Act
) -> Draft:
    """Begin a draft; `document` may lack anything."""
    now = clock.now()
    return Draft.objects.create(
        site=site,
        kind=kind,
        content=encoded(document),
        author=act.id,
        begun_at=now,
        changed_at=now,
    )


def draft_save(*, draft: Draft, document: Mapping[str, Any], act: Act) -> Draft:
    """Keep what its author wrote, complete or not.

    Raises:
        DraftOfAnother: somebody else's.
        DraftSettled: it was submitted, and is what another person reads now.
    """
    return draft_write(draft, document, act)


def draft_submit(*, draft: Draft, act: Act) -> Draft:
    """Hand a draft to another person; from now on its bytes are fixed.

    Raises:
        DraftOfAnother, DraftSettled: as `draft_save`.
        RulesInvalid, RulesUnfit, AssessmentInvalid: it could not be published.
    """
    with transaction.atomic():
        locked = draft_own(draft, act)
        if locked.submitted_at is not None:
            raise DraftSettled
        document = locked.document
        if locked.kind == "rules":
            rules_fit(document=document, site=locked.site)
        else:
            assessments.canonical(document)
        locked.submitted_at = clock.now()
        locked.save(update_fields=["submitted_at"])
    return locked


def draft_return(*, draft: Draft, note: str, act: Act) -> Draft:
    """Decide not to publish a draft, and tell its author why.

    Raises:
        DraftSettled: it was decided before.
        DraftNotSubmitted: there is nothing to decide yet.
    """
    with transaction.atomic():
        locked = draft_open(draft)
        if locked.submitted_at is None:
            raise DraftNotSubmitted
        draft_decide(draft=locked, outcome="returned", act=act, note=note[:NOTE_MAX])
    return locked


def draft_discard(*, draft: Draft, act: Act) -> Draft:
    """Let go of one's own draft. It stays to be read, and can be gone on from.

    Raises:
        DraftOfAnother: somebody else's.
        DraftSettled: it was decided before.
    """
    return draft_drop(draft, act)


def draft_source(*, site: Site, kind: str, earlier: Draft | None) -> dict[str, Any]:
    """Return what a new draft goes on from: an earlier one, what is in force, or none.

    Rules go on with an empty summary of changes: the last one's is not this one's.
    """
    if earlier is not None and earlier.kind == kind:
        return earlier.document
    if kind == "assessment":
        standing = assessments_list(site=site)
        latest = assessments.document(sha256=standing[0].sha256) if standing else {}
        return latest or skeleton(kind=kind)
    rules = journal.rules_in_force(site=site)
    if rules is None:
        return skeleton(kind=kind)
    document = rules_document(sha256=rules.sha256)
    for words in document["languages"].values():
        words["changes"] = ""
    return document
