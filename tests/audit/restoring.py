"""A log put back to an earlier size, as a database restored from a copy would be."""

from __future__ import annotations

from audit import merkle
from tests.conftest import Database


def rewind(db: Database, size: int) -> None:
    """Cut the open log to its first events, under the database's superuser."""
    with db.connect("superuser", autocommit=False) as root:
        root.execute("SET session_replication_role = replica")
        leaves = root.execute(
            "SELECT leaf FROM audit_event WHERE seq < %s ORDER BY seq", [size]
        ).fetchall()
        frontier: list[bytes] = []
        for place, (leaf,) in enumerate(leaves):
            assert isinstance(leaf, bytes)
            frontier = merkle.fold(frontier, place, leaf)
        for table in ("event", "body", "index"):
            root.execute(f"DELETE FROM audit_{table} WHERE seq >= {size}")
        root.execute("DELETE FROM audit_checkpoint WHERE size > %s", [size])
        root.execute(
            "UPDATE audit_head SET size = %s, frontier = %s, last_at ="
            " (SELECT max(at) FROM audit_index)",
            [size, b"".join(frontier)],
        )
        root.commit()
