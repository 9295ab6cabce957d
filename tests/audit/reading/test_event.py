"""One event: bytes, leaf, proof, what it names and what names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.models import Body
from audit.reading.event import event_find, starts_ended_by
from audit.selectors import log_current
from tests import make
from tests.audit.room import bodies, compared_with, enrolled_person, numbers
from tests.audit.signing import signer_in
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def log(db: Database) -> str:
    house = make.house()
    compared_with(house, enrolled_person(house))
    found = log_current()
    assert found is not None
    return found


def test_an_event_is_shown_as_it_was_hashed(log: str) -> None:
    seq = numbers("face.compared")[0]
    shown = event_find(log=log, seq=seq)
    assert shown is not None
    assert shown.raw is not None
    assert shown.raw.encode() == bytes(Body.objects.get(seq=seq).body)
    assert shown.fits is True
    assert event_find(log=log, seq=10_000) is None
    assert event_find(log="0" * 16, seq=seq) is None


def test_what_it_names_and_what_names_it(log: str) -> None:
    start, compared = numbers("face.compare.started")[0], numbers("face.compared")[0]
    body = bodies()[compared]
    shown = event_find(log=log, seq=compared)
    assert shown is not None
    assert [(key, event["seq"]) for key, event in shown.names] == [
        ("consent", body["consent"]),
        ("start", start),
        ("candidates", body["data"]["candidates"][0]),
    ]
    begun = event_find(log=log, seq=start)
    assert begun is not None
    assert [event["seq"] for event in begun.named_by] == [compared]
    granted = event_find(log=log, seq=body["data"]["candidates"][0])
    assert granted is not None
    assert granted.names == []
    named = [event["seq"] for event in granted.named_by]
    assert {start, compared} < set(named)
    assert named == sorted(named)


def test_starts_find_their_ends(log: str) -> None:
    starts = {
        body["seq"]: body["consent"]
        for body in bodies()
        if body["type"] in {"capture.started", "face.compare.started"}
    }
    ended = starts_ended_by(log=log, starts=starts)
    assert {one["type"] for one in ended.values()} == {"face.enrolled", "face.compared"}
    assert starts_ended_by(log=log, starts={0: None}) == {}


def test_bytes_that_were_changed_do_not_fit(log: str, db: Database) -> None:
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        link.execute("UPDATE audit_body SET body = body || ' '::bytea WHERE seq = 2")
        link.execute("DELETE FROM audit_body WHERE seq = 3")
    changed, lost = event_find(log=log, seq=2), event_find(log=log, seq=3)
    assert changed is not None
    assert changed.fits is False
    assert lost is not None
    assert (lost.raw, lost.fits) == (None, None)


def test_a_checkpoint_proves_it_until_a_leaf_is_changed(
    log: str, db: Database, tmp_path: Path
) -> None:
    without = event_find(log=log, seq=2)
    assert without is not None
    assert without.proof is None
    with signer_in(tmp_path / "signer") as signer:
        signer.look(now=True)
    shown = event_find(log=log, seq=2)
    assert shown is not None
    assert shown.proof is not None
    assert shown.proof.holds
    assert shown.proof.path
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        link.execute("UPDATE audit_event SET leaf = sha256('x') WHERE seq = 4")
    broken = event_find(log=log, seq=2)
    assert broken is not None
    assert broken.proof is not None
    assert not broken.proof.holds
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        link.execute("DELETE FROM audit_event WHERE seq = 4")
    gone = event_find(log=log, seq=2)
    assert gone is not None
    assert gone.proof is not None
    assert not gone.proof.holds
