"""One guard of the database at a time: what it refuses, and that it is this one."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import pytest

from tests.conftest import Database


def refused(db: Database, statement: str) -> None:
    """The app role cannot run and commit a statement."""
    with db.connect("app", autocommit=False) as link, pytest.raises(psycopg.Error):
        link.execute(statement)
        link.commit()


def refused_until(
    db: Database, statement: str, guard: str, others: Sequence[str] = ()
) -> None:
    """A statement is refused, and taken once the owner has lifted this guard.

    `others` lift guards that would refuse it besides; they go before it is tried.
    """
    lift(db, *others)
    refused(db, statement)
    lift(db, guard)
    taken(db, statement)


def refused_by_each(db: Database, statement: str, guards: Sequence[str]) -> None:
    """A statement is refused until the last of several guards is lifted."""
    for guard in guards:
        refused(db, statement)
        lift(db, guard)
    taken(db, statement)


def lift(db: Database, *statements: str) -> None:
    """Lift guards, as their owner."""
    with db.connect("owner") as owner:
        for statement in statements:
            owner.execute(statement)


def taken(db: Database, statement: str) -> None:
    """The app role can run and commit a statement."""
    with db.connect("app") as link:
        link.execute(statement)
