"""Restricting a purpose: what hangs on it is kept and not used, until that is lifted.

Restricted is not withdrawn: nothing is deleted, the term runs on, and the person can
still withdraw. `consent.selectors.consent_barred` is where the gate learns of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit import clock
from audit.drafts import Act
from audit.log import Unit
from consent import journal
from consent.models import Consent, Site, Subject


def consents_restrict(
    *,
    subject: Subject,
    purposes: Sequence[str] | None,
    act: Act,
    but: Site | None = None,
) -> list[Consent]:
    """Let a person's data be kept and not used: some purposes, or all with None.

    A use under way ends refused; nothing of its result is kept. Twice is once.
    With `but`, that site is left alone.

    Returns:
        The consents that are restricted from now on and were not before.
    """
    return _each_site(subject, purposes, act, restricted=True, but=but)


def consents_lift(
    *, subject: Subject, purposes: Sequence[str] | None, act: Act
) -> list[Consent]:
    """Let restricted data be used again, as the consents allow; twice is once.

    Returns:
        The consents that were restricted and are not any more.
    """
    return _each_site(subject, purposes, act, restricted=False)


def consents_restrict_at(
    *,
    unit: Unit,
    subject: Subject,
    site: Site,
    purposes: Sequence[str] | None,
    restricted: bool = True,
) -> list[Consent]:
    """Restrict or lift at one site, in the caller's transaction."""
    changing = Consent.objects.select_for_update(of=("self",)).filter(
        subject=subject,
        site=site,
        state="active",
        restricted_at__isnull=restricted,
    )
    if purposes is not None:
        changing = changing.filter(purpose__in=list(purposes))
    found = list(changing.select_related("subject", "rules", "site").order_by("id"))
    for consent in found:
        event = unit.event(
            "consent.restricted",
            purpose=consent.purpose,
            subject=subject.pseudonym,
            consent=consent.granted_ref,
            rules=consent.rules.sha256,
            data={
                "state": "restricted" if restricted else "lifted",
                "reason": "request",
            },
        )
        consent.restricted_at = clock.now() if restricted else None
        consent.restricted_event_id = event.eid
        consent.save(update_fields=["restricted_at", "restricted_event"])
    return found


def _each_site(
    subject: Subject,
    purposes: Sequence[str] | None,
    act: Act,
    *,
    restricted: bool,
    but: Site | None = None,
) -> list[Consent]:
    sites = Site.objects.filter(
        consent__subject=subject, consent__state="active"
    ).distinct()
    if but is not None:
        sites = sites.exclude(id=but.id)
    changed: list[Consent] = []
    for site in sites.order_by("id"):
        with journal.unit(act=act, site=site) as unit:
            changed += consents_restrict_at(
                unit=unit,
                subject=subject,
                site=site,
                purposes=purposes,
                restricted=restricted,
            )
    return changed
