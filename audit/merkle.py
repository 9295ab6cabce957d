"""RFC 6962 hashing and the compact frontier of the log's tree.

A frontier is the list of the roots of the full subtrees that a tree of some size
splits into, largest first: as many hashes as the size has one-bits. Pure; the same
folding stands in SQL (`audit_fold`), where it guards the head row.
"""

from __future__ import annotations

import hashlib

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(body: bytes) -> bytes:
    """Return the leaf of one body: SHA-256(0x00 ‖ body)."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(frontier: list[bytes], size: int, leaf: bytes) -> list[bytes]:
    """Return the frontier of a tree of `size` leaves after one more leaf."""
    grown = list(frontier)
    carried = leaf
    while size & 1:
        carried = node_hash(grown.pop(), carried)
        size >>= 1
    grown.append(carried)
    return grown


def root(frontier: list[bytes]) -> bytes:
    """Return the tree's root from its frontier; the empty tree's is SHA-256("")."""
    if not frontier:
        return EMPTY_ROOT
    *rest, result = frontier
    for left in reversed(rest):
        result = node_hash(left, result)
    return result


def split(packed: bytes) -> list[bytes]:
    """Return a stored frontier as a list of hashes."""
    return [
        packed[start : start + HASH_BYTES]
        for start in range(0, len(packed), HASH_BYTES)
    ]
