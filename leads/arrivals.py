"""The end of a guest's walk: their details, a referral's code, and the arrival."""

from __future__ import annotations

from audit import clock
from audit.drafts import VISITOR
from consent import journal
from consent.errors import StepOutOfOrder
from consent.models import Consent, Subject, Walk
from consent.purposes import Purpose
from consent.selectors import consent_usable, rules_get
from consent.services.consents import consent_grant
from consent.services.offers import referral_offered
from consent.services.walks import walk_finish
from leads.contacts import Details, contact_collect
from leads.models import Visit
from leads.referrals import referral_find, referral_show
from leads.visits import visit_of_walk


def contact_consent(*, walk: Walk) -> Consent | None:
    """Return the guest's live `contact` consent, under which details may be asked."""
    return _live(walk, Purpose.CONTACT)


def attribution_consent(*, walk: Walk) -> Consent | None:
    """Return the guest's live `attribution` consent."""
    return _live(walk, Purpose.ATTRIBUTION)


def referral_asked(*, walk: Walk) -> bool:
    """Tell whether the details page asks for a referral's code.

    Showing one is a yes to `attribution`, so it is not asked of who has said no.
    """
    return attribution_consent(walk=walk) is not None or referral_offered(walk)


def walk_details(
    *, walk: Walk, details: Details | None, referral_code: str, language: str
) -> Walk:
    """Keep what a guest left on the details page, and go on; twice is once.

    Showing a referral's code is itself a yes to `attribution`, an act and a consent
    of its own, where the guest has not given one.

    Args:
        walk: at its details.
        details: name and phone, if they consented to `contact`.
        referral_code: empty when they show none.
        language: in which they were asked.

    Raises:
        ConsentRequired: details without a live `contact` consent.
        ReferralUnknown: there is no such code; nothing of it was taken.
        StepOutOfOrder: a code that was not asked for.
    """
    site = walk.kiosk.site
    if referral_code and not referral_asked(walk=walk):
        raise StepOutOfOrder
    if referral_code:
        referral_find(code=referral_code, site=site)
    if details is not None and walk.subject is not None:
        contact_collect(subject=walk.subject, site=site, details=details, act=VISITOR)
    if referral_code:
        subject = _attribution_ask(walk, language)
        referral_show(subject=subject, site=site, code=referral_code, act=VISITOR)
    Walk.objects.filter(id=walk.id, details_at=None).update(details_at=clock.now())
    walk.refresh_from_db()
    return walk


def walk_arrive(*, walk: Walk) -> tuple[Walk, Visit]:
    """End a walk: receipt and pass, then the visit with its decision; twice is once.

    Raises:
        StepOutOfOrder: a page of the walk is not answered yet.
    """
    if walk.details_at is None:
        raise StepOutOfOrder
    finished = walk_finish(walk=walk)
    return finished, visit_of_walk(walk=finished, act=VISITOR)


def walk_ended(walk: Walk) -> None:
    """As `walk_arrive`, for who asks the last question and needs no answer."""
    walk_arrive(walk=walk)


def _live(walk: Walk, purpose: Purpose) -> Consent | None:
    if walk.subject is None:
        return None
    return consent_usable(subject=walk.subject, purpose=purpose, site=walk.kiosk.site)


def _attribution_ask(walk: Walk, language: str) -> Subject:
    """Return who shows a code, with a live `attribution` consent from now on."""
    site = walk.kiosk.site
    with journal.unit(act=VISITOR, site=site) as unit:
        locked = (
            Walk.objects.select_for_update(of=("self",))
            .select_related("subject", "rules")
            .get(id=walk.id)
        )
        subject = locked.subject or Subject.objects.create()
        consent_grant(
            unit=unit,
            subject=subject,
            purpose=Purpose.ATTRIBUTION,
            site=site,
            rules=locked.rules or rules_get(site=site),
            language=language,
        )
        locked.subject = subject
        locked.choices = {**locked.choices, Purpose.ATTRIBUTION: True}
        locked.save(update_fields=["subject", "choices"])
    return subject
