"""A large log put into a database at once, for measuring what reads it.

Not for tests: it goes round the guards, as the superuser, because writing a million
events through them takes a quarter of an hour. The bodies are those of a plausible
log; leaves, tiles, frontier and the copy for searching are what the guards would make.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import psycopg

from audit import merkle
from tests import packs
from tests.packs import Log
from tests.packs.stories import rules_hash, rules_text

OPERATOR = "demo-bench"
LOG = "0123456789abcdef"
TILE_BITS = 8
AT_ONCE = 50_000


def fill(link: psycopg.Connection[tuple[object, ...]], *, events: int) -> Log:
    """Put a log of so many events into an empty, migrated database."""
    made = Log(operator=OPERATOR, log=LOG)
    link.execute("SET session_replication_role = replica")
    for version in (1, 2):
        link.execute(
            "INSERT INTO audit_document (hash, bytes) VALUES (%s, %s)",
            [rules_hash(version), rules_text(version)],
        )
    for part in range(events // 2**20 + 2):
        link.execute(
            f"CREATE TABLE IF NOT EXISTS audit_body_{part} PARTITION OF audit_body"
            f" FOR VALUES FROM ({part << 20}) TO ({(part + 1) << 20})"
        )
    bodies = packs.story(
        seed=7, consents=events * 3 // 20, days=365, stays=7.0, events=events
    )
    frontier: list[bytes] = []
    size, at = 0, ""
    for chunk in _chunks(bodies):
        frontier = _copy(link, chunk, size, frontier)
        size += len(chunk)
        at = json.loads(chunk[-1])["at"]
    link.execute(
        "INSERT INTO audit_head (log, operator, clock, size, frontier, last_at)"
        " VALUES (%s, %s, 'demo', %s, %s, %s)",
        [LOG, OPERATOR, size, b"".join(frontier), at],
    )
    link.execute("SET session_replication_role = origin")
    link.execute("ANALYZE")
    return made


def _chunks(bodies: Iterable[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for body in bodies:
        chunk.append(body)
        if len(chunk) == AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _copy(
    link: psycopg.Connection[tuple[object, ...]],
    chunk: list[bytes],
    size: int,
    frontier: list[bytes],
) -> list[bytes]:
    tiles: list[tuple[int, int, bytes]] = []
    leaves: list[bytes] = []
    for place, body in enumerate(chunk):
        leaf = merkle.leaf_hash(body)
        leaves.append(leaf)
        tiles += _tiles(frontier, size + place, leaf)
        frontier = merkle.fold(frontier, size + place, leaf)
    with ExitStack() as stack:
        cursor = stack.enter_context(link.cursor())
        with cursor.copy("COPY audit_event (eid, log, seq, leaf) FROM STDIN") as copy:
            for place, leaf in enumerate(leaves):
                copy.write_row((uuid.uuid4(), LOG, size + place, leaf))
        with cursor.copy("COPY audit_body (log, seq, body) FROM STDIN") as copy:
            for place, body in enumerate(chunk):
                copy.write_row((LOG, size + place, body))
        with cursor.copy(
            "COPY audit_tile (id, log, level, idx, hash) FROM STDIN"
        ) as copy:
            for level, index, value in tiles:
                copy.write_row((uuid.uuid4(), LOG, level, index, value))
        with cursor.copy(
            "COPY audit_index (log, seq, place, at, type, site, subject, consent,"
            " purpose) FROM STDIN"
        ) as copy:
            for body in chunk:
                told = json.loads(body)
                own = told["consent"]
                named = set(told["data"].get("candidates") or []) - {own}
                for first, consent in enumerate([own, *sorted(named)]):
                    copy.write_row(
                        (
                            LOG,
                            told["seq"],
                            first,
                            told["at"],
                            told["type"],
                            told["site"],
                            None if first else told["subject"],
                            consent,
                            told["purpose"],
                        )
                    )
    return frontier


def _tiles(
    frontier: list[bytes], seq: int, leaf: bytes
) -> Iterator[tuple[int, int, bytes]]:
    """Yield the full tiles that a leaf completes: level, index and hash."""
    carried, rest, merged = leaf, seq, 0
    tail = list(frontier)
    while rest & 1:
        carried = merkle.node_hash(tail.pop(), carried)
        rest >>= 1
        merged += 1
        if merged % TILE_BITS == 0:
            yield merged // TILE_BITS, rest, carried
