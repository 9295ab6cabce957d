"""The way of somebody without a phone: a printed notice, and a code for the kiosk.

Reception hands out the sheet and decides nothing: every choice is made by the visitor,
on the kiosk's screen, by their own act.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from audit import clock
from audit.drafts import Act
from audit.ids import uuid7
from consent import journal
from consent.codes import code_derived, code_shown, code_typed
from consent.errors import PaperUnknown
from consent.models import Kiosk, PaperCode, Site, Walk
from consent.selectors import rules_get
from consent.services.links import FAMILY, PASS_LENGTH, code_stored
from consent.services.walks import KEEP, walk_issue, walk_open
from consent.showing import notice_show

GOOD = timedelta(minutes=30)
"""How long the code of a printed notice may be typed."""


def paper_issue(*, site: Site, language: str, act: Act) -> PaperCode:
    """Make a sheet with a code of its own, and tell the log what is printed on it.

    Raises:
        RulesMissing: nothing is published, so nothing may be asked.
    """
    rules = rules_get(site=site)
    identifier = uuid7()
    now = clock.now()
    with journal.unit(act=act, site=site) as unit:
        notice_show(
            unit=unit,
            rules=rules,
            language=language,
            surface="desk",
            screen="paper",
            offered=[],
        )
        return PaperCode.objects.create(
            id=identifier,
            site=site,
            rules=rules,
            language=language,
            code_hash=code_stored(_code(identifier)),
            created_at=now,
            until=now + GOOD,
        )


def paper_get(*, identifier: uuid.UUID, site: Site) -> PaperCode:
    """Return a sheet whose code is still good, to print.

    Raises:
        PaperUnknown: there is none.
    """
    found = (
        PaperCode.objects.select_related("rules")
        .filter(id=identifier, site=site, used_at=None, until__gt=clock.now())
        .first()
    )
    if found is None:
        raise PaperUnknown
    return found


def paper_code(*, paper: PaperCode) -> str:
    """Return a sheet's code as it is printed: `ABCD-EFGH`."""
    return code_shown(_code(paper.id))


def paper_open(*, code: str, kiosk: Kiosk, language: str) -> tuple[Walk, str]:
    """Open a walk on the kiosk's own screen with a sheet's code, once.

    Returns:
        The walk, marked as assisted, and its cookie.

    Raises:
        PaperUnknown: no such code here, or it was used, or is too old.
    """
    now = clock.now()
    taken = PaperCode.objects.filter(
        code_hash=code_stored(code_typed(code)),
        site=kiosk.site,
        used_at=None,
        until__gt=now,
    ).update(used_at=now)
    if not taken:
        raise PaperUnknown
    _, token = walk_issue(kiosk=kiosk, surface="kiosk", assisted=True)
    return walk_open(token=token, language=language)


def papers_forget_due() -> int:
    """Delete the rows of sheets that are a day old; return how many."""
    old = PaperCode.objects.filter(created_at__lt=clock.now() - KEEP)
    deleted, _ = old.delete()
    return deleted


def _code(identifier: uuid.UUID) -> str:
    return code_derived(
        family=FAMILY, name="paper", identifier=identifier, length=PASS_LENGTH
    )
