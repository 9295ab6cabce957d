"""The register of parties: added by one person, approved by another, ended for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from audit import clock
from audit.catalogue.checks import token
from audit.drafts import SYSTEM, Act
from audit.log import Unit
from consent import journal
from consent.credit import credit_code_fits
from consent.errors import (
    CertificateRequired,
    PartyInvalid,
    RegisterKnown,
    RegisterOwnApproval,
    RegisterSettled,
)
from consent.models import Party
from consent.models.parties import CATEGORIES, ROLES
from consent.purposes import FACE, Purpose

SHARED = frozenset(Purpose) - FACE
"""Purposes that another party may serve. A face is given to nobody."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is agreed with a party.

    Attributes:
        role: "joint", "processor" or "recipient".
        name_zh: its legal name; name_en: in English.
        credit_code: its 统一社会信用代码.
        contact: where a visitor reaches it; it is published.
        contract_number: of the contract.
        contract_sha256: of the contract's file, which stays with the operator.
        scope_zh: what it may do, for people; scope_en: in English.
        purposes: for which purposes, of `SHARED`.
        categories: what it may be told, of `CATEGORIES`.
        sub_entrusting: whether it may hand the work on.
        since: from when.
        until: when the contract, and with it every access, ends.
    """

    role: str
    name_zh: str
    name_en: str
    credit_code: str
    contact: str
    contract_number: str
    contract_sha256: str
    scope_zh: str
    scope_en: str
    purposes: Sequence[Purpose]
    categories: Sequence[str]
    sub_entrusting: bool
    since: datetime
    until: datetime


def party_add(*, code: str, terms: Terms, act: Act) -> Party:
    """Add a party, for somebody else to approve; it receives nothing before.

    Raises:
        PartyInvalid: a term is missing or does not fit; its name is the argument.
        RegisterKnown: the code is taken.
    """
    _demand(code, terms)
    try:
        with journal.unit(act=act, site=None) as unit:
            unit.event(
                "party.asked",
                data={"party": code, "document": terms.contract_sha256},
            )
            return Party.objects.create(
                code=code,
                role=terms.role,
                name_zh=terms.name_zh,
                name_en=terms.name_en,
                credit_code=terms.credit_code,
                contact=terms.contact,
                contract_number=terms.contract_number,
                contract_sha256=terms.contract_sha256,
                scope_zh=terms.scope_zh,
                scope_en=terms.scope_en,
                purposes=[str(one) for one in terms.purposes],
                categories=list(terms.categories),
                sub_entrusting=terms.sub_entrusting,
                since=terms.since,
                until=terms.until,
                asked_by=act.id,
                asked_at=clock.now(),
            )
    except IntegrityError as refused:
        raise RegisterKnown(code) from refused


def party_approve(*, party: UUID, act: Act) -> Party:
    """Approve a party: from `since` on it may receive what its terms say.

    Raises:
        RegisterSettled: unknown, approved or ended already, or its term is over.
        RegisterOwnApproval: whoever added it cannot approve it.
    """
    with journal.unit(act=act, site=None) as unit:
        locked = _locked(party)
        over = locked.until <= clock.now()
        if locked.approved_at is not None or locked.ended_at is not None or over:
            raise RegisterSettled
        if locked.asked_by == act.id:
            raise RegisterOwnApproval
        added = unit.event(
            "party.added",
            data={
                "party": locked.code,
                "role": locked.role,
                "document": locked.contract_sha256,
                "purposes": locked.purposes,
                "until": clock.stamp(locked.until),
            },
        )
        locked.approved_by = act.id
        locked.approved_at = clock.now()
        locked.approved_event_id = added.eid
        locked.save(update_fields=["approved_by", "approved_at", "approved_event"])
    return locked


def party_end(*, party: UUID, act: Act, certificate: str | None = None) -> None:
    """End a party before its term: from this commit on it receives nothing.

    Args:
        party: approved or not.
        act: who ends it; one person is enough to stop.
        certificate: hash of the processor's certificate of deletion, if it is there.

    Raises:
        RegisterSettled: unknown, or ended already.
    """
    with journal.unit(act=act, site=None) as unit:
        locked = _locked(party)
        if locked.ended_at is not None:
            raise RegisterSettled
        _end(unit, locked, "terminated", certificate)
        if certificate is not None:
            _close(unit, locked, certificate)


def party_close(*, party: UUID, certificate: str, act: Act) -> None:
    """Close a processor that has ended, by its certificate of deletion.

    Raises:
        RegisterSettled: unknown, not ended, closed already, or no processor.
        CertificateRequired: the certificate's hash is none.
    """
    with journal.unit(act=act, site=None) as unit:
        locked = _locked(party)
        if (
            locked.ended_at is None
            or locked.closed_at is not None
            or locked.role != "processor"
        ):
            raise RegisterSettled
        if not certificate:
            raise CertificateRequired
        _close(unit, locked, certificate)


def parties_end_due() -> int:
    """Tell the log of parties whose term is over; return how many.

    Their access died with the term itself; this is the event of it.
    """
    due = Party.objects.filter(
        approved_at__isnull=False, ended_at=None, until__lte=clock.now()
    )
    count = 0
    for party in due.values_list("id", flat=True):
        with journal.unit(act=SYSTEM, site=None) as unit:
            locked = _locked(party)
            if locked.ended_at is None:
                _end(unit, locked, "term", None)
                count += 1
    return count


def _end(unit: Unit, party: Party, reason: str, certificate: str | None) -> None:
    ended = unit.event(
        "party.ended",
        data={"party": party.code, "reason": reason, "certificate": certificate},
    )
    party.ended_at = clock.now()
    party.ended_reason = reason
    party.ended_event_id = ended.eid
    party.save(update_fields=["ended_at", "ended_reason", "ended_event"])


def _close(unit: Unit, party: Party, certificate: str) -> None:
    closed = unit.event(
        "party.closed", data={"party": party.code, "certificate": certificate}
    )
    party.closed_at = clock.now()
    party.certificate = certificate
    party.closed_event_id = closed.eid
    party.save(update_fields=["closed_at", "certificate", "closed_event"])


def _demand(code: str, terms: Terms) -> None:
    said = {
        name: bool(getattr(terms, name).strip())
        for name in (
            *("name_zh", "name_en", "contact", "contract_number"),
            *("contract_sha256", "scope_zh", "scope_en"),
        )
    }
    fits = {
        "code": token(code),
        "role": terms.role in ROLES,
        "credit_code": credit_code_fits(terms.credit_code),
        "purposes": bool(terms.purposes) and set(terms.purposes) <= SHARED,
        "categories": set(terms.categories) <= set(CATEGORIES),
        "until": terms.since < terms.until > clock.now(),
        **said,
    }
    for name, fine in fits.items():
        if not fine:
            raise PartyInvalid(name)


def _locked(party: UUID) -> Party:
    found = Party.objects.select_for_update().filter(id=party).first()
    if found is None:
        raise RegisterSettled
    return found
