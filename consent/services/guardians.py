"""What a child's parent or guardian decides, where the rules let them."""

from __future__ import annotations

from audit import clock
from audit.drafts import VISITOR
from consent import journal
from consent.errors import StepOutOfOrder
from consent.models import Walk
from consent.purposes import Purpose
from consent.services.answers import (
    notice_keep,
    walk_grant,
    walk_locked,
    walk_refuse,
)
from consent.services.offers import walk_rules
from consent.services.screens import guardian_show


def walk_guardian(*, walk: Walk, relation: str | None, language: str) -> Walk:
    """Record what a child's guardian decides, by their own act on their own page.

    Args:
        walk: of a child, whose form was sent.
        relation: how they are related, with their yes to `contact`; None is a no.
        language: the language the page was shown in.

    Raises:
        StepOutOfOrder: no guardian is asked here, or they have answered.
        NoticeChanged: as `walk_choose`.
    """
    asked = walk.guardian_offered and walk.guardian_answered_at is None
    if relation is not None and asked:
        notice_keep(walk, [Purpose.CONTACT], language, show=guardian_show)
    with journal.unit(act=VISITOR, site=walk.kiosk.site) as unit:
        locked = walk_locked(walk)
        if not locked.guardian_offered or locked.guardian_answered_at is not None:
            raise StepOutOfOrder
        rules = walk_rules(locked)
        if language != locked.language:
            guardian_show(unit, locked, language)
            locked.language = language
        if relation is not None:
            walk_grant(
                unit, locked, Purpose.CONTACT, rules, language, guardian=relation
            )
            locked.choices = {**locked.choices, Purpose.CONTACT: True}
        locked.guardian_answered_at = clock.now()
        if relation is None:
            locked.details_at = locked.guardian_answered_at
        locked.save()
    if relation is None:
        walk_refuse(locked, [Purpose.CONTACT], rules, language)
    return locked
