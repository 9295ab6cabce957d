"""Asking for what a walk did not ask, at the visitor's own wish."""

from __future__ import annotations

from audit.drafts import VISITOR
from consent import journal
from consent.errors import StepOutOfOrder
from consent.models import Walk
from consent.purposes import Purpose
from consent.services.answers import walk_locked
from consent.services.offers import screen_show, withheld
from consent.services.screens import form_show


def walk_reconsider(*, walk: Walk, purpose: Purpose, language: str) -> Walk:
    """Ask for what was not asked, as the visitor wishes it themself; unset, as ever.

    Args:
        walk: an opened walk; a face and the switches come back before its form is
            sent, a referral's code until its details are.
        purpose: one that the walk withholds.
        language: the language the page was shown in.

    Raises:
        StepOutOfOrder: it is not withheld, or its page was sent already.
    """
    with journal.unit(act=VISITOR, site=walk.kiosk.site) as unit:
        locked = walk_locked(walk)
        late = locked.chosen_at is not None
        if purpose not in withheld(locked) or (
            late and (purpose != Purpose.ATTRIBUTION or locked.details_at is not None)
        ):
            raise StepOutOfOrder
        locked.withheld = [one for one in locked.withheld if one != purpose]
        locked.save(update_fields=["withheld"])
        if late:
            screen_show(
                unit=unit,
                walk=locked,
                screen="details",
                language=language,
                offered=[purpose],
            )
        else:
            locked.language = language
            locked.save(update_fields=["language"])
            form_show(unit, locked, language)
    return locked
