"""Reading consents, assessments and kiosks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from audit import clock
from audit.selectors import bodies, event_seq, log_current
from consent.assessments import Allowed, allowed
from consent.errors import KioskUnknown, RulesMissing
from consent.journal import rules_in_force
from consent.models import (
    Consent,
    Device,
    Disclosure,
    Draft,
    ImpactAssessment,
    Kiosk,
    Party,
    Picture,
    Rules,
    Site,
    Subject,
    Use,
)
from consent.purposes import FACE
from consent.rows import CONSENTS
from consent.standing import barred, cameras_filming, method_published


def rules_get(*, site: Site) -> Rules:
    """Return the rules in force at a site.

    Raises:
        RulesMissing: none are published; nothing may be collected.
    """
    found = rules_in_force(site=site)
    if found is None:
        raise RulesMissing
    return found


def rules_list() -> list[Rules]:
    """Return every published version, newest first."""
    return list(Rules.objects.order_by("-published_at", "-id"))


def rules_of_hash(*, sha256: str) -> Rules | None:
    """Return the published version with this hash, in force or replaced."""
    return Rules.objects.select_related("site__operator").filter(sha256=sha256).first()


def rules_history() -> list[tuple[Rules, Rules | None]]:
    """Return every version, newest first, each with the one before it at its site."""
    latest: dict[UUID, Rules] = {}
    found: list[tuple[Rules, Rules | None]] = []
    for version in reversed(rules_list()):
        found.append((version, latest.get(version.site_id)))
        latest[version.site_id] = version
    return found[::-1]


def assessment_live(*, site: Site, purpose: str) -> ImpactAssessment | None:
    """Return the approved, current assessment that covers a purpose, or None.

    For a face also None where the rules in force do not name the method that compares
    it here: what was assessed and published is another one.
    """
    if purpose in FACE and not _method_published(site, purpose):
        return None
    return (
        ImpactAssessment.objects.filter(
            site=site,
            stale_at=None,
            until__gt=clock.now(),
            purposes__contains=[purpose],
        )
        .order_by("-approved_at")
        .first()
    )


def _method_published(site: Site, purpose: str) -> bool:
    rules = rules_in_force(site=site)
    return rules is not None and method_published(sha256=rules.sha256, purpose=purpose)


def device_live(*, kiosk: Kiosk) -> Device | None:
    """Return the approved, current camera of a kiosk, or None: no capture there."""
    return (
        Device.objects.filter(
            Q(until=None) | Q(until__gt=clock.now()),
            kind__in=cameras_filming(),
            kiosk=kiosk,
            approved_at__isnull=False,
            revoked_at=None,
        )
        .select_related("zone", "sign")
        .first()
    )


def devices() -> list[Device]:
    """Return every device that was ever registered, newest first."""
    return list(
        Device.objects.select_related("site", "kiosk").order_by("-asked_at", "-id")
    )


def party_live(*, code: str) -> Party | None:
    """Return an approved party within its contract, or None: it receives nothing.

    The term counts, not whether the log was told of its end yet.
    """
    now = clock.now()
    return Party.objects.filter(
        code=code,
        approved_at__isnull=False,
        ended_at=None,
        since__lte=now,
        until__gt=now,
    ).first()


def parties() -> list[Party]:
    """Return every party that was ever added, newest first."""
    return list(Party.objects.order_by("-asked_at", "-id"))


def disclosures_to(*, party: Party) -> list[Disclosure]:
    """Return what a party was told, newest first."""
    return list(
        Disclosure.objects.select_related("subject", "site")
        .filter(party=party)
        .order_by("-at", "-id")
    )


def picture_get(*, sha256: str) -> Picture | None:
    """Return a picture of the registers by its hash, or None."""
    return Picture.objects.filter(sha256=sha256).first()


def assessments_list(*, site: Site) -> list[ImpactAssessment]:
    """Return every approved assessment of a site, newest first."""
    return list(
        ImpactAssessment.objects.filter(site=site).order_by("-approved_at", "-id")
    )


def drafts_list(*, site: Site, decided: bool) -> list[Draft]:
    """Return a site's drafts that are still open, or those decided; newest first."""
    found = Draft.objects.filter(site=site, outcome__isnull=not decided)
    return list(found.order_by("-decided_at" if decided else "-begun_at", "-id"))


def drafts_waiting() -> list[Draft]:
    """Return every draft that waits for a second person, oldest first."""
    waiting = Draft.objects.filter(submitted_at__isnull=False, outcome=None)
    return list(waiting.order_by("submitted_at", "id"))


def consents_live_count(*, site: Site, purpose: str) -> int:
    """Return how many people's consents to a purpose are live at a site."""
    return Consent.objects.filter(
        site=site, purpose=purpose, state="active", until__gt=clock.now()
    ).count()


def assessments_allowed(*, site: Site) -> list[Allowed]:
    """Return what each approved, current assessment of a site allows."""
    current = ImpactAssessment.objects.filter(
        site=site, stale_at=None, until__gt=clock.now()
    )
    return [
        allowed(code=one.code, sha256=one.sha256, purposes=one.purposes)
        for one in current.order_by("approved_at", "id")
    ]


LEAST_LEFT = timedelta(seconds=2)
"""A consent this near its end is used no more: the event of the use, which is written
a moment after the check, must still lie within the term."""


