#!/usr/bin/env python3
"""Check a sealed export or a receipt of a salescenter log, offline.

用法 / How to run it:
  python verify.py PACK [--pin VKEY]... [--prior OLD.note]... [--receipt FILE] [--json]
  python verify.py --receipt FILE [--pin VKEY]...

退出码 / Exit codes:
  0  完好 sound, and vouched for by a key that you pinned
  1  被改动或违反规则 altered, or a rule was broken
  2  自身完好，但没有外部凭据 sound, but nothing outside vouches for it
  3  无法读取 unreadable

The format is described in docs/evidence.md of the project; this file needs nothing but
Python 3.9 or newer: no network, no other file of the project, no installed package.
It cannot prove that something which was never written down did not happen.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import heapq
import json
import os
import re
import stat
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO, NoReturn

if sys.version_info < (3, 9):  # noqa: UP036 (an inspector's Python may be old)
    sys.stderr.write("需要 Python 3.9 以上 / needs Python 3.9 or newer\n")
    sys.exit(3)

SOUND, BROKEN, UNVOUCHED, UNREADABLE = 0, 1, 2, 3

LINE_MAX = 65_536
NOTE_MAX = 16_384
KEYS_MAX = 262_144
START_MAX = 65_536
MANIFEST_MAX = 4_194_304
RECEIPT_MAX = 1_048_576
PACK_MAX = 0xFFFF_FFFE
ENTRIES_MAX = 0xFFFF
NAME_MAX = 255
DEPTH_MAX = 64
VALUES_MAX = 20_000
"""So many objects and lists stand in one JSON file at most: memory is bounded."""
LIVE_MAX = 450_000
"""So many consents alive at once fit into 200 MB; a longer range is asked in parts."""
LISTED_MAX = 1_000
SHOWN_MAX = 20
SHOWN_LINE_MAX = 500
BAD_SIGNATURES_MAX = 50
SIGNATURES_MAX = 16
"""So many lines of known keys a note has at most: each costs milliseconds."""
INT_MAX = 2**53 - 1
CHUNK = 262_144
START_OPEN_MS = 300_000
CLOCK_MS = 5_000
"""So far apart the office's clock and the log's time may be."""

FORMAT = "salescenter-evidence/1"
RECEIPT_FORMAT = "salescenter-receipt/1"
MANIFEST, MANIFEST_NOTE = "manifest.json", "manifest.note"
EVENTS, START, GRANTS = "events.jsonl", "start.json", "grants.jsonl"
CHECKPOINTS, TAIL, KEYS = "checkpoints.jsonl", "tail.jsonl", "keys.vkey"
NEEDED = (MANIFEST, MANIFEST_NOTE, EVENTS, START, CHECKPOINTS, KEYS)
FIXED = {*NEEDED, GRANTS, TAIL, "verify.py", "verify.html", "README.txt"}

KINDS = frozenset(
    b"log.opened site.opened site.closing site.closed rules.published rules.retired "
    b"pia.approved pia.stale "
    b"party.asked party.added party.ended party.closed "
    b"device.asked device.approved device.revoked "
    b"kiosk.paired kiosk.revoked kiosk.layout "
    b"notice.shown consent.granted consent.refused consent.restricted "
    b"consent.withdrawn consent.expired key.created key.destroyed data.ended "
    b"gate.refused use.abandoned capture.started capture.discarded face.enrolled "
    b"face.compare.started face.compared face.template.destroyed contact.collected "
    b"contact.viewed contact.corrected contact.disclosed contact.erased link.revoked "
    b"receipt.issued attribution.published "
    b"referral.announced referral.shown referral.answered "
    b"referral.voided visit.recorded visit.ended "
    b"desk.override decision.made decision.revised dispute.opened dispute.ruled "
    b"deal.recorded commission.held commission.settled subject.merged "
    b"subject.unmerged list.received list.quarantined list.released list.purged "
    b"message.allowed message.sent message.refused suppression.added request.opened "
    b"request.answered export.requested export.approved export.made log.read "
    b"staff.signed_in staff.refused stop.on stop.off filing.due filing.made "
    b"incident.opened incident.closed "
    b"retention.swept backup.restored signer.rotated signer.refused proof.run "
    b"clock.behind".split()
)


class Fault(Exception):
    """Something is not as the format says; says what, in two languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Unreadable(Fault):
    """There is nothing to judge."""


class Altered(Exception):
    """Reading cannot go on; the finding is in the result already."""


def shown(value: object) -> str:
    """Return something foreign as short printable text."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:100])
    return text if len(text) <= 80 else text[:77] + "…"


# --- Result ---------------------------------------------------------------------------


@dataclass
class Result:
    """What was found; `exit` follows from it."""

    pack: str | None = None
    unreadable: str | None = None
    altered: list[dict[str, Any]] = field(default_factory=list)
    violations: list[dict[str, Any]] = field(default_factory=list)
    altered_count: int = 0
    violations_count: int = 0
    origin: str | None = None
    demonstration: bool = False
    redaction: str | None = None
    sites: list[str] | None = None
    first_seq: int | None = None
    last_seq: int | None = None
    created_at: str | None = None
    events: int = 0
    left_out: int = 0
    grants: int = 0
    tail: int = 0
    checkpoints: int = 0
    size: int | None = None
    root: str | None = None
    after_last_checkpoint: int = 0
    partial: bool = False
    pinned: bool = False
    pins: int = 0
    keys: list[str] = field(default_factory=list)
    priors: list[dict[str, Any]] = field(default_factory=list)
    unknown_kinds: dict[str, int] = field(default_factory=dict)
    receipt: dict[str, Any] | None = None

    def alter(
        self,
        file: str,
        zh: str,
        en: str,
        *,
        line: int | None = None,
        seq: int | None = None,
    ) -> None:
        """Note that a file is not what the log's key vouched for, or not in form."""
        self.altered_count += 1
        if len(self.altered) < LISTED_MAX:
            found: dict[str, Any] = {"file": file}
            if line is not None:
                found["line"] = line
            if seq is not None:
                found["seq"] = seq
            self.altered.append({**found, "what": en, "zh": zh})
        if self.altered_count >= LISTED_MAX:
            raise Altered  # no reader needs more of them

    def violate(self, seq: int, zh: str, en: str) -> None:
        """Note that an event breaks a rule of the log."""
        self.violations_count += 1
        if len(self.violations) < LISTED_MAX:
            self.violations.append({"seq": seq, "what": en, "zh": zh})

    def unvouched(self) -> list[tuple[str, str]]:
        """Return why nothing outside vouches for what is sound in itself."""
        why = []
        if self.pack is not None:
            if not self.pinned and self.pins:
                why.append(("不是由所给公钥签署", "not signed by a pinned key"))
            elif not self.pinned:
                why.append(("未给出公钥 (--pin)", "no key was pinned (--pin)"))
            if self.after_last_checkpoint:
                n = self.after_last_checkpoint
                why.append(
                    (
                        f"最后检查点之后有 {n} 条",
                        f"{n} events after the last checkpoint",
                    )
                )
            if self.left_out and self.sites is None:
                n = self.left_out
                why.append((f"{n} 条正文已清除", f"{n} events without a body"))
        if self.receipt is not None and not self.receipt["vouched"]:
            if not self.receipt["proved"]:
                why.append(("回执尚无检查点", "the receipt has no checkpoint yet"))
            elif not self.receipt["given"]:
                why.append(("回执没有可证明的同意", "the receipt proves no consent"))
            elif self.pack is None:
                why.append(("回执未核对公钥", "the receipt's key is not pinned"))
            else:
                why.append(
                    ("回执不在包的凭据之内", "the pack does not vouch for the receipt")
                )
        return why

    @property
    def exit(self) -> int:
        """Return the exit code, in the format's order of precedence."""
        if self.unreadable is not None:
            return UNREADABLE
        if self.altered_count or self.violations_count:
            return BROKEN
        return UNVOUCHED if self.unvouched() else SOUND

    @property
    def verdict(self) -> str:
        """Return the verdict as one word."""
        if self.exit == BROKEN:
            return "altered" if self.altered_count else "violated"
        return {SOUND: "sound", UNVOUCHED: "unvouched"}.get(self.exit, "unreadable")

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "exit": self.exit,
            "verdict": self.verdict,
            "pack": self.pack,
            "unreadable": self.unreadable,
            "unvouched": [en for _, en in self.unvouched()],
            "origin": self.origin,
            "demonstration": self.demonstration,
            "redaction": self.redaction,
            "sites": self.sites,
            "first_seq": self.first_seq,
            "last_seq": self.last_seq,
            "created_at": self.created_at,
            "events": self.events,
            "left_out": self.left_out,
            "grants": self.grants,
            "tail": self.tail,
            "checkpoints": self.checkpoints,
            "size": self.size,
            "root": self.root,
            "after_last_checkpoint": self.after_last_checkpoint,
            "partial": self.partial,
            "pinned": self.pinned,
            "keys": self.keys,
            "priors": self.priors,
            "unknown_kinds": self.unknown_kinds,
            "receipt": self.receipt,
            "altered_count": self.altered_count,
            "altered": self.altered,
            "violations_count": self.violations_count,
            "violations": self.violations,
        }


# --- Ed25519 (RFC 8032), strict: one encoding, no small order, S below L --------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
BASE_X = 0x216936D3CD6E53FEC0A4E231FDD6DC5C692CC7609525A7B2C9562D608F25D51A
BASE_Y = 4 * pow(5, P - 2, P) % P

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z."""
NEUTRAL = (0, 1, 1, 0)


def _add(one: Point, two: Point) -> Point:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = two
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * D * t1 * t2 % P
    d = 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _decompress(raw: bytes) -> Point | None:
    """Return the point that 32 bytes encode, or None if they are not its encoding."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * SQRT_M1 % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _compress(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


Comb = list[list[tuple[int, int, int, int]]]


def _comb(point: Point) -> Comb:
    """Return j · 16^i · point for 64 windows, in a form that adds quickly."""
    rows = []
    for _ in range(64):
        row, multiple = [], point
        for _ in range(15):
            row.append(multiple)
            multiple = _add(multiple, point)
        rows.append([(y - x, y + x, 2 * z % P, 2 * D * t % P) for x, y, z, t in row])
        point = multiple
    return rows


def _add_multiple(total: Point, comb: Comb, scalar: int) -> Point:
    x, y, z, t = total
    for row in comb:
        digit = scalar & 15
        scalar >>= 4
        if digit:
            minus, plus, z2, t2 = row[digit - 1]
            a = (y - x) * minus % P
            b = (y + x) * plus % P
            c, d = t * t2 % P, z * z2 % P
            e, f, g, h = b - a, d - c, d + c, b + a
            x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
    return x, y, z, t


@lru_cache(maxsize=1)
def _base_comb() -> Comb:
    return _comb((BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P))


