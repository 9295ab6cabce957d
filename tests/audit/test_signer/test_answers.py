"""What the signer answers to those who ask, and when it answers with nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import clock, log, notes, signing
from audit.errors import SignerRefuses
from audit.models import Head, SigningRequest
from audit.signer import Keeper, Signer
from audit.signer.memory import Memory
from tests import make
from tests.audit.restoring import rewind
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.make import SETUP

pytestmark = pytest.mark.usefixtures("db", "secrets_dir")


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(Keeper(tmp_path / "signer"), separated=False)


def grow(count: int = 1) -> None:
    with log.unit(act=SETUP, site=None, rules=None) as unit:
        for _ in range(count):
            unit.event("staff.refused")


def test_a_checkpoint_is_had_by_asking(tmp_path: Path) -> None:
    make.house()
    with signer_in(tmp_path / "signer"):
        first = signing.checkpoint_request()
        assert first.size == Head.objects.get().size
        assert signing.checkpoint_request() == first
        grow()
        assert signing.checkpoint_request().size == first.size + 1


def test_a_manifest_is_signed_for_a_signed_size_only(tmp_path: Path) -> None:
    make.house()
    with signer_in(tmp_path / "signer"):
        made = signing.checkpoint_request()
        note = signing.manifest_sign(log=made.log, size=made.size, sha256="ab" * 32)
        told = notes.note_read(note)
        assert told.origin.endswith(f"/{made.log}/manifest")
        assert (told.size, told.root.hex()) == (made.size, "ab" * 32)
        key = notes.verifier_key_read(signing.vkeys(log=made.log)[0])
        assert notes.note_signers(note, keys=[key]) == [key]
        with pytest.raises(SignerRefuses):
            signing.manifest_sign(log=made.log, size=made.size - 1, sha256="ab" * 32)
        with pytest.raises(SignerRefuses):
            signing.manifest_sign(log="0" * 16, size=made.size, sha256="ab" * 32)


def test_no_checkpoint_that_somebody_else_put_there_gets_a_manifest(
    tmp_path: Path, db: Database
) -> None:
    make.house()
    with signer_in(tmp_path / "signer"):
        made = signing.checkpoint_request()
        grow(3)
        forged = made.note.replace(f"\n{made.size}\n", f"\n{made.size + 1}\n")
        with db.connect("signer") as link:
            link.execute(
                "INSERT INTO audit_checkpoint (log, size, note) VALUES (%s, %s, %s)",
                [made.log, made.size + 1, forged],
            )
        with pytest.raises(SignerRefuses):
            signing.manifest_sign(log=made.log, size=made.size + 1, sha256="ab" * 32)


def test_a_refusing_signer_answers_requests_with_nothing(
    tmp_path: Path, db: Database
) -> None:
    make.house()
    with signer_in(tmp_path / "signer") as signer:
        signing.checkpoint_request()
        kept = Head.objects.get().size - 2
        rewind(db, kept)
        with pytest.raises(SignerRefuses):
            signing.checkpoint_request()
        assert SigningRequest.objects.filter(answered_at=None).count() == 0
        assert signer.keeper.recall().refused == "shrank"


def test_no_request_stops_the_signer(signer: Signer, db: Database) -> None:
    make.house()
    signer.look()
    with db.connect("owner") as owner:
        owner.execute(
            "ALTER TABLE audit_signing DROP CONSTRAINT audit_signing_manifest"
        )
        for manifest in ("zz", "", "ab" * 31):
            owner.execute(
                "INSERT INTO audit_signing (id, log, size, manifest, asked_at) SELECT"
                " gen_random_uuid(), log, size, %s, now() FROM audit_head",
                [manifest],
            )
    grow()
    assert signer.look(now=True) == 1
    assert not SigningRequest.objects.filter(answered_at=None).exists()
    assert not SigningRequest.objects.exclude(note=None).exists()


class Overtaken(Signer):
    """A signer that is asked about an event written after it read the head."""

    def _follow(self, memory: Memory, head: Head) -> Memory:
        grow()
        grown = Head.objects.get()
        SigningRequest.objects.create(
            log=grown.log, size=grown.size, asked_at=clock.now()
        )
        return super()._follow(memory, head)


def test_an_answer_is_never_older_than_its_question(tmp_path: Path) -> None:
    make.house()
    keeper = Keeper(tmp_path / "signer")
    Overtaken(keeper, separated=False).look(now=True)
    Signer(keeper, separated=False).look()
    asked = SigningRequest.objects.get()
    assert asked.note is not None
    assert notes.note_read(asked.note).size >= asked.size
