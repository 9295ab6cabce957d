"""Proofs against an independent implementation, at every size up to 2,048."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit import merkle, proofs

SIZES = 2_048
LEAVES = [merkle.leaf_hash(b"body %d" % number) for number in range(SIZES)]


@cache
def node(level: int, index: int) -> bytes:
    if level == 0:
        return LEAVES[index]
    return merkle.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for number in range(SIZES):
        tree.append_entry(b"body %d" % number)
    return tree


def test_roots_are_the_oracles_at_every_size(oracle: InmemoryTree) -> None:
    for size in range(SIZES + 1):
        assert proofs.root(node, size) == oracle.get_root(size), size


def test_frontiers_are_those_that_folding_gives() -> None:
    folded: list[bytes] = []
    for size in range(300):
        assert proofs.frontier(node, size) == folded
        folded = merkle.fold(folded, size, LEAVES[size])


def test_every_leaf_is_proved_in_trees_of_every_size(oracle: InmemoryTree) -> None:
    chance = random.Random(1)
    for size in range(1, SIZES + 1):
        root = oracle.get_root(size)
        edges = {0, size - 1, chance.randrange(size)}
        for seq in edges if size > 70 else range(size):
            path = proofs.inclusion(node, seq, size)
            assert proofs.inclusion_root(LEAVES[seq], seq, size, path) == root


def test_every_size_is_proved_to_extend_the_ones_before(oracle: InmemoryTree) -> None:
    chance = random.Random(2)
    for size in range(1, SIZES + 1):
        smaller = {1, size, max(1, size // 2), chance.randrange(1, size + 1)}
        for old in smaller if size > 70 else range(1, size + 1):
            assert proofs.consistency_holds(
                old=old,
                old_root=oracle.get_root(old),
                size=size,
                root=oracle.get_root(size),
                proof=proofs.consistency(node, old, size),
            ), (old, size)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 11, 100, 256, 257, 2_048])
def test_paths_are_the_oracles_paths(oracle: InmemoryTree, size: int) -> None:
    for seq in {0, size // 3, size - 1}:
        # The oracle counts from one, and its path begins with the leaf itself.
        told = oracle.prove_inclusion(seq + 1, size).serialize()["path"]
        assert [one.hex() for one in proofs.inclusion(node, seq, size)] == told[1:]


@given(st.data())
def test_no_altered_path_leads_to_the_root(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 600))
    seq = data.draw(st.integers(0, size - 1))
    root = proofs.root(node, size)
    path = proofs.inclusion(node, seq, size)
    altered = data.draw(
        st.sampled_from(["leaf", "seq", "short", "long", "flip", "size", "swap"])
    )
    leaf, claimed, place = LEAVES[seq], size, seq
    match altered:
        case "leaf":
            leaf = merkle.leaf_hash(b"another")
        case "seq":
            place = (seq + 1) % size
        case "short":
            path = path[:-1]
        case "long":
            path = [*path, bytes(32)]
        case "flip" if path:
            at = data.draw(st.integers(0, len(path) - 1))
            path[at] = bytes([path[at][0] ^ 1]) + path[at][1:]
        case "size":
            claimed = size + 1
        case "swap":
            path = path[::-1]
    same = (leaf, place, claimed, path) == (
        LEAVES[seq],
        seq,
        size,
        proofs.inclusion(node, seq, size),
    )
    try:
        found = proofs.inclusion_root(leaf, place, claimed, path)
    except ValueError:
        assert not same
    else:
        # A path may fit a larger tree of the same shape; the checkpoint's size is
        # signed, so only the root decides.
        assert same or altered == "size" or found != root


@given(st.integers(1, 400), st.integers(0, 400), st.data())
def test_no_fork_is_proved(old: int, more: int, data: st.DataObject) -> None:
    size = old + more
    proof = proofs.consistency(node, old, size)
    old_root, root = proofs.root(node, old), proofs.root(node, size)

    def holds(**changed: object) -> bool:
        told = {"old": old, "old_root": old_root, "size": size, "root": root}
        return proofs.consistency_holds(**{**told, "proof": proof, **changed})  # type: ignore[arg-type]

    assert holds()
    assert not holds(old_root=bytes(32))
    assert not holds(root=bytes(32))
    assert not holds(proof=[*proof, bytes(32)])
    if proof:
        assert not holds(proof=proof[:-1])
        at = data.draw(st.integers(0, len(proof) - 1))
        flipped = [*proof[:at], bytes(32), *proof[at + 1 :]]
        assert not holds(proof=flipped)


@pytest.mark.parametrize(("seq", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_a_leaf_that_is_not_there_has_no_path(seq: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        proofs.inclusion(node, seq, size)
    with pytest.raises(ValueError, match="no leaf"):
        proofs.inclusion_root(bytes(32), seq, size, [])


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3)])
def test_a_tree_that_is_not_smaller_has_no_proof(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        proofs.consistency(node, old, size)
    assert not proofs.consistency_holds(
        old=old, old_root=bytes(32), size=size, root=bytes(32), proof=[]
    )