@lru_cache(maxsize=64)
def _minus_comb(public: bytes) -> Comb | None:
    point = public_point(public)
    if point is None:
        return None
    x, y, z, t = point
    return _comb((P - x, y, z, P - t))


def public_point(public: bytes) -> Point | None:
    """Return a public key's point; None unless it is one, encoded the only way.

    A key of small order would accept signatures that nobody made.
    """
    point = _decompress(public) if len(public) == 32 else None
    if point is None:
        return None
    eight = point
    for _ in range(3):
        eight = _add(eight, eight)
    x, y, z, _ = eight
    return None if x % P == 0 and (y - z) % P == 0 else point


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether an Ed25519 signature over a message is good."""
    comb = _minus_comb(public)
    if len(signature) != 64 or comb is None:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(hashed, "little") % L
    total = _add_multiple(NEUTRAL, _base_comb(), s)
    total = _add_multiple(total, comb, k)
    return _compress(total) == signature[:32]


# --- JSON, base64, keys and signed notes ----------------------------------------------

HEX64 = re.compile(r"[0-9a-f]{64}").fullmatch
SITE = re.compile(r"[a-z0-9-]{1,32}").fullmatch
ORIGIN = re.compile(r"salescenter/[a-z0-9-]{1,32}/[a-z0-9-]{1,32}").fullmatch
DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}").fullmatch
MOMENT = (
    "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z"
)
TIME = re.compile(MOMENT).fullmatch


class _NotStrict(ValueError):
    """JSON says something that may be read in two ways."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                message = f"key {shown(name)} twice"
                raise _NotStrict(message)
            seen.add(name)
    return made


def _integer(text: str) -> int:
    number = int(text) if len(text) <= 17 else INT_MAX + 1
    if abs(number) > INT_MAX:
        message = f"integer {shown(text)} is 2^53 or more"
        raise _NotStrict(message)
    return number


def _never(text: str) -> NoReturn:
    message = f"number {shown(text)} is not an integer"
    raise _NotStrict(message)


_MARKS = re.compile(rb'\\.|["{}\[\]]', re.DOTALL).finditer


def _bounded(raw: bytes) -> None:
    """Refuse what Python would nest or hold too much of; texts do not count."""
    depth = values = 0
    inside = False
    for match in _MARKS(raw):
        mark = match[0]
        if mark == b'"':
            inside = not inside
        elif inside:
            continue
        elif mark in b"{[":
            depth += 1
            values += 1
        elif mark in b"}]":
            depth -= 1
        if depth > DEPTH_MAX or values > VALUES_MAX:
            raise Fault("JSON 层次或成员过多", "JSON of too many objects and lists")


def strict_json(raw: bytes) -> Any:
    """Return JSON's value.

    Raises:
        Fault: not JSON, or with a key twice, a float, NaN, or an integer >= 2^53.
    """
    if raw.count(b"{") + raw.count(b"[") > DEPTH_MAX:
        _bounded(raw)
    try:
        text = raw.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_int=_integer,
            parse_float=_never,
            parse_constant=_never,
        )
    except _NotStrict as problem:
        raise Fault(f"JSON 有歧义：{problem}", f"ambiguous JSON: {problem}") from None
    except RecursionError:
        raise Fault("JSON 嵌套过深", "JSON nested too deeply") from None
    except ValueError:
        raise Fault("不是 JSON", "not JSON") from None
    return value


def json_object(raw: bytes) -> dict[str, Any]:
    """Return JSON's value, which has to be an object."""
    value = strict_json(raw)
    if not isinstance(value, dict):
        raise Fault("不是 JSON 对象", "not a JSON object")
    return value


def is_count(value: object) -> bool:
    """Tell whether a JSON value is a number that a size or sequence may be."""
    return type(value) is int and 0 <= value <= INT_MAX


def is_hex64(value: object) -> bool:
    """Tell whether a JSON value is a hash in hexadecimal."""
    return isinstance(value, str) and HEX64(value) is not None


def is_moment(value: object) -> bool:
    """Tell whether a JSON value is a real moment in the form of `at`."""
    return isinstance(value, str) and TIME(value) is not None and real_day(value[:10])


def real_day(text: str) -> bool:
    """Tell whether YYYY-MM-DD is in the calendar."""
    try:
        date(int(text[:4]), int(text[5:7]), int(text[8:10]))
    except ValueError:
        return False
    return True


