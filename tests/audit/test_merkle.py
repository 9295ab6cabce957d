"""The tree against an independent implementation, and Python against SQL."""

from __future__ import annotations

import hashlib

import pytest
from pymerkle import InmemoryTree

from audit import log, merkle
from audit.models import Body, Event, Head, Tile
from tests.conftest import Database
from tests.make import SETUP

SIZES = 300
TILED = 600
TILE_LEAVES = 256


def _entries() -> list[bytes]:
    return [b"body %d" % number for number in range(SIZES)]


def test_roots_are_those_of_pymerkle_at_every_size() -> None:
    tree = InmemoryTree(algorithm="sha256")
    frontier: list[bytes] = []
    assert merkle.root(frontier) == tree.get_root()
    for size, entry in enumerate(_entries()):
        tree.append_entry(entry)
        frontier = merkle.fold(frontier, size, merkle.leaf_hash(entry))
        assert merkle.root(frontier) == tree.get_root(), size + 1


def test_a_frontier_holds_the_roots_of_the_full_subtrees_largest_first() -> None:
    tree = InmemoryTree(algorithm="sha256")
    frontier: list[bytes] = []
    for size, entry in enumerate(_entries()):
        tree.append_entry(entry)
        frontier = merkle.fold(frontier, size, merkle.leaf_hash(entry))
        start, due = 0, []
        for bit in reversed(range((size + 1).bit_length())):
            width = 1 << bit
            if (size + 1) & width:
                due.append(tree._get_root(start, start + width))
                start += width
        assert frontier == due, size + 1


def test_folding_does_not_touch_the_frontier_it_was_given() -> None:
    before = [bytes([number]) * 32 for number in range(2)]
    kept = list(before)
    merkle.fold(before, 3, bytes(32))
    assert before == kept


def test_the_empty_tree_and_prefixes_are_those_of_rfc_6962() -> None:
    assert merkle.root([]) == hashlib.sha256(b"").digest()
    assert merkle.leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    left, right = bytes(32), bytes([1]) * 32
    assert (
        merkle.node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()
    )


def test_a_stored_frontier_is_split_as_it_was_joined() -> None:
    hashes = [bytes([number]) * 32 for number in range(5)]
    assert merkle.split(b"".join(hashes)) == hashes
    assert merkle.split(b"") == []


def test_sql_folds_as_python_does(db: Database) -> None:
    frontier: list[bytes] = []
    with db.connect("app") as link:
        for size, entry in enumerate(_entries()):
            leaf = merkle.leaf_hash(entry)
            row = link.execute(
                "SELECT audit_fold(%s, %s, %s)", [b"".join(frontier), size, leaf]
            ).fetchone()
            frontier = merkle.fold(frontier, size, leaf)
            assert row == (b"".join(frontier),), size + 1


@pytest.fixture
def tiled(db: Database) -> list[bytes]:
    """The leaves of a log of some more than two tiles."""
    from consent.services import places

    places.operator_create(code="demo-test", legal_name="Demo")
    with log.unit(act=SETUP, site=None, rules=None) as unit:
        for _ in range(TILED - 1):  # log.opened is the first
            unit.event("staff.signed_in")
    return [
        bytes(leaf)
        for leaf in Event.objects.order_by("seq").values_list("leaf", flat=True)
    ]


def test_the_head_and_the_tiles_of_600_events_are_right(tiled: list[bytes]) -> None:
    head = Head.objects.get()
    assert (head.size, len(tiled)) == (TILED, TILED)
    frontier: list[bytes] = []
    for size, leaf in enumerate(tiled):
        frontier = merkle.fold(frontier, size, leaf)
    assert bytes(head.frontier) == b"".join(frontier)
    tree = InmemoryTree(algorithm="sha256")
    for body in Body.objects.order_by("seq"):
        tree.append_entry(bytes(body.body))
    assert merkle.root(frontier) == tree.get_root()
    due = {
        (1, place): tree._get_root(place * TILE_LEAVES, (place + 1) * TILE_LEAVES)
        for place in range(TILED // TILE_LEAVES)
    }
    found = {(tile.level, tile.idx): bytes(tile.hash) for tile in Tile.objects.all()}
    assert found == due
