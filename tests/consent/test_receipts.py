"""The receipt: signed, the visitor's own, and silent about who they are."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from audit import clock, merkle, notes, proofs
from consent.models import Consent, Receipt
from consent.purposes import SWITCHES, Purpose
from consent.receipts import (
    PROOF_FIELDS,
    receipt_file,
    receipt_holds,
    receipt_read,
)
from consent.signatures import signed
from tests import make
from tests.audit.signing import signer_in
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")

FIELDS = {
    *("schema_version", "receipt_id", "event_time", "language", "collection_method"),
    *("site_id", "pii_principal_id", "privacy_notice", "rules", "rules_label"),
    *("pii_controllers", "withdrawal_method", "privacy_rights", "storage_locations"),
    *("jurisdiction", "choices", "signature", "record_id", "service"),
    *("authority_party", "impact_assessment"),
}


@pytest.fixture
def receipt(db: Database) -> Receipt:
    house = make.house()
    walk = make.walk_finished(
        kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=True, language="en"
    )
    assert walk.receipt is not None
    return Receipt.objects.get(id=walk.receipt.id)


def _body(receipt: Receipt) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(bytes(receipt.body))
    return loaded


def test_a_receipt_holds_as_it_was_signed(receipt: Receipt) -> None:
    assert receipt_holds(body=_body(receipt))


def test_not_one_byte_of_it_can_be_altered(receipt: Receipt) -> None:
    raw = bytes(receipt.body)
    for place in range(len(raw)):
        for bit in (0x01, 0x20):
            altered = bytearray(raw)
            altered[place] ^= bit
            try:
                body = json.loads(altered)
            except ValueError:
                continue
            assert not receipt_holds(body=body), (place, bytes(altered[:place][-30:]))


@pytest.mark.parametrize(
    "signature",
    [
        None,
        {},
        "x",
        [],
        {"value": 1},
        {"value": "", "key": "", "algorithm": "Ed25519"},
        {"value": "王小明", "key": "x", "algorithm": "Ed25519"},
    ],
)
def test_something_else_for_a_signature_does_not_hold(
    receipt: Receipt, signature: object
) -> None:
    assert not receipt_holds(body={**_body(receipt), "signature": signature})
    bare = _body(receipt)
    del bare["signature"]
    assert not receipt_holds(body=bare)


def test_a_choice_added_or_left_out_does_not_hold(receipt: Receipt) -> None:
    body = _body(receipt)
    assert not receipt_holds(body={**body, "choices": body["choices"][:-1]})
    assert not receipt_holds(body={**body, "comment": "x"})


def test_another_installations_signature_does_not_hold(receipt: Receipt) -> None:
    body = _body(receipt)
    other = {**body["signature"], "key": base64.b64encode(bytes(32)).decode()}
    assert not receipt_holds(body={**body, "signature": other})


def test_it_tells_each_choice_with_rules_language_and_time(receipt: Receipt) -> None:
    body = _body(receipt)
    consents = {one.purpose: one for one in Consent.objects.all()}
    given = {
        choice["purpose"]: choice
        for choice in body["choices"]
        if choice["event_state"] == "given"
    }
    assert set(given) == set(consents) == {"contact", "face.checkin"}
    refused = {
        choice["purpose"]
        for choice in body["choices"]
        if choice["event_state"] == "refused"
    }
    assert refused == set(SWITCHES) - {Purpose.CONTACT}
    for purpose, choice in given.items():
        assert choice["retention_period"] == clock.stamp(consents[purpose].until)
        assert choice["granted_at"] == clock.stamp(consents[purpose].granted_at)
        assert choice["sensitive_pii_category"] == (purpose == "face.checkin")
    assert body["rules"] == consents["contact"].rules.sha256
    assert body["language"] == "en"
    assert body["event_time"] == clock.stamp(receipt.issued_at)


def test_it_has_no_field_for_a_person(receipt: Receipt) -> None:
    body = _body(receipt)
    assert set(body) == FIELDS
    assert body["pii_principal_id"] == receipt.subject.pseudonym
    # Not even the database's own identifier of the person, consents or keys.
    text = bytes(receipt.body).decode()
    assert str(receipt.subject_id) not in text
    for consent in Consent.objects.all():
        assert str(consent.id) not in text
        assert str(consent.live) not in text


def test_it_gains_the_proofs_of_what_was_granted(
    receipt: Receipt, tmp_path: Path
) -> None:
    assert receipt_file(receipt=receipt) == bytes(receipt.body), "no checkpoint yet"
    with signer_in(tmp_path / "signer") as signer:
        signer.look(now=True)
    body = json.loads(receipt_file(receipt=receipt))
    assert receipt_holds(body=body)
    assert {**_body(receipt), **{name: body[name] for name in PROOF_FIELDS}} == body
    checkpoint = notes.note_read(body["note"])
    assert checkpoint.size == body["size"]
    key = notes.verifier_key_read(body["vkey"])
    assert notes.note_signers(body["note"], keys=[key]) == [key]
    given = [one for one in body["choices"] if one["event_state"] == "given"]
    assert len(given) == len(body["proofs"]) == 2
    for choice, proof in zip(given, body["proofs"], strict=True):
        told = json.loads(proof["body"])
        assert (told["type"], told["purpose"]) == ("consent.granted", choice["purpose"])
        assert told["subject"] == body["pii_principal_id"]
        assert told["data"]["until"] == choice["retention_period"]
        root = proofs.inclusion_root(
            merkle.leaf_hash(proof["body"].encode()),
            told["seq"],
            body["size"],
            [bytes.fromhex(one) for one in proof["path"]],
        )
        assert root == checkpoint.root


def test_its_number_is_the_hash_of_its_bytes(receipt: Receipt) -> None:
    told = receipt_read(receipt=receipt)
    assert len(told["number"]) == 9
    assert {**_body(receipt), "number": told["number"]} == told


OF_EACH = {
    *("purpose", "purpose_text", "lawful_basis", "pii_information", "pii_optional"),
    *("pii_type", "sensitive_pii_category", "processing_method", "retention_period"),
    *("recipient_third_parties", "validity_duration", "event_time", "event_state"),
    *("event_type", "entity_id", "granted_at"),
}
OF_A_PARTY = {
    *("party_id", "party_name", "party_address", "party_contact", "party_type")
}


def test_every_name_of_the_mapping_is_in_a_real_receipt(receipt: Receipt) -> None:
    body = _body(receipt)
    page = (Path(__file__).parents[2] / "docs" / "compliance.md").read_text("utf-8")
    table = page.split("## The receipt and ISO/IEC TS 27560")[1].split("\n## ")[0]
    mapped = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z_.\[\]]+)`", line.split("|")[1])
    }
    given = [one for one in body["choices"] if one["event_state"] == "given"]
    assert given
    for choice in given:
        assert set(choice) == OF_EACH
    for party in body["pii_controllers"]:
        assert set(party) >= OF_A_PARTY
        assert all(party[name] for name in OF_A_PARTY)
    told = (
        set(body)
        | {f"choices[].{name}" for name in OF_EACH}
        | {f"pii_controllers[].{name}" for name in OF_A_PARTY}
    )
    # What the table names is there, and what is there is in the table.
    assert mapped == told - {"choices"}


def test_a_receipt_of_before_still_holds(receipt: Receipt) -> None:
    """Fewer fields were signed once; what was signed is what is verified."""
    body = _body(receipt)
    for name in ("record_id", "service", "authority_party", "impact_assessment"):
        del body[name]
    assert not receipt_holds(body=body)
    del body["signature"]
    assert receipt_holds(body=signed(body))
