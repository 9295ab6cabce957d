"""What was withdrawn is nowhere: not in the database's files, nor in anything beside.

A canary (name, phone, template, data keys) goes through many visits; everybody
withdraws, the epoch turns, the server writes everything down, and every file is
searched byte by byte. What is left sealed with a destroyed key does not hold it.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from audit.drafts import VISITOR
from consent import gate, keys
from consent.keys import store
from consent.models import Consent, Kiosk, Subject
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from consent.services.sweeping import sweep_often
from faces import services
from faces.matching import MODEL, Embedding
from faces.models import FaceTemplate
from leads.models import Contact, PhoneIndex
from salescenter.embedded.place import account_of_server, environment, programs
from tests import conftest
from tests.conftest import Database
from tests.faces.make import AT_KIOSK
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone

VISITS = 200
NOW = timedelta(0)
PIECE = 48
CHUNK = 16 * 1024 * 1024

Needles = dict[str, bytes]


@dataclass(frozen=True)
class Canary:
    """Somebody who cannot be there by accident."""

    name: str
    phone: str
    encoding: Embedding

    def needles(self) -> Needles:
        raw = self.encoding.astype("<f8").tobytes()
        found = _bytes_of("template", raw[8 : 8 + PIECE])
        found |= _bytes_of("template, 32 bits", self.encoding.astype("<f4").tobytes())
        found["template, in words"] = repr(float(self.encoding[7])).encode()
        found["template, rounded"] = f"{float(self.encoding[7]):.10f}".encode()
        for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
            found |= _bytes_of(f"name in {code}", self.name.encode(code))
        found["name, escaped"] = self.name.encode("unicode_escape")
        found["name, escaped for an address"] = quote(self.name).encode()
        found |= _bytes_of("phone", self.phone.encode())
        found["phone in utf-16"] = self.phone.encode("utf-16-le")
        return found


def _bytes_of(what: str, raw: bytes) -> Needles:
    """Return a value as bytes, hex and base64 in its three places."""
    found = {what: raw, f"{what}, hex": raw.hex().encode()}
    found[f"{what}, HEX"] = raw.hex().upper().encode()
    for shift in range(3):
        inner = base64.b64encode(bytes(shift) + raw)
        first = 0 if shift == 0 else 4
        found[f"{what}, base64 {shift}"] = inner[first : len(inner) // 4 * 4 - 4]
    return {name: needle for name, needle in found.items() if len(needle) >= 8}


def found_in(path: Path, needles: Needles) -> set[str]:
    """Return the names of what a file holds; read in overlapping pieces."""
    overlap = max(map(len, needles.values()))
    found: set[str] = set()
    try:
        with path.open("rb") as file:
            kept = b""
            while piece := file.read(CHUNK):
                held = kept + piece
                found |= {name for name, one in needles.items() if one in held}
                kept = held[-overlap:]
    except FileNotFoundError:  # the server tidied up
        return found
    return found


def files(folders: list[Path]) -> Iterator[Path]:
    """Yield every file that the program, its database or its tools wrote."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and "static" not in path.parts:
                yield path


def residue(folders: list[Path], needles: Needles) -> list[str]:
    """Return where something of the canary lies, a line each."""
    return [
        f"{name} in {path.name}"
        for path in files(folders)
        for name in sorted(found_in(path, needles))
    ]


def canary() -> Canary:
    """Return a canary that was never used before."""
    drawn = np.random.default_rng().normal(size=128)
    letters = "".join(chr(0x4E00 + secrets.randbelow(0x4000)) for _ in range(8))
    digits = "".join(str(secrets.randbelow(10)) for _ in range(8))
    return Canary(letters, f"139{digits}", drawn / np.linalg.norm(drawn))


def _face(subject: Subject, kiosk: Kiosk, encoding: Embedding, mode: str) -> None:
    candidates = []
    if mode == "compare":
        candidates = list(
            Consent.objects.filter(
                subject=subject, purpose=Purpose.FACE_CHECKIN, state="active"
            )
        )
    with gate.permit(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode=mode,
        model=MODEL,
        act=AT_KIOSK,
        kiosk=kiosk,
        candidates=candidates,
    ) as permit:
        probe = services.Probe(subject=subject.id, mean=encoding, model=MODEL, frames=1)
        with permit.settle() as record:
            if mode == "enrol":
                services.enrol(permit=permit, record=record, probe=probe)
            else:
                services.compare(permit=permit, record=record, probe=probe)


