"""Epochs: the keys that wrap the data keys, each for a day, and where they lie.

A backend keeps the epochs' keys and wraps with them. The wrapped keys themselves lie
in the store, whichever it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent.keys import durable

KEY_BYTES = 32
NONCE_BYTES = 12


class EpochGone(Exception):
    """The epoch that was to wrap is no more: another one began meanwhile."""


class Epochs(Protocol):
    """Where the epochs' keys lie.

    Any call may raise `KeysUnavailable`; then nothing is known and nothing was kept.
    """

    name: str

    def standing(self) -> dict[int, float]:
        """Return the epochs that have a key, oldest first, with the time of making.

        Seconds since 1970.
        """

    def begin(self, epoch: int) -> None:
        """Make an epoch's key, durably; does nothing when it stands."""

    def end(self, epoch: int) -> None:
        """Destroy an epoch's key; does nothing when it is gone."""

    def wrap(self, epoch: int, keys: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """Wrap data keys by an epoch's key, each for its consent.

        Raises:
            EpochGone: there is no such key.
        """

    def unwrap(self, epoch: int, wrapped: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """Return the data keys that an epoch's key opens for their consents.

        Those missing in the answer are gone for good: their epoch has no key, or they
        are not what it wrapped.
        """


class FileEpochs:
    """A file for each epoch's key, in a folder of their own."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def standing(self) -> dict[int, float]:
        """As `Epochs`; the time is the file's."""
        found = {}
        for path in self.folder.glob("epoch-*.key"):
            # One that ends while it is looked at stands no more.
            with suppress(FileNotFoundError):
                found[int(path.stem.removeprefix("epoch-"))] = path.stat().st_mtime
        return dict(sorted(found.items()))

    def begin(self, epoch: int) -> None:
        """As `Epochs`."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._file(epoch).exists():
            # One that a crash left may not be durable yet.
            durable.sync(self.folder)
        else:
            durable.write(self._file(epoch), secrets.token_bytes(KEY_BYTES))

    def end(self, epoch: int) -> None:
        """As `Epochs`."""
        durable.remove(self._file(epoch))

    def wrap(self, epoch: int, keys: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """As `Epochs`: AES-256-GCM, nonce ‖ ciphertext."""
        try:
            box = AESGCM(self._file(epoch).read_bytes())
        except FileNotFoundError:
            raise EpochGone from None
        made = {}
        for consent, key in keys.items():
            nonce = secrets.token_bytes(NONCE_BYTES)
            made[consent] = nonce + box.encrypt(nonce, key, _bound(consent))
        return made

    def unwrap(self, epoch: int, wrapped: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """As `Epochs`."""
        try:
            box = AESGCM(self._file(epoch).read_bytes())
        except FileNotFoundError:
            return {}
        opened = {}
        for consent, one in wrapped.items():
            nonce, sealed = one[:NONCE_BYTES], one[NONCE_BYTES:]
            try:
                opened[consent] = box.decrypt(nonce, sealed, _bound(consent))
            except (InvalidTag, ValueError):
                continue
        return opened

    def _file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.key"


def _bound(consent: UUID) -> bytes:
    return f"key|v1|{consent}".encode()
