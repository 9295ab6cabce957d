"""The sealed export of a log, or of a part of it, and what may be done to one."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests.packs.log import (
    Frontier,
    Log,
    Signer,
    canonical,
    frontier_of,
    leaf_hash,
    note,
    path_of,
    root_of,
)

SHIPPED = {
    "README.txt": "怎样核对 / How: python verify.py PACK --pin VKEY\n".encode(),
    "verify.html": b"<!doctype html><title>verify</title>\n",
    "verify.py": b"# the verifier stands here in a real export\n",
}
MANIFEST = "manifest.json"
NOTE = "manifest.note"
EVENTS = "events.jsonl"


def vkey(log: Log, size: int | None = None) -> str:
    """Return the verifier key in use at a size (the newest by default)."""
    return log.signers(len(log.bodies) if size is None else size)[-1].vkey


def checkpoint(
    log: Log,
    size: int,
    *,
    root: bytes | None = None,
    origin: str | None = None,
    signers: Sequence[Signer] | None = None,
) -> str:
    """Return the signed note of the log at a size, true unless told otherwise."""
    root = root_of(log.leaves()[:size]) if root is None else root
    who = log.signers(size) if signers is None else signers
    return note(origin or log.origin, size, root, who)


def day_sizes(log: Log) -> list[int]:
    """Return the size at each UTC day's last event, but the last day's."""
    days = [event["at"][:10] for event in log.events()]
    return [place for place in range(1, len(days)) if days[place] != days[place - 1]]


def contents(
    log: Log,
    first: int = 0,
    last: int | None = None,
    *,
    sites: Sequence[str] | None = None,
    closing: int | None = None,
    pruned: int = 0,
    sizes: Sequence[int] | None = None,
    keys: Sequence[str] | None = None,
    redaction: str = "pseudonymous",
    parts: Mapping[str, bytes] | None = None,
    shipped: Mapping[str, bytes] = SHIPPED,
) -> dict[str, bytes]:
    """Return every file of a sealed export, by name, signed by the log's real keys.

    Args:
        log: of it.
        first: number of the first event.
        last: number of the last event.
        sites: events of other sites become leaves.
        closing: size of the closing checkpoint; `last + 1` by default.
        pruned: events below this number become leaves.
        sizes: of the other checkpoints; the days' ends by default.
        keys: lines of keys.vkey; those used up to `closing` by default.
        redaction: as the manifest says it.
        parts: files below `parts/`, without that prefix.
        shipped: verifier and README.
    """
    last = len(log.bodies) - 1 if last is None else last
    closing = last + 1 if closing is None else closing
    events, leaves = log.events(), log.leaves()

    def kept(seq: int) -> bool:
        site = events[seq]["site"]
        here = sites is None or site is None or site in sites
        return here and first <= seq <= last and seq >= pruned

    here = {seq for seq in range(len(events)) if kept(seq)}
    lines = [
        log.bodies[seq] if seq in here else canonical({"leaf": leaves[seq].hex()})
        for seq in range(first, last + 1)
    ]
    named = {one for seq in here for one in _named(events[seq])}
    absent = sorted(
        seq
        for seq in named
        if seq not in here
        and seq < closing
        and events[seq]["type"] == "consent.granted"
    )
    files = dict(shipped)
    files[EVENTS] = b"".join(line + b"\n" for line in lines)
    start = frontier_of(leaves[:first])
    files["start.json"] = start_json(start)
    if absent:
        files["grants.jsonl"] = b"".join(
            grant_line(log, seq, leaves[:closing]) for seq in absent
        )
    ends = day_sizes(log) if sizes is None else sizes
    # A checkpoint at last + 1 would be the closing one.
    wanted = sorted({size for size in ends if first < size <= last} | {closing})
    files["checkpoints.jsonl"] = b"".join(
        checkpoint_line(size, checkpoint(log, size)) for size in wanted
    )
    if closing > last + 1:
        files["tail.jsonl"] = b"".join(
            canonical({"leaf": leaf.hex()}) + b"\n"
            for leaf in leaves[last + 1 : closing]
        )
    vkeys = [one.vkey for one in log.keys(closing)] if keys is None else keys
    files["keys.vkey"] = "".join(f"{one}\n" for one in vkeys).encode()
    used = {events[seq]["rules"] for seq in [*here, *absent]}
    used |= {
        events[seq]["data"]["sha256"]
        for seq in here
        if events[seq]["type"] == "rules.published"
    }
    for name in sorted(used & set(log.documents)):
        files[f"rules/{name}.json"] = log.documents[name]
    for name, raw in (parts or {}).items():
        files[f"parts/{name}"] = raw
    manifest = {
        "format": "salescenter-evidence/1",
        "origin": log.origin,
        "sites": None if sites is None else list(sites),
        "first_seq": first,
        "last_seq": last,
        "created_at": events[last]["at"],
        "demonstration": log.operator.startswith("demo-"),
        "redaction": redaction,
    }
    files[MANIFEST] = canonical({**manifest, "files": {}}) + b"\n"
    return resealed(files, log, closing=closing)


def _named(event: dict[str, Any]) -> list[int]:
    listed = event["data"].get("candidates")
    named = [event["consent"], *(listed if isinstance(listed, list) else ())]
    return [seq for seq in named if type(seq) is int and seq >= 0]


def start_json(start: Frontier) -> bytes:
    """Return start.json."""
    hashes = [one.hex() for one in start.hashes]
    return canonical({"size": start.size, "frontier": hashes}) + b"\n"


def grant_line(log: Log, seq: int, leaves: Sequence[bytes]) -> bytes:
    """Return a line of grants.jsonl, proved in the tree of these leaves."""
    path = [one.hex() for one in path_of(seq, leaves)]
    body = log.bodies[seq].decode()
    return canonical({"body": body, "path": path, "size": len(leaves)}) + b"\n"


def checkpoint_line(size: int, text: str) -> bytes:
    """Return a line of checkpoints.jsonl."""
    return canonical({"note": text, "size": size}) + b"\n"


def closing_size(files: Mapping[str, bytes]) -> int:
    """Return the size of the last checkpoint in the files."""
    size: int = json.loads(files["checkpoints.jsonl"].splitlines()[-1])["size"]
    return size


def resealed(
    files: Mapping[str, bytes],
    log: Log,
    *,
    closing: int | None = None,
    signers: Sequence[Signer] | None = None,
    listed: Mapping[str, str] | None = None,
    **changes: Any,
) -> dict[str, bytes]:
    """Return the files with their hashes listed anew and manifest.note signed again.

    Args:
        files: as they are now; whatever is not in the manifest yet comes into it.
        log: whose key signs.
        closing: size in the note; that of the last checkpoint by default.
        signers: who signs; the log's by default.
        listed: replaces `files` of the manifest.
        changes: other keys of the manifest.
    """
    others = {n: raw for n, raw in files.items() if n not in {MANIFEST, NOTE}}
    manifest = json.loads(files[MANIFEST])
    manifest["files"] = listed or {
        name: hashlib.sha256(raw).hexdigest() for name, raw in sorted(others.items())
    }
    manifest.update(changes)
    raw = canonical(manifest) + b"\n"
    closing = closing_size(files) if closing is None else closing
    return {**others, MANIFEST: raw, NOTE: manifest_note(log, raw, closing, signers)}


def manifest_note(
    log: Log, raw: bytes, closing: int, signers: Sequence[Signer] | None = None
) -> bytes:
    """Return manifest.note for the bytes of a manifest."""
    who = log.signers(closing) if signers is None else signers
    root = hashlib.sha256(raw).digest()
    return note(f"{log.origin}/manifest", closing, root, who).encode()


def zipped(files: Mapping[str, bytes], *, order: Sequence[str] | None = None) -> bytes:
    """Return the canonical zip of some files."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        for name in order or sorted(files, key=str.encode):
            archive.writestr(entry(name), files[name])
    return raw.getvalue()


