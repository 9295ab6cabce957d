"""Encrypting under a consent's key what was collected under the consent."""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent.errors import KeyMissing
from consent.keys.epochs import NONCE_BYTES
from consent.keys.store import unwrap


def seal(*, consent: UUID, plaintext: bytes, bound_to: str) -> bytes:
    """Encrypt under a consent's key: nonce ‖ AES-256-GCM ciphertext.

    Args:
        consent: whose key.
        plaintext: what to encrypt.
        bound_to: what the ciphertext belongs to; it opens for the same text only.

    Raises:
        KeyMissing: the key is not in the store.
        KeysUnavailable: the backend does not answer.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    box = AESGCM(unwrap(consent))
    return nonce + box.encrypt(nonce, plaintext, bound_to.encode())


def unseal(*, consent: UUID, sealed: bytes, bound_to: str) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        KeyMissing: the key is not in the store, or it is not this one's ciphertext.
        KeysUnavailable: the backend does not answer.
    """
    box = AESGCM(unwrap(consent))
    try:
        return box.decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode()
        )
    except InvalidTag:
        raise KeyMissing from None
