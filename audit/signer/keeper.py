"""The signer's folder: its keys and its memory, private to the user that signs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.signer.memory import (
    Memory,
    MemoryBroken,
    file_replace,
    memory_read,
    memory_write,
)

MEMORY = "memory.json"
NEXT = "next"
"""Names the key of a rotation whose event is not signed yet."""


class Keeper:
    """Keys and memory in one folder.

    A key is a file of its own named by its public key, so that a rotation never
    overwrites one that still has to sign. Files are read as bytes: the user that
    signs may have no way to the library's codecs.
    """

    def __init__(self, folder: Path) -> None:
        """Keep to a folder, which is made, private, when absent."""
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time sign or change the keys."""
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def recall(self) -> Memory:
        """Return what is remembered; an empty memory in a folder that is new.

        Raises:
            MemoryBroken: it cannot be read, or it is gone while keys are there.
        """
        memory = memory_read(self.folder / MEMORY)
        if not memory.key and any(self.folder.glob("*.key")):
            raise MemoryBroken(f"{MEMORY}: gone")
        return memory

    def remember(self, memory: Memory) -> None:
        """Keep what is remembered from now on."""
        memory_write(self.folder / MEMORY, memory)

    def key_make(self) -> str:
        """Make a signing key and return its public key in hex."""
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        file_replace(self._path(public), key.private_bytes_raw().hex().encode("ascii"))
        return public

    def key(self, public: str) -> Ed25519PrivateKey:
        """Return the signing key of a public key.

        Raises:
            MemoryBroken: its file is gone or is not that key's.
        """
        path = self._path(public)
        try:
            raw = bytes.fromhex(path.read_bytes().decode("ascii").strip())
            key = Ed25519PrivateKey.from_private_bytes(raw)
        except (OSError, ValueError) as error:
            raise MemoryBroken(f"{path.name}: {type(error).__name__}") from None
        if key.public_key().public_bytes_raw().hex() != public:
            raise MemoryBroken(f"{path.name}: another key")
        return key

    def key_destroy(self, public: str) -> None:
        """Destroy a key that signs no more."""
        path = self._path(public)
        path.unlink(missing_ok=True)

    def next_key(self) -> str:
        """Return the key that a rotation waits to bring in, or an empty text."""
        try:
            return (self.folder / NEXT).read_bytes().decode("ascii").strip()
        except FileNotFoundError:
            return ""

    def next_key_set(self, public: str) -> None:
        """Say which key a rotation brings in; empty when it did."""
        if public:
            file_replace(self.folder / NEXT, public.encode("ascii"))
        else:
            (self.folder / NEXT).unlink(missing_ok=True)

    def _path(self, public: str) -> Path:
        return self.folder / f"{public[:16]}.key"
