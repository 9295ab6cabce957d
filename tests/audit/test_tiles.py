"""The tree read out of the database is the tree that was folded."""

from __future__ import annotations

import random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit import log, merkle, proofs
from audit.models import Event, Head
from audit.tiles import Tree
from tests.conftest import Database
from tests.make import SETUP

TILED = 700


@pytest.fixture
def grown(db: Database) -> list[bytes]:
    """The leaves of a log that has full tiles and a ragged edge."""
    with transaction.atomic():
        log.log_open(operator="demo-test")
    with log.unit(act=SETUP, site=None, rules=None) as unit:
        for _ in range(TILED - 1):
            unit.event("staff.refused")
    return [
        bytes(leaf)
        for leaf in Event.objects.order_by("seq").values_list("leaf", flat=True)
    ]


def test_the_stored_tree_gives_roots_and_proofs_of_its_leaves(
    grown: list[bytes],
) -> None:
    head = Head.objects.get()
    tree = Tree(head.log)
    assert len(grown) == TILED
    assert tree.frontier(TILED) == merkle.split(bytes(head.frontier))
    folded: list[bytes] = []
    roots = [merkle.root(folded)]
    for size, leaf in enumerate(grown):
        folded = merkle.fold(folded, size, leaf)
        roots.append(merkle.root(folded))
    chance = random.Random(3)
    for size in (1, 2, 255, 256, 257, 511, 512, 513, TILED):
        assert tree.root(size) == roots[size]
        seq = chance.randrange(size)
        path = tree.inclusion(seq, size)
        assert proofs.inclusion_root(grown[seq], seq, size, path) == roots[size]
        old = chance.randrange(1, size + 1)
        assert proofs.consistency_holds(
            old=old,
            old_root=roots[old],
            size=size,
            root=roots[size],
            proof=tree.consistency(old, size),
        )


def test_a_proof_needs_a_few_rows_and_no_scan(grown: list[bytes]) -> None:
    tree = Tree(Head.objects.get().log)
    with CaptureQueriesContext(connection) as first:
        tree.inclusion(300, TILED)
    assert len(first) <= 5
    with CaptureQueriesContext(connection) as again:
        tree.inclusion(301, TILED)
    assert len(again) <= 1


def test_a_tree_that_grew_is_read_anew(grown: list[bytes]) -> None:
    tree = Tree(Head.objects.get().log)
    tree.root(TILED)
    with log.unit(act=SETUP, site=None, rules=None) as unit:
        for _ in range(300):
            unit.event("staff.refused")
    head = Head.objects.get()
    assert tree.root(head.size) == merkle.root(merkle.split(bytes(head.frontier)))


def test_beyond_the_log_there_is_nothing(grown: list[bytes]) -> None:
    tree = Tree(Head.objects.get().log)
    with pytest.raises(LookupError):
        tree.root(TILED + 1)
