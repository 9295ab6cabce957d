"""A new key: the old one signs beside it until the day is over, then is destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import demonstration, exports, log, notes, signing
from audit.models import Checkpoint, Head
from audit.selectors import rules_in_force
from audit.signer import Keeper, Signer
from tests import make
from tests.audit.judging import judge
from tests.audit.signing import signer_in
from tests.make import SETUP

pytestmark = pytest.mark.usefixtures("db", "secrets_dir")


def rotate(keeper: Keeper) -> tuple[str, str]:
    """Do what `audit_sign --rotate` does, without a process of its own."""
    memory, head = keeper.recall(), Head.objects.get()
    coming = keeper.key_make()
    keeper.next_key_set(coming)
    name = notes.origin(operator=head.operator, log=head.log)
    old, new = (
        str(notes.VerifierKey(name, bytes.fromhex(one))) for one in (memory.key, coming)
    )
    with log.unit(act=SETUP, site=None, rules=rules_in_force()) as unit:
        unit.event("signer.rotated", data={"old": old, "new": new})
    return old, new


def signers(checkpoint: Checkpoint) -> list[str]:
    keys = [notes.verifier_key_read(text) for text in signing.vkeys(log=checkpoint.log)]
    return [str(key) for key in notes.note_signers(checkpoint.note, keys=keys)]


def last() -> Checkpoint:
    return Checkpoint.objects.order_by("-size")[0]


def grow() -> None:
    with log.unit(act=SETUP, site=None, rules=rules_in_force()) as unit:
        unit.event("staff.refused")


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    make.house(demonstration_clock=True)
    made = Signer(Keeper(tmp_path / "signer"), separated=False)
    made.look(now=True)
    return made


def test_both_keys_sign_until_the_day_is_over(signer: Signer) -> None:
    keeper = signer.keeper
    old, new = rotate(keeper)
    signer.look(now=True)
    assert signers(last()) == [old, new]
    assert signing.vkeys(log=last().log) == [old, new]
    grow()
    signer.look(now=True)
    assert signers(last()) == [old, new], "the same day"
    assert len(list(keeper.folder.glob("*.key"))) == 2
    with demonstration.clock_shifted(days=1):
        grow()
        signer.look(now=True)
    assert signers(last()) == [new]
    assert signing.vkeys(log=last().log) == [old, new]
    (left,) = keeper.folder.glob("*.key")
    assert left.name.startswith(keeper.recall().key[:16]), "the old key is destroyed"
    assert keeper.next_key() == ""


def test_a_key_is_not_brought_in_before_the_log_says_so(signer: Signer) -> None:
    (before,) = signers(last())
    signer.keeper.next_key_set(signer.keeper.key_make())
    grow()
    signer.look(now=True)
    assert signers(last()) == [before]


def test_an_event_of_another_key_brings_nothing_in(signer: Signer) -> None:
    (before,) = signers(last())
    rotate(signer.keeper)
    signer.keeper.next_key_set(signer.keeper.key_make())
    signer.look(now=True)
    assert signers(last()) == [before]


def test_who_pinned_the_old_key_still_trusts_the_log(
    signer: Signer, tmp_path: Path
) -> None:
    old, new = rotate(signer.keeper)
    signer.look(now=True)
    pack = tmp_path / "pack.zip"
    with demonstration.clock_shifted(days=2), signer_in(signer.keeper.folder):
        grow()
        exports.export_now(scope=exports.export_scope(), target=pack)
    assert signers(last()) == [new]
    for pin in (old, new):
        told = judge(pack, "--pin", pin)
        assert told["exit"] == 0, told
    stranger = Keeper(tmp_path / "stranger").key_make()
    other = notes.VerifierKey(old.split("+")[0], bytes.fromhex(stranger))
    assert judge(pack, "--pin", other)["exit"] == 2


def test_manifests_are_signed_by_both_while_both_sign(
    signer: Signer, tmp_path: Path
) -> None:
    rotate(signer.keeper)
    with signer_in(signer.keeper.folder):
        made = signing.checkpoint_request()
        note = signing.manifest_sign(log=made.log, size=made.size, sha256="ab" * 32)
    assert note.count("\n— ") == 2
