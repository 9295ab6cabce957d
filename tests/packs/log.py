"""A log in memory: bodies, their tree, and the keys that sign it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

RULES_TEXT = b'{"label":"r-%d","purposes":["contact","attribution","face.checkin"]}\n'
EPOCH = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def leaf_hash(body: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ body)."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the full subtrees of a growing tree, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append one leaf."""
        bits = self.size
        while bits & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            bits >>= 1
        self.hashes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self.hashes:
            return hashlib.sha256(b"").digest()
        *rest, result = self.hashes
        for left in reversed(rest):
            result = node_hash(left, result)
        return result


def frontier_of(leaves: Sequence[bytes]) -> Frontier:
    """Return the frontier of a tree of these leaves."""
    grown = Frontier()
    for leaf in leaves:
        grown.add(leaf)
    return grown


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of a tree of these leaves."""
    return frontier_of(leaves).root()


def path_of(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the inclusion proof of one leaf, leaf side first (RFC 6962, 2.1.1)."""
    if len(leaves) == 1:
        return []
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = leaves[:half], leaves[half:]
    if index < half:
        return [*path_of(index, left), root_of(right)]
    return [*path_of(index - half, right), root_of(left)]


class Signer:
    """A key under a name; `name` is the origin of the log it signs."""

    def __init__(self, name: str, seed: object = 0) -> None:
        self.name = name
        secret = hashlib.sha256(f"{name} {seed}".encode()).digest()
        self.private = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self.private.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(name.encode() + b"\n\x01" + self.public).digest()[
            :4
        ]

    @property
    def vkey(self) -> str:
        """The public verifier key."""
        key = base64.b64encode(b"\x01" + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    def line(self, text: str) -> str:
        """Return the signature line under a note's text."""
        raw = self.key_id + self.private.sign(text.encode())
        return f"— {self.name} {base64.b64encode(raw).decode()}\n"


def note(origin: str, size: int, root: bytes, signers: Sequence[Signer]) -> str:
    """Return a signed note of three lines."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return text + "\n" + "".join(signer.line(text) for signer in signers)


def stamp(ms: int) -> str:
    """Return a moment, given in milliseconds since 1970, as an event writes it."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def millis(at: str) -> int:
    """Return milliseconds since 1970 of a moment."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def canonical(value: object) -> bytes:
    """Return the one byte form of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def body_of(
    seq: int,
    at: str,
    kind: str,
    *,
    clause: str | None = None,
    purpose: str | None = None,
    site: str | None = None,
    subject: str | None = None,
    consent: int | None = None,
    rules: str | None = None,
    act: tuple[str, str] = ("system", "system"),
    data: dict[str, Any] | None = None,
) -> bytes:
    """Return the bytes of one event."""
    return canonical(
        {
            "act": {"id": act[0], "role": act[1]},
            "at": at,
            "clause": clause or purpose or "pipl-55-56",
            "consent": consent,
            "data": data or {},
            "purpose": purpose,
            "rules": rules,
            "seq": seq,
            "site": site,
            "subject": subject,
            "type": kind,
            "v": 1,
        }
    )


@dataclass
class Log:
    """A log and its keys; change `bodies` as you like, everything else follows.

    Attributes:
        rotations: (size, signers) from which checkpoint size on these keys sign; the
            first entry stands for the beginning. Two signers sign both.
        documents: texts of rules by hash.
    """

    operator: str = "demo-lakeside"
    log: str = "0123456789abcdef"
    bodies: list[bytes] = field(default_factory=list)
    documents: dict[str, bytes] = field(default_factory=dict)
    rotations: list[tuple[int, list[Signer]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.rotations:
            self.rotations = [(0, [Signer(self.origin)])]

    @property
    def origin(self) -> str:
        """`salescenter/<operator>/<log>`."""
        return f"salescenter/{self.operator}/{self.log}"

    def signers(self, size: int) -> list[Signer]:
        """Return who signs a checkpoint of this size."""
        return [who for since, who in self.rotations if since <= size][-1]

    def keys(self, size: int) -> list[Signer]:
        """Return every key used up to a size, oldest first, each once."""
        found: dict[str, Signer] = {}
        for since, who in self.rotations:
            if since <= size:
                found.update({one.vkey: one for one in who})
        return list(found.values())

    def event(self, seq: int) -> dict[str, Any]:
        """Return one event, parsed."""
        event: dict[str, Any] = json.loads(self.bodies[seq])
        return event

    def events(self) -> list[dict[str, Any]]:
        """Return all events, parsed."""
        return [json.loads(body) for body in self.bodies]

    def find(self, kind: str, nth: int = 0) -> int:
        """Return the number of the nth event of a kind."""
        mark = f'"type":"{kind}"'.encode()
        return [seq for seq, body in enumerate(self.bodies) if mark in body][nth]

    def add(
        self, kind: str, *, after: int = 1000, at: str | None = None, **fields: Any
    ) -> int:
        """Append an event `after` ms after the last; return its number.

        Fields as in `body_of`; `rules` defaults to the last event's.
        `consent="self"` stands for its own number.
        """
        seq = len(self.bodies)
        if self.bodies:
            last = self.event(seq - 1)
            at = at or stamp(millis(last["at"]) + after)
            fields.setdefault("rules", last["rules"])
        at = at or stamp(int(EPOCH.timestamp() * 1000))
        if fields.get("consent") == "self":
            fields["consent"] = seq
        self.bodies.append(body_of(seq, at, kind, **fields))
        return seq

    def edit(self, seq: int, /, **changes: Any) -> None:
        """Rewrite keys of one body; `data` is merged, minus the keys in `data_drop`."""
        event = self.event(seq)
        for name in changes.pop("data_drop", ()):
            del event["data"][name]
        event["data"].update(changes.pop("data", {}))
        event.update(changes)
        self.bodies[seq] = canonical(event)

    def drop(self, seq: int) -> None:
        """Forget one event and give later ones, and what names them, new numbers."""
        kept = [event for event in self.events() if event["seq"] != seq]

        def moved(number: Any) -> Any:
            return number - 1 if isinstance(number, int) and number > seq else number

        for place, event in enumerate(kept):
            event["seq"] = place
            event["consent"] = moved(event["consent"])
            for name in ("start", "candidates"):
                value = event["data"].get(name)
                if isinstance(value, list):
                    event["data"][name] = [moved(one) for one in value]
                elif name in event["data"]:
                    event["data"][name] = moved(value)
        self.bodies = [canonical(event) for event in kept]

    def leaves(self) -> list[bytes]:
        """Return the leaf hashes."""
        return [leaf_hash(body) for body in self.bodies]

    def rotate(self, *, seed: object = "next", at: str | None = None) -> Signer:
        """Write `signer.rotated`; checkpoints from here on are signed by both keys."""
        old = self.signers(len(self.bodies))[-1]
        new = Signer(self.origin, seed)
        data = {"old": old.vkey, "new": new.vkey}
        self.add("signer.rotated", at=at, clause="pipl-51", data=data)
        self.rotations.append((len(self.bodies), [old, new]))
        return new

    def retire(self) -> None:
        """Let only the newest key sign from the next event on."""
        size = len(self.bodies)
        self.rotations.append((size + 1, self.signers(size)[-1:]))