def base64_bytes(text: str) -> bytes | None:
    """Return the bytes of base64 in its one spelling, or None."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None
    return raw if base64.b64encode(raw).decode("ascii") == text else None


@dataclass(frozen=True)
class Key:
    """A public verifier key."""

    name: str
    key_id: bytes
    public: bytes

    @property
    def vkey(self) -> str:
        """Return it as one line."""
        raw = base64.b64encode(b"\x01" + self.public).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{raw}"


def parse_key(text: str) -> Key:
    """Return the key that a verifier key line tells.

    Raises:
        Fault: it is none.
    """
    parts = text.split("+", 2)
    raw = base64_bytes(parts[2]) if len(parts) == 3 else None
    if raw is None or len(raw) != 33 or raw[0] != 1 or not ORIGIN(parts[0]):
        raise Fault("不是公钥行", "not a verifier key")
    name, public = parts[0], raw[1:]
    key_id = hashlib.sha256(name.encode("ascii") + b"\n\x01" + public).digest()[:4]
    if key_id.hex() != parts[1]:
        raise Fault("公钥编号不符", "the key's id is not its own")
    if public_point(public) is None:
        raise Fault("公钥不是曲线上的可用点", "the key is no usable point")
    return Key(name, key_id, public)


@dataclass(frozen=True)
class Note:
    """A signed note of three lines."""

    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]


def parse_note(raw: bytes) -> Note:
    """Return a note, its signatures not checked yet.

    Raises:
        Fault: it is none.
    """
    if len(raw) > NOTE_MAX:
        raise Fault("签名文过长", "a note longer than 16 KiB")
    try:
        text = raw.decode("utf-8")
    except ValueError:
        raise Fault("签名文不是 UTF-8", "a note that is not UTF-8") from None
    head, _, tail = text.partition("\n\n")
    lines = head.split("\n")
    if len(lines) != 3 or not lines[0] or not tail.endswith("\n"):
        raise Fault("不是签名文", "not a signed note of three lines")
    root = base64_bytes(lines[2])
    if not DECIMAL(lines[1]) or int(lines[1]) > INT_MAX:
        raise Fault("签名文的大小不是数", "a note whose size is no number")
    if root is None or len(root) != 32:
        raise Fault("签名文的根不是散列值", "a note whose root is no hash")
    signatures = []
    for line in tail[:-1].split("\n"):
        parts = line.split(" ")
        blob = base64_bytes(parts[2]) if len(parts) == 3 else None
        if parts[0] != "—" or blob is None or len(blob) < 5 or not parts[1]:
            raise Fault("签名行不合格式", "a signature line that is none")
        signatures.append((parts[1], blob[:4], blob[4:]))
    signed = (head + "\n").encode("utf-8")
    return Note(lines[0], int(lines[1]), root, signed, tuple(signatures))


Keyring = Mapping[tuple[str, bytes], Sequence[Key]]


def keyring(keys: Iterable[Key]) -> Keyring:
    """Return keys by name and id; two may share one."""
    ring: dict[tuple[str, bytes], list[Key]] = {}
    for key in dict.fromkeys(keys):
        ring.setdefault((key.name, key.key_id), []).append(key)
    return ring


def signers_of(note: Note, keys: Keyring) -> list[Key]:
    """Return which of some keys signed a note.

    As C2SP has it: lines by another name or an unknown key are passed over, a line by
    a known key has to be good.

    Raises:
        Fault: a known key's signature is bad, or there are too many.
    """
    found: list[Key] = []
    looked_at = 0
    for name, key_id, signature in dict.fromkeys(note.signatures):
        named = keys.get((name, key_id), ())
        looked_at += len(named)
        if looked_at > SIGNATURES_MAX:
            raise Fault("签名过多", "more than 16 signatures by known keys")
        good = [key for key in named if signed_by(key.public, note.text, signature)]
        if named and not good:
            raise Fault("签名不对", "a bad signature")
        found += [key for key in good if key not in found]
    return found


# --- The tree (RFC 6962) --------------------------------------------------------------


class Tree:
    """The compact frontier of a growing Merkle tree."""

    def __init__(self, size: int, frontier: Sequence[bytes]) -> None:
        self.size = size
        self.frontier = list(frontier)

    def add(self, leaf: bytes, sha256: Callable[[bytes], Any] = hashlib.sha256) -> None:
        """Append one leaf."""
        frontier, bits = self.frontier, self.size
        while bits & 1:
            leaf = sha256(b"\x01" + frontier.pop() + leaf).digest()
            bits >>= 1
        frontier.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self.frontier:
            return hashlib.sha256(b"").digest()
        root = self.frontier[-1]
        for left in reversed(self.frontier[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root


def leaf_of(body: bytes) -> bytes:
    """Return the leaf hash of a body."""
    return hashlib.sha256(b"\x00" + body).digest()


def root_by_path(
    leaf: bytes, index: int, size: int, path: Sequence[bytes]
) -> bytes | None:
    """Return the root that an inclusion proof leads to, or None if it cannot be one."""
    if index >= size:
        return None
    here, end, root = index, size - 1, leaf
    for sibling in path:
        if end == 0:
            return None
        if here & 1 or here == end:
            root = hashlib.sha256(b"\x01" + sibling + root).digest()
            while not here & 1 and here:
                here, end = here >> 1, end >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + sibling).digest()
        here, end = here >> 1, end >> 1
    return root if end == 0 else None


def parse_path(value: object) -> list[bytes] | None:
    """Return the hashes of a path as JSON has it, or None."""
    if not isinstance(value, list) or not all(is_hex64(one) for one in value):
        return None
    return [bytes.fromhex(one) for one in value]


# --- Grammar of a body ----------------------------------------------------------------

Fields = tuple[
    bytes, "bytes | None", bytes, "bytes | None", "bytes | None", bytes,
    "bytes | None", "bytes | None", bytes,
]  # fmt: skip
"""at, consent, data, purpose, rules, seq, site, subject, type: as they stand."""

ROLES = (
    "visitor kiosk reception manager compliance admin inspector channel system"
).split()
_NAME = "[a-z][a-z0-9._-]{0,47}"
_TEXT = "[A-Za-z0-9._:+/=-]{0,128}"
_VALUE = f'(?:null|true|false|0|-?[1-9][0-9]{{0,14}}|"{_TEXT}")'
_PAIR = f'"{_NAME}":(?:{_VALUE}|\\[(?:{_VALUE}(?:,{_VALUE}){{0,63}})?\\])'
_NUMBER = "0|[1-9][0-9]{0,14}"
BODY = re.compile(
    (
        '\\{"act":\\{"id":"[A-Za-z0-9_-]{1,40}","role":"(?:' + "|".join(ROLES) + ")"
        f'"\\}},"at":"({MOMENT})"'
        f',"clause":"{_NAME}"'
        f',"consent":(?:null|({_NUMBER}))'
        f',"data":(\\{{(?:{_PAIR}(?:,{_PAIR})*)?\\}})'
        f',"purpose":(?:null|"({_NAME})")'
        ',"rules":(?:null|"([0-9a-f]{64})")'
        f',"seq":({_NUMBER})'
        ',"site":(?:null|"([a-z0-9-]{1,32})")'
        ',"subject":(?:null|"(s_[0-9a-f]{32})")'
        f',"type":"({_NAME})","v":1\\}}'
    ).encode("ascii")
).fullmatch
DATA_KEYS = re.compile(rb'"([a-z0-9._-]+)":').findall
PRINTABLE = re.compile(rb'[ !"#-\[\]-~]*').fullmatch
IS_NAME = re.compile(_NAME).fullmatch
IS_TEXT = re.compile(_TEXT).fullmatch
IS_SUBJECT = re.compile("s_[0-9a-f]{32}").fullmatch
IS_ACTOR = re.compile("[A-Za-z0-9_-]{1,40}").fullmatch
BODY_KEYS = "act at clause consent data purpose rules seq site subject type v".split()
LEAF = re.compile(rb'\{"leaf":"([0-9a-f]{64})"\}').fullmatch


def body_fields(raw: bytes) -> Fields:
    """Return the fields of a body that keeps the grammar.

    Raises:
        Fault: it does not; says where.
    """
    match = BODY(raw)
    if match is None:
        return body_fields_slowly(raw)
    found: Any = match.groups()
    if len(found[2]) > 2:
        keys = DATA_KEYS(found[2])
        if len(keys) > 1 and keys != sorted(set(keys)):
            return body_fields_slowly(raw)
    return found  # type: ignore[no-any-return]


def body_fields_slowly(raw: bytes) -> Fields:
    """Return the same as `body_fields`, one check after the other."""
    if not PRINTABLE(raw):
        raise Fault(
            "正文不是无反斜杠的可打印 ASCII", "not printable ASCII without backslash"
        )
    body = json_object(raw)
    if sorted(body) != BODY_KEYS:
        raise Fault("正文的键不对", "not exactly the twelve keys of a body")
    again = json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")
    if again != raw:
        raise Fault("正文不是规范形式", "a body that is not in canonical form")
    for name, fine in _body_checks(body):
        if not fine:
            raise Fault(f"{name} 不合语法", f"{name} breaks the grammar")
    data = json.dumps(body["data"], sort_keys=True, separators=(",", ":"))
    return (
        body["at"].encode("ascii"),
        _given(body["consent"]),
        data.encode("ascii"),
        _given(body["purpose"]),
        _given(body["rules"]),
        str(body["seq"]).encode("ascii"),
        _given(body["site"]),
        _given(body["subject"]),
        body["type"].encode("ascii"),
    )


def _given(value: object) -> bytes | None:
    return None if value is None else str(value).encode("ascii")


def _is(pattern: Callable[[str], object], value: object) -> bool:
    return isinstance(value, str) and pattern(value) is not None


def _body_checks(body: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    act, data = body["act"], body["data"]
    yield "v", type(body["v"]) is int and body["v"] == 1
    yield "seq", is_count(body["seq"])
    yield "at", _is(TIME, body["at"])
    yield "type", _is(IS_NAME, body["type"])
    yield "clause", _is(IS_NAME, body["clause"])
    yield "purpose", body["purpose"] is None or _is(IS_NAME, body["purpose"])
    yield "site", body["site"] is None or _is(SITE, body["site"])
    yield "subject", body["subject"] is None or _is(IS_SUBJECT, body["subject"])
    yield "consent", body["consent"] is None or is_count(body["consent"])
    yield "rules", body["rules"] is None or is_hex64(body["rules"])
    yield "act", isinstance(act, dict) and sorted(act) == ["id", "role"]
    yield "act.id", _is(IS_ACTOR, act["id"])
    yield "act.role", isinstance(act["role"], str) and act["role"] in ROLES
    yield "data", isinstance(data, dict)
    for key, value in data.items():
        yield "data", IS_NAME(key) is not None
        if isinstance(value, list):
            fine = len(value) <= 64 and all(_is_value(one) for one in value)
            yield f"data.{key}", fine
        else:
            yield f"data.{key}", _is_value(value)


def _is_value(value: object) -> bool:
    return value is None or type(value) in (bool, int) or _is(IS_TEXT, value)


# --- The zip --------------------------------------------------------------------------

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
DATE_1980 = 33
PART = re.compile(r"[A-Za-z0-9._-]+").fullmatch
RULES_NAME = re.compile(r"rules/([0-9a-f]{64})\.json").fullmatch


def name_fits(name: str) -> bool:
    """Tell whether a file of this name may stand in a pack."""
    if len(name) > NAME_MAX:
        return False
    if name in FIXED or RULES_NAME(name):
        return True
    top, *segments = name.split("/")
    return (
        top == "parts"
        and bool(segments)
        and all(PART(one) and one not in {".", ".."} for one in segments)
    )


class Archive:
    """A canonical zip, read at any place; nothing of it is unpacked.

    Every byte that is not content of a file is built again and compared.
    """

    def __init__(self, handle: BinaryIO, size: int, result: Result) -> None:
        self._handle = handle
        self._result = result
        self.files: dict[str, tuple[int, int, int]] = {}
        """Place, length and CRC of each file."""
        self.hashes: dict[str, str] = {}
        """SHA-256 of each file that was read to its end."""
        self._walk(size)

    def _walk(self, size: int) -> None:
        place, names, last, central = 0, 0, b"", []
        while True:
            head = self._at(place, LOCAL.size)
            if head[:4] != b"PK\x03\x04" and self.files:
                break
            if head[:4] != b"PK\x03\x04":
                raise Unreadable("不是 zip 文件", "not a zip file")
            if len(head) < LOCAL.size:
                raise Unreadable("文件不完整", "cut short")
            _, version, flags, method, when, day, crc, packed, full, length, extra = (
                LOCAL.unpack(head)
            )
            raw = self._at(place + LOCAL.size, length)
            name = raw.decode("ascii", "backslashreplace")
            names += length
            if len(raw) < length:
                raise Unreadable("文件不完整", "cut short")
            if raw <= last:
                self._refuse(
                    f"文件名未按升序或重复：{shown(name)}",
                    "not ascending, or twice",
                    name,
                )
            if not name_fits(name):
                self._refuse(f"不该有的文件：{shown(name)}", "no file of a pack", name)
            form = (version, flags, method, when, day, extra)
            if form != (20, 0, 0, 0, DATE_1980, 0) or packed != full:
                self._refuse("zip 不是规范形式", "not a canonical zip entry", name)
            if len(self.files) == ENTRIES_MAX or names > MANIFEST_MAX:
                self._refuse("文件过多", "more files than a pack may hold", name)
            start = place + LOCAL.size + length
            if start + full > size:
                raise Unreadable(
                    f"文件不完整：{shown(name)}", f"cut short in {shown(name)}"
                )
            self.files[name] = (start, full, crc)
            central.append(
                CENTRAL.pack(
                    b"PK\x01\x02", 0x0314, 20, 0, 0, 0, DATE_1980, crc, full, full,
                    length, 0, 0, 0, 0, 0o644 << 16, place,
                )
                + raw
            )  # fmt: skip
            last, place = raw, start + full
        self._end(place, size, central)

    def _end(self, place: int, size: int, central: list[bytes]) -> None:
        directory = b"".join(central)
        count = len(central)
        expected = directory + END.pack(
            b"PK\x05\x06", 0, 0, count, count, len(directory), place, 0
        )
        if size - place < len(expected):
            raise Unreadable("文件不完整", "cut short in the zip's directory")
        if self._at(place, len(expected)) != expected:
            self._refuse("zip 目录不是规范形式", "the zip's directory is not canonical")
        if size - place > len(expected):
            self._refuse("zip 之后还有内容", "bytes after the end of the zip")

    def _refuse(self, zh: str, en: str, name: str = "zip") -> NoReturn:
        self._result.alter(shown(name), zh, en)
        raise Altered

    def _at(self, place: int, length: int) -> bytes:
        self._handle.seek(place)
        parts = []
        while length:
            part = self._handle.read(min(length, CHUNK))
            if not part:
                break
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _chunks(self, name: str) -> Iterator[bytes]:
        place, left, crc = self.files[name]
        hashed, checked = hashlib.sha256(), 0
        while left:
            chunk = self._at(place, min(left, CHUNK))
            if not chunk:
                raise Unreadable(f"文件不完整：{name}", f"cut short in {name}")
            hashed.update(chunk)
            checked = zlib.crc32(chunk, checked)
            place += len(chunk)
            left -= len(chunk)
            yield chunk
        if checked != crc and name not in self.hashes:
            self._result.alter(name, "CRC 不符", "its CRC is not the zip's")
        self.hashes[name] = hashed.hexdigest()

    def read(self, name: str, limit: int) -> bytes:
        """Return a small file whole."""
        if self.files[name][1] > limit:
            self._refuse(f"超过 {limit} 字节", f"longer than {limit} bytes", name)
        return b"".join(self._chunks(name))

    def skim(self, name: str) -> None:
        """Read a file only to hash it."""
        for _ in self._chunks(name):
            pass

    def lines(self, name: str) -> Iterator[list[bytes]]:
        """Yield the lines of a file, many at a time, each without its newline."""
        rest, count = b"", 0
        for chunk in self._chunks(name):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            if len(rest) > LINE_MAX or (lines and max(map(len, lines)) > LINE_MAX):
                lines.append(rest)
                long = next(n for n, one in enumerate(lines) if len(one) > LINE_MAX)
                self._result.alter(
                    name,
                    "一行过长",
                    "a line longer than 65,536 bytes",
                    line=count + long + 1,
                )
                raise Altered
            count += len(lines)
            yield lines
        if rest:
            self._result.alter(
                name, "末行没有换行", "the last line does not end", line=count + 1
            )
            raise Altered


# --- Meaning --------------------------------------------------------------------------

USES = frozenset(
    b"contact.collected contact.viewed contact.corrected contact.disclosed "
    b"capture.started face.enrolled face.compare.started face.compared "
    b"message.allowed".split()
)
"""Besides `decision.made` and `decision.revised` with the outcome `channel`."""
DECISIONS = frozenset({b"decision.made", b"decision.revised"})
STARTS = {
    b"face.enrolled": b"capture.started",
    b"face.compared": b"face.compare.started",
}
ATTRIBUTION = b"attribution"
NO_END = b"~"
"""Sorts after every moment."""
KEY, TEMPLATE = 1, 2

_days: dict[bytes, int] = {}


def milliseconds(at: bytes) -> int:
    """Return a moment as milliseconds."""
    day = _days.get(at[:10])
    if day is None:
        if len(_days) > 10_000:
            _days.clear()
        day = date(int(at[:4]), int(at[5:7]), int(at[8:10])).toordinal() * 86_400_000
        _days[at[:10]] = day
    minutes = int(at[11:13]) * 60 + int(at[14:16])
    return day + minutes * 60_000 + int(at[17:19]) * 1000 + int(at[20:23])


def moment(ms: int) -> bytes:
    """Return milliseconds as a moment; after the year 9999, what sorts after all."""
    days, rest = divmod(ms, 86_400_000)
    if days > date.max.toordinal():
        return NO_END
    seconds, ms = divmod(rest, 1000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{date.fromordinal(days).isoformat()}T{clock}.{ms:03}Z".encode("ascii")


class Bits:
    """A set of numbers from `first` on, one bit each."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._bits = bytearray()

    def add(self, number: int) -> None:
        """Put one in."""
        place, bit = divmod(number - self._first, 8)
        if place >= len(self._bits):
            self._bits.extend(bytes(place - len(self._bits) + 4096))
        self._bits[place] |= 1 << bit

    def __contains__(self, number: int) -> bool:
        place, bit = divmod(number - self._first, 8)
        return 0 <= place < len(self._bits) and bool(self._bits[place] >> bit & 1)