def visit(office: make.Office, one: Canary) -> Subject:
    """Let the canary walk through the pages, be enrolled and compared."""
    kiosk, phone = KioskBrowser(office.house), Phone()
    details = {"name": one.name, "phone": one.phone}
    before = set(Subject.objects.values_list("id", flat=True))
    page = phone.walk(kiosk.code(), yes=("contact",), face=True, details=details)
    assert page.status_code == 200
    subject = Subject.objects.exclude(id__in=before).get()
    _face(subject, office.house.kiosk, one.encoding, "enrol")
    _face(subject, office.house.kiosk, one.encoding, "compare")
    return subject


def settled(db: Database) -> None:
    """Let the server write down what it holds, and tidy up as it does by itself."""
    with db.connect("superuser") as root:
        root.execute("VACUUM")
        root.execute("SELECT pg_switch_wal()")
        root.execute("CHECKPOINT")


def dump(db: Database, to: Path) -> None:
    """Write the backup that docs/operating.md describes."""
    installation, libraries = programs(account_of_server())
    told = db.server.dsn("owner", database=db.name)
    subprocess.run(
        [
            installation / "bin" / "pg_dump",
            f"--host={told['host']}",
            f"--port={told['port']}",
            f"--username={told['user']}",
            "--no-unlogged-table-data",
            "--inserts",
            f"--file={to}",
            db.name,
        ],
        env={**environment(libraries), "PGPASSWORD": told["password"]},
        check=True,
    )
    assert to.stat().st_size > 10_000


@pytest.fixture
def office(db: Database, secrets_dir: Path, told_pages: None) -> make.Office:
    return make.office()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.mark.slow
def test_nothing_of_the_canary_is_left_once_the_epoch_turned(
    office: make.Office, db: Database, tmp_path: Path, temporary: Path
) -> None:
    one = canary()
    people = [visit(office, one) for _ in range(int(os.environ.get("VISITS", VISITS)))]
    assert FaceTemplate.objects.count() == Contact.objects.count() == len(people)
    consents = list(Consent.objects.values_list("id", flat=True))
    opened = store.unwrap_all(consents)
    stolen = {
        consent: path.read_bytes()
        for consent in consents
        if (path := store.folder() / "data" / f"{consent}.key").exists()
    }
    assert len(opened) == len(stolen) == 2 * len(people)
    needles = one.needles()
    for number in (0, len(consents) // 2, len(consents) - 1):
        needles |= _bytes_of(f"data key {number}", opened[consents[number]])

    for person in people:
        consents_withdraw(subject=person, purposes=None, act=VISITOR)
    assert not FaceTemplate.objects.exists()
    assert not Contact.objects.exists()
    assert not PhoneIndex.objects.exists()
    # The stated window: until the epoch turns, its key still opens a stolen copy.
    assert store.unwrap_these(stolen) == opened
    assert keys.epoch_turn(at_least=NOW)
    assert store.unwrap_these(stolen) == {}

    sweep_often()
    settled(db)
    dump(db, tmp_path / "salescenter.sql")
    # pytest writes its own captured output to no file below these.
    assert residue([conftest._DATA, tmp_path], needles) == []


def test_what_was_kept_in_the_open_would_be_found(
    office: make.Office, db: Database, tmp_path: Path
) -> None:
    """The search is the same; the canary is not, since this one does stay."""
    one = canary()
    with db.connect("owner") as owner:
        owner.execute("CREATE TABLE kept (name text, raw bytea)")
        owner.execute(
            "INSERT INTO kept VALUES (%s, %s)",
            [one.name, one.encoding.astype("<f8").tobytes()],
        )
    (tmp_path / "app.log").write_text(f"phone={one.phone} {one.encoding[7]!r}")
    key = secrets.token_bytes(32)
    (tmp_path / "a-key").write_text(base64.b64encode(b"k=" + key).decode())
    settled(db)
    dump(db, tmp_path / "salescenter.sql")
    found = residue(
        [conftest._DATA, tmp_path], one.needles() | _bytes_of("data key", key)
    )
    told = {line.rpartition(" in ")[0] for line in found}
    assert {"name in utf-8", "template", "phone", "data key, base64 2"} <= told
    where = {line.rpartition(" in ")[2] for line in found}
    assert {"app.log", "a-key", "salescenter.sql"} <= where
    wal = {path.name for path in conftest._DATA.rglob("pg_wal/*")}
    assert where & wal, "nothing in the write-ahead log"
    assert where - wal - {"app.log", "a-key", "salescenter.sql"}, "no database file"


def test_a_key_is_a_key_in_every_place_of_base64() -> None:
    raw = uuid.uuid4().bytes * 2
    for before in range(6):
        for after in range(3):
            text = base64.b64encode(bytes(before) + raw + bytes(after))
            assert any(one in text for one in _bytes_of("key", raw).values())
