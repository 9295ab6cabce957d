"""Deciding a visit: facts from the rows, judged by the pure engine.

Nothing is matched without the visitor's live `attribution` consent: the visit is then
a walk-in, and no other fact about them is looked at.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from audit import clock
from audit.drafts import Ref
from audit.log import Unit
from audit.say import Say
from consent.errors import KeyMissing
from consent.holdings import Holding
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.selectors import consent_live, consents_share, consents_usable
from consent.stops import sites_share
from leads import phones
from leads.attribution import Decision as Judged
from leads.attribution import Rulebook, decide, parse_facts
from leads.channels import rulebook
from leads.contacts import (
    contact_of,
    contact_open,
    number_hash_of,
    same_number,
    viewed,
)
from leads.models import Contact, Decision, Referral, ReferralMatch, Visit
from leads.referrals import surname_key

QUOTA_SPAN = timedelta(days=2)
"""Announcements this far round a referral are handed over for its agent's quota."""


@dataclass(frozen=True, kw_only=True)
class _Match:
    """A referral that concerns the visitor, found or shown."""

    referral: Referral
    how: str
    at: datetime
    known: bool


def visit_decide(*, unit: Unit, visit: Visit, looked_up: bool = False) -> Decision:
    """Decide a visit in the transaction that records it, and write why.

    Locks the consents it stands on until the commit.

    Args:
        unit: the transaction.
        visit: of it.
        looked_up: whether this unit tells already that their contact was used.

    Raises:
        AttributionRulesMissing: the site has no rules of attribution.
    """
    rules = rulebook(site=visit.site)
    granted = _consents(visit)
    attribution = granted.get(Purpose.ATTRIBUTION)
    matches: list[_Match] = []
    facts = [_visit_fact(visit)]
    if attribution is not None and visit.subject is not None:
        contact = None
        if Purpose.CONTACT in granted:
            contact = contact_of(subject=visit.subject, site=visit.site)
        if contact is not None and not looked_up:
            # Looking a number up is a use of it, whatever is found.
            viewed(unit=unit, consent=granted[Purpose.CONTACT], reason="arrival")
        matches = list(_matches(visit, contact, rules))
        others = []
        if contact is not None:
            others = _attributed(same_number(unit=unit, contact=contact), visit)
        facts = list(_facts(visit, others, matches))
    judged = decide(
        rules=rules,
        facts=parse_facts(facts, rules),
        visitor=_visitor(visit),
        as_of=visit.at,
    )
    return _write(
        unit=unit,
        visit=visit,
        judged=judged,
        facts=facts,
        matches=matches,
        attribution=attribution,
        version=rules.at(visit.at).version,
    )


def decision_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person what was decided about their visits."""
    for decision in Decision.objects.select_related("channel", "visit").filter(
        visit__subject=subject
    ):
        if decision.channel is not None:
            value = decision.channel.name
        elif decision.outcome == Decision.Outcome.REVIEW:
            value = Say("还要由人来看", "For a person to decide")
        else:
            value = Say("自然到访，不属于任何渠道", "Walk-in: no channel")
        yield Holding(
            title=Say("到访归属", "Channel of a visit"),
            value=value,
            purpose=Purpose.ATTRIBUTION if decision.channel else None,
            since=decision.at,
        )


def _consents(visit: Visit) -> dict[str, Consent]:
    """Lock and return the person's consents that a decision may stand on now."""
    if visit.subject is None:
        return {}
    found = [
        consent_live(subject=visit.subject, purpose=purpose, site=visit.site)
        for purpose in (Purpose.ATTRIBUTION, Purpose.CONTACT)
    ]
    named = [one.id for one in found if one is not None]
    sites_share(consents=named)
    live = consents_share(ids=named)
    return {one.purpose: one for one in consents_usable(consents=live)}


def _visitor(visit: Visit) -> str:
    return str(visit.subject_id or visit.id)


def _matches(
    visit: Visit, contact: Contact | None, rules: Rulebook
) -> Iterator[_Match]:
    """Yield what concerns the visitor: what is known, then what the number says."""
    known: set[uuid.UUID] = set()
    for row in ReferralMatch.objects.select_related(
        "referral__channel", "referral__agent"
    ).filter(subject=visit.subject, referral__site=visit.site):
        known.add(row.referral_id)
        yield _Match(referral=row.referral, how=row.how, at=row.at, known=True)
    if contact is None:
        return
    for referral in _by_number(visit, contact, rules):
        if referral.id not in known:
            yield _Match(referral=referral, how="phone", at=visit.at, known=False)


def _by_number(visit: Visit, contact: Contact, rules: Rulebook) -> Iterator[Referral]:
    """Yield the referrals whose whole or masked number is the visitor's (A1)."""
    here = Referral.objects.select_related("channel", "agent").filter(
        site=visit.site, received_at__lte=visit.at
    )
    number = number_hash_of(contact=contact)
    if number is not None:
        yield from here.filter(is_masked=False, number_hash=number)
    masked = here.filter(is_masked=True)
    if not masked.exists():
        return
    try:
        details = contact_open(contact=contact)
    except KeyMissing:
        return
    surname = phones.surname_hash(surname_key(), details.surname)
    for referral in masked.filter(surname_hash=surname):
        terms = rules.at(referral.received_at).terms(referral.channel.kind)
        if phones.masked_fits(details.phone, referral.masked, terms.masked_min_visible):
            yield referral