class Meaning:
    """The rules of the log, over its events in order.

    Held: a short record for each consent that is alive, for what must still be
    destroyed, and for each open start; and one bit for each event.
    """

    def __init__(
        self, result: Result, origin: str, first: int, texts: Iterable[str]
    ) -> None:
        self._result = result
        self._origin = origin
        self._first = first
        self._texts = frozenset(name.encode("ascii") for name in texts)
        self._textless: set[bytes] = set()
        self._rules: bytes | None = None
        self._published = False
        self._at = b""
        self._live: dict[int, bytes] = {}
        self._terms: dict[tuple[bytes | None, bytes | None, bytes | None], bytes] = {}
        self._named_terms: list[tuple[bytes | None, bytes | None, bytes | None]] = []
        self._granted = Bits(first)
        self._left_out = Bits(first)
        self._attribution = Bits(first)
        self._over: dict[int, bool] = {}
        """Ended grants that are not among the events: whether for attribution."""
        self._due: dict[int, tuple[int, int]] = {}
        self._deadlines: list[tuple[bytes, int, int]] = []
        self._open: dict[
            int, tuple[bytes, int | None, bytes | None, bytes | None, bytes]
        ]
        self._open = {}
        self.rotations: list[tuple[int, str, str]] = []
        own: dict[bytes, Callable[..., None]] = {
            b"consent.granted": self._grant,
            b"consent.withdrawn": self._end,
            b"consent.expired": self._end,
            b"key.created": self._belongs,
            b"key.destroyed": self._destroyed,
            b"face.template.destroyed": self._destroyed,
            b"capture.started": self._start,
            b"face.compare.started": self._start,
            b"face.enrolled": self._finish_use,
            b"face.compared": self._finish_use,
            b"capture.discarded": self._finish,
            b"gate.refused": self._finish,
            b"use.abandoned": self._finish,
            b"decision.made": self._decide,
            b"decision.revised": self._decide,
            b"rules.published": self._publish,
            b"signer.rotated": self._rotate,
        }
        self._handlers: dict[bytes, Callable[..., None]] = {
            **dict.fromkeys(KINDS, self._plain),
            **dict.fromkeys(USES, self._use),
            **own,
        }

    def known_grant(self, seq: int) -> bool:
        """Tell whether a grant is held already."""
        return seq in self._live

    def grant_before(self, seq: int, fields: Fields) -> None:
        """Take in a grant that is not among the events."""
        if seq < self._first and fields[0] > self._at:
            self._at = fields[0]  # no event of the range may be earlier
        self._text(seq, fields[4])
        self._hold(seq, None if fields[1] is None else int(fields[1]), fields)

    def leave_out(self, seq: int) -> None:
        """Take in a leaf: there is nothing to judge."""
        self._left_out.add(seq)

    def event(self, seq: int, fields: Fields) -> None:
        """Judge the next event."""
        at, consent, _, _, rules, _, _, _, kind = fields
        if at < self._at:
            self._violate(seq, "时间倒退", "its time is before the event before it")
        else:
            self._at = at
        if self._deadlines and self._deadlines[0][0] < at:
            self._overdue(at)
        if rules != self._rules:
            self._text(seq, rules)
            self._rules = rules
        if rules is None and self._published:
            self._violate(seq, "没有规则版本", "no rules, though some were published")
        handler = self._handlers.get(kind)
        if handler is None:
            self._unknown(kind)
            return
        number = None if consent is None else int(consent)
        handler(seq, number, fields)

    def finish(self, last_at: bytes) -> None:
        """Judge what the log's end leaves open."""
        if self._deadlines:
            self._overdue(last_at)
        ended = milliseconds(last_at)
        for seq, (at, *_) in self._open.items():
            if ended - milliseconds(at) > START_OPEN_MS:
                self._violate(seq, "开始后没有结束", "a start without an end")

    def _violate(self, seq: int, zh: str, en: str) -> None:
        self._result.violate(seq, zh, en)

    def _unknown(self, kind: bytes) -> None:
        name, counts = kind.decode("ascii"), self._result.unknown_kinds
        if name in counts or len(counts) < LISTED_MAX:
            counts[name] = counts.get(name, 0) + 1

    def _text(self, seq: int, rules: bytes | None) -> None:
        if rules is None or rules in self._texts or rules in self._textless:
            return
        if len(self._textless) < LISTED_MAX:
            self._textless.add(rules)
        name = rules.decode("ascii")
        self._violate(
            seq, f"缺规则原文 rules/{name}.json", f"no text rules/{name}.json"
        )

    def _weigh(self) -> None:
        """Refuse what would not fit into memory, counting in live consents."""
        held = len(self._live) + 2 * (len(self._due) + len(self._open))
        held += len(self._over)
        if held + 3 * len(self._terms) > LIVE_MAX:
            raise Unreadable(
                f"同时有效的同意超过 {LIVE_MAX} 个，请分段导出",
                f"more than {LIVE_MAX} consents alive at once: export it in parts",
            )

    def _term(self, *term: bytes | None) -> bytes:
        purpose, rules, site = term
        number = self._terms.get((purpose, rules, site))
        if number is None:
            number = len(self._named_terms).to_bytes(4, "big")
            self._terms[purpose, rules, site] = number
            self._named_terms.append((purpose, rules, site))
        return number

    def _purpose(self, record: bytes) -> bytes | None:
        return self._named_terms[int.from_bytes(record[24:28], "big")][0]

    def _plain(self, seq: int, consent: int | None, fields: Fields) -> None:
        if consent is not None:
            self._named(seq, consent)

    def _belongs(self, seq: int, consent: int | None, fields: Fields) -> None:
        self._named(seq, consent)

    def _ended(self, consent: int) -> bool:
        return consent not in self._live and (
            consent in self._granted or consent in self._over
        )

    def _named(self, seq: int, consent: int | None) -> None:
        """Judge a number that has to be an earlier consent's, alive or not."""
        if consent is None:
            self._violate(seq, "没有写明同意", "names no consent")
        elif consent >= seq:
            self._violate(
                seq, f"同意 {consent} 不在前", f"consent {consent} is not earlier"
            )
        elif (
            consent >= self._first
            and consent not in self._granted
            and consent not in self._left_out
        ):
            self._violate(
                seq, f"{consent} 不是同意", f"event {consent} is no consent.granted"
            )

    def _grant(self, seq: int, consent: int | None, fields: Fields) -> None:
        self._granted.add(seq)
        if fields[3] == ATTRIBUTION:
            self._attribution.add(seq)
        self._hold(seq, consent, fields)

    def _hold(self, seq: int, consent: int | None, fields: Fields) -> None:
        _, _, data, purpose, rules, _, site, subject, _ = fields
        told = json.loads(data)
        until, destroy_s = told.get("until"), told.get("destroy_s")
        if consent != seq:
            self._violate(
                seq, "同意的编号不是自己", "a grant that does not name itself"
            )
        if purpose is None or subject is None:
            self._violate(
                seq, "同意没有写明人或用途", "a grant of nobody or for no purpose"
            )
        if not is_moment(until):
            self._violate(seq, "同意没有期限", "a grant without a moment `until`")
            until = "9999-12-31T23:59:59.999Z"
        if type(destroy_s) is not int or not 1 <= destroy_s <= 86_400:
            self._violate(
                seq, "同意没有销毁时限", "a grant without `destroy_s` from 1 to 86400"
            )
            destroy_s = 86_400
        # until 24, terms 4, destroy_s 3, template 1, subject 16 or 0 bytes
        self._live[seq] = (
            until.encode("ascii")
            + self._term(purpose, rules, site)
            + destroy_s.to_bytes(3, "big")
            + b"\x00"
            + (b"" if subject is None else binascii.unhexlify(subject[2:]))
        )
        self._weigh()

    def _end(self, seq: int, consent: int | None, fields: Fields) -> None:
        record = None
        if consent is not None and consent < seq:
            record = self._live.pop(consent, None)
        if record is None or consent is None:
            # A second end is not judged; one of nothing is.
            self._named(seq, consent)
            return
        if consent not in self._granted:
            self._over[consent] = self._purpose(record) == ATTRIBUTION
        allowed = int.from_bytes(record[28:31], "big")
        deadline = moment(milliseconds(fields[0]) + allowed * 1000)
        self._due[consent] = (seq, KEY | (TEMPLATE if record[31] else 0))
        heapq.heappush(self._deadlines, (deadline, consent, seq))
        if len(self._deadlines) > 2 * len(self._due) + 1024:
            self._deadlines = [
                one
                for one in self._deadlines
                if self._due.get(one[1], (-1,))[0] == one[2]
            ]
            heapq.heapify(self._deadlines)
        self._weigh()

    def _destroyed(self, seq: int, consent: int | None, fields: Fields) -> None:
        self._named(seq, consent)
        if consent is None:
            return
        what = KEY if fields[8] == b"key.destroyed" else TEMPLATE
        if consent in self._due:
            ended, left = self._due[consent]
            if left & ~what:
                self._due[consent] = (ended, left & ~what)
            else:
                del self._due[consent]
        elif what == TEMPLATE and consent in self._live:
            record = self._live[consent]
            self._live[consent] = record[:31] + b"\x00" + record[32:]

    def _overdue(self, at: bytes) -> None:
        """Judge every destruction that had to come before a moment."""
        while self._deadlines and self._deadlines[0][0] < at:
            _, consent, seq = heapq.heappop(self._deadlines)
            if self._due.get(consent, (-1, 0))[0] != seq:
                continue
            _, left = self._due.pop(consent)
            if left & KEY:
                self._violate(
                    seq,
                    f"同意 {consent} 结束后密钥未按时销毁",
                    f"no key.destroyed of consent {consent} in time after its end",
                )
            if left & TEMPLATE:
                self._violate(
                    seq,
                    f"同意 {consent} 结束后人脸模板未按时删除",
                    f"no face.template.destroyed of consent {consent} in time "
                    "after its end",
                )

    def _use(self, seq: int, consent: int | None, fields: Fields) -> None:
        at, _, data, purpose, rules, _, site, subject, _ = fields
        record = None if consent is None else self._live.get(consent)
        if (
            record is None
            or consent is None
            or consent >= seq
            or at >= record[:24]
            or purpose is None
            or subject is None
            or record[24:28] != self._terms.get((purpose, rules, site))
            or record[32:] != binascii.unhexlify(subject[2:])
        ):
            self._unfounded(seq, consent, fields)
        if b'"candidates":' in data:
            self._candidates(seq, json.loads(data)["candidates"], fields)

    def _not_live(self, seq: int, at: bytes, consent: int) -> tuple[str, str] | None:
        """Say why a consent is not live for an event, or None if it is."""
        record = self._live.get(consent)
        if consent >= seq:
            return "不在前", "is not earlier"
        if self._ended(consent):
            return "已经结束", "had ended"
        if record is None:
            return "不存在", "is no such consent"
        if at >= record[:24]:
            return "已到期", "was over by its term"
        return None

    def _unfounded(self, seq: int, consent: int | None, fields: Fields) -> None:
        at, _, _, purpose, rules, _, site, subject, _ = fields
        if consent is None:
            self._violate(seq, "使用没有同意", "a use that names no consent")
            return
        dead = self._not_live(seq, at, consent)
        if dead is not None:
            zh, en = dead
            self._violate(
                seq, f"使用：同意 {consent} {zh}", f"a use: consent {consent} {en}"
            )
            return
        record = self._live[consent]
        term = self._named_terms[int.from_bytes(record[24:28], "big")]
        pairs = zip(("purpose", "rules", "site"), term, (purpose, rules, site))
        other = [name for name, one, two in pairs if one != two]
        if record[32:] != (b"" if subject is None else binascii.unhexlify(subject[2:])):
            other.append("subject")
        if not other:
            self._violate(
                seq,
                "使用：没有写明人或用途",
                "a use: it names no subject or no purpose",
            )
            return
        self._violate(
            seq,
            f"使用：{other[0]} 与同意 {consent} 不同",
            f"a use: another {other[0]} than consent {consent}",
        )

    def _candidates(self, seq: int, candidates: object, fields: Fields) -> None:
        at, purpose, site = fields[0], fields[3], fields[6]
        if not isinstance(candidates, list):
            self._violate(seq, "候选人不是编号", "candidates that are no list")
            return
        for one in candidates:
            if not is_count(one):
                self._violate(seq, "候选人不是编号", "a candidate that is no number")
                continue
            dead = self._not_live(seq, at, one)
            if dead is not None:
                zh, en = dead
                self._violate(
                    seq, f"候选人：同意 {one} {zh}", f"a candidate: consent {one} {en}"
                )
                continue
            record = self._live[one]
            term = self._named_terms[int.from_bytes(record[24:28], "big")]
            if (term[0], term[2]) != (purpose, site):
                what = "purpose" if term[0] != purpose else "site"
                self._violate(
                    seq,
                    f"候选人：{what} 与同意 {one} 不同",
                    f"a candidate: another {what} than consent {one}",
                )

    def _start(self, seq: int, consent: int | None, fields: Fields) -> None:
        self._use(seq, consent, fields)
        at, _, _, purpose, _, _, _, subject, kind = fields
        self._open[seq] = (at, consent, subject, purpose, kind)
        self._weigh()

    def _finish_use(self, seq: int, consent: int | None, fields: Fields) -> None:
        self._use(seq, consent, fields)
        self._finish(seq, consent, fields)
        if (
            fields[8] == b"face.enrolled"
            and consent in self._live
            and consent is not None
        ):
            record = self._live[consent]
            self._live[consent] = record[:31] + b"\x01" + record[32:]

    def _finish(self, seq: int, consent: int | None, fields: Fields) -> None:
        _, _, data, purpose, _, _, _, subject, kind = fields
        if kind not in USES and consent is not None:
            self._named(seq, consent)
        start = json.loads(data).get("start")
        if start is None and kind == b"gate.refused":
            return
        if type(start) is not int or not 0 <= start < seq:
            self._violate(seq, "结束没有写明开始", "an end that names no earlier start")
            return
        if start < self._first or start in self._left_out:
            return
        opened = self._open.pop(start, None)
        if opened is None:
            self._violate(
                seq,
                f"{start} 不是未结束的开始",
                f"ends {start}, which is no start or has its end already",
            )
        elif opened[1:4] != (consent, subject, purpose):
            self._violate(
                seq,
                f"与开始 {start} 的同意、人或用途不同",
                f"another consent, subject or purpose than its start {start}",
            )
        elif STARTS.get(kind, opened[4]) != opened[4]:
            self._violate(
                seq, f"开始 {start} 是另一种", f"its start {start} is of the other kind"
            )

    def _decide(self, seq: int, consent: int | None, fields: Fields) -> None:
        if json.loads(fields[2]).get("outcome") == "channel":
            self._use(seq, consent, fields)
        elif (
            consent is not None
            and self._ended(consent)
            and (
                fields[3] == ATTRIBUTION
                or consent in self._attribution
                or self._over.get(consent, False)
            )
        ):
            self._violate(
                seq,
                f"同意 {consent} 结束后又作判定",
                f"decided anew after consent {consent} had ended",
            )
        elif consent is not None:
            self._named(seq, consent)

    def _publish(self, seq: int, consent: int | None, fields: Fields) -> None:
        self._published = True
        if consent is not None:
            self._named(seq, consent)
        named = json.loads(fields[2]).get("sha256")
        if is_hex64(named):
            self._text(seq, named.encode("ascii"))

    def _rotate(self, seq: int, consent: int | None, fields: Fields) -> None:
        if consent is not None:
            self._named(seq, consent)
        told = json.loads(fields[2])
        if len(self.rotations) >= LISTED_MAX:
            return  # none of them is followed
        try:
            keys = [parse_key(told[name]) for name in ("old", "new")]
        except (Fault, KeyError, AttributeError):
            keys = []
        if [key.name for key in keys] == [self._origin] * 2:
            self.rotations.append((seq, told["old"], told["new"]))
        else:
            self._violate(
                seq,
                "换钥没有写明本日志的新旧公钥",
                "a rotation without two keys of this log",
            )


