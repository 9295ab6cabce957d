"""C2SP signed notes with Ed25519: checkpoints, manifests, and the keys' text form.

A note is a text, an empty line, and signature lines
(c2sp.org/signed-note, c2sp.org/tlog-checkpoint).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.errors import NoteInvalid

ED25519 = b"\x01"
KEY_ID_BYTES = 4
_NAME = re.compile(r"salescenter(/[a-z0-9-]{1,32}){2}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name of the log that it signs for."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes by which signature lines name the key."""
        named = self.name.encode() + b"\n" + ED25519 + self.public
        return hashlib.sha256(named).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        encoded = base64.b64encode(ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint or a manifest's note says: origin, size, and 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin(*, operator: str, log: str) -> str:
    """Return the origin of a log's checkpoints, which is its keys' name too."""
    return f"salescenter/{operator}/{log}"


def verifier_key(*, name: str, key: Ed25519PrivateKey) -> VerifierKey:
    """Return the public side of a signing key, under a log's name."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return VerifierKey(name, public)


def verifier_key_read(text: str) -> VerifierKey:
    """Return a key from its text form.

    Raises:
        NoteInvalid: it is none, or its key id is not its own.
    """
    name, _, rest = text.strip().partition("+")
    _, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NoteInvalid("verifier key") from None
    found = VerifierKey(name, raw[1:])
    if not _NAME.fullmatch(name) or len(raw) != 33 or str(found) != text.strip():
        raise NoteInvalid("verifier key")
    return found


def note_sign(
    checkpoint: Checkpoint, *, name: str, keys: Sequence[Ed25519PrivateKey]
) -> str:
    """Return the note of a checkpoint, signed with each key under `name`."""
    lines = []
    for key in keys:
        signed = key.sign(checkpoint.text.encode())
        line = verifier_key(name=name, key=key).key_id + signed
        lines.append(f"— {name} {base64.b64encode(line).decode()}\n")
    return checkpoint.text + "\n" + "".join(lines)


def note_read(note: str) -> Checkpoint:
    """Return what a note says, without asking who signed it.

    Raises:
        NoteInvalid: it is no note of three lines.
    """
    text, gap, _ = note.partition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) != 3 or not _SIZE.fullmatch(lines[1]):
        raise NoteInvalid("note")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError):
        raise NoteInvalid("root") from None
    found = Checkpoint(lines[0], int(lines[1]), root)
    if len(root) != 32 or found.text != text + "\n":
        raise NoteInvalid("root")
    return found


def note_signers(note: str, *, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Return which of the keys signed a note; lines of other keys say nothing.

    Raises:
        NoteInvalid: a line is malformed, or a signature by one of the keys is wrong.
    """
    text, _, signatures = note.partition("\n\n")
    known = {(key.name, key.key_id): key for key in keys}
    found = []
    for line in signatures.removesuffix("\n").split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise NoteInvalid("signature line")
        try:
            raw = base64.b64decode(parts[2], validate=True)
        except (binascii.Error, ValueError):
            raise NoteInvalid("signature line") from None
        key = known.get((parts[1], raw[:KEY_ID_BYTES]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(
                raw[KEY_ID_BYTES:], (text + "\n").encode()
            )
        except (InvalidSignature, ValueError):
            raise NoteInvalid("signature") from None
        found.append(key)
    return found
