"""Locks that processes agree on, held by a database connection and not by rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

EXPORTING = 0x73616C6578
"""One export is made at a time."""
BODIES = 0x7072756E65
"""Shared by whoever reads bodies in several statements, alone for pruning."""


@contextmanager
def held(number: int, *, shared: bool = False) -> Iterator[None]:
    """Hold an advisory lock for a block, waiting for it; again in the same process.

    Args:
        number: one of this module.
        shared: let others hold it shared too.
    """
    kind = "_shared" if shared else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock{kind}(%s)", [number])
        try:
            yield
        finally:
            cursor.execute(f"SELECT pg_advisory_unlock{kind}(%s)", [number])


@contextmanager
def held_if_free(number: int) -> Iterator[bool]:
    """Hold an advisory lock for a block and tell that; or tell that another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        got = bool(cursor.fetchone()[0])
        try:
            yield got
        finally:
            if got:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