# --- The pack -------------------------------------------------------------------------


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of the pack, and by whom it is signed."""

    line: int
    note: Note
    signers: tuple[Key, ...]


@dataclass
class Watched:
    """Something from outside to compare at a size: an older note, or a receipt's."""

    file: str
    note: Note
    told: dict[str, Any]


class PackCheck:
    """The checks of one sealed export, in the order in which they can be made."""

    def __init__(
        self,
        archive: Archive,
        result: Result,
        pins: Sequence[Key],
        priors: Sequence[tuple[str, Note]],
        receipt: Receipt | None,
    ) -> None:
        self._archive = archive
        self._result = result
        self._pins = pins
        self._bad_signatures = 0
        self._cosigned: dict[tuple[Key, ...], int] = {}
        self._closing: Checkpoint | None = None
        self._sealed_by: tuple[Key, ...] = ()
        self._bodies: dict[int, bytes] = {}
        self._day, self._at = b"", b""
        self._kept = self._ends = False
        """Whether a body came already, and whether the last line is one."""
        self._given = list(priors)
        self._receipt = receipt
        if receipt is not None:
            self._bodies = {seq: leaf_of(body) for seq, body in receipt.bodies.items()}

    def run(self) -> None:
        """Check everything; findings go into the result."""
        archive, result = self._archive, self._result
        for name in NEEDED:
            if name not in archive.files:
                zh, en = f"包中没有 {name}", f"no {name} in the pack"
                if name == MANIFEST:
                    raise Unreadable(zh, en)
                self._stop(name, zh, en)
        self._manifest()
        self._keys()
        self._checkpoints()
        self._seal()
        self._watch()
        tree = self._start()
        self._texts = {m[1] for m in map(RULES_NAME, archive.files) if m}
        self._meaning = Meaning(result, self._origin, self._first, self._texts)
        self._grants()
        self._targets = self._sizes()
        self._next = next(self._targets, None)
        self._events(tree)
        self._tail(tree)
        self._rest()
        self._trust()

    def _stop(self, file: str, zh: str, en: str, **where: int) -> NoReturn:
        self._result.alter(file, zh, en, **where)
        raise Altered

    def _manifest(self) -> None:
        archive, result = self._archive, self._result
        raw = archive.read(MANIFEST, MANIFEST_MAX)
        try:
            told = json_object(raw)
        except Fault as fault:
            raise Unreadable(
                f"{MANIFEST}：{fault.zh}", f"{MANIFEST}: {fault.en}"
            ) from None
        if told.get("format") != FORMAT:
            raise Unreadable(
                f"{MANIFEST}：不认识的格式 {shown(told.get('format'))}",
                f"{MANIFEST}: unknown format {shown(told.get('format'))}",
            )
        origin, sites, files = told.get("origin"), told.get("sites"), told.get("files")
        fine = {
            "origin": _is(ORIGIN, origin),
            "sites": "sites" in told
            and (
                sites is None
                or (isinstance(sites, list) and all(_is(SITE, one) for one in sites))
            ),
            "first_seq": is_count(told.get("first_seq")),
            "last_seq": is_count(told.get("last_seq")),
            "created_at": is_moment(told.get("created_at")),
            "demonstration": isinstance(told.get("demonstration"), bool),
            "redaction": told.get("redaction") in ("pseudonymous", "identified"),
            "files": isinstance(files, dict)
            and all(is_hex64(one) for one in files.values()),
        }
        for name, good in fine.items():
            if not good:
                self._stop(MANIFEST, f"{name} 不合格式", f"{name} is not in form")
        self._first, self._last = int(told["first_seq"]), int(told["last_seq"])
        self._created = str(told["created_at"]).encode("ascii")
        self._origin = str(origin)
        self._sites = (
            None if sites is None else frozenset(one.encode("ascii") for one in sites)
        )
        self._files: dict[str, str] = told["files"]
        result.origin, result.sites = self._origin, sites
        result.first_seq, result.last_seq = self._first, self._last
        result.created_at = str(told["created_at"])
        result.redaction = str(told["redaction"])
        result.demonstration = self._origin.startswith("salescenter/demo-")
        if self._first > self._last:
            self._stop(MANIFEST, "范围为空", "an empty range")
        if told["demonstration"] != result.demonstration:
            self._result.alter(
                MANIFEST,
                "演示标记与来源不符",
                "`demonstration` is not what the origin says",
            )
        self._manifest_sha256 = bytes.fromhex(archive.hashes[MANIFEST])
        self._listed()

    def _listed(self) -> None:
        here = set(self._archive.files) - {MANIFEST, MANIFEST_NOTE}
        for name in sorted(here - set(self._files)):
            self._result.alter(name, "清单中没有", "not listed in the manifest")
        for name in sorted(set(self._files) - here):
            self._result.alter(
                shown(name), "清单有而包中没有", "listed, but not in the pack"
            )
        if self._result.redaction == "pseudonymous":
            for name in sorted(here):
                if name.startswith("parts/identified/"):
                    self._result.alter(
                        name,
                        "假名包不得有识别身份的文件",
                        "identifies people in a pseudonymous pack",
                    )

    def _keys(self) -> None:
        raw = self._archive.read(KEYS, KEYS_MAX)
        lines = raw.split(b"\n")
        if lines.pop() or not lines:
            self._stop(
                KEYS, "末行没有换行或没有公钥", "no key, or a line that does not end"
            )
        self._known: list[Key] = []
        for number, line in enumerate(lines, 1):
            try:
                key = parse_key(line.decode("ascii", "replace"))
                if key.name != self._origin:
                    raise Fault("公钥属于另一日志", "the key of another log")
            except Fault as fault:
                self._stop(KEYS, fault.zh, fault.en, line=number)
            if key not in self._known:
                self._known.append(key)
        self._ring = keyring(self._known)
        self._result.keys = [key.vkey for key in self._known[:LISTED_MAX]]

    def _signers(self, note: Note, keys: Keyring) -> tuple[Key, ...]:
        """Return who signed a note of this log.

        Raises:
            Fault: nobody known, or a known key's signature is bad.
        """
        if self._bad_signatures >= BAD_SIGNATURES_MAX:
            raise Fault("不再检查签名", "not looked at, after so many bad signatures")
        try:
            found = signers_of(note, keys)
            if not found:
                raise Fault("没有本日志公钥的签名", "not signed by a key of this log")
        except Fault:
            self._bad_signatures += 1
            raise
        return tuple(found)

    def _checkpoint(self, line: bytes) -> Note:
        """Return the note that a line of checkpoints.jsonl holds.

        Raises:
            Fault: it holds none of this log.
        """
        told = json_object(line)
        size, text = told.get("size"), told.get("note")
        if not is_count(size) or not isinstance(text, str):
            raise Fault("检查点没有大小或签名文", "a checkpoint without size or note")
        try:
            raw = text.encode("utf-8")
        except ValueError:
            raise Fault("签名文不是 UTF-8", "a note that is not UTF-8") from None
        note = parse_note(raw)
        if note.origin != self._origin:
            raise Fault(
                f"检查点属于另一日志 {shown(note.origin)}",
                f"a checkpoint of another log {shown(note.origin)}",
            )
        if note.size != size:
            raise Fault("检查点大小不一致", "a checkpoint whose size is not its note's")
        return note

    def _checkpoints(self) -> None:
        before, number = self._first, 0
        for lines in self._archive.lines(CHECKPOINTS):
            for line in lines:
                number += 1
                last = self._closing
                self._closing = None
                try:
                    note = self._checkpoint(line)
                    if note.size <= before:
                        raise Fault(
                            "检查点未按升序或在范围之前",
                            "a checkpoint not ascending, or before the range",
                        )
                    before = note.size
                    if last is not None and last.note.size > self._last:
                        raise Fault(
                            "首个越过范围的检查点之后还有",
                            "a checkpoint after the first beyond the range",
                        )
                    signers = self._signers(note, self._ring)
                except Fault as fault:
                    self._result.alter(CHECKPOINTS, fault.zh, fault.en, line=number)
                    continue
                self._closing = Checkpoint(number, note, signers)
                if signers in self._cosigned or (
                    len(signers) > 1 and len(self._cosigned) < LISTED_MAX
                ):
                    self._cosigned[signers] = note.size
        self._result.checkpoints = number
        if self._closing is None:
            if not number:
                self._stop(CHECKPOINTS, "没有检查点", "no checkpoint")
            raise Altered
        closing = self._closing.note
        self._result.size, self._result.root = closing.size, closing.root.hex()
        self._result.after_last_checkpoint = max(0, self._last + 1 - closing.size)

    def _closed(self) -> Checkpoint:
        if self._closing is None:
            raise Altered
        return self._closing

    def _seal(self) -> None:
        raw = self._archive.read(MANIFEST_NOTE, NOTE_MAX)
        try:
            note = parse_note(raw)
            if note.origin != f"{self._origin}/manifest":
                raise Fault(
                    "来源行不是本日志的清单", "its origin is not this manifest's"
                )
            if note.root != self._manifest_sha256:
                raise Fault("签的是另一份清单", "it signs another manifest")
            if note.size != self._closed().note.size:
                raise Fault(
                    "大小不是末检查点的", "its size is not the closing checkpoint's"
                )
            self._sealed_by = self._signers(note, self._ring)
        except Fault as fault:
            self._result.alter(MANIFEST_NOTE, fault.zh, fault.en)

    def _watch(self) -> None:
        """Take in the notes from outside that are to be compared."""
        self._watched: list[Watched] = []
        given = list(self._given)
        receipt = self._receipt
        if receipt is not None and receipt.note is not None:
            given.append((receipt.file, receipt.note))
        pins = [key for key in self._pins if key.name == self._origin]
        ring = keyring([*self._known, *pins])
        for file, note in given:
            told: dict[str, Any] = {"file": file, "origin": note.origin}
            told.update(size=note.size, result="other origin")
            if receipt is None or file != receipt.file or note is not receipt.note:
                self._result.priors.append(told)
            if note.origin != self._origin:
                if receipt is not None and note is receipt.note:
                    self._bodies = {}
                    self._result.alter(
                        shown(file), "回执属于另一日志", "the receipt of another log"
                    )
                continue
            try:
                self._signers(note, ring)
            except Fault as fault:
                told["result"] = "altered"
                self._result.alter(shown(file), fault.zh, fault.en)
                continue
            self._watched.append(Watched(file, note, told))

    def _start(self) -> Tree:
        raw = self._archive.read(START, START_MAX)
        try:
            told = json_object(raw)
        except Fault as fault:
            self._stop(START, fault.zh, fault.en)
        frontier = parse_path(told.get("frontier"))
        size = told.get("size")
        if not is_count(size) or size != self._first:
            self._stop(START, "大小不是 first_seq", "its size is not first_seq")
        if frontier is None or len(frontier) != bin(self._first).count("1"):
            self._stop(START, "前沿不合大小", "a frontier that does not fit its size")
        return Tree(self._first, frontier)

    def _grants(self) -> None:
        if GRANTS not in self._archive.files:
            return
        closing = self._closed().note
        number = 0
        for lines in self._archive.lines(GRANTS):
            for line in lines:
                number += 1
                try:
                    self._grant(line, closing)
                except Fault as fault:
                    self._result.alter(GRANTS, fault.zh, fault.en, line=number)
        self._result.grants = number
        self._result.partial = number > 0

    def _grant(self, line: bytes, closing: Note) -> None:
        told = json_object(line)
        body, path = told.get("body"), parse_path(told.get("path"))
        if not isinstance(body, str) or not body.isascii() or path is None:
            raise Fault("没有正文或路径", "no body or no path")
        if not is_count(told.get("size")) or told["size"] != closing.size:
            raise Fault(
                "大小不是末检查点的", "its size is not the closing checkpoint's"
            )
        raw = body.encode("ascii")
        fields = body_fields(raw)
        self._real(fields)
        seq = int(fields[5])
        if root_by_path(leaf_of(raw), seq, closing.size, path) != closing.root:
            raise Fault("路径不通向末检查点的根", "its path does not lead to the root")
        if fields[8] != b"consent.granted":
            raise Fault("不是 consent.granted", "no consent.granted")
        if self._meaning.known_grant(seq):
            raise Fault(f"同意 {seq} 出现两次", f"consent {seq} twice")
        if self._bodies.get(seq, leaf_of(raw)) != leaf_of(raw):
            raise Fault("与回执的正文不同", "another body than the receipt's")
        self._meaning.grant_before(seq, fields)

    def _real(self, fields: Fields) -> None:
        if not real_day(fields[0][:10].decode("ascii")):
            raise Fault("at 不是真实的日期", "at is not in the calendar")

    def _sizes(self) -> Iterator[tuple[int, bytes, str, int | None, Watched | None]]:
        """Yield size, root, file, line of what to compare while the tree grows."""
        given = sorted(self._watched, key=lambda one: one.note.size)
        waiting = iter(given)
        outside = next(waiting, None)
        for line, note in self._notes():
            while outside is not None and outside.note.size <= note.size:
                yield outside.note.size, outside.note.root, outside.file, None, outside
                outside = next(waiting, None)
            yield note.size, note.root, CHECKPOINTS, line, None
        while outside is not None:
            yield outside.note.size, outside.note.root, outside.file, None, outside
            outside = next(waiting, None)

    def _notes(self) -> Iterator[tuple[int, Note]]:
        number, before = 0, self._first
        for lines in self._archive.lines(CHECKPOINTS):
            for line in lines:
                number += 1
                try:
                    note = self._checkpoint(line)
                except Fault:
                    continue  # found in the first reading
                if note.size > before:
                    before = note.size
                    yield number, note

    def _passed(self, tree: Tree) -> int:
        """Compare the root here with all that tell one; return the next size."""
        while self._next is not None and self._next[0] <= tree.size:
            size, root, file, line, outside = self._next
            if size < tree.size and outside is not None:
                outside.told["result"] = "before the range"
            elif root == tree.root():
                if outside is not None:
                    outside.told["result"] = "consistent"
            elif outside is not None:
                outside.told["result"] = "altered"
                self._result.alter(
                    shown(file),
                    f"历史被改写：大小 {size} 处的根不同",
                    f"history was rewritten: another root at size {size}",
                )
            else:
                self._result.alter(
                    file,
                    f"大小 {size} 处的根不同",
                    f"another root than the events' at size {size}",
                    line=line,
                )
            self._next = next(self._targets, None)
        return -1 if self._next is None else self._next[0]

    def _events(self, tree: Tree) -> None:
        first, last, seq = self._first, self._last, self._first
        add, body, told = tree.add, self._body, self._bodies
        coming = self._passed(tree)
        for lines in self._archive.lines(EVENTS):
            for line in lines:
                if seq > last:
                    self._stop(
                        EVENTS,
                        "行数多于清单所述",
                        "more lines than the manifest says",
                        line=seq - first + 1,
                    )
                left_out = LEAF(line) if line[:9] == b'{"leaf":"' else None
                leaf = (
                    body(seq, line) if left_out is None else self._leaf(seq, left_out)
                )
                if told and told.get(seq, leaf) != leaf:
                    self._misplaced(
                        seq, "与回执的正文不同", "another body than the receipt's"
                    )
                add(leaf)
                seq += 1
                if seq == coming:
                    coming = self._passed(tree)
        self._result.events = seq - first
        if seq <= last:
            self._result.alter(
                EVENTS,
                f"清单说有 {last - first + 1} 行，只有 {seq - first} 行",
                f"{seq - first} lines, the manifest says {last - first + 1}",
            )
        elif self._created < self._at or (self._ends and self._created != self._at):
            self._result.alter(
                MANIFEST,
                "created_at 不是末事件的时间",
                "created_at is not the time of the last event",
            )
        self._meaning.finish(max(self._created, self._at))

    def _leaf(self, seq: int, match: re.Match[bytes]) -> bytes:
        """Take in the line of an event that is left out; return its leaf."""
        self._meaning.leave_out(seq)
        self._result.left_out += 1
        self._ends = False
        if self._sites is None and self._kept:
            self._misplaced(seq, "正文之后又有叶", "a leaf after a body")
        return bytes.fromhex(match[1].decode("ascii"))

    def _body(self, seq: int, line: bytes) -> bytes:
        """Judge the line of an event; return its leaf."""
        self._kept, self._ends = True, False
        try:
            fields = body_fields(line)
            at, site = fields[0], fields[6]
            if at[:10] != self._day:
                self._real(fields)
                self._day = at[:10]
        except Fault as fault:
            self._misplaced(seq, fault.zh, fault.en)
            return hashlib.sha256(b"\x00" + line).digest()
        self._at, self._ends = at, True
        if int(fields[5]) != seq:
            number = fields[5].decode("ascii")
            self._misplaced(seq, f"编号是 {number}", f"numbered {number}")
        if site is not None and self._sites is not None and site not in self._sites:
            self._misplaced(
                seq,
                "正文属于未列出的案场",
                "the body of a site that is not listed",
            )
        if fields[8] == b"consent.granted" and self._meaning.known_grant(seq):
            self._misplaced(seq, f"{GRANTS} 中又有此同意", f"stands in {GRANTS} too")
        self._meaning.event(seq, fields)
        return hashlib.sha256(b"\x00" + line).digest()

    def _misplaced(self, seq: int, zh: str, en: str) -> None:
        self._result.alter(EVENTS, zh, en, line=seq - self._first + 1, seq=seq)

    def _tail(self, tree: Tree) -> None:
        closing = self._closed().note.size
        wanted = max(0, closing - self._last - 1)
        coming, number = self._passed(tree), 0
        if TAIL in self._archive.files:
            for lines in self._archive.lines(TAIL):
                for line in lines:
                    number += 1
                    found = LEAF(line)
                    if found is None:
                        self._stop(TAIL, "不是叶", "not a leaf", line=number)
                    if number > wanted:
                        self._stop(
                            TAIL,
                            "越过末检查点",
                            "leaves beyond the closing checkpoint",
                            line=number,
                        )
                    leaf = bytes.fromhex(found[1].decode("ascii"))
                    if self._bodies.get(tree.size, leaf) != leaf:
                        self._result.alter(
                            TAIL,
                            "与回执的正文不同",
                            "another body than the receipt's",
                            line=number,
                        )
                    tree.add(leaf)
                    if tree.size == coming:
                        coming = self._passed(tree)
        self._result.tail = number
        if number < wanted:
            self._result.alter(
                TAIL,
                f"应有 {wanted} 叶，只有 {number}",
                f"{number} leaves, the closing checkpoint wants {wanted}",
            )
        while self._next is not None:
            size, _, file, place, outside = self._next
            if outside is not None:
                outside.told["result"] = "beyond the pack"
            elif not self._result.altered_count:
                self._result.alter(
                    file,
                    f"没有走到大小 {size}",
                    f"size {size} was not reached",
                    line=place,
                )
            self._next = next(self._targets, None)

    def _rest(self) -> None:
        """Hash what was not read yet, and compare every hash."""
        archive = self._archive
        for name in archive.files:
            if name not in archive.hashes:
                archive.skim(name)
        for name, told in sorted(self._files.items()):
            if archive.hashes.get(name, told) != told:
                self._result.alter(
                    name, "散列值不是清单所列", "its hash is not the listed"
                )
        for name in sorted(self._texts):
            if archive.hashes[f"rules/{name}.json"] != name:
                self._result.alter(
                    f"rules/{name}.json", "散列值不是文件名", "its hash is not its name"
                )

    def _trust(self) -> None:
        """Follow the pinned keys through the rotations; see what they vouch for."""
        trusted = {key.vkey for key in self._pins if key.name == self._origin}
        for seq, old, new in self._meaning.rotations:
            if old in trusted and any(
                size > seq and {old, new} <= {key.vkey for key in signers}
                for signers, size in self._cosigned.items()
            ):
                trusted.add(new)
        result = self._result
        result.pinned = all(
            any(key.vkey in trusted for key in signers)
            for signers in (self._closed().signers, self._sealed_by)
        )
        receipt = self._receipt
        if receipt is not None and result.receipt is not None:
            compared = any(
                one.note is receipt.note and one.told["result"] == "consistent"
                for one in self._watched
            )
            signed = any(key.vkey in trusted for key in receipt.signers)
            result.receipt["vouched"] = bool(receipt.bodies) and (
                signed or (compared and result.pinned)
            )


