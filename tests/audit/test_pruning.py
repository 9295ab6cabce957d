"""Retention: bodies go by partitions, what proves them stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from audit import clock, demonstration, exports, log, merkle, notes, proofs
from audit.drafts import VISITOR
from audit.errors import TermTooShort
from audit.models import Body, Event, Head, Index
from audit.pruning import YEARS_MIN, prune
from audit.selectors import STANDING, event_list, pruned_before, rules_in_force
from audit.signer import Signer
from audit.tiles import Tree
from audit.vouching import Vouched, vouch
from consent.models import Consent
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from tests import make
from tests.audit.judging import judge
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.make import SETUP

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("db", "secrets_dir")]
PARTITION = 64
SIX_YEARS = 6 * 366


@pytest.fixture
def small_partitions(db: Database) -> None:
    """Partitions of 64 numbers where a house has a million."""
    with db.connect("owner") as owner:
        for number in (0, 1):
            owner.execute(f"DROP TABLE audit_body_{number}")
        for number in range(12):
            owner.execute(
                f"CREATE TABLE audit_body_{number} PARTITION OF audit_body FOR VALUES"
                f" FROM ({number * PARTITION}) TO ({(number + 1) * PARTITION})"
            )


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with signer_in(tmp_path / "signer") as running:
        yield running


class Aged:
    """A log whose first events are six years older than its last ones."""

    def __init__(self, signer: Signer) -> None:
        self.house = make.house(demonstration_clock=True)
        yes = {Purpose.CONTACT: True}
        self.ended = make.person(kiosk=self.house.kiosk, yes=yes, face=False)
        consents_withdraw(subject=self.ended, purposes=None, act=VISITOR)
        self.staying = make.person(kiosk=self.house.kiosk, yes=yes, face=False)
        self.grant = Consent.objects.get(subject=self.staying, state="active")
        while Head.objects.get().size < 2 * PARTITION:
            fill()
        signer.look(now=True)
        self.proof = vouch(eids=[self.grant.granted_event_id])


def fill(count: int = 10) -> None:
    with log.unit(act=SETUP, site=None, rules=rules_in_force()) as unit:
        for _ in range(count):
            unit.event("staff.refused")


@pytest.fixture
def aged(small_partitions: None, signer: Signer) -> Iterator[Aged]:
    made = Aged(signer)
    with demonstration.clock_shifted(days=SIX_YEARS):
        fill()
        yield made


def test_old_partitions_go_and_the_log_says_so(aged: Aged) -> None:
    done = prune(partition=PARTITION)
    assert done is not None
    assert done.before == 2 * PARTITION
    swept = event_list(kind="retention.swept")[0]
    assert swept["data"] == {"before": done.before, "bodies": done.bodies}
    left = Body.objects.filter(seq__lt=done.before).values_list("seq", flat=True)
    assert len(left) == done.before - done.bodies
    assert Event.objects.filter(seq__lt=done.before).count() == done.before
    kept = set(Index.objects.filter(seq__lt=done.before).values_list("seq", flat=True))
    assert kept == set(left), "the copy for searching keeps no more than the bodies"
    assert pruned_before(log=Head.objects.get().log) == done.before


def test_the_grants_that_live_are_kept_and_those_that_ended_are_not(
    aged: Aged,
) -> None:
    prune(partition=PARTITION)
    rows = Body.objects.filter(seq__lt=2 * PARTITION)
    left = [json.loads(bytes(row.body)) for row in rows]
    assert {one["type"] for one in left} == {"consent.granted", *STANDING}
    grants = [one for one in left if one["type"] == "consent.granted"]
    assert {one["subject"] for one in grants} == {aged.staying.pseudonym}


def test_a_kept_consent_can_still_be_ended(aged: Aged) -> None:
    prune(partition=PARTITION)
    consents_withdraw(subject=aged.staying, purposes=None, act=VISITOR)
    assert event_list(kind="consent.withdrawn")[0]["subject"] == aged.staying.pseudonym


def test_older_proofs_still_verify(aged: Aged) -> None:
    given = aged.proof
    assert isinstance(given, Vouched)
    prune(partition=PARTITION)
    (proof,) = given.proofs
    root = proofs.inclusion_root(
        merkle.leaf_hash(proof.body.encode()),
        proof.seq,
        given.size,
        [bytes.fromhex(one) for one in proof.path],
    )
    assert root == notes.note_read(given.note).root
    tree = Tree(given.log)
    assert tree.root(given.size) == root
    assert [one.hex() for one in tree.inclusion(proof.seq, given.size)] == list(
        proof.path
    )


def test_exports_of_what_is_left_are_sound(
    aged: Aged, signer: Signer, tmp_path: Path
) -> None:
    prune(partition=PARTITION)
    consents_withdraw(subject=aged.staying, purposes=None, act=VISITOR)
    signer.look(now=True)
    pack = tmp_path / "pack.zip"
    exports.export_now(scope=exports.export_scope(), target=pack)
    told = judge(pack)
    assert told["exit"] == 2, told
    assert told["left_out"] == 2 * PARTITION
    later = tmp_path / "later.zip"
    moment = clock.stamp(clock.now())
    consents_withdraw(subject=aged.staying, purposes=None, act=VISITOR)
    fill()
    exports.export_now(scope=exports.export_scope(start=moment), target=later)
    assert judge(later)["exit"] == 2


def test_twice_is_once(aged: Aged) -> None:
    prune(partition=PARTITION)
    assert prune(partition=PARTITION) is None
    assert len(event_list(kind="retention.swept")) == 1


def test_a_crash_after_the_event_is_made_good(
    aged: Aged, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr("audit.pruning._drop", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prune(partition=PARTITION)
    assert Body.objects.filter(seq__lt=2 * PARTITION).count() == 2 * PARTITION
    assert prune(partition=PARTITION) is not None
    assert len(event_list(kind="retention.swept")) == 1


def test_nothing_young_goes(small_partitions: None, signer: Signer) -> None:
    Aged(signer)
    assert prune(partition=PARTITION) is None
    with demonstration.clock_shifted(days=4 * 366):
        assert prune(partition=PARTITION) is None
        assert prune(years=YEARS_MIN, partition=PARTITION) is not None


def test_no_term_is_under_three_years(aged: Aged) -> None:
    with pytest.raises(TermTooShort):
        prune(years=2, partition=PARTITION)
    with pytest.raises(CommandError, match="3 years"):
        call_command("audit_prune", "--years", "2")


def test_the_guards_stand_on_the_partition_that_took_its_place(
    aged: Aged, db: Database
) -> None:
    prune(partition=PARTITION)
    connections.close_all()
    with db.connect("owner") as owner, pytest.raises(Exception, match="only grows"):
        owner.execute("DELETE FROM audit_body WHERE seq < 64")
    with db.connect("app") as app, pytest.raises(Exception, match="denied"):
        app.execute("DELETE FROM audit_body_0")
