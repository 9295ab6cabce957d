"""Secrets of the installation that are not a consent's."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings

from consent.keys import durable
from consent.keys.epochs import KEY_BYTES


def secret(name: str) -> bytes:
    """Return a named 256-bit secret of this installation, made on first use.

    For keyed hashes and derived codes; lies beside the key store, never in the
    database.
    """
    path = Path(settings.SECRETS_DIR) / f"{name}.key"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = path.with_name(f".{name}.{secrets.token_hex(4)}")
        durable.create(scratch, secrets.token_bytes(KEY_BYTES))
        try:
            os.link(scratch, path)  # the first one made stays
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
        durable.sync(path.parent)
    return path.read_bytes()
