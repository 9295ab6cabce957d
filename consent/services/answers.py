"""What a walk does with an answer: each a consent, or a refusal, of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audit import clock
from audit.drafts import VISITOR
from audit.log import Unit
from consent import journal
from consent.errors import NoticeChanged, WalkOver
from consent.models import Rules, Subject, Walk
from consent.purposes import Purpose
from consent.selectors import rules_get, rules_outdated
from consent.services.consents import consent_grant, consent_refuse
from consent.services.offers import page_keep, rules_dropped, walk_rules
from consent.stops import site_share


def notice_keep(
    walk: Walk,
    purposes: Sequence[Purpose],
    language: str,
    *,
    show: Callable[[Unit, Walk, str], None],
) -> None:
    """Show the rules in force to somebody whose own changed while they answered.

    A yes to what nobody may be asked any more would bar its own use, or name a
    purpose that the published rules have dropped. A page of its own for such a
    purpose is not shown again.

    Raises:
        NoticeChanged: it is shown from now on; ask again.
    """
    rules = walk_rules(walk)
    if not any(
        rules_outdated(rules=rules, purpose=one) or rules_dropped(walk, one)
        for one in purposes
    ):
        return
    with journal.unit(act=VISITOR, site=walk.kiosk.site) as unit:
        locked = walk_locked(walk)
        locked.rules = rules_get(site=walk.kiosk.site)
        asked = page_keep(locked)
        locked.save()
        if asked:
            show(unit, locked, language)
    raise NoticeChanged


def walk_grant(
    unit: Unit,
    walk: Walk,
    purpose: Purpose,
    rules: Rules,
    language: str,
    *,
    guardian: str | None = None,
) -> None:
    """Grant one purpose to the guest of a locked walk, who is somebody from now on.

    No version comes into force between the last look at the rules and the commit.

    Raises:
        NoticeChanged: one came since `notice_keep` looked; ask again.
    """
    site_share(site=walk.kiosk.site)
    if rules_outdated(rules=rules, purpose=purpose) or rules_dropped(walk, purpose):
        raise NoticeChanged
    walk.subject = walk.subject or Subject.objects.create()
    consent_grant(
        unit=unit,
        subject=walk.subject,
        purpose=purpose,
        site=walk.kiosk.site,
        rules=rules,
        language=language,
        guardian=guardian,
    )


def walk_refuse(
    walk: Walk, purposes: Sequence[Purpose], rules: Rules, language: str
) -> None:
    """Record refusals in a commit of their own, which names nobody.

    One commit with the consents of the same form would tell whose refusals they are.
    """
    if not purposes:
        return
    with journal.unit(act=VISITOR, site=walk.kiosk.site) as unit:
        for purpose in purposes:
            consent_refuse(
                unit=unit,
                purpose=purpose,
                language=language,
                surface=walk.surface,
                rules=rules,
            )


def walk_locked(walk: Walk) -> Walk:
    """Return a walk, locked for the rest of the transaction.

    Raises:
        WalkOver: its half hour is over.
    """
    locked = (
        Walk.objects.select_for_update(of=("self",))
        .select_related("kiosk__site__operator", "subject", "rules", "receipt")
        .filter(id=walk.id, finish_until__gt=clock.now())
        .first()
    )
    if locked is None:
        raise WalkOver
    return locked
