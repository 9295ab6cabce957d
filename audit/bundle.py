"""The sealed export: one canonical zip that a stranger can check (docs/evidence.md).

Everything in it comes from the log, so the same range gives the same bytes. What other
apps add (`part_register`) is theirs to keep so.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from audit import notes
from audit.documents import document_get
from audit.errors import ExportTooLarge, SignerRefuses
from audit.locks import BODIES, held
from audit.models import Checkpoint, Head
from audit.selectors import pruned_before
from audit.signing import (
    checkpoint_covering,
    manifest_sign,
    signer_require,
    vkeys,
)
from audit.tiles import Tree

FORMAT = "salescenter-evidence/1"
PSEUDONYMOUS, IDENTIFIED = "pseudonymous", "identified"
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
MODE = 0o644 << 16
ROWS_AT_ONCE = 5_000
COPY_BYTES = 1 << 20
SCRATCH = ".half-"
"""Begins the names of folders in which packs are put together."""
HERE = Path(__file__).parent
SHIPPED = {
    "README.txt": "pack_readme.txt",
    "verify.html": "verifier.html",
    "verify.py": "verifier.py",
}
"""What stands in a pack, by the name of its file beside this one."""


@dataclass(frozen=True)
class Scope:
    """What an export is of.

    Attributes:
        log: the log's id.
        first: number of its first event.
        last: number of its last event.
        sites: codes of the sites whose events it shows, or None for all.
        identified: whether parts that identify people are in it.
        since: `at` of the first event.
        until: `at` of the last event.
    """

    log: str
    first: int
    last: int
    sites: tuple[str, ...] | None
    identified: bool
    since: str
    until: str


Lines = Callable[[Scope], Iterable[bytes]]
"""The lines of a part, each without its newline."""


@dataclass(frozen=True)
class Part:
    """What another app adds to an export: a file of lines below `parts/`."""

    name: str
    lines: Lines
    identified: bool


_PARTS: dict[str, Part] = {}


def part_register(name: str, lines: Lines, *, identified: bool) -> None:
    """Register a part; from `AppConfig.ready`.

    Args:
        name: the file's name; it lies below `parts/`, or below `parts/identified/`.
        lines: its lines for a scope; the same scope MUST give the same lines.
        identified: whether it identifies people, and so is in approved exports only.
    """
    folder = "parts/identified/" if identified else "parts/"
    _PARTS[name] = Part(folder + name, lines, identified)


@dataclass
class _Named:
    """What the events written so far refer to outside themselves."""

    rules: set[str] = field(default_factory=set)
    grants: set[int] = field(default_factory=set)

    def take(self, body: dict[str, Any], *, before: int) -> None:
        """Note the rules and the grants below a number that an event names."""
        if body["rules"] is not None:
            self.rules.add(body["rules"])
        for seq in (body["consent"], *(body["data"].get("candidates") or ())):
            if seq is not None and seq < before:
                self.grants.add(seq)


def pack_write(*, scope: Scope, target: Path) -> str:
    """Write the sealed export of a scope and return the SHA-256 of its manifest.

    Streams: memory grows with the consents that are named from before the range, and
    not with the events. The file appears whole or not at all.

    Raises:
        SignerSilent: no checkpoint or no note could be had in time.
        SignerRefuses: the signer signs nothing now.
        ExportTooLarge: the pack would need ZIP64.
    """
    head = Head.objects.get(log=scope.log)
    if head.closed_at is None:
        # Before anything is read: it may refuse, and parts log what they read.
        signer_require()
    closing = checkpoint_covering(log=scope.log, size=scope.last + 1)
    if closing is None:
        raise SignerRefuses
    # What names people is never put down outside the private folder, half or whole.
    where = settings.EXPORTS_DIR if scope.identified else target.parent
    Path(where).mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        held(BODIES, shared=True),
        tempfile.TemporaryDirectory(prefix=SCRATCH, dir=where) as folder,
    ):
        whole = Path(folder) / "pack"
        try:
            with zipfile.ZipFile(whole, "w", allowZip64=False) as archive:
                sha256 = _write(archive, head, scope, closing, Path(folder))
        except zipfile.LargeZipFile:
            raise ExportTooLarge from None
        whole.chmod(0o600)
        try:
            whole.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            shutil.copyfile(whole, target)
    return sha256


def _write(
    archive: zipfile.ZipFile,
    head: Head,
    scope: Scope,
    closing: Checkpoint,
    folder: Path,
) -> str:
    origin = notes.origin(operator=head.operator, log=head.log)
    pack = _Pack(archive)
    tree = Tree(scope.log)
    before = max(scope.first, pruned_before(log=scope.log))
    named = _Named()
    pack.add("README.txt", [(HERE / SHIPPED["README.txt"]).read_bytes()])
    pack.add("checkpoints.jsonl", _checkpoints(scope, closing))
    pack.add("events.jsonl", _events(scope, before, named))
    if named.grants:
        pack.add("grants.jsonl", _grants(scope, closing, tree, named))
    pack.add("keys.vkey", [f"{key}\n".encode() for key in vkeys(log=scope.log)])
    later = _later(scope, closing, tree, named, folder)
    hashes = {**pack.hashes, **{name: _digest(path) for name, path in later.items()}}
    manifest = _line(
        {
            "format": FORMAT,
            "origin": origin,
            "sites": None if scope.sites is None else sorted(scope.sites),
            "first_seq": scope.first,
            "last_seq": scope.last,
            "created_at": scope.until,
            "demonstration": head.operator.startswith("demo-"),
            "redaction": IDENTIFIED if scope.identified else PSEUDONYMOUS,
            "files": hashes,
        }
    )
    sha256 = hashlib.sha256(manifest).hexdigest()
    note = manifest_sign(log=scope.log, size=closing.size, sha256=sha256)
    pack.add("manifest.json", [manifest])
    pack.add("manifest.note", [note.encode()])
    for name in sorted(later):
        with later[name].open("rb") as file:
            pack.add(name, iter(lambda: file.read(COPY_BYTES), b""))
    return sha256


class _Pack:
    """A canonical zip that is written in the order of its names."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.hashes: dict[str, str] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write one file as it comes, and keep its hash."""
        entry = zipfile.ZipInfo(name, FIXED_TIME)
        entry.create_system = 3
        entry.external_attr = MODE
        digest = hashlib.sha256()
        with self.archive.open(entry, "w") as file:
            for chunk in chunks:
                digest.update(chunk)
                try:
                    file.write(chunk)
                except RuntimeError:
                    # zipfile's word for a file that would need ZIP64.
                    raise ExportTooLarge from None
        self.hashes[name] = digest.hexdigest()


