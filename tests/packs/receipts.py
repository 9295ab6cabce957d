"""Receipt files, as a visitor keeps them."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.packs.log import Log, path_of
from tests.packs.sealing import checkpoint, vkey

UNSIGNED = ("signature", "proofs", "size", "note", "vkey")


def receipt_key() -> Ed25519PrivateKey:
    """Return the installation's receipt key, another than the signer's."""
    return Ed25519PrivateKey.from_private_bytes(b"receipt key of a test, 32 bytes.")


def receipt(
    log: Log,
    subject: str | None = None,
    *,
    size: int | None = None,
    proved: bool = True,
) -> dict[str, Any]:
    """Return the receipt of one person's choices; of the first who agreed by default.

    Args:
        log: where the choices stand.
        subject: the pseudonym.
        size: of the checkpoint; the whole log by default.
        proved: whether a checkpoint had been there already.
    """
    size = len(log.bodies) if size is None else size
    grants = [e for e in log.events()[:size] if e["type"] == "consent.granted"]
    subject = subject or grants[0]["subject"]
    given = [event for event in grants if event["subject"] == subject]
    body: dict[str, Any] = {
        "schema_version": "salescenter-receipt/1",
        "receipt_id": "0190a6b2-7c00-7000-8000-000000000001",
        "event_time": given[0]["at"],
        "language": "zh-hans",
        "collection_method": "phone",
        "site_id": given[0]["site"],
        "pii_principal_id": subject,
        "privacy_notice": given[0]["rules"],
        "rules": given[0]["rules"],
        "pii_controllers": ["湖畔演示"],
        "jurisdiction": "CN",
        "choices": [
            {
                "purpose": event["purpose"],
                "purpose_text": "我们会保存您的电话",
                "event_state": "given",
                "granted_at": event["at"],
                "retention_period": event["data"]["until"],
            }
            for event in given
        ]
        + [{"purpose": "marketing.sms", "event_state": "refused"}],
    }
    signed(body)
    if proved:
        leaves = log.leaves()[:size]
        body["proofs"] = [
            {
                "body": log.bodies[event["seq"]].decode(),
                "path": [one.hex() for one in path_of(event["seq"], leaves)],
            }
            for event in given
        ]
        body["size"] = size
        body["note"] = checkpoint(log, size)
        body["vkey"] = vkey(log, size)
    return body


def signed(body: dict[str, Any]) -> dict[str, Any]:
    """Put the receipt key's signature into a receipt, in place, and return it."""
    key = receipt_key()
    words = {name: value for name, value in body.items() if name not in UNSIGNED}
    text = json.dumps(
        words, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    body["signature"] = {
        "algorithm": "Ed25519",
        "key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "value": base64.b64encode(key.sign(text)).decode(),
    }
    return body
