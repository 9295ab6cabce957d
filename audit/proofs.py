"""Inclusion and consistency proofs of RFC 6962 (2.1.1 and 2.1.2).

Pure. A tree is asked for hashes of its full subtrees (`Nodes`), so that a proof needs
a handful of them and no scan; `audit.tiles` answers from the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audit import merkle

Nodes = Callable[[int, int], bytes]
"""`nodes(level, index)`: the root of the leaves from `index * 2**level` on, as many as
`2**level`, all of which are there."""


def frontier(nodes: Nodes, size: int) -> list[bytes]:
    """Return the roots of the full subtrees of a tree of `size`, largest first."""
    found = []
    start = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append(nodes(level, start >> level))
            start += 1 << level
    return found


def root(nodes: Nodes, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return merkle.root(frontier(nodes, size))


def inclusion(nodes: Nodes, seq: int, size: int) -> list[bytes]:
    """Return the audit path of leaf `seq` in the tree of `size`, leaf side first.

    Raises:
        ValueError: there is no such leaf in a tree of this size.
    """
    if not 0 <= seq < size:
        message = f"no leaf {seq} in a tree of {size}"
        raise ValueError(message)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if seq < middle:
            path.append(_range_root(nodes, middle, end))
            end = middle
        else:
            path.append(_range_root(nodes, start, middle))
            start = middle
    return path[::-1]


def inclusion_root(leaf: bytes, seq: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an audit path leads to from a leaf.

    Raises:
        ValueError: the path has not the length that this place in the tree needs.
    """
    if not 0 <= seq < size:
        message = f"no leaf {seq} in a tree of {size}"
        raise ValueError(message)
    found, rest = leaf, list(path)
    index, last = seq, size - 1
    while last:
        # The last node of a level has no sibling there when its number is even.
        if index & 1 or index != last:
            if not rest:
                message = "the path is too short"
                raise ValueError(message)
            sibling = rest.pop(0)
            left, right = (sibling, found) if index & 1 else (found, sibling)
            found = merkle.node_hash(left, right)
        index, last = index >> 1, last >> 1
    if rest:
        message = "the path is too long"
        raise ValueError(message)
    return found


def consistency(nodes: Nodes, old: int, size: int) -> list[bytes]:
    """Return the proof that the tree of `size` extends the one of `old` leaves.

    Raises:
        ValueError: the old tree is not smaller or equal; or it is empty, which
            every tree extends without a proof.
    """
    if not 0 < old <= size:
        message = f"no proof from {old} to {size}"
        raise ValueError(message)
    proof: list[bytes] = []
    start, end, whole = 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_root(nodes, middle, end))
            end = middle
        else:
            proof.append(_range_root(nodes, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(_range_root(nodes, start, end))
    return proof[::-1]


def consistency_holds(
    *, old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether a proof shows that one tree extends the other."""
    if old == size:
        return old_root == root and not proof
    if not 0 < old < size or not proof:
        return False
    rest = list(proof)
    index, last = old - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    first = second = rest.pop(0) if index else old_root
    while last:
        if index & 1 or index != last:
            if not rest:
                return False
            sibling = rest.pop(0)
            if index & 1:
                first = merkle.node_hash(sibling, first)
                second = merkle.node_hash(sibling, second)
            else:
                second = merkle.node_hash(second, sibling)
        index, last = index >> 1, last >> 1
    return not rest and first == old_root and second == root


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(nodes: Nodes, start: int, end: int) -> bytes:
    """Return the root of the leaves from `start` to before `end`, as they stand in a
    proof: `start` is a multiple of every full subtree that the range splits into.
    """
    found: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append(nodes(level, start >> level))
        start += 1 << level
    return merkle.root(found)
