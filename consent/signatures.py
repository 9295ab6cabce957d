"""Documents that this installation signs and hands out: receipts, with its own key.

The signature (Ed25519) is over the document's one byte form without it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consent import keys
from consent.structure import encoded

SIGNATURE = "signature"


def signed(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with its signature."""
    return {**body, SIGNATURE: _signature(_key().sign(encoded(body)))}


def signature_holds(*, body: Mapping[str, Any], gained: Collection[str] = ()) -> bool:
    """Tell whether a document is unaltered since this installation signed it.

    Args:
        body: the document.
        gained: fields that it may have gained since; they are not judged.
    """
    unsigned = {
        key: value
        for key, value in body.items()
        if key != SIGNATURE and key not in gained
    }
    given = body.get(SIGNATURE)
    try:
        value = base64.b64decode(given["value"]) if isinstance(given, dict) else b""
        # Written anew, so that not even the spelling of the signature can differ.
        if given != _signature(value):
            return False
        _key().public_key().verify(value, encoded(unsigned))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def receipt_number(content: bytes) -> str:
    """Return the number of a signed file: the first 8 digits of its hash."""
    number = hashlib.sha256(content).hexdigest()[:8].upper()
    return f"{number[:4]}-{number[4:]}"


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.secret("receipt"))


def _public() -> bytes:
    return _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _signature(value: bytes) -> dict[str, str]:
    return {
        "algorithm": "Ed25519",
        "key": base64.b64encode(_public()).decode(),
        "value": base64.b64encode(value).decode(),
    }
