"""Every named guard of the database, alone: it refuses, and nothing else is left to.

Beside the tests that try the guards as an attacker would, this one takes away all the
other triggers of a table and has its owner, whom no right stops, run what the guard is
there for: refused while it stands, taken once it is dropped. Each runs in a
transaction that is rolled back, so that one house serves all.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from audit.drafts import VISITOR
from consent import gate
from consent.purposes import SWITCHES, Purpose
from consent.services import links
from faces.matching import MODEL
from leads import contacts, visits
from salescenter.roles import roles_sync, staff_create
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded
from tests.invariants.attempts import ATTEMPTS, Attempt
from tests.leads import make as make_leads

pytestmark = pytest.mark.usefixtures("secrets_dir")

Link = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def owner(db: Database) -> Iterator[Link]:
    """A house in which each table has a row, and its owner."""
    office = make_leads.office()
    make_leads.announced(office.broker)
    kiosk = office.house.kiosk
    yes = dict.fromkeys(SWITCHES, True)
    subject = make.person(kiosk=kiosk, yes=yes)
    contacts.contact_collect(
        subject=subject,
        site=office.site,
        details=contacts.Details.of(name="王小明", phone="13812345678"),
        act=VISITOR,
    )
    make_face.enrol(subject=subject, kiosk=kiosk, frames=[encoded(collins())])
    visits.visit_record(
        site=office.site, subject=subject, verified_by="qr", key="one", act=VISITOR
    )
    gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=make_face.AT_KIOSK,
        kiosk=kiosk,
    )
    links.link_issue(subject=subject)
    roles_sync()
    staff_create(username="somebody", password="x" * 20, role="reception")
    with db.connect("owner", autocommit=False) as link:
        yield link


@pytest.mark.parametrize("half", [0, 1])
def test_each_guard_refuses_alone(owner: Link, half: int) -> None:
    failed = []
    for name, attempt in sorted(ATTEMPTS.items())[half::2]:
        try:
            _try(owner, name, attempt)
        except (AssertionError, psycopg.Error) as error:
            failed.append(f"{name}: {error}")
        finally:
            owner.rollback()
    assert not failed, "\n".join(failed)


def _try(owner: Link, name: str, attempt: Attempt) -> None:
    table = attempt.table
    found = owner.execute(
        "SELECT 1 FROM pg_trigger WHERE tgname = %s AND tgrelid = %s::regclass",
        [name, table],
    ).fetchone()
    owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for statement in attempt.before:
        owner.execute(statement)
    _other_keys_drop(owner, table, name)
    _foreign_keys_drop(owner, table, name)
    if found:
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
    owner.execute("SAVEPOINT alone")
    with pytest.raises(psycopg.Error) as refused:
        owner.execute(attempt.statement)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
    owner.execute("ROLLBACK TO alone")
    named = refused.value.diag.constraint_name
    assert name == (named or name), f"refused by {named}"
    if found:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    elif _is_constraint(owner, table, name):
        owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")
    else:
        owner.execute(f"DROP INDEX {name}")
    assert owner.execute(attempt.statement).rowcount >= 1
    owner.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _is_constraint(owner: Link, table: str, name: str) -> bool:
    found = owner.execute(
        "SELECT 1 FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
        [name, table],
    )
    return found.fetchone() is not None


def _other_keys_drop(owner: Link, table: str, name: str) -> None:
    """Drop the other unique keys of a table: the same row twice offends them too."""
    for key, constraint in owner.execute(
        "SELECT i.indexrelid::regclass::text, c.conname FROM pg_index i"
        " LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid"
        " AND c.conrelid = i.indrelid"
        " WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary",
        [table],
    ).fetchall():
        if constraint and constraint != name:
            owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint} CASCADE")
        elif not constraint and key != name:
            owner.execute(f"DROP INDEX {key}")


def _foreign_keys_drop(owner: Link, table: str, name: str) -> None:
    """Drop the foreign keys from and to a table: what it is tried with has no other."""
    for holder, key in owner.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype = 'f' AND %s::regclass IN (confrelid, conrelid)"
        " AND conname <> %s",
        [table, name],
    ).fetchall():
        owner.execute(f"ALTER TABLE {holder} DROP CONSTRAINT {key}")
