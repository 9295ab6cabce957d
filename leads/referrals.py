"""Referrals: announcing that a person will come, and showing that code at the site."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from django.db import IntegrityError
from django.db.models import Q

from audit import clock
from audit.drafts import Act, Ref
from audit.ids import uuid7
from audit.say import Say
from consent import gate, journal, keys
from consent.codes import code_derived, code_hash, code_shown, code_typed
from consent.holdings import Holding
from consent.models import Site, Subject
from consent.purposes import Purpose
from leads import phones
from leads.channels import rulebook
from leads.errors import ReferralKnown, ReferralUnknown
from leads.models import Agent, Channel, Referral, ReferralMatch
from leads.questions import UNANSWERED, question_waits

CODE_LENGTH = 8
_FAMILY = "referral"


def referral_announce(
    *,
    agent: Agent,
    phone: str,
    surname: str,
    consent_proof: bool,
    planned_at: datetime | None,
    act: Act,
) -> Referral:
    """Take down that a channel's client will come; the server's clock counts.

    Keeps keyed hashes of number and surname, and the masked digits; nothing else. One
    beyond the agent's quota of the day is taken down too, and void from the start (A8).

    Args:
        agent: who announces.
        phone: whole, or masked like `138****5678`.
        surname: the client's; needed for a masked number.
        consent_proof: whether the client's own consent was shown.
        planned_at: when they mean to come.
        act: who takes it down.

    Raises:
        PhoneInvalid: neither a number nor a masked one.
        ReferralKnown: the same channel announced the same person and is protected.
    """
    channel = agent.channel
    site = channel.site
    masked, number_hash = _digits(phone)
    surname_hash = phones.surname_hash(_key(), surname) if surname.strip() else None
    now = clock.now()
    terms = rulebook(site=site).at(now).terms(channel.kind)
    identifier = uuid7()
    with journal.unit(act=act, site=site) as unit:
        # One channel's announcements wait for each other, so that two at the same
        # instant are not both the first.
        Channel.objects.select_for_update().get(id=channel.id)
        earlier = Referral.objects.filter(
            channel=channel, received_at__gt=now - terms.protection
        )
        if number_hash is not None:
            earlier = earlier.filter(number_hash=number_hash)
        else:
            earlier = earlier.filter(
                is_masked=True, masked=masked, surname_hash=surname_hash
            )
        known = earlier.order_by("received_at").first()
        if known is not None:
            raise ReferralKnown(known.received_at)
        announced = unit.event(
            "referral.announced",
            data={
                "referral": str(identifier),
                "channel": channel.code,
                "agent": agent.code,
                "masked": number_hash is None,
                "consent_proof": consent_proof,
            },
        )
        referral = Referral.objects.create(
            id=identifier,
            site=site,
            channel=channel,
            agent=agent,
            received_at=now,
            number_hash=number_hash,
            masked=masked,
            surname_hash=surname_hash,
            is_masked=number_hash is None,
            consent_proof=consent_proof,
            planned_at=planned_at,
            code_hash=code_hash(family=_FAMILY, code=_code(identifier)),
            event_id=announced.eid,
        )
        if quota_used_up(referral=referral):
            # It was announced and counts for the next: but it will win nothing.
            unit.event(
                "referral.voided",
                data={"referral": str(identifier), "reason": "quota"},
            )
        return referral


def quota_used_up(*, referral: Referral) -> bool:
    """Tell whether the agent had announced a day's quota before this referral (A8).

    The day is the one of the time zone of the rules in force at its moment.
    """
    at = referral.received_at
    version = rulebook(site=referral.site).at(at)
    local = at.astimezone(version.timezone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    counted = Referral.objects.filter(
        Q(received_at__lt=at) | Q(received_at=at, id__lte=referral.id),
        agent=referral.agent_id,
        received_at__gte=midnight,
    )
    return counted.count() > version.terms(referral.channel.kind).quota_per_day


def referral_code(*, referral: Referral) -> str:
    """Return the code that a visitor may show: `ABCD-EFGH`. It is not stored."""
    return code_shown(_code(referral.id))


def referral_find(*, code: str, site: Site) -> Referral:
    """Return the referral with this code; case and hyphens do not matter.

    Raises:
        ReferralUnknown: none of this site.
    """
    found = (
        Referral.objects.select_related("channel", "agent")
        .filter(code_hash=code_hash(family=_FAMILY, code=code_typed(code)), site=site)
        .first()
    )
    if found is None:
        raise ReferralUnknown
    return found


def referral_show(
    *, subject: Subject, site: Site, code: str, act: Act
) -> ReferralMatch:
    """Record that a person shows a referral's own code; twice is once.

    It then concerns them whatever its phone, and is confirmed.

    Raises:
        ConsentRequired: no live `attribution` consent; the log says so.
        ReferralUnknown: there is no such code.
    """
    referral = referral_find(code=code, site=site)
    try:
        return _show(subject, site, referral, act)
    except IntegrityError:
        # The same form, a moment earlier, on another connection: now it is found.
        return _show(subject, site, referral, act)


def _show(subject: Subject, site: Site, referral: Referral, act: Act) -> ReferralMatch:
    with journal.unit(act=act, site=site) as unit:
        consent = gate.allow(
            unit=unit, subject=subject, purpose=Purpose.ATTRIBUTION, site=site
        )
        found = ReferralMatch.objects.filter(
            referral=referral, subject=subject, how=ReferralMatch.How.SHOWN
        ).first()
        if found is not None:
            return found
        shown = unit.event(
            "referral.shown",
            purpose=Purpose.ATTRIBUTION,
            subject=subject.pseudonym,
            consent=Ref(consent.granted_event_id),
            rules=consent.rules.sha256,
            data={"referral": str(referral.id)},
        )
        return ReferralMatch.objects.create(
            referral=referral,
            subject=subject,
            clause="A11",
            how=ReferralMatch.How.SHOWN,
            at=clock.now(),
            event_id=shown.eid,
        )


def match_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person which announcements are linked to them."""
    waits = question_waits(subject=subject)
    for match in ReferralMatch.objects.select_related("referral__channel").filter(
        subject=subject
    ):
        hidden = waits and match.how != ReferralMatch.How.SHOWN
        name = UNANSWERED if hidden else match.referral.channel.name
        yield Holding(
            title=Say("与您有关的报备", "A referral linked to you"),
            value=name,
            purpose=Purpose.ATTRIBUTION,
            since=match.at,
        )


def surname_key() -> bytes:
    """Return the key of the hashes of numbers and surnames."""
    return _key()


def _digits(phone: str) -> tuple[str, bytes | None]:
    try:
        whole = phones.normalise(phone)
    except phones.PhoneInvalid:
        mask = phones.masked_parse(phone)
        prefix = "" if mask.country == "86" else f"+{mask.country}"
        return f"{prefix}{mask.digits}", None
    return phones.masked(whole), phones.number_hash(_key(), whole)


def _key() -> bytes:
    return keys.secret("phones")


def _code(identifier: uuid.UUID) -> str:
    return code_derived(
        family=_FAMILY, name="referral", identifier=identifier, length=CODE_LENGTH
    )
