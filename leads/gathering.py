"""The facts that a visit is judged by, read from rows; none holds a phone or a name.

For a first decision the visitor's number is looked up too. A later one stands on what
was stored: which referrals concern whom, who left the same number, what was ruled.
Who stopped attribution is in nobody's facts any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from audit import clock
from audit.log import Unit
from consent.errors import KeyMissing
from consent.models import Consent
from consent.purposes import Purpose
from consent.selectors import consents_share, consents_usable
from leads import phones
from leads.attribution import Rulebook
from leads.contacts import contact_open, number_hash_of, same_number
from leads.models import (
    Answer,
    Contact,
    Decision,
    Referral,
    ReferralMatch,
    Ruling,
    Visit,
)
from leads.referrals import surname_key

QUOTA_SPAN = timedelta(days=2)
"""Announcements this far round a referral are handed over for its agent's quota."""

Fact = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Match:
    """A referral that concerns the visitor, found or shown."""

    referral: Referral
    how: str
    at: datetime
    known: bool


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What a visit is judged by.

    Attributes:
        facts: for the engine, and kept with the decision.
        found: referrals that were found to concern the visitor and not stored so yet.
    """

    facts: list[Fact]
    found: list[Match]


def facts_alone(*, visit: Visit) -> Gathered:
    """Return the one fact of who did not agree to attribution: that they came."""
    return Gathered(facts=[_visit_fact(visit)], found=[])


def facts_found(
    *, unit: Unit, visit: Visit, contact: Contact | None, rules: Rulebook
) -> Gathered:
    """Gather for a first decision, looking the visitor's number up if they left one.

    Args:
        unit: the transaction that records the visit.
        visit: of a person who agreed to attribution.
        contact: theirs, under a live consent.
        rules: of the site.
    """
    matches = list(_known(visit))
    known = {match.referral.id for match in matches}
    others: list[uuid.UUID] = []
    if contact is not None:
        matches += [
            Match(referral=referral, how="phone", at=visit.at, known=False)
            for referral in _by_number(visit, contact, rules)
            if referral.id not in known
        ]
        others = _attributed(same_number(unit=unit, contact=contact), visit)
    return _gathered(visit, others, matches)


def facts_again(*, visit: Visit, before: Decision) -> Gathered:
    """Gather for a revision: everything stored, as it is now; no number is looked up.

    Args:
        visit: of a person who still agrees to attribution.
        before: its decision until now, which knows who left the same number.
    """
    joined = [
        uuid.UUID(fact["other"])
        for fact in before.facts
        if fact["type"] == "same_person"
    ]
    return _gathered(visit, _attributed(joined, visit), list(_known(visit)))


def visitor_name(visit: Visit) -> str:
    """Return what the engine calls the visitor."""
    return str(visit.subject_id or visit.id)


def _known(visit: Visit) -> Iterator[Match]:
    """Yield what is stored as concerning the visitor."""
    for row in ReferralMatch.objects.select_related(
        "referral__channel", "referral__agent"
    ).filter(
        subject=visit.subject,
        referral__site=visit.site,
        referral__received_at__lte=visit.at,
    ):
        yield Match(referral=row.referral, how=row.how, at=row.at, known=True)


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


def _gathered(visit: Visit, others: list[uuid.UUID], matches: list[Match]) -> Gathered:
    return Gathered(
        facts=list(_facts(visit, others, matches)),
        found=[match for match in matches if not match.known],
    )


def _facts(
    visit: Visit, others: list[uuid.UUID], matches: list[Match]
) -> Iterator[Fact]:
    """Yield every fact that the engine may need."""
    for other in others:
        yield {
            "id": f"same-{other}",
            "type": "same_person",
            "at": clock.stamp(visit.at),
            "visitor": visitor_name(visit),
            "other": str(other),
        }
    concerned = {match.referral.id: match.referral for match in matches}
    # What concerns somebody with the same number concerns the same customer.
    for row in ReferralMatch.objects.select_related(
        "referral__channel", "referral__agent"
    ).filter(
        subject__in=others,
        referral__site=visit.site,
        referral__received_at__lte=visit.at,
    ):
        concerned.setdefault(row.referral_id, row.referral)
    stored = list(
        ReferralMatch.objects.filter(referral__in=list(concerned)).exclude(
            subject=visit.subject
        )
    )
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
            visitor_name(visit),
        )
    people = {visit.subject_id, *others, *(row.subject_id for row in rows)}
    for answer in _answers(visit, others):
        yield from _confirmations(answer)
    visits = [*_past(visit, people), visit]
    for one in visits:
        yield _visit_fact(one)
    for ruling in Ruling.objects.select_related("decision__visit", "channel").filter(
        decision__visit__in=visits, decides=True
    ):
        yield _ruling_fact(ruling)
    for referral in _with_quota(concerned):
        yield _referral_fact(referral)


def _answers(visit: Visit, others: list[uuid.UUID]) -> list[Answer]:
    """Return the answers that count of the customer's own people, one for a visit."""
    told = Answer.objects.filter(
        visit__site=visit.site, visit__subject__in=[visit.subject_id, *others]
    ).order_by("at", "id")
    return list({answer.visit_id: answer for answer in told}.values())


def _past(visit: Visit, people: Iterable[uuid.UUID | None]) -> list[Visit]:
    """Return the earlier visits of some people; held, so that none is ruled on now.

    Whoever rules on one of them waits for this commit and then finds this visit, or
    was first and its ruling is read here.
    """
    earlier = Q(at__lt=visit.at) | Q(at=visit.at, id__lt=visit.id)
    past = Visit.objects.filter(earlier, site=visit.site, subject__in=list(people))
    named = list(past.order_by("at", "id").values_list("id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM leads_visit WHERE id = ANY(%s) ORDER BY at, id"
            " FOR KEY SHARE",
            [named],
        )
    return list(Visit.objects.filter(id__in=named).order_by("at", "id"))


def _attributed(people: Iterable[uuid.UUID], visit: Visit) -> list[uuid.UUID]:
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
        "visitor": visitor_name(visit),
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


def _ruling_fact(ruling: Ruling) -> Fact:
    visit = ruling.decision.visit
    return {
        "id": str(ruling.id),
        "type": "ruling",
        "at": clock.stamp(ruling.at),
        "visitor": visitor_name(visit),
        "visit": str(visit.id),
        "dispute": None,
        "outcome": ruling.outcome,
        "channel": ruling.channel.code if ruling.channel else None,
    }


def _confirmations(answer: Answer) -> Iterator[Fact]:
    for referral in answer.referrals:
        yield {
            "id": f"answer-{answer.id}-{referral}",
            "type": "confirmation",
            "at": clock.stamp(answer.at),
            "referral": referral,
            "answer": answer.said,
        }
