"""The key store over either backend, and what a test may do behind its back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.test import override_settings

from tests.consent.vault import TOKEN, Transit, serving


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