def consent_live(*, subject: Subject, purpose: str, site: Site) -> Consent | None:
    """Return a person's live, unexpired consent for a purpose at a site, or None."""
    return (
        Consent.objects.select_related("rules", "subject")
        .filter(
            subject=subject,
            purpose=purpose,
            site=site,
            state="active",
            until__gt=clock.now() + LEAST_LEFT,
        )
        .first()
    )


def consent_barred(*, consent: Consent) -> str | None:
    """Return why a live consent may not be used now, as the log names it, or None.

    What hangs on it is kept all the same, and it can be withdrawn and expires.
    """
    ((_, reason),) = _reasons([consent])
    return reason


def rules_outdated(*, rules: Rules, purpose: str) -> bool:
    """Tell whether a later version of the site changed what was said of a purpose.

    A consent under such rules keeps its term, but nothing under it is used until its
    person was asked again.
    """
    return Rules.objects.filter(
        site=rules.site_id,
        published_at__gt=rules.published_at,
        material__contains=[purpose],
    ).exists()


def consents_usable(*, consents: Iterable[Consent]) -> list[Consent]:
    """Return those of some live consents that may be used now; see `consent_barred`."""
    return [one for one, reason in _reasons(consents) if reason is None]


def _reasons(consents: Iterable[Consent]) -> Iterator[tuple[Consent, str | None]]:
    """Yield consents with why they are barred; many stand under the same rules."""
    outdated: dict[tuple[UUID, str], bool] = {}
    for one in consents:
        under = one.rules_id, one.purpose
        if under not in outdated:
            outdated[under] = rules_outdated(rules=one.rules, purpose=one.purpose)
        yield one, barred(one, outdated=outdated[under])


def consent_usable(*, subject: Subject, purpose: str, site: Site) -> Consent | None:
    """Return a person's live consent for a purpose if it may be used now, or None."""
    found = consent_live(subject=subject, purpose=purpose, site=site)
    return next(iter(consents_usable(consents=[found])), None) if found else None


def consents_live(*, subject: Subject) -> list[Consent]:
    """Return all of a person's live consents."""
    return list(
        Consent.objects.select_related("rules", "site")
        .filter(subject=subject, state="active", until__gt=clock.now())
        .order_by("granted_at", "id")
    )


def consents_of(*, subject: Subject) -> list[Consent]:
    """Return every consent a person ever gave, oldest first."""
    return list(
        Consent.objects.select_related("rules", "site")
        .filter(subject=subject)
        .order_by("granted_at", "id")
    )


def consents_share(*, ids: Sequence[UUID]) -> list[Consent]:
    """Lock consents FOR SHARE in id order and return those that are live now.

    MUST be called inside a transaction: nobody can end or restrict them until it
    commits. Some may be barred from use (`consent_barred`).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM consent_consent WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [list(ids)],
        )
    return _live(ids)


def consent_share(
    *, subject: Subject, purpose: str, site: Site, others: Sequence[UUID] = ()
) -> tuple[Consent | None, list[Consent]]:
    """As `consent_live` and `consents_share`, with one lock in id order.

    Returns:
        The person's live consent or None, and those of the others that are live.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM consent_consent WHERE id = ANY(%s) OR (subject_id = %s"
            " AND purpose = %s AND site_id = %s AND state = 'active')"
            " ORDER BY id FOR SHARE",
            [list(others), subject.id, purpose, site.id],
        )
        named = [row[0] for row in cursor.fetchall()]
    live = _live(named)
    own = (
        one
        for one in live
        if (one.subject_id, one.purpose, one.site_id) == (subject.id, purpose, site.id)
    )
    return next(own, None), [one for one in live if one.id in others]


def _live(ids: Sequence[UUID]) -> list[Consent]:
    return CONSENTS.read(
        "WHERE it.id = ANY(%s) AND it.state = 'active' AND it.until > %s"
        " ORDER BY it.id",
        [list(ids), clock.now() + LEAST_LEFT],
    )


def grant_numbers(*, subject: Subject) -> list[int]:
    """Return the numbers of a person's `consent.granted` events."""
    numbers = [
        event_seq(eid=consent.granted_event_id)
        for consent in Consent.objects.filter(subject=subject)
    ]
    return [number for number in numbers if number is not None]


def kiosk_of_token(*, token: str) -> Kiosk:
    """Return the kiosk that a device cookie belongs to.

    Raises:
        KioskUnknown: no kiosk, or one that was revoked.
    """
    found = (
        Kiosk.objects.select_related("site__operator")
        .filter(token_hash=token_hash(token), revoked_at=None)
        .first()
    )
    if found is None:
        raise KioskUnknown
    return found


def kiosks() -> list[Kiosk]:
    """Return the kiosks in service."""
    return list(
        Kiosk.objects.select_related("site").filter(revoked_at=None).order_by("code")
    )


def token_hash(token: str) -> bytes:
    """Return what is stored of a random 128-bit token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()


def use_end(*, use: Use) -> dict[str, Any] | None:
    """Return the event that ended a use, or None while it is open."""
    if use.closed_event_id is None:
        return None
    seq = event_seq(eid=use.closed_event_id)
    named = [] if seq is None else [seq]
    return next(iter(bodies(log=log_current(), numbers=named)), None)


def uses_open() -> int:
    """Return how many uses of a face have no end in the log yet."""
    return Use.objects.filter(closed_at=None).count()


def site_first() -> Site | None:
    """Return the operator's oldest site, for pages that name one."""
    return Site.objects.select_related("operator").order_by("id").first()


def sites() -> list[Site]:
    """Return the operator's sites, oldest first."""
    return list(Site.objects.select_related("operator").order_by("id"))
