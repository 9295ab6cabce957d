"""Codes that people read and type: derived from a row's id, stored as keyed hashes.

A code is not stored. It comes from the id with a secret of the installation, so that
its holder can be shown it again; what is stored of it needs the same secret.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid

from consent import keys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""

_BITS = 5
_GROUP = 4
_LOOKALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


def code_derived(*, family: str, name: str, identifier: uuid.UUID, length: int) -> str:
    """Return the code of a row.

    Args:
        family: names the installation's secret that codes of this kind share.
        name: what the code is of; two codes of one row differ by it.
        identifier: the row's id.
        length: how many characters.
    """
    enough = (_BITS * length + 7) // 8
    digest = derived(family=family, name=name, identifier=identifier)
    number = int.from_bytes(digest[:enough], "big")
    return "".join(ALPHABET[(number >> (_BITS * at)) & 31] for at in range(length))


def code_hash(*, family: str, code: str) -> bytes:
    """Return what is stored of a code."""
    return hmac.digest(keys.secret(family), f"code|{code}".encode(), hashlib.sha256)


def code_random(*, length: int) -> str:
    """Return a code of no row, for two screens that show the same one."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def code_shown(code: str) -> str:
    """Return a code in groups of four."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def code_typed(code: str) -> str:
    """Return a code without what its reader added or mistook."""
    return "".join(filter(str.isalnum, code.upper())).translate(_LOOKALIKE)


def derived(*, family: str, name: str, identifier: uuid.UUID) -> bytes:
    """Return 256 bits that belong to a row and to what they are for."""
    message = f"{name}|{identifier}".encode()
    return hmac.digest(keys.secret(family), message, hashlib.sha256)
