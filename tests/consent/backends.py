"""The key store over either backend, and what a test may do behind its back."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.test import override_settings

from consent import keys
from tests.consent.vault import TOKEN, Transit, serving

PLAIN = b"what was collected"
BOUND = "tpl|v1|somebody"
NOW = timedelta(0)
"""As old as an epoch must be to turn, for a test that does not wait."""


@dataclass
class Backend:
    """One of them, with the epochs' keys in reach."""

    name: str
    secrets: Path
    transit: Transit

    def epochs(self) -> list[int]:
        """Return the epochs whose key stands."""
        if self.name == "vault":
            assert list((self.secrets / "epochs").glob("*")) == []
            return sorted(int(name.split("-")[1]) for name in self.transit.keys)
        found = (self.secrets / "epochs").glob("epoch-*.key")
        return sorted(int(path.stem.split("-")[1]) for path in found)

    def made(self, epoch: int, at: float) -> None:
        """Say when an epoch began."""
        if self.name == "vault":
            self.transit.keys[f"salescenter-{epoch}"]["made"] = int(at)
        else:
            os.utime(self.secrets / "epochs" / f"epoch-{epoch}.key", (at, at))


@contextmanager
def backend_used(name: str, secrets: Path) -> Iterator[Backend]:
    """Point the settings at a backend of this test's own."""
    transit = Transit()
    if name == "file":
        yield Backend(name, secrets, transit)
        return
    token = secrets / "vault-token"
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    with (
        serving(transit) as address,
        override_settings(
            KEYS_BACKEND="vault", VAULT_ADDR=address, VAULT_TOKEN_PATH=str(token)
        ),
    ):
        yield Backend(name, secrets, transit)


def key_file(store: Path, consent: uuid.UUID) -> Path:
    return store / "data" / f"{consent}.key"


def seal(consent: uuid.UUID) -> bytes:
    return keys.seal(consent=consent, plaintext=PLAIN, bound_to=BOUND)


def unseal(consent: uuid.UUID, sealed: bytes) -> bytes:
    return keys.unseal(consent=consent, sealed=sealed, bound_to=BOUND)
