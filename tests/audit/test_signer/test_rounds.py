"""What the signer signs, what it refuses, and that it forgets neither."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from audit import demonstration, log, merkle, notes, signing
from audit.models import Checkpoint, Head, Refusal
from audit.models import Signer as Status
from audit.selectors import event_list, log_state
from audit.signer import EVERY_EVENTS, EVERY_SECONDS, Keeper, MemoryBroken, Signer
from audit.signer.memory import Memory
from tests import make
from tests.audit.restoring import rewind
from tests.conftest import Database
from tests.make import SETUP

pytestmark = pytest.mark.usefixtures("db", "secrets_dir")


class Seconds:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def signer(tmp_path: Path, seconds: Seconds) -> Signer:
    return Signer(Keeper(tmp_path / "signer"), separated=False, monotonic=seconds)


def grow(count: int = 1) -> None:
    with log.unit(act=SETUP, site=None, rules=None) as unit:
        for _ in range(count):
            unit.event("staff.refused")


def last() -> Checkpoint:
    found = Checkpoint.objects.order_by("-size").first()
    assert found is not None
    return found


def test_a_checkpoint_states_size_and_root_and_is_signed(signer: Signer) -> None:
    make.house()
    assert signer.look() == 1
    state = log_state()
    assert state is not None
    told = notes.note_read(last().note)
    assert told.origin == f"salescenter/{state.operator}/{state.log}"
    assert (told.size, told.root.hex()) == (state.size, state.root)
    (vkey,) = signing.vkeys(log=state.log)
    key = notes.verifier_key_read(vkey)
    assert notes.note_signers(last().note, keys=[key]) == [key]


def test_no_event_is_written_for_a_checkpoint(signer: Signer) -> None:
    make.house()
    before = log_state()
    signer.look()
    assert log_state() == before


def test_it_signs_every_hundred_events_or_every_minute(
    signer: Signer, seconds: Seconds
) -> None:
    make.house()
    assert signer.look() == 1
    assert signer.look() == 0
    grow(EVERY_EVENTS - 1)
    assert signer.look() == 0
    grow()
    assert signer.look() == 1
    grow()
    assert signer.look() == 0
    seconds.now += EVERY_SECONDS
    assert signer.look() == 1
    seconds.now += EVERY_SECONDS
    assert signer.look() == 0, "nothing grew"


def test_each_day_is_signed_to_its_end(signer: Signer) -> None:
    make.house(demonstration_clock=True)
    signer.look()
    grow()
    end_of_first = Head.objects.get().size
    with demonstration.clock_shifted(days=1):
        grow()
        end_of_second = Head.objects.get().size
    with demonstration.clock_shifted(days=3):
        grow()
        assert signer.look() == 3
    sizes = Checkpoint.objects.order_by("size").values_list("size", flat=True)
    assert list(sizes)[1:] == [end_of_first, end_of_second, end_of_second + 1]


def test_what_was_signed_and_not_published_is_published_next(
    signer: Signer, db: Database
) -> None:
    make.house()
    with db.connect("owner") as owner:
        owner.execute("REVOKE INSERT ON audit_checkpoint FROM salescenter_signer")
    with pytest.raises(Exception, match="denied"):
        signer.look()
    signed = signer.keeper.recall()
    assert signed.size == Head.objects.get().size
    with db.connect("owner") as owner:
        owner.execute("GRANT INSERT ON audit_checkpoint TO salescenter_signer")
    assert signer.look() == 0
    assert last().note == signed.note


def test_a_restored_database_is_refused_and_said_so(
    signer: Signer, db: Database
) -> None:
    make.house()
    signer.look()
    kept = Head.objects.get().size
    grow(5)
    signer.look(now=True)
    signed = last()
    rewind(db, kept)
    assert signer.look() == 0
    refusal = Refusal.objects.get()
    assert (refusal.reason, refusal.signed_size) == ("shrank", signed.size)
    assert refusal.found_size == kept
    assert refusal.signed_root == notes.note_read(signed.note).root.hex()
    assert signing.refusals_tell() == 1
    assert signing.refusals_tell() == 0
    written = event_list(kind="signer.refused")[0]
    assert written["data"]["signed_size"] == signed.size
    state = signing.signer_state()
    assert state.refused == Refusal.objects.get()


def test_once_refused_nothing_is_signed_though_the_tree_grows_again(
    signer: Signer, db: Database, seconds: Seconds
) -> None:
    make.house()
    signer.look()
    kept = Head.objects.get().size
    grow(5)
    signer.look(now=True)
    rewind(db, kept)
    signer.look()
    grow(50)
    seconds.now += 10 * EVERY_SECONDS
    before = Checkpoint.objects.count()
    for _ in range(3):
        signer.look(now=True)
    assert Checkpoint.objects.count() == before
    # Grown past the signed size it is another tree: that is told too, once.
    reasons = Refusal.objects.order_by("at", "id").values_list("reason", flat=True)
    assert list(reasons) == ["shrank", "forked"]
    again = Signer(signer.keeper, separated=False)
    assert again.look(now=True) == 0, "a restart does not forget"


def test_a_rewritten_tree_of_the_same_size_is_refused(
    signer: Signer, db: Database
) -> None:
    make.house()
    signer.look()
    with db.connect("superuser") as root:
        root.execute("SET session_replication_role = replica")
        root.execute("UPDATE audit_head SET frontier = sha256('x') || frontier")
    assert signer.look(now=True) == 0
    assert Refusal.objects.get().reason == "forked"


def test_another_log_is_refused(signer: Signer) -> None:
    make.house()
    signer.look()
    memory = signer.keeper.recall()
    signer.keeper.remember(memory.but(log="0" * 16))
    assert signer.look(now=True) == 0
    assert Refusal.objects.get().reason == "other_log"


def test_after_the_right_database_is_back_a_person_lets_it_go_on(
    signer: Signer, db: Database
) -> None:
    make.house()
    signer.look()
    memory = signer.keeper.recall()
    signer.keeper.remember(memory.but(refused="forked"))
    grow()
    assert signer.look(now=True) == 0
    assert signer.resume()
    assert signer.look(now=True) == 1
    signer.keeper.remember(signer.keeper.recall().but(size=10_000, refused="shrank"))
    assert not signer.resume()


def test_a_broken_memory_is_not_begun_anew(signer: Signer) -> None:
    make.house()
    signer.look()
    path = signer.keeper.folder / "memory.json"
    kept = path.read_text()
    for broken in ("", "{", "[]", '{"log": 1}', kept.replace("-signer/1", "-signer/9")):
        path.write_text(broken)
        with pytest.raises(MemoryBroken):
            signer.look()
    path.write_text(kept)
    key = next(signer.keeper.folder.glob("*.key"))
    key.rename(key.with_suffix(".gone"))
    grow(EVERY_EVENTS)
    with pytest.raises(MemoryBroken):
        signer.look()


def test_nothing_is_signed_before_a_log_is_open(signer: Signer) -> None:
    assert signer.look() == 0
    assert not Status.objects.exists()


def test_keys_and_memory_are_private(signer: Signer) -> None:
    make.house()
    signer.look()
    assert signer.keeper.folder.stat().st_mode & 0o777 == 0o700
    for path in signer.keeper.folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_checkpoint (log, size, note) SELECT log, size, 'x' FROM"
        " audit_head",
        "UPDATE audit_checkpoint SET note = 'x'",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_signer SET refused = false",
        "DELETE FROM audit_refusal",
        "UPDATE audit_signing SET note = 'x'",
    ],
)
def test_the_app_role_signs_nothing(
    signer: Signer, db: Database, statement: str
) -> None:
    make.house()
    signer.look()
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute(statement)


REFUSAL = (
    "INSERT INTO audit_refusal (id, log, reason, signed_log, signed_size, signed_root,"
    " found_size, at) SELECT gen_random_uuid(), log, 'shrank', log, 9, repeat('a', 64),"
    " 1, now() FROM audit_head"
)


@pytest.mark.parametrize(
    ("removed", "statement"),
    [
        (
            "ALTER TABLE audit_signing DROP CONSTRAINT audit_signing_manifest",
            "INSERT INTO audit_signing (id, log, size, manifest, asked_at) SELECT"
            " gen_random_uuid(), log, size, 'zz', now() FROM audit_head",
        ),
        (
            "ALTER TABLE audit_signing DROP CONSTRAINT audit_signing_size",
            "INSERT INTO audit_signing (id, log, size, asked_at) SELECT"
            " gen_random_uuid(), log, 0, now() FROM audit_head",
        ),
        (
            "ALTER TABLE audit_refusal DISABLE TRIGGER audit_refusal_in_log",
            "UPDATE audit_refusal SET event = gen_random_uuid()",
        ),
        (
            "ALTER TABLE audit_head DISABLE TRIGGER audit_head_followed",
            "UPDATE audit_head SET closed_at = now()",
        ),
    ],
)
def test_the_app_role_cannot_stop_or_hide_the_signers_word(
    signer: Signer, db: Database, removed: str, statement: str
) -> None:
    make.house()
    signer.look()
    with db.connect("signer") as link:
        link.execute(REFUSAL)
    with db.connect("app", autocommit=False) as link:
        with pytest.raises(psycopg.Error):
            link.execute(statement)
            link.commit()
        link.rollback()
    with db.connect("owner") as owner:
        owner.execute(removed)
    with db.connect("app") as link:
        link.execute(statement)


def test_a_second_copy_does_not_hide_the_refusal(signer: Signer, db: Database) -> None:
    make.house()
    signer.look()
    kept = Head.objects.get().size
    grow(5)
    signer.look(now=True)
    rewind(db, kept)
    signer.look()
    with db.connect("superuser") as root:
        root.execute("SET session_replication_role = replica")
        root.execute("DELETE FROM audit_refusal")
        root.execute("DELETE FROM audit_signer")
    assert signing.refusal_open() is None
    signer.look()
    assert signing.refusal_open() is not None


def test_a_lost_memory_is_not_begun_anew_unless_a_person_says_so(
    signer: Signer, tmp_path: Path
) -> None:
    make.house()
    signer.look()
    (signer.keeper.folder / "memory.json").unlink()
    with pytest.raises(MemoryBroken):
        signer.look()
    elsewhere = Keeper(tmp_path / "new")
    with pytest.raises(MemoryBroken):
        Signer(elsewhere, separated=False).look()
    log = Head.objects.get().log
    (before,) = signing.vkeys(log=log)
    grow()
    assert Signer(elsewhere, separated=False, begin=True).look(now=True) == 1
    assert signing.vkeys(log=log)[0] == before
    assert len(signing.vkeys(log=log)) == 2


def test_what_was_not_published_is_published_before_the_next(
    signer: Signer, db: Database
) -> None:
    make.house()
    signer.look()
    grow()
    with db.connect("owner") as owner:
        owner.execute("REVOKE INSERT ON audit_checkpoint FROM salescenter_signer")
    with pytest.raises(Exception, match="denied"):
        signer.look(now=True)
    missed = signer.keeper.recall().size
    with db.connect("owner") as owner:
        owner.execute("GRANT INSERT ON audit_checkpoint TO salescenter_signer")
    grow()
    signer.look(now=True)
    assert Checkpoint.objects.filter(size=missed).exists()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM leads_contact",
        "SELECT 1 FROM faces_facetemplate",
        "SELECT 1 FROM consent_consent",
        "SELECT 1 FROM salescenter_staff",
        "INSERT INTO audit_event (eid, log, seq, leaf) SELECT gen_random_uuid(), log,"
        " size, sha256('x') FROM audit_head",
        "UPDATE audit_head SET size = size",
        "UPDATE audit_checkpoint SET note = 'x'",
        "INSERT INTO audit_checkpoint (log, size, note) SELECT log, size + 1, 'x' FROM"
        " audit_head",
        "INSERT INTO audit_checkpoint (log, size, note) SELECT log, 1,"
        " 'salescenter/' || operator || '/' || log || E'\\n1\\n' FROM audit_head",
    ],
)
def test_the_signers_role_sees_no_person_and_writes_no_event(
    signer: Signer, db: Database, statement: str
) -> None:
    make.house()
    signer.look()
    with db.connect("signer") as link, pytest.raises(psycopg.Error):
        link.execute(statement)


def test_without_their_guards_those_acts_succeed(signer: Signer, db: Database) -> None:
    make.house()
    signer.look()
    backwards = (
        "INSERT INTO audit_checkpoint (log, size, note) SELECT log, 1,"
        " 'salescenter/' || operator || '/' || log || E'\\n1\\n' FROM audit_head"
    )
    with db.connect("owner") as owner:
        owner.execute(
            "ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_fits"
        )
        owner.execute("GRANT INSERT, UPDATE ON audit_checkpoint TO salescenter_app")
        owner.execute(
            "ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_stays"
        )
    with db.connect("signer") as link:
        link.execute(backwards)
    with db.connect("app") as link:
        link.execute("UPDATE audit_checkpoint SET note = 'x'")


def test_a_silent_signer_is_seen(signer: Signer) -> None:
    make.house(demonstration_clock=True)
    assert not signing.signer_state().running
    signer.look()
    state = signing.signer_state()
    assert state.running
    assert not state.separated
    assert state.unsigned == 0
    with demonstration.clock_shifted(seconds=180):
        assert not signing.signer_state().running


def test_memory_says_what_it_holds() -> None:
    assert Memory().root == merkle.EMPTY_ROOT
    assert Memory(last_at="2026-11-25T00:00:00.000Z").day == "2026-11-25"
    assert Memory(key="b", retiring="a").keys == ["a", "b"]