def entry(name: str) -> zipfile.ZipInfo:
    """Return how a file stands in the zip."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def unzipped(pack: bytes) -> dict[str, bytes]:
    """Return the files of a pack."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def pack(log: Log, first: int = 0, last: int | None = None, **options: Any) -> bytes:
    """Return a sealed export; options as in `contents`."""
    return zipped(contents(log, first, last, **options))


def write_pack(
    path: Path,
    bodies: Iterable[bytes],
    like: Log,
    *,
    shipped: Mapping[str, bytes] = SHIPPED,
) -> dict[str, int]:
    """Write the whole-range pack of a stream of bodies, holding none of them.

    Args:
        path: of the pack.
        bodies: from event 0.
        like: gives operator, log, keys and documents; its bodies are not looked at.
        shipped: verifier and README.

    Returns:
        Counts: `events`, `bytes`, `checkpoints`.
    """
    grown = Frontier()
    notes: list[bytes] = []
    day, at = b"", b""
    with tempfile.TemporaryFile() as events:
        for body in bodies:
            at = body[body.index(b'"at":"') + 6 :][:24]
            if day not in (b"", at[:10]):
                notes.append(_checkpoint(like, grown))
            day = at[:10]
            grown.add(leaf_hash(body))
            events.write(body + b"\n")
        notes.append(_checkpoint(like, grown))
        files: dict[str, bytes | IO[bytes]] = {
            **shipped,
            EVENTS: events,
            "checkpoints.jsonl": b"".join(notes),
            "keys.vkey": "".join(f"{k.vkey}\n" for k in like.keys(grown.size)).encode(),
            "start.json": start_json(Frontier()),
        }
        for name, raw in like.documents.items():
            files[f"rules/{name}.json"] = raw
        files[MANIFEST] = canonical(
            {
                "format": "salescenter-evidence/1",
                "origin": like.origin,
                "sites": None,
                "first_seq": 0,
                "last_seq": grown.size - 1,
                "created_at": at.decode(),
                "demonstration": like.operator.startswith("demo-"),
                "redaction": "pseudonymous",
                "files": {name: _sha256(raw) for name, raw in files.items()},
            }
        )
        files[NOTE] = manifest_note(like, _whole(files[MANIFEST]), grown.size)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(files, key=str.encode):
                held = files[name]
                if isinstance(held, bytes):
                    archive.writestr(entry(name), held)
                    continue
                held.seek(0)
                with archive.open(entry(name), "w") as out:
                    shutil.copyfileobj(held, out, 1 << 20)
    return {
        "events": grown.size,
        "bytes": path.stat().st_size,
        "checkpoints": len(notes),
    }


def _checkpoint(like: Log, grown: Frontier) -> bytes:
    text = note(like.origin, grown.size, grown.root(), like.signers(grown.size))
    return checkpoint_line(grown.size, text)


def _whole(raw: bytes | IO[bytes]) -> bytes:
    assert isinstance(raw, bytes)
    return raw


def _sha256(raw: bytes | IO[bytes]) -> str:
    if isinstance(raw, bytes):
        return hashlib.sha256(raw).hexdigest()
    raw.seek(0)
    made = hashlib.sha256()
    while chunk := raw.read(1 << 20):
        made.update(chunk)
    return made.hexdigest()


def root64(log: Log, size: int) -> str:
    """Return a root as a note writes it."""
    return base64.b64encode(root_of(log.leaves()[:size])).decode()
