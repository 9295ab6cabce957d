"""Identifiers of rows: UUIDv7 (RFC 9562), made in Python.

They sort by time and are never a secret.
"""

from __future__ import annotations

import secrets
import uuid

from audit import clock


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7: 48 bits of milliseconds, 74 random bits."""
    milliseconds = int(clock.now().timestamp() * 1000)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return uuid.UUID(int=value)
