"""A draft on its way: its author writes, another person decides, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction

from audit import clock
from audit.drafts import Act
from consent.errors import (
    DraftNotSubmitted,
    DraftOfAnother,
    DraftOwnApproval,
    DraftSettled,
)
from consent.models.drafts import TwoPersonDraft
from consent.structure import encoded

D = TypeVar("D", bound=TwoPersonDraft)


def draft_open(draft: D) -> D:
    """Lock a draft that nobody decided about, until this transaction commits.

    Raises:
        DraftSettled: it was decided before.
    """
    rows = type(draft)._default_manager  # noqa: SLF001 - how Django names it
    locked: D = (
        rows.select_for_update(of=("self",))
        .select_related("site__operator")
        .get(id=draft.id)
    )
    if locked.outcome is not None:
        raise DraftSettled
    return locked


def draft_own(draft: D, act: Act) -> D:
    """Lock a draft of one's own that nobody decided about.

    Raises:
        DraftSettled: as `draft_open`.
        DraftOfAnother: somebody else's.
    """
    locked = draft_open(draft)
    if locked.author != act.id:
        raise DraftOfAnother
    return locked


def draft_require_another(draft: TwoPersonDraft, act: Act) -> None:
    """Refuse who may not decide about a locked draft.

    Raises:
        DraftNotSubmitted: its author still writes.
        DraftOwnApproval: the author asks; another person has to.
    """
    if draft.submitted_at is None:
        raise DraftNotSubmitted
    if draft.author == act.id:
        raise DraftOwnApproval


def draft_write(draft: D, document: Mapping[str, Any], act: Act) -> D:
    """Keep what its author wrote, complete or not.

    Raises:
        DraftOfAnother: somebody else's.
        DraftSettled: it was submitted, and is what another person reads now.
    """
    with transaction.atomic():
        locked = draft_own(draft, act)
        if locked.submitted_at is not None:
            raise DraftSettled
        locked.content = encoded(document)
        locked.changed_at = clock.now()
        locked.save(update_fields=["content", "changed_at"])
    return locked


def draft_decide(
    *, draft: TwoPersonDraft, outcome: str, act: Act, note: str = ""
) -> None:
    """Write what became of a locked draft."""
    draft.outcome = outcome
    draft.decided_at = clock.now()
    draft.decided_by = act.id
    draft.note = note
    draft.save(update_fields=["outcome", "decided_at", "decided_by", "note"])


def draft_drop(draft: D, act: Act) -> D:
    """Let go of one's own draft. It stays to be read, and can be gone on from.

    Raises:
        DraftOfAnother: somebody else's.
        DraftSettled: it was decided before.
    """
    with transaction.atomic():
        locked = draft_own(draft, act)
        draft_decide(draft=locked, outcome="discarded", act=act)
    return locked