def _later(
    scope: Scope, closing: Checkpoint, tree: Tree, named: _Named, folder: Path
) -> dict[str, Path]:
    """Write what stands behind the manifest to files of its own, which it names."""
    start = {
        "size": scope.first,
        "frontier": [one.hex() for one in tree.frontier(scope.first)],
    }
    files: dict[str, Iterable[bytes]] = {"start.json": [_line(start)]}
    if closing.size > scope.last + 1:
        files["tail.jsonl"] = _leaves(scope.log, scope.last + 1, closing.size)
    for sha256 in named.rules:
        content = document_get(sha256=sha256)
        if content is not None:
            files[f"rules/{sha256}.json"] = [content]
    for part in _PARTS.values():
        if scope.identified or not part.identified:
            files[part.name] = (line + b"\n" for line in part.lines(scope))
    written = {}
    for number, (name, chunks) in enumerate(files.items()):
        written[name] = folder / str(number)
        with written[name].open("wb") as file:
            file.writelines(chunks)
    for name in ("verify.html", "verify.py"):
        written[name] = folder / name
        shutil.copyfile(HERE / SHIPPED[name], written[name])
    return written


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _line(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _checkpoints(scope: Scope, closing: Checkpoint) -> Iterator[bytes]:
    """Yield the last checkpoint of each UTC day in the range, and the closing one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (substr(i.at, 1, 10)) c.size, c.note"
            " FROM audit_checkpoint c"
            " JOIN audit_index i ON i.log = c.log AND i.seq = c.size - 1"
            " WHERE c.log = %s AND c.size > %s AND c.size <= %s"
            " ORDER BY substr(i.at, 1, 10), c.size DESC",
            [scope.log, scope.first, scope.last + 1],
        )
        found = dict(cursor.fetchall())
    found[closing.size] = closing.note
    for size, note in sorted(found.items()):
        yield _line({"note": note, "size": size})


def _events(scope: Scope, before: int, named: _Named) -> Iterator[bytes]:
    """Yield a line for each event: its body, or the leaf of one that is left out.

    Args:
        scope: which events, of which sites.
        before: bodies of smaller numbers are left out, pruned as they are.
        named: takes what the bodies refer to.
    """
    sites = None if scope.sites is None else {*scope.sites, None}
    for seq, leaf, raw in _rows(scope.log, scope.first, scope.last + 1):
        if raw is None or seq < before:
            yield _line({"leaf": leaf.hex()})
            continue
        body = json.loads(raw)
        if sites is not None and body["site"] not in sites:
            yield _line({"leaf": leaf.hex()})
            continue
        named.take(body, before=before)
        yield raw + b"\n"


def _rows(log: str, start: int, end: int) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield number, leaf and body of the events between two numbers, in order."""
    for low in range(start, end, ROWS_AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT e.seq, e.leaf, b.body FROM audit_event e"
                " LEFT JOIN audit_body b ON b.log = e.log AND b.seq = e.seq"
                " WHERE e.log = %s AND e.seq >= %s AND e.seq < %s ORDER BY e.seq",
                [log, low, min(low + ROWS_AT_ONCE, end)],
            )
            rows = cursor.fetchall()
        for seq, leaf, body in rows:
            yield seq, bytes(leaf), None if body is None else bytes(body)


def _leaves(log: str, start: int, end: int) -> Iterator[bytes]:
    for _, leaf, _ in _rows(log, start, end):
        yield _line({"leaf": leaf.hex()})


def _grants(
    scope: Scope, closing: Checkpoint, tree: Tree, named: _Named
) -> Iterator[bytes]:
    """Yield each grant from before the range that is named in it, with its proof."""
    wanted = sorted(named.grants)
    for place in range(0, len(wanted), ROWS_AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT seq, body FROM audit_body WHERE log = %s AND seq = ANY(%s)"
                " ORDER BY seq",
                [scope.log, wanted[place : place + ROWS_AT_ONCE]],
            )
            rows = cursor.fetchall()
        for seq, raw in rows:
            body = bytes(raw)
            named.rules.add(json.loads(body)["rules"])
            path = [one.hex() for one in tree.inclusion(seq, closing.size)]
            yield _line(
                {"body": body.decode("ascii"), "path": path, "size": closing.size}
            )
