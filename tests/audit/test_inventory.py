"""A guard that is gone, changed or added is named, and nothing is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from audit import inventory
from salescenter import checks
from salescenter.checks import guards_missing, guards_require
from tests.conftest import Database

REMOVED = {
    "trigger audit_event audit_event_stays": (
        "DROP TRIGGER audit_event_stays ON audit_event"
    ),
    "trigger audit_body audit_body_fits": (
        "ALTER TABLE audit_body DISABLE TRIGGER audit_body_fits"
    ),
    "function audit_append_only": (
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger"
        " LANGUAGE plpgsql AS 'BEGIN RETURN NEW;END'"
    ),
    "constraint faces_facetemplate faces_facetemplate_live_consent": (
        "ALTER TABLE faces_facetemplate DROP CONSTRAINT faces_facetemplate_live_consent"
    ),
    "constraint consent_consent consent_live_while_active": (
        "ALTER TABLE consent_consent DROP CONSTRAINT consent_live_while_active;"
        " ALTER TABLE consent_consent ADD CONSTRAINT consent_live_while_active"
        " CHECK (true)"
    ),
    "index consent_one_live_each": "DROP INDEX consent_one_live_each",
    "not-null faces_facetemplate enrolled_event_id": (
        "ALTER TABLE faces_facetemplate ALTER enrolled_event_id DROP NOT NULL"
    ),
}
ADDED = {
    "right audit_event DELETE": "GRANT DELETE ON audit_event TO salescenter_app",
    "role creates in the schema": "GRANT CREATE ON SCHEMA public TO salescenter_app",
    "function backdoor": (
        "CREATE FUNCTION backdoor() RETURNS void LANGUAGE sql SECURITY DEFINER AS ''"
    ),
}


@pytest.fixture
def shipped(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of this very database as the one that was shipped."""
    path = tmp_path / "inventory.txt"
    path.write_text("\n".join(inventory.installed()), encoding="utf-8")
    monkeypatch.setattr(checks, "INVENTORY", path)
    guards_require()


def _owner(db: Database, statements: str) -> None:
    with db.connect("owner") as owner:
        for statement in statements.split("; "):
            owner.execute(statement)


def test_the_migrated_database_has_every_guard_and_no_other(db: Database) -> None:
    assert guards_missing() == []
    guards_require()


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("guard", sorted(REMOVED))
def test_a_guard_that_is_gone_or_changed_is_named(db: Database, guard: str) -> None:
    _owner(db, REMOVED[guard])
    assert any(line.startswith(f"missing: {guard}") for line in guards_missing())
    with pytest.raises(ImproperlyConfigured, match=r"guards? .*migrate"):
        guards_require()


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("right", sorted(ADDED))
def test_a_right_too_many_is_named(db: Database, right: str) -> None:
    _owner(db, ADDED[right])
    assert any(line.startswith(f"unknown: {right}") for line in guards_missing())
    with pytest.raises(ImproperlyConfigured):
        guards_require()


def test_the_owners_connection_is_not_the_one_that_serves(db: Database) -> None:
    with db.connect("owner") as owner:
        own = owner.execute("SELECT current_user").fetchone()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() != own


def test_a_difference_has_one_line_for_each() -> None:
    assert inventory.difference(expected=["a", "b"], found=["b", "c"]) == [
        "missing: a",
        "unknown: c",
    ]
    assert inventory.difference(expected=["a"], found=["a"]) == []
