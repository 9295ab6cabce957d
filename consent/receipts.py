"""The visitor's signed receipt: their choices, and by which rules.

A JSON object after ISO/IEC TS 27560 (docs/compliance.md maps the fields), signed with
the installation's receipt key (Ed25519). It holds no face, name, phone or address.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from audit import clock
from audit.ids import uuid7
from audit.log import Unit
from audit.vouching import Vouched, vouch
from consent.models import Consent, Receipt, Rules, Site, Subject
from consent.purposes import Purpose
from consent.rules import notice, purpose_notice
from consent.selectors import consents_live
from consent.signatures import receipt_number, signature_holds, signed
from consent.structure import encoded

SCHEMA = "salescenter-receipt/1"


def receipt_issue(
    *,
    unit: Unit,
    subject: Subject,
    site: Site,
    rules: Rules,
    language: str,
    refused: Sequence[str],
    surface: str,
) -> Receipt:
    """Write and sign the receipt of a person's present choices, and tell the log."""
    words = notice(sha256=rules.sha256, language=language)
    identifier = uuid7()
    now = clock.now()
    body: dict[str, Any] = {
        "schema_version": SCHEMA,
        "record_id": str(identifier),
        "receipt_id": str(identifier),
        "event_time": clock.stamp(now),
        "language": language,
        "collection_method": surface,
        "site_id": site.code,
        "pii_principal_id": subject.pseudonym,
        "privacy_notice": rules.sha256,
        "rules": rules.sha256,
        "rules_label": rules.label,
        "pii_controllers": _controllers(words, site),
        "withdrawal_method": words["withdraw"],
        "privacy_rights": words["rights"],
        "storage_locations": words["storage"],
        "jurisdiction": "CN",
        "authority_party": words["complaint"],
        "impact_assessment": words["assessment"]["code"],
        "service": "check-in",
        "choices": [
            _given(consent, words)
            for consent in consents_live(subject=subject)
            if consent.site_id == site.id
        ]
        + [_refused(name, now) for name in refused],
    }
    content = encoded(signed(body))
    issued = unit.event(
        "receipt.issued",
        subject=subject.pseudonym,
        rules=rules.sha256,
        data={
            "receipt": str(identifier),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    )
    return Receipt.objects.create(
        id=identifier,
        subject=subject,
        site=site,
        body=content,
        issued_at=now,
        issued_event_id=issued.eid,
    )


def receipt_read(*, receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as a page shows it; its number is the hash's first 8 digits."""
    body: dict[str, Any] = json.loads(bytes(receipt.body))
    return {**body, "number": receipt_number(bytes(receipt.body))}


PROOF_FIELDS = ("proofs", "size", "note", "vkey")
"""What a receipt gains when a checkpoint covers it; its signature leaves them out."""


def receipt_file(*, receipt: Receipt) -> bytes:
    """Return the file that a visitor keeps: as signed, with the log's proofs in it.

    There are none until the first checkpoint covers what was granted.
    """
    body: dict[str, Any] = json.loads(bytes(receipt.body))
    vouched = receipt_vouched(receipt=receipt)
    if vouched is None:
        return bytes(receipt.body)
    proofs = [
        {"body": proof.body, "path": list(proof.path)} for proof in vouched.proofs
    ]
    return encoded(
        {
            **body,
            "proofs": proofs,
            "size": vouched.size,
            "note": vouched.note,
            "vkey": vouched.vkey,
        }
    )


def receipt_vouched(*, receipt: Receipt) -> Vouched | None:
    """Return the proofs of what a receipt says was granted, choice by choice."""
    body: dict[str, Any] = json.loads(bytes(receipt.body))
    given = [one for one in body["choices"] if one["event_state"] == "given"]
    known = {
        (consent.purpose, clock.stamp(consent.granted_at)): consent.granted_event_id
        for consent in Consent.objects.filter(
            subject=receipt.subject_id, site=receipt.site_id
        )
    }
    return vouch(eids=[known[one["purpose"], one["granted_at"]] for one in given])


def receipt_holds(*, body: dict[str, Any]) -> bool:
    """Tell whether a receipt is unaltered since this installation signed it.

    Proofs that it gained later are not judged here: `audit.verifier` does.
    """
    return signature_holds(body=body, gained=PROOF_FIELDS)


def _controllers(words: dict[str, Any], site: Site) -> list[dict[str, Any]]:
    """Return who is responsible: the operator, then each who is jointly so."""
    operator = words["operator"]
    return [
        {
            **operator,
            "party_id": site.operator.code,
            "party_name": operator.get("name"),
            "party_address": operator.get("address"),
            "party_contact": operator.get("contact"),
            "party_type": "controller",
        },
        *(
            {
                "party_id": f"joint-{number}",
                "party_name": one.get("name"),
                "party_address": one.get("address"),
                "party_contact": one.get("contact"),
                "party_type": "joint-controller",
            }
            for number, one in enumerate(words.get("joint_operators") or [], 1)
        ),
    ]


def _refused(name: str, at: datetime) -> dict[str, Any]:
    return {
        "purpose": name,
        "event_state": "refused",
        "event_type": "explicit",
        "event_time": clock.stamp(at),
    }


def _given(consent: Consent, words: dict[str, Any]) -> dict[str, Any]:
    row = purpose_notice(words=words, purpose=consent.purpose)
    return {
        "purpose": consent.purpose,
        "purpose_text": row["sentence"],
        "event_state": "given",
        "event_type": "explicit",
        "granted_at": clock.stamp(consent.granted_at),
        "event_time": clock.stamp(consent.granted_at),
        # Who expressed it: the person, or a child's guardian.
        "entity_id": consent.given_by,
        "retention_period": clock.stamp(consent.until),
        "validity_duration": f"P{(consent.until - consent.granted_at).days}D",
        "lawful_basis": row["legal_basis"],
        "pii_information": row["data"],
        "pii_optional": row["data_optional"],
        "pii_type": "sensitive" if row["sensitive"] else "ordinary",
        "processing_method": row["method"],
        "sensitive_pii_category": consent.purpose == Purpose.FACE_CHECKIN,
        "recipient_third_parties": row["recipients"],
    }