# --- Receipts -------------------------------------------------------------------------

UNSIGNED = frozenset({"signature", "proofs", "size", "note", "vkey"})


@dataclass
class Receipt:
    """A visitor's receipt, as far as something else may be compared with it."""

    file: str
    note: Note | None = None
    signers: tuple[Key, ...] = ()
    bodies: dict[int, bytes] = field(default_factory=dict)


def receipt_check(
    file: str, raw: bytes, pins: Sequence[Key], result: Result
) -> Receipt:
    """Check a receipt by itself; findings go into the result.

    Raises:
        Unreadable: it is no receipt.
    """
    try:
        told = json_object(raw)
    except Fault as fault:
        raise Unreadable(
            f"{shown(file)}：{fault.zh}", f"{shown(file)}: {fault.en}"
        ) from None
    if told.get("schema_version") != RECEIPT_FORMAT:
        raise Unreadable(f"{shown(file)}：不是回执", f"{shown(file)}: not a receipt")
    receipt = Receipt(file)
    proved = any(name in told for name in UNSIGNED - {"signature"})
    result.receipt = {
        "file": file,
        "proved": proved,
        "signed": "signature" in told,
        "choices": 0,
        "given": 0,
        "origin": None,
        "size": None,
        "vouched": False,
    }
    try:
        _receipt_signature(told, required=not proved)
        given = _receipt_given(told, result.receipt)
        if proved:
            _receipt_proofs(receipt, told, given, pins)
    except Fault as fault:
        result.alter(shown(file), fault.zh, fault.en)
        return receipt
    if receipt.note is not None:
        result.receipt["origin"] = receipt.note.origin
        result.receipt["size"] = receipt.note.size
        result.receipt["vouched"] = bool(given) and any(
            key in pins for key in receipt.signers
        )
        if result.pack is None:
            result.demonstration = receipt.note.origin.startswith("salescenter/demo-")
    return receipt