def _facts(
    visit: Visit, others: Sequence[uuid.UUID], matches: Sequence[_Match]
) -> Iterator[dict[str, Any]]:
    """Yield every fact that the engine may need; none holds a phone or a name."""
    for other in others:
        yield {
            "id": f"same-{other}",
            "type": "same_person",
            "at": clock.stamp(visit.at),
            "visitor": _visitor(visit),
            "other": str(other),
        }
    concerned = {match.referral.id: match.referral for match in matches}
    stored = list(
        ReferralMatch.objects.filter(referral__in=list(concerned)).exclude(
            subject=visit.subject
        )
    )
    # Who stopped attribution is in nobody's facts any more.
    agreed = set(_attributed([row.subject_id for row in stored], visit))
    rows = [row for row in stored if row.subject_id in agreed]
    for row in rows:
        yield _match_fact(
            str(row.id), row.how, row.at, row.referral_id, str(row.subject_id)
        )
    for match in matches:
        yield _match_fact(
            f"{match.how}-{match.referral.id}",
            match.how,
            match.at,
            match.referral.id,
            _visitor(visit),
        )
    people = {visit.subject_id, *others, *(row.subject_id for row in rows)}
    yield _visit_fact(visit)
    for past in Visit.objects.filter(
        site=visit.site, subject__in=list(people), at__lte=visit.at
    ).exclude(id=visit.id):
        yield _visit_fact(past)
    for referral in _with_quota(concerned):
        yield _referral_fact(referral)


def _attributed(people: Sequence[uuid.UUID], visit: Visit) -> list[uuid.UUID]:
    """Return those who consented to attribution too, so that they may be joined."""
    agreed = Consent.objects.filter(
        subject__in=list(people),
        site=visit.site,
        purpose=Purpose.ATTRIBUTION,
        state="active",
        until__gt=clock.now(),
    )
    # Theirs are used as well: who withdraws meanwhile waits, or is left out.
    live = consents_share(ids=list(agreed.values_list("id", flat=True)))
    return [one.subject_id for one in consents_usable(consents=live)]


def _with_quota(concerned: dict[uuid.UUID, Referral]) -> list[Referral]:
    """Return the referrals, and those that count with them for an agent's day (A8)."""
    found = dict(concerned)
    for referral in concerned.values():
        for near in Referral.objects.select_related("channel", "agent").filter(
            agent=referral.agent,
            received_at__gt=referral.received_at - QUOTA_SPAN,
            received_at__lte=referral.received_at,
        ):
            found.setdefault(near.id, near)
    return list(found.values())


def _visit_fact(visit: Visit) -> dict[str, Any]:
    return {
        "id": str(visit.id),
        "type": "visit",
        "at": clock.stamp(visit.at),
        "visitor": _visitor(visit),
        "phone": None,
        "surname": None,
        "verified_by": visit.verified_by,
    }


def _referral_fact(referral: Referral) -> dict[str, Any]:
    return {
        "id": str(referral.id),
        "type": "referral",
        "at": clock.stamp(referral.received_at),
        "channel": referral.channel.code,
        "kind": referral.channel.kind,
        "agent": referral.agent.code,
        "surname": None,
        "phone": None,
        "whole": not referral.is_masked,
        "consent_proof": referral.consent_proof,
    }


def _match_fact(
    name: str, how: str, at: datetime, referral: uuid.UUID, visitor: str
) -> dict[str, Any]:
    shown = how == ReferralMatch.How.SHOWN
    return {
        "id": name,
        "type": "referral_shown" if shown else "referral_match",
        "at": clock.stamp(at),
        "referral": str(referral),
        "visitor": visitor,
    }


def _write(
    *,
    unit: Unit,
    visit: Visit,
    judged: Judged,
    facts: list[dict[str, Any]],
    matches: Sequence[_Match],
    attribution: Consent | None,
    version: str,
) -> Decision:
    won = judged.outcome == "channel" and attribution is not None
    referrals = {str(match.referral.id): match.referral for match in matches}
    referral = referrals.get(judged.referral or "") if won else None
    channels = {
        match.referral.channel.code: match.referral.channel for match in matches
    }
    event = unit.event(
        "decision.made",
        clause=(judged.clause or "").lower() or None,
        purpose=Purpose.ATTRIBUTION,
        subject=visit.subject.pseudonym if visit.subject else None,
        consent=Ref(attribution.granted_event_id) if won and attribution else None,
        rules=attribution.rules.sha256 if won and attribution else None,
        data={
            "visit": str(visit.id),
            "outcome": judged.outcome,
            "channel": judged.channel if won else None,
            "referral": str(referral.id) if referral else None,
            "version": version,
        },
    )
    for match in matches:
        if not match.known and visit.subject is not None:
            ReferralMatch.objects.create(
                referral=match.referral,
                subject=visit.subject,
                clause="A1",
                how=ReferralMatch.How.PHONE,
                at=visit.at,
                event_id=event.eid,
            )
    return Decision.objects.create(
        visit=visit,
        outcome=judged.outcome,
        clause=judged.clause or "",
        channel=channels[judged.channel] if won and judged.channel else None,
        agent=referral.agent if referral else None,
        referral=referral,
        version=version,
        facts=facts,
        document=judged.as_dict(),
        at=clock.now(),
        event_id=event.eid,
    )
