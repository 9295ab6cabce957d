"""A person's copy: everything held about them, in one file that a machine reads."""

from __future__ import annotations

from typing import Any

from audit import clock
from audit.say import Say
from consent.holdings import held
from consent.models import Receipt, Subject
from consent.purposes import Purpose
from consent.receipts import receipt_read
from consent.requests import requests_shown
from consent.selectors import (
    consent_barred,
    consents_live,
    consents_of,
    consents_usable,
)
from leads.belongings import contacts_own
from leads.stories import diary

SCHEMA = "salescenter-copy/1"
"""Names the shape of the file, for whoever reads it by a program."""


def copy_make(*, subject: Subject) -> dict[str, Any]:
    """Return everything held about a person, in both languages where it is words.

    That name and number are read for it is in the log first.
    """
    return {
        "schema": SCHEMA,
        "made_at": clock.stamp(clock.now()),
        "person": subject.pseudonym,
        "contacts": _contacts(subject),
        "consents": [
            {
                "purpose": one.purpose,
                "state": one.state,
                "kept_not_used": one.state == "active"
                and consent_barred(consent=one) is not None,
                "granted_at": clock.stamp(one.granted_at),
                "until": clock.stamp(one.until),
                "ended_at": clock.stamp(one.ended_at) if one.ended_at else None,
                "rules": one.rules.sha256,
                "language": one.language,
                "site": one.site.code,
            }
            for one in consents_of(subject=subject)
        ],
        "held": [
            {
                "what": _words(one.title),
                "value": _words(one.value),
                "purpose": one.purpose,
                "since": clock.stamp(one.since),
            }
            for one in held(subject=subject)
        ],
        "requests": [_request(told) for told in requests_shown(subject=subject)],
        "events": [
            {
                "number": entry["seq"],
                "at": clock.stamp(entry["at"]),
                "what": _words(entry["title"]),
                "detail": _words(entry["detail"]) if entry["detail"] else None,
                "purpose": entry["purpose"],
                "clause": entry["clause"],
            }
            for entry in reversed(diary(subject=subject))
        ],
        "receipts": [
            receipt_read(receipt=one)
            for one in Receipt.objects.filter(subject=subject).order_by("issued_at")
        ],
    }


def contact_correctable(*, subject: Subject) -> bool:
    """Tell whether a person may leave or correct a name and number now."""
    live = consents_live(subject=subject)
    contact = [one for one in live if one.purpose == Purpose.CONTACT]
    return bool(consents_usable(consents=contact))


def _contacts(subject: Subject) -> list[dict[str, Any]]:
    return [
        {
            "name": details.name,
            "phone": details.phone,
            "site": contact.site.code,
            "since": clock.stamp(contact.collected_at),
        }
        for contact, details in contacts_own(subject)
    ]


def _request(told: dict[str, Any]) -> dict[str, Any]:
    request = told["request_"]
    return {
        "number": request.label,
        "kind": request.kind,
        "opened_at": clock.stamp(request.opened_at),
        "due": clock.stamp(request.due),
        "asked": told["asked"],
        "answered_at": clock.stamp(request.answered_at)
        if request.answered_at
        else None,
        "outcome": request.outcome,
        "reason": request.reason,
        "reply": told["reply"],
    }


def _words(words: Say) -> dict[str, str]:
    return {"zh-hans": words.zh, "en": words.en}