def _receipt_signature(told: dict[str, Any], *, required: bool) -> None:
    if not required and "signature" not in told:
        return
    signature = told.get("signature")
    if not isinstance(signature, dict) or signature.get("algorithm") != "Ed25519":
        raise Fault("回执没有签名", "a receipt without its signature")
    parts = [signature.get("key"), signature.get("value")]
    public, value = (
        base64_bytes(one) if isinstance(one, str) else None for one in parts
    )
    words = {name: one for name, one in told.items() if name not in UNSIGNED}
    try:
        text = json.dumps(
            words, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode("utf-8")
    except (ValueError, RecursionError):
        raise Fault("回执的文字不合格式", "a receipt whose text is no text") from None
    if public is None or value is None or not signed_by(public, text, value):
        raise Fault("回执的签名不对", "the receipt's signature is bad")


def _receipt_given(told: dict[str, Any], found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the choices that were given."""
    choices = told.get("choices")
    if not isinstance(choices, list) or not all(isinstance(c, dict) for c in choices):
        raise Fault("回执没有选择", "a receipt without its choices")
    if not is_hex64(told.get("rules")):
        raise Fault("回执没有规则版本", "a receipt without its rules")
    states = [one.get("event_state", "given") for one in choices]
    if not all(state in ("given", "refused") for state in states):
        raise Fault("选择不是同意也不是拒绝", "a choice neither given nor refused")
    given = [one for one, state in zip(choices, states) if state == "given"]
    found["choices"], found["given"] = len(choices), len(given)
    return given


def _receipt_proofs(
    receipt: Receipt,
    told: dict[str, Any],
    given: Sequence[dict[str, Any]],
    pins: Sequence[Key],
) -> None:
    text, vkey, proofs = told.get("note"), told.get("vkey"), told.get("proofs")
    if not isinstance(text, str) or not isinstance(vkey, str):
        raise Fault("回执没有检查点或公钥", "a receipt without its note or its vkey")
    try:
        raw = text.encode("utf-8")
    except ValueError:
        raise Fault("签名文不是 UTF-8", "a note that is not UTF-8") from None
    note, key = parse_note(raw), parse_key(vkey)
    if key.name != note.origin:
        raise Fault("检查点与公钥的来源不同", "the note's origin is not its key's")
    if not is_count(told.get("size")) or told["size"] != note.size:
        raise Fault("大小不是检查点的", "its size is not its note's")
    signers = signers_of(
        note, keyring([key, *(pin for pin in pins if pin.name == note.origin)])
    )
    if not signers:
        raise Fault("检查点没有公钥的签名", "its note is not signed by its key")
    if not isinstance(proofs, list) or len(proofs) != len(given):
        raise Fault(
            "证明与给予的同意数目不同",
            "not as many proofs as choices given",
        )
    for number, (proof, choice) in enumerate(zip(proofs, given), 1):
        try:
            seq, body = _receipt_proof(proof, choice, told, note)
        except Fault as fault:
            raise Fault(
                f"第 {number} 项证明：{fault.zh}", f"proof {number}: {fault.en}"
            ) from None
        if seq in receipt.bodies:
            raise Fault(f"同意 {seq} 出现两次", f"consent {seq} twice")
        receipt.bodies[seq] = body
    receipt.note, receipt.signers = note, tuple(signers)


def _receipt_proof(
    proof: object, choice: dict[str, Any], told: dict[str, Any], note: Note
) -> tuple[int, bytes]:
    if not isinstance(proof, dict):
        raise Fault("不是对象", "not an object")
    body, path = proof.get("body"), parse_path(proof.get("path"))
    if not isinstance(body, str) or not body.isascii() or path is None:
        raise Fault("没有正文或路径", "no body or no path")
    raw = body.encode("ascii")
    if len(raw) > LINE_MAX:
        raise Fault("正文过长", "a body longer than 65,536 bytes")
    fields = body_fields(raw)
    _, consent, data, purpose, rules, seq, site, subject, kind = fields
    if root_by_path(leaf_of(raw), int(seq), note.size, path) != note.root:
        raise Fault("路径不通向检查点的根", "its path does not lead to the note's root")
    if kind != b"consent.granted" or consent != seq:
        raise Fault("不是 consent.granted", "no consent.granted")
    until = json.loads(data).get("until")
    if not is_moment(until) or not real_day(fields[0][:10].decode("ascii")):
        raise Fault("时间不对", "no real moments")
    compared = [
        (told, "pii_principal_id", subject),
        (told, "site_id", site),
        (told, "rules", rules),
        (choice, "purpose", purpose),
        (choice, "retention_period", until.encode("ascii")),
    ]
    for where, name, value in compared:
        if name in where and where[name] != (
            None if value is None else value.decode("ascii")
        ):
            raise Fault(f"{name} 与正文不同", f"another {name} than the receipt tells")
    since = choice.get("granted_at", "0001-01-01T00:00:00.000Z")
    if not is_moment(since) or (
        milliseconds(since.encode("ascii")) > milliseconds(fields[0]) + CLOCK_MS
    ):
        raise Fault("granted_at 晚于正文", "its granted_at is after the log's")
    return int(seq), raw


# --- Running it -----------------------------------------------------------------------


def read_file(path: str, limit: int) -> bytes:
    """Return a small file's bytes.

    Raises:
        Unreadable: there is none, it is no ordinary file, or it is too long.
    """
    raw = b""
    with open_file(path) as handle:
        while len(raw) <= limit:
            part = handle.read(limit + 1 - len(raw))
            if not part:
                break
            raw += part
    if len(raw) > limit:
        raise Unreadable(
            f"{shown(path)}：超过 {limit} 字节",
            f"{shown(path)}: longer than {limit} bytes",
        )
    return raw


def open_file(path: str) -> BinaryIO:
    """Open an ordinary file; a pipe or a device is not even opened.

    Raises:
        Unreadable: it cannot be read.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Unreadable(
                f"{shown(path)}：不是普通文件", f"{shown(path)}: not an ordinary file"
            )
        return open(path, "rb", buffering=0)
    except (OSError, ValueError) as problem:
        what = getattr(problem, "strerror", None) or type(problem).__name__
        raise Unreadable(f"{shown(path)}：打不开", f"{shown(path)}: {what}") from None


def pinned_keys(text: str) -> list[Key]:
    """Return the keys that `--pin` names: a key itself, or a file with one a line.

    Raises:
        Unreadable: it names none.
    """
    try:
        return [parse_key(text.strip())]
    except Fault as fault:
        if text.startswith("salescenter/"):
            raise Unreadable(f"--pin：{fault.zh}", f"--pin: {fault.en}") from None
    raw = read_file(text, KEYS_MAX).decode("utf-8-sig", "replace")
    try:
        keys = [parse_key(line.strip()) for line in raw.splitlines() if line.strip()]
    except Fault as fault:
        raise Unreadable(
            f"{shown(text)}：{fault.zh}", f"{shown(text)}: {fault.en}"
        ) from None
    if not keys:
        raise Unreadable(f"{shown(text)}：没有公钥", f"{shown(text)}: no key")
    return keys


def verify_pack(
    path: str | None,
    *,
    pins: Sequence[str] = (),
    priors: Sequence[str] = (),
    receipt: str | None = None,
) -> Result:
    """Check a pack, a receipt, or both; bad input is a result, never an error.

    Args:
        path: of the pack; None for a receipt alone.
        pins: verifier keys, or files that hold them.
        priors: files with older signed notes.
        receipt: file of a receipt.
    """
    result = Result(pack=path)
    try:
        _verify(result, pins, priors, receipt)
    except Altered:
        pass
    except Unreadable as fault:
        result.unreadable = f"{fault.zh} / {fault.en}"
    except MemoryError:
        result.unreadable = "内存不够 / not enough memory"
    except OSError as problem:
        what = problem.strerror or type(problem).__name__
        result.unreadable = f"读取失败 / reading failed: {what}"
    return result


def _verify(
    result: Result, pins: Sequence[str], priors: Sequence[str], receipt: str | None
) -> None:
    keys = [key for text in pins for key in pinned_keys(text)]
    result.pins = len(keys)
    notes = []
    for prior in priors:
        try:
            raw = read_file(prior, NOTE_MAX).replace(b"\r\n", b"\n")
            notes.append((prior, parse_note(raw.removeprefix(b"\xef\xbb\xbf"))))
        except Unreadable:
            raise
        except Fault as fault:
            raise Unreadable(
                f"{shown(prior)}：{fault.zh}", f"{shown(prior)}: {fault.en}"
            ) from None
    checked = None
    if receipt is not None:
        raw = read_file(receipt, RECEIPT_MAX)
        checked = receipt_check(receipt, raw, keys, result)
    if result.pack is None:
        if receipt is None:
            raise Unreadable(
                "没有给出包或回执", "neither a pack nor a receipt was given"
            )
        return
    with open_file(result.pack) as handle:
        size = os.fstat(handle.fileno()).st_size
        if size > PACK_MAX:
            raise Unreadable("文件达到 4 GiB", "4 GiB or more")
        archive = Archive(handle, size, result)
        PackCheck(archive, result, keys, notes, checked).run()


VERDICTS = {
    "sound": "完好 SOUND",
    "unvouched": "自身完好，但没有外部凭据 SOUND, BUT NOTHING OUTSIDE VOUCHES FOR IT",
    "altered": "被改动 ALTERED",
    "violated": "违反规则 A RULE WAS BROKEN",
    "unreadable": "无法读取 UNREADABLE",
}


PRIORS = {
    "consistent": "一致",
    "altered": "不一致",
    "other origin": "属于另一日志",
    "before the range": "早于范围",
    "beyond the pack": "晚于范围",
}


def found_line(found: Mapping[str, Any]) -> str:
    """Return one finding as a line."""
    where = [str(found[name]) for name in ("file",) if name in found]
    if "line" in found:
        where.append(f"行 line {found['line']}")
    if "seq" in found:
        where.append(f"事件 event {found['seq']}")
    return f"{', '.join(where)}: {found['zh']} / {found['what']}"


def report(result: Result) -> Iterator[str]:
    """Yield the lines for people, each of a bounded length; first the verdict."""
    for line in _report(result):
        yield line if len(line) <= SHOWN_LINE_MAX else line[:SHOWN_LINE_MAX] + "…"


def _report(result: Result) -> Iterator[str]:
    first = VERDICTS[result.verdict]
    if result.demonstration:
        first += " · 演示 DEMONSTRATION"
    findings = [*result.altered, *result.violations]
    if result.unreadable is not None:
        yield f"{first}: {result.unreadable}"
        return
    if findings:
        first += f": {found_line(findings[0])}"
    elif result.exit == UNVOUCHED:
        first += ": " + "; ".join(f"{zh} / {en}" for zh, en in result.unvouched())
    yield first
    if result.last_seq is not None:
        yield from _pack_lines(result)
    if result.receipt is not None:
        yield from _receipt_lines(result.receipt)
    count = result.altered_count + result.violations_count
    if count:
        yield (
            f"  发现 findings  {result.altered_count} 处改动 altered, "
            f"{result.violations_count} 处违规 violations"
        )
        for found in findings[:SHOWN_MAX]:
            yield f"  ! {found_line(found)}"
        if count > SHOWN_MAX:
            yield f"  … 另有 {count - SHOWN_MAX} 处 more (--json)"


def _pack_lines(result: Result) -> Iterator[str]:
    yield f"  来源 origin  {result.origin}"
    sites = "全部 all"
    if result.sites is not None:
        sites = ", ".join(result.sites[:9]) or "—"
        if len(result.sites) > 9:
            sites += f" … ({len(result.sites)})"
    yield f"  案场 sites  {sites} · {result.redaction}"
    yield (
        f"  事件 events  {result.first_seq}–{result.last_seq}: {result.events}, "
        f"未附正文 left out {result.left_out}, 末 last {result.created_at}"
    )
    yield (
        f"  检查点 checkpoints  {result.checkpoints}, 末个 closing: "
        f"{result.size} {result.root}"
    )
    if result.after_last_checkpoint:
        yield f"  末检查点之后 after the last one  {result.after_last_checkpoint}"
    if result.partial:
        yield (
            f"  部分 partial  {result.grants} 个同意在范围之外，其更早的结束不可见 "
            "consents from outside; an earlier end of theirs cannot be seen"
        )
    pinned = "由所给公钥签署 signed by the pinned key" if result.pinned else "否 no"
    yield f"  公钥核对 pinned  {pinned}"
    for prior in result.priors:
        yield (
            f"  先前 prior  {shown(prior['file'])}: {prior['size']} "
            f"{PRIORS[prior['result']]} {prior['result']}"
        )
    if result.unknown_kinds:
        kinds = ", ".join(
            f"{k} ({n})" for k, n in list(result.unknown_kinds.items())[:9]
        )
        yield f"  不认识的种类 unknown kinds  {kinds}"


def _receipt_lines(receipt: Mapping[str, Any]) -> Iterator[str]:
    where = (
        f"{receipt['origin']} {receipt['size']}"
        if receipt["origin"]
        else "尚无检查点 no checkpoint yet"
    )
    yield (
        f"  回执 receipt  {receipt['choices']} 项选择 choices, "
        f"{receipt['given']} 项同意 given; {where}"
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Argparse would exit 2, which means something else here."""
        raise Unreadable("参数不对", f"usage: {shown(message)}")


def main(argv: Sequence[str] | None = None) -> int:
    """Check what the arguments name, print what was found, return the exit code."""
    parser = _Parser(
        prog="verify.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("pack", nargs="?", metavar="PACK")
    parser.add_argument("--pin", action="append", default=[], metavar="VKEY")
    parser.add_argument("--prior", action="append", default=[], metavar="OLD.note")
    parser.add_argument("--receipt", metavar="FILE")
    parser.add_argument("--json", action="store_true")
    as_json = False
    try:
        options = parser.parse_args(argv)
        as_json = options.json
        result = verify_pack(
            options.pack,
            pins=options.pin,
            priors=options.prior,
            receipt=options.receipt,
        )
    except Unreadable as fault:
        result = Result(unreadable=f"{fault.zh} / {fault.en}")
    except KeyboardInterrupt:
        result = Result(unreadable="被中断 / interrupted")
    except Exception as problem:  # noqa: BLE001 (an inspector must never see a traceback)
        result = Result(unreadable=f"内部错误 / internal error: {shown(problem)}")
    code = result.exit
    if sys.stdout is None:
        # Closed by who called it: only the exit code can tell.
        return code
    try:
        if as_json:
            _write(json.dumps(result.as_json(), indent=1))
        else:
            for line in report(result):
                _write(line)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return code
    except OSError:
        # Nobody reads any more; without this Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _write(line: str) -> None:
    """Print a line, whatever letters the terminal knows."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(line.encode(encoding, "replace").decode(encoding) + "\n")


if __name__ == "__main__":
    sys.exit(main())
