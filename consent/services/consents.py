"""Giving, refusing and ending consent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import QuerySet

from audit import clock
from audit.drafts import SYSTEM, Act
from audit.log import Unit
from consent import erasure, journal, keys
from consent.closings import site_require_open
from consent.custody import consents_keyless
from consent.errors import ConsentNotOwn, RulesInvalid
from consent.models import (
    CaptureSession,
    Consent,
    Guardianship,
    Request,
    Rules,
    Site,
    Subject,
)
from consent.purposes import Purpose
from consent.rows import CONSENTS
from consent.rules import terms
from consent.selectors import consent_live, rules_outdated
from consent.services.links import links_revoke

ORPHAN_KEY_SECONDS = 600
"""A key without a consent row is left alone this long: its commit may be under way."""

ORPHANS_AT_ONCE = 1_000


VISITOR_ROLE = "visitor"


@dataclass(frozen=True)
class Ended:
    """A consent that was ended, and what was destroyed with it (kinds of events)."""

    consent: Consent
    destroyed: tuple[str, ...]


def consent_grant(
    *,
    unit: Unit,
    subject: Subject,
    purpose: Purpose,
    site: Site,
    rules: Rules,
    language: str,
    once: bool = False,
    lasts: timedelta | None = None,
    guardian: str | None = None,
) -> Consent:
    """Record a person's own yes and make its key; a second yes keeps the first.

    Nobody else's act is a yes: the database refuses that too, by what the log says.

    The key is in the store before this transaction commits.

    Args:
        unit: the transaction; also carries who acts.
        subject: the person.
        purpose: what they said yes to.
        site: where it counts.
        rules: the version they were shown.
        language: the language they were shown it in.
        once: for one comparison only; ends with its answer.
        lasts: shorter than the published retention, for `once`.
        guardian: how whoever consents for a child is related to them; else None.

    Raises:
        ConsentNotOwn: it is not a visitor who acts.
        SiteClosed: the site is closed for good.
        RulesInvalid: the rules do not publish this purpose.
    """
    if unit.act.role != VISITOR_ROLE:
        raise ConsentNotOwn
    site_require_open(site=site)
    found = consent_live(subject=subject, purpose=purpose, site=site)
    if found is not None and not _overtaken(found, rules):
        return found
    published = terms(sha256=rules.sha256, purpose=purpose)
    if published is None:
        raise RulesInvalid(purpose)
    if found is not None:
        # What was collected under other rules goes; nothing is carried over.
        consent_end(unit=unit, consent=found, kind="consent.expired", reason="renewed")
    now = clock.now()
    for over in Consent.objects.filter(
        subject=subject, purpose=purpose, site=site, state="active", until__lte=now
    ):
        # No sweep came by since its term ended; its key goes with the next one.
        consent_end(unit=unit, consent=over, kind="consent.expired", reason="term")
    until = now + (lasts or timedelta(days=published["retention_days"]))
    destroy_s = int(published["destroy_s"])
    given_by = "guardian" if guardian else "self"
    granted = unit.grant(
        purpose=purpose,
        subject=subject.pseudonym,
        rules=rules.sha256,
        data={
            "until": clock.stamp(until),
            "destroy_s": destroy_s,
            "language": language,
            "by": given_by,
            "once": once,
            "carried": None,
        },
    )
    consent = Consent(
        live=uuid.uuid4(),
        subject=subject,
        purpose=purpose,
        site=site,
        rules=rules,
        language=language,
        given_by=given_by,
        once=once,
        granted_at=now,
        until=until,
        destroy_s=destroy_s,
        granted_event_id=granted.eid,
    )
    keys.key_create(consent=consent.id)
    consent.save(force_insert=True)
    if guardian:
        Guardianship.objects.create(consent=consent, relation=guardian, declared_at=now)
    unit.event(
        "key.created",
        purpose=purpose,
        subject=subject.pseudonym,
        consent=granted.ref,
        rules=rules.sha256,
    )
    return consent


def _overtaken(found: Consent, rules: Rules) -> bool:
    """Tell whether a yes to these rules replaces the one of before they changed."""
    return rules_outdated(
        rules=found.rules, purpose=found.purpose
    ) and not rules_outdated(rules=rules, purpose=found.purpose)


def consent_refuse(
    *, unit: Unit, purpose: Purpose, language: str, surface: str, rules: Rules
) -> None:
    """Record a no, without identity."""
    unit.event(
        "consent.refused",
        purpose=purpose,
        rules=rules.sha256,
        data={"language": language, "surface": surface},
    )


def consent_end(
    *, unit: Unit, consent: Consent, kind: str, reason: str, at: datetime | None = None
) -> Ended | None:
    """End one consent and destroy what hangs on it, in this transaction.

    MUST be followed by `key_destroy` once the transaction committed; the sweep does
    it otherwise. Locks the consent.

    Returns:
        What ended, or None when it had ended before.
    """
    found = CONSENTS.read(
        "WHERE it.id = %s AND it.state = 'active' FOR UPDATE OF it", [consent.id]
    )
    if not found:
        return None
    (locked,) = found
    named = "by" if kind == "consent.withdrawn" else "reason"
    ended = unit.event(
        kind,
        purpose=locked.purpose,
        subject=locked.subject.pseudonym,
        consent=locked.granted_ref,
        rules=locked.rules.sha256,
        data={named: reason},
    )
    before = len(unit.drafts)
    erasure.erase(unit=unit, consent=locked)
    CaptureSession.objects.filter(live=locked.key).delete()
    locked.live = None
    locked.state = kind.removeprefix("consent.")
    locked.ended_at = at or clock.now()
    locked.ended_event_id = ended.eid
    locked.save(update_fields=["live", "state", "ended_at", "ended_event"])
    destroyed = tuple(draft.kind for draft in unit.drafts[before:])
    return Ended(consent=locked, destroyed=destroyed)


def consents_withdraw(
    *,
    subject: Subject,
    purposes: Sequence[str] | None,
    act: Act,
    by: str = "self",
    but: Site | None = None,
) -> list[Ended]:
    """Withdraw a person's consents: some purposes, or all with None.

    One commit per site shuts the gate and deletes the data; the keys die right after.
    When none is left, pass and remembered browsers are revoked too.

    Args:
        subject: whose.
        purposes: which; None for all.
        act: who acts.
        by: whose wish it is in the log: `self`, or `staff` who were asked to.
        but: a site that is left alone.
    """
    live = Consent.objects.select_related("site").filter(
        subject=subject, state="active"
    )
    if purposes is not None:
        live = live.filter(purpose__in=list(purposes))
    if but is not None:
        live = live.exclude(site=but)
    found = list(live.order_by("id"))
    ended: list[Ended] = []
    for site in {consent.site_id: consent.site for consent in found}.values():
        with journal.unit(act=act, site=site) as unit:
            ended += consents_withdraw_at(
                unit=unit, subject=subject, site=site, purposes=purposes, by=by
            )
    for one in ended:
        key_destroy(consent=one.consent)
    return ended


def consents_withdraw_at(
    *,
    unit: Unit,
    subject: Subject,
    site: Site,
    purposes: Sequence[str] | None,
    by: str,
) -> list[Ended]:
    """Withdraw a person's consents at one site, in the caller's transaction.

    MUST be followed by `key_destroy` of each once it committed.
    """
    _subject_lock(subject)
    live = Consent.objects.filter(subject=subject, site=site, state="active")
    if purposes is not None:
        live = live.filter(purpose__in=list(purposes))
    results = [
        consent_end(unit=unit, consent=one, kind="consent.withdrawn", reason=by)
        for one in live.order_by("id")
    ]
    _links_revoke_with_last(unit, subject)
    return [result for result in results if result is not None]


def _subject_lock(subject: Subject) -> None:
    """Let ends of one person's consents come one after the other.

    Two that end at once would each see the other's and leave the pass alive.
    """
    list(Subject.objects.select_for_update(no_key=True).filter(id=subject.id))


def _links_revoke_with_last(unit: Unit, subject: Subject) -> None:
    if not Consent.objects.filter(subject=subject, state="active").exists():
        links_revoke(unit=unit, subject=subject)


def key_destroy(*, consent: Consent) -> None:
    """Destroy an ended consent's key and tell the log; twice is as good as once.

    The key of a consent that lives still is left alone.
    """
    if Consent.objects.filter(id=consent.id, state="active").exists():
        return
    keys.key_destroy(consent=consent.id)
    rules = consent.rules.sha256
    with journal.unit(act=SYSTEM, site=consent.site, rules=rules) as unit:
        locked = (
            Consent.objects.select_for_update(of=("self",))
            .select_related("subject", "rules")
            .filter(id=consent.id, key_event=None)
            .exclude(state="active")
            .first()
        )
        if locked is None:
            return
        gone = unit.event(
            "key.destroyed",
            purpose=locked.purpose,
            subject=locked.subject.pseudonym,
            consent=locked.granted_ref,
            rules=locked.rules.sha256,
        )
        locked.key_event_id = gone.eid
        locked.save(update_fields=["key_event"])


def consents_expire_due() -> list[Ended]:
    """End every consent whose term is over. One query while nothing is due."""
    due = Consent.objects.select_related("site", "subject").filter(
        state="active", until__lte=clock.now()
    )
    return [one for consent in due for one in consent_expire(consent, reason="term")]


def consents_expire_keyless() -> list[Ended]:
    """End every consent whose key is gone, as after a restore.

    Reads the key of each active consent: for start-up and a slow round.
    """
    return [
        one
        for batch in consents_keyless()
        for consent in Consent.objects.select_related("site", "subject").filter(
            id__in=batch
        )
        for one in consent_expire(consent, reason="key_missing")
    ]


def consent_expire(consent: Consent, *, reason: str) -> Iterable[Ended]:
    """End one consent whose time is over, and destroy its key."""
    with journal.unit(act=SYSTEM, site=consent.site) as unit:
        _subject_lock(consent.subject)
        ended = consent_end(
            unit=unit, consent=consent, kind="consent.expired", reason=reason
        )
        _links_revoke_with_last(unit, consent.subject)
    if ended is None:
        return []
    key_destroy(consent=consent)
    return [ended]


def keys_due() -> QuerySet[Consent]:
    """Return the ended consents whose keys are not told destroyed.

    One partial index answers it, however many consents ended before.
    """
    return Consent.objects.exclude(state="active").filter(key_event=None)


def keys_destroy_due() -> int:
    """Destroy keys that outlived their consent after a crash; return how many."""
    due = list(keys_due().select_related("site"))
    for consent in due:
        key_destroy(consent=consent)
    return len(due)


def keys_destroy_orphaned() -> int:
    """Destroy keys without a consent or request, as a crash before its commit leaves.

    They open nothing. Reads the store's folder: for start-up and a slow round.

    Returns:
        How many there were.
    """
    old = clock.now().timestamp() - ORPHAN_KEY_SECONDS
    aged = iter([one for one, made in keys.keys_stored().items() if made < old])
    destroyed = 0
    while batch := list(islice(aged, ORPHANS_AT_ONCE)):
        known = set(Consent.objects.filter(id__in=batch).values_list("id", flat=True))
        known |= set(
            Request.objects.filter(id__in=batch, ended_at=None).values_list(
                "id", flat=True
            )
        )
        for one in set(batch) - known:
            keys.key_destroy(consent=one)
            destroyed += 1
    return destroyed
