"""Telling another party something of a person: never without a row of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from audit import clock
from audit.log import Unit
from consent import gate
from consent.errors import PartyRequired
from consent.models import Consent, Disclosure, Party, Site, Subject
from consent.purposes import Purpose
from consent.rules import LANGUAGES, document
from consent.selectors import party_live


def disclosure_record(
    *,
    unit: Unit,
    subject: Subject,
    purpose: Purpose,
    site: Site,
    party: str,
    categories: Sequence[str],
) -> Disclosure:
    """Write, in one commit, that a party is told something, and the event of it.

    The caller hands the data over only after the unit has committed.

    Args:
        unit: of the caller.
        subject: whom it is about.
        purpose: what they agreed to.
        site: where.
        party: the code of whoever receives it.
        categories: what is told, of `CATEGORIES`; the data themselves are not stored.

    Raises:
        ConsentRequired: no live consent; the log says so.
        PartyRequired: not approved, ended, beyond its contract, or not named to this
            person when they agreed; the log says so.
    """
    consent = gate.allow(unit=unit, subject=subject, purpose=purpose, site=site)
    receiver = party_live(code=party)
    what = list(dict.fromkeys(categories))
    if (
        receiver is None
        or purpose not in receiver.purposes
        or not what
        or set(what) - set(receiver.categories)
        or not _named(consent, receiver)
    ):
        raise PartyRequired(
            refusal=unit.draft(
                "gate.refused",
                purpose=purpose,
                subject=subject.pseudonym,
                data={"reason": "party", "start": None},
            )
        )
    told = unit.event(
        "contact.disclosed",
        purpose=purpose,
        subject=subject.pseudonym,
        consent=consent.granted_ref,
        rules=consent.rules.sha256,
        data={"recipient": receiver.code, "what": what},
    )
    return Disclosure.objects.create(
        party=receiver,
        subject=subject,
        consent=consent,
        site=site,
        purpose=purpose,
        categories=what,
        at=clock.now(),
        event_id=told.eid,
    )


def _named(consent: Consent, party: Party) -> bool:
    """Tell whether the person was told of this recipient when they agreed.

    The recipients of most purposes stand in the rules. That of `channel.disclose` is
    named when it is asked for, after a match: whoever asks for it MUST name it.
    """
    if consent.purpose == Purpose.CHANNEL_DISCLOSE:
        return True
    languages = document(sha256=consent.rules.sha256)["languages"]
    return all(
        party.code
        in {
            row.get("party")
            for row in (
                *languages[language]["purposes"][consent.purpose].get("recipients", []),
                *languages[language].get("processors", []),
                *languages[language].get("joint_operators", []),
            )
        }
        for language in LANGUAGES
    )
