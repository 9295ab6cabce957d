"""Required columns, foreign keys and unique keys: each alone, out of the catalogue.

Whatever table there is: all its other guards are taken away, one made-up row is
written that this one refuses, and once it is dropped the same row is taken. Every
hand-named guard has a test that names it; the last test here looks for the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Database

Link = psycopg.Connection[tuple[object, ...]]
APPS = ("audit", "consent", "faces", "leads", "salescenter")
VALUES = {
    "uuid": "gen_random_uuid()",
    "character varying": "'x'",
    "character": "'x'",
    "text": "'x'",
    "jsonb": "'{}'::jsonb",
    "bytea": "'x'::bytea",
    "timestamp with time zone": "now()",
    "date": "current_date",
    "boolean": "false",
    "smallint": "-1",
    "integer": "-1",
    "bigint": "1",
}
"""A value of each type that a column here has; a new type needs one."""

TESTS = Path(__file__).resolve().parent.parent
INVENTORY = TESTS.parent / "salescenter" / "inventory.txt"
BY_DJANGO = re.compile(r"(_pkey|_key|_like|_uniq|_fk_\w+)$")
"""Names that are made for a field; the tests of this module find those guards."""


@pytest.fixture
def owner(db: Database) -> Iterator[Link]:
    with db.connect("owner", autocommit=False) as link:
        yield link


def _tables(owner: Link) -> list[str]:
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND NOT relispartition AND relnamespace = 'public'::regnamespace"
        " ORDER BY relname"
    ).fetchall()
    return [str(name) for (name,) in rows if str(name).split("_")[0] in APPS]


def _columns(owner: Link, table: str) -> dict[str, tuple[str, bool]]:
    rows = owner.execute(
        "SELECT column_name, data_type, is_nullable = 'NO' FROM"
        " information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
        " AND is_identity = 'NO'",
        [table],
    ).fetchall()
    return {str(name): (VALUES[str(kind)], bool(must)) for name, kind, must in rows}


def _bare(owner: Link, table: str, keep: str | None = None) -> None:
    """Take away every guard of a table but the one named, and required columns."""
    owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    rows = owner.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass"
        " AND contype IN ('c', 'f', 'u', 'x')",
        [table],
    ).fetchall()
    for (name,) in rows:
        if name != keep:
            owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
    rows = owner.execute(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique"
        " AND NOT indisprimary AND indrelid = %s::regclass",
        [table],
    ).fetchall()
    for (name,) in rows:
        if name != keep:
            owner.execute(f"DROP INDEX {name}")


def _insert(table: str, values: dict[str, str]) -> str:
    names = ", ".join(f'"{name}"' for name in values)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(values.values())})"


def _refused(owner: Link, statement: str) -> psycopg.Error | None:
    owner.execute("SAVEPOINT alone")
    try:
        owner.execute(statement)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        owner.execute("ROLLBACK TO alone")
        return error
    return None


def test_a_required_column_is_required(owner: Link) -> None:
    failed, tried = [], 0
    for table in _tables(owner):
        _bare(owner, table)
        columns = _columns(owner, table)
        keys = _primary(owner, table)
        for column, (_, must) in columns.items():
            if not must or column in keys:
                continue
            tried += 1
            row = {name: value for name, (value, _) in columns.items()}
            statement = _insert(table, {**row, column: "NULL"})
            error = _refused(owner, statement)
            if error is None or error.diag.column_name != column:
                failed.append(f"{table}.{column}: {error}")
            owner.execute("SAVEPOINT row")
            owner.execute(f'ALTER TABLE {table} ALTER "{column}" DROP NOT NULL')
            owner.execute(statement)
            owner.execute("ROLLBACK TO row")
        owner.rollback()
    assert not failed, "\n".join(failed)
    assert tried > 250


def test_a_foreign_key_points_at_something(owner: Link) -> None:
    failed, tried = [], 0
    for table in _tables(owner):
        columns = _columns(owner, table)
        for (name,) in owner.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass"
            " AND contype = 'f'",
            [table],
        ).fetchall():
            tried += 1
            _bare(owner, table, keep=str(name))
            row = {name: value for name, (value, _) in columns.items()}
            statement = _insert(table, row)
            error = _refused(owner, statement)
            if error is None or error.diag.constraint_name != name:
                failed.append(f"{name}: {error}")
            owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            assert _refused(owner, statement) is None, name
            owner.rollback()
    assert not failed, "\n".join(failed)
    assert tried > 80


def test_a_unique_key_is_taken_once(owner: Link) -> None:
    failed, tried = [], 0
    for table in _tables(owner):
        columns = _columns(owner, table)
        keys = _primary(owner, table)
        for name, constraint in owner.execute(
            "SELECT i.indexrelid::regclass::text, c.conname FROM pg_index i"
            " LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid"
            " AND c.conrelid = i.indrelid WHERE i.indisunique AND NOT i.indisprimary"
            # Partial ones are named by hand and tried where their condition is.
            " AND i.indpred IS NULL AND i.indrelid = %s::regclass",
            [table],
        ).fetchall():
            tried += 1
            _bare(owner, table, keep=str(name))
            row = {name: value for name, (value, _) in columns.items()}
            # The same values twice; only the primary key is another.
            same = {
                column: value.replace("gen_random_uuid()", f"'{'0' * 32}'::uuid")
                for column, value in row.items()
            }
            first, second = dict(same), dict(same)
            for key in keys & columns.keys():
                numbers = columns[key][0] in ("1", "-1")
                first[key], second[key] = ("1", "2") if numbers else ("'x'", "'y'")
                if columns[key][0].startswith("gen"):
                    first[key] = second[key] = "gen_random_uuid()"
            owner.execute(_insert(table, first))
            error = _refused(owner, _insert(table, second))
            if error is None or error.diag.constraint_name != str(constraint or name):
                failed.append(f"{name}: {error}")
            if constraint:
                owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")
            else:
                owner.execute(f"DROP INDEX {name}")
            assert _refused(owner, _insert(table, second)) is None, name
            owner.rollback()
    assert not failed, "\n".join(failed)
    assert tried > 60


def test_every_guard_that_has_a_name_has_a_test_that_names_it(owner: Link) -> None:
    partial = owner.execute(
        "SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index"
        " WHERE indisunique AND indpred IS NOT NULL"
    ).fetchall()
    told = "\n".join(
        file.read_text(encoding="utf-8")
        for file in [*TESTS.rglob("test_*.py"), TESTS / "invariants" / "attempts.py"]
        if file.name != "test_inventory.py"  # it names some and tries none
    )
    missing = [
        f"{table}: {name}"
        for table, name in partial
        if str(table).split("_")[0] in APPS and str(name) not in told
    ]
    for line in INVENTORY.read_text(encoding="utf-8").splitlines():
        if line.split()[0] not in ("constraint", "trigger"):
            continue
        _, table, name, *_ = line.split()
        if table.split("_")[0] not in APPS:
            continue
        if not BY_DJANGO.search(name) and not re.search(rf"\b{name}\b", told):
            missing.append(f"{table}: {name}")
    assert not missing, (
        "no test names these guards; add what each refuses to"
        " tests/invariants/attempts.py:\n" + "\n".join(missing)
    )


def _primary(owner: Link, table: str) -> set[str]:
    rows = owner.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indisprimary AND i.indrelid = %s::regclass",
        [table],
    ).fetchall()
    return {str(name) for (name,) in rows}
