"""What raw SQL under the app role cannot do to the log."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from audit.management.commands.audit_verify import Command as AuditVerify
from audit.selectors import log_faults
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")

REWRITES = [
    "UPDATE audit_event SET leaf = leaf",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event CASCADE",
    "UPDATE audit_body SET body = body",
    "DELETE FROM audit_body",
    "TRUNCATE audit_body",
    "TRUNCATE audit_body_0",
    "DELETE FROM audit_head",
    "TRUNCATE audit_head",
    "DELETE FROM audit_document",
    "UPDATE audit_document SET bytes = 'x'",
    "UPDATE audit_head SET size = size - 1",
    "UPDATE audit_head SET size = 0, frontier = ''",
    "UPDATE audit_head SET size = size + 1",
    "UPDATE audit_head SET frontier = substr(frontier, 33)",
    "UPDATE audit_head SET last_at = ''",
    "UPDATE audit_head SET last_at = 'zzz'",
    "UPDATE audit_head SET last_at = '9999-12-31T00:00:00.000Z'",
    "INSERT INTO audit_tile (id, log, level, idx, hash) SELECT gen_random_uuid(), log,"
    " 1, 0, sha256('x') FROM audit_head",
    "UPDATE audit_head SET clock = 'demo'",
    "UPDATE audit_head SET log = 'other'",
    "INSERT INTO audit_head (log, operator, clock, size, frontier, last_at)"
    " VALUES ('second', 'demo-x', 'system', 0, '', '')",
    "INSERT INTO audit_event (eid, log, seq, leaf) SELECT gen_random_uuid(), log,"
    " size + 1, sha256('x') FROM audit_head",
    "INSERT INTO audit_event (eid, log, seq, leaf) SELECT gen_random_uuid(), log,"
    " 0, sha256('x') FROM audit_head",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "DROP TABLE audit_index",
    "SET session_replication_role = replica",
    "CREATE TABLE mine (x int)",
    "CREATE TEMPORARY TABLE audit_head (log text)",
    "SET ROLE salescenter_owner",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_create(0)",
]


@pytest.mark.parametrize("statement", REWRITES)
def test_the_app_role_cannot_rewrite_the_log(db: Database, statement: str) -> None:
    make.house()
    before = _state(db)
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute(statement)
    assert _state(db) == before


def test_no_event_is_dated_into_the_future(db: Database) -> None:
    make.house()
    body = '{"at":"2999-01-01T00:00:00.000Z","clause":"a","seq":%s}'
    with db.connect("app", autocommit=False) as link:
        row = link.execute("SELECT size FROM audit_head").fetchone()
        assert row is not None
        raw = (body % row[0]).encode()
        link.execute(
            "INSERT INTO audit_event (eid, log, seq, leaf) SELECT gen_random_uuid(),"
            " log, size, sha256('\\x00'::bytea || %s::bytea) FROM audit_head",
            [raw],
        )
        with pytest.raises(psycopg.Error, match="does not fit"):
            link.execute(
                "INSERT INTO audit_body (log, seq, body) SELECT log, size, %s"
                " FROM audit_head",
                [raw],
            )


def test_an_event_without_its_body_is_refused_at_commit(db: Database) -> None:
    make.house()
    before = _state(db)
    with db.connect("app", autocommit=False) as link:
        link.execute(
            "INSERT INTO audit_event (eid, log, seq, leaf)"
            " SELECT gen_random_uuid(), log, size, sha256('x') FROM audit_head"
        )
        with pytest.raises(psycopg.Error, match="without a body"):
            link.commit()
    assert _state(db) == before


def test_a_body_that_is_not_the_one_hashed_is_refused(db: Database) -> None:
    make.house()
    with db.connect("app", autocommit=False) as link:
        row = link.execute("SELECT size, last_at FROM audit_head").fetchone()
        assert row is not None
        # In everything but its hash it is right.
        raw = f'{{"at":"{row[1]}","clause":"a","seq":{row[0]}}}'.encode()
        link.execute(NEXT_EVENT.format(ahead=0))
        with pytest.raises(psycopg.Error, match="does not fit"):
            link.execute(
                "INSERT INTO audit_body (log, seq, body) SELECT log, size, %s"
                " FROM audit_head",
                [raw],
            )


def test_the_head_is_not_moved_by_hand_even_to_where_an_event_waits(
    db: Database,
) -> None:
    make.house()
    before = _state(db)
    with db.connect("app", autocommit=False) as link:
        link.execute(NEXT_EVENT.format(ahead=0))
        with pytest.raises(psycopg.Error, match="by its events only"):
            link.execute(
                "UPDATE audit_head SET size = size + 1, frontier = audit_fold("
                "frontier, size, sha256('x'))"
            )
    assert _state(db) == before


@pytest.mark.parametrize("ahead", [1, -1])
def test_a_body_belongs_to_the_next_event_only(db: Database, ahead: int) -> None:
    make.house()
    before = _state(db)
    with db.connect("app", autocommit=False) as link:
        row = link.execute(
            "SELECT size + %s, last_at FROM audit_head", [ahead]
        ).fetchone()
        assert row is not None
        raw = f'{{"at":"{row[1]}","clause":"a","seq":{row[0]}}}'.encode()
        with pytest.raises(psycopg.Error):
            link.execute(
                "INSERT INTO audit_event (eid, log, seq, leaf) SELECT"
                " gen_random_uuid(), log, %s, sha256('\\x00'::bytea || %s::bytea)"
                " FROM audit_head",
                [row[0], raw],
            )
            link.execute(
                "INSERT INTO audit_body (log, seq, body) SELECT log, %s, %s"
                " FROM audit_head",
                [row[0], raw],
            )
    assert _state(db) == before


@pytest.mark.parametrize(
    "body",
    [
        '{"at":"%(at)s","clause":"a"}',
        '{"at":"%(at)s","clause":null,"seq":%(seq)s}',
        '{"at":"%(at)s","seq":%(seq)s}',
        '{"clause":"a","seq":%(seq)s}',
        '{"at":null,"clause":"a","seq":%(seq)s}',
        '{"at":"2001-01-01T00:00:00.000Z","clause":"a","seq":%(seq)s}',
        '{"at":"%(at)s","clause":"a","seq":0}',
    ],
)
def test_a_body_says_its_number_its_clause_and_a_time_not_before(
    db: Database, body: str
) -> None:
    make.house()
    with db.connect("app", autocommit=False) as link:
        row = link.execute("SELECT size, last_at FROM audit_head").fetchone()
        assert row is not None
        raw = (body % {"seq": row[0], "at": row[1]}).encode()
        link.execute(
            "INSERT INTO audit_event (eid, log, seq, leaf) SELECT gen_random_uuid(),"
            " log, size, sha256('\\x00'::bytea || %s::bytea) FROM audit_head",
            [raw],
        )
        with pytest.raises(psycopg.Error, match="does not fit"):
            link.execute(
                "INSERT INTO audit_body (log, seq, body) SELECT log, size, %s"
                " FROM audit_head",
                [raw],
            )


OPENS = (
    "INSERT INTO audit_head (log, operator, clock, size, frontier, last_at)"
    " VALUES ('{log}', '{operator}', '{clock}', 0, '', '')"
)


@pytest.mark.parametrize(
    "wrong",
    [
        {"log": "Log"},
        {"log": ""},
        {"operator": "a b"},
        {"operator": "real-1", "clock": "demo"},
        {"clock": "other"},
    ],
)
def test_a_log_opens_under_names_that_a_checkpoint_can_carry(
    db: Database, wrong: dict[str, str]
) -> None:
    right = {"log": "0123456789abcdef", "operator": "demo-x", "clock": "demo"}
    with db.connect("app") as link:
        with pytest.raises(psycopg.errors.CheckViolation):
            link.execute(OPENS.format(**{**right, **wrong}))
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE audit_head DISABLE TRIGGER audit_head_opens")
    with db.connect("app") as link:
        link.execute(OPENS.format(**{**right, **wrong}))


HEAD_GROWS = "ALTER TABLE audit_head DISABLE TRIGGER audit_head_grows"
HAS_BODY = "ALTER TABLE audit_event DISABLE TRIGGER audit_event_has_body"
BODY_FITS = "ALTER TABLE audit_body DISABLE TRIGGER audit_body_fits"
EVENT_STAYS = "ALTER TABLE audit_event DISABLE TRIGGER audit_event_stays"
NEXT_EVENT = (
    "INSERT INTO audit_event (eid, log, seq, leaf)"
    " SELECT gen_random_uuid(), log, size + {ahead}, sha256('x') FROM audit_head"
)


@pytest.mark.parametrize("letters", ["\\\\", "\u738b", "x" * 65_536])
def test_no_body_is_written_that_a_verifier_would_call_altered(
    db: Database, letters: str
) -> None:
    make.house()

    def write() -> None:
        with db.connect("app", autocommit=False) as link:
            row = link.execute("SELECT size, last_at FROM audit_head").fetchone()
            assert row is not None
            raw = json.dumps(
                {"at": row[1], "clause": "a", "n": letters, "seq": row[0]},
                ensure_ascii=False,
            ).encode()
            link.execute(
                "INSERT INTO audit_event (eid, log, seq, leaf) SELECT"
                " gen_random_uuid(), log, size, sha256('\\x00'::bytea || %s::bytea)"
                " FROM audit_head",
                [raw],
            )
            link.execute(
                "INSERT INTO audit_body (log, seq, body) SELECT log, %s, %s"
                " FROM audit_head",
                [row[0], raw],
            )
            link.commit()

    with pytest.raises(psycopg.errors.CheckViolation):
        write()
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE audit_body DROP CONSTRAINT audit_body_letters")
    write()


@pytest.mark.parametrize(
    ("removed", "statement"),
    [
        ([HEAD_GROWS], "UPDATE audit_head SET size = 0, frontier = ''"),
        ([HAS_BODY], NEXT_EVENT.format(ahead=7)),
        ([HAS_BODY], NEXT_EVENT.format(ahead=0)),
        (
            [BODY_FITS],
            "INSERT INTO audit_body (log, seq, body) SELECT log, size, 'x'"
            " FROM audit_head",
        ),
        (
            [EVENT_STAYS, "GRANT DELETE ON audit_event TO salescenter_app"],
            "DELETE FROM audit_event WHERE seq = 0",
        ),
        (
            ["GRANT DELETE, TRUNCATE ON audit_index TO salescenter_app"],
            "TRUNCATE audit_index",
        ),
    ],
)
def test_without_its_guard_the_refused_act_succeeds(
    db: Database, removed: list[str], statement: str
) -> None:
    # The proof that each refusal above is the guard's and not an accident.
    make.house()
    for guard in removed:
        with db.connect("app", autocommit=False) as link:
            with pytest.raises(psycopg.Error):
                link.execute(statement)
                link.commit()
            link.rollback()
        with db.connect("owner") as owner:
            owner.execute(guard)
    with db.connect("app") as link:
        link.execute(statement)


@pytest.mark.parametrize("place", [0, 40, -1])
def test_verify_finds_one_altered_byte(db: Database, place: int) -> None:
    make.house()
    assert list(log_faults()) == []
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE audit_body DISABLE TRIGGER audit_body_stays")
        row = owner.execute("SELECT body FROM audit_body WHERE seq = 2").fetchone()
        assert row is not None
        altered = bytearray(bytes(row[0]))  # type: ignore[call-overload]
        altered[place] ^= 1
        owner.execute("UPDATE audit_body SET body = %s WHERE seq = 2", [bytes(altered)])
    assert list(log_faults())
    with pytest.raises(SystemExit) as ended:
        AuditVerify().handle()
    assert ended.value.code == 1


def test_verify_finds_a_missing_event_and_a_changed_head(db: Database) -> None:
    make.house()
    with db.connect("superuser") as root:
        root.execute("SET session_replication_role = replica")
        root.execute("DELETE FROM audit_event WHERE seq = 1")
    assert any("missing" in fault for fault in log_faults())


def test_a_shifted_clock_is_heard_in_a_demonstration_only(db: Database) -> None:
    make.house()
    with db.connect("app", autocommit=False) as link:
        link.execute("SELECT set_config('salescenter.now', '2001-01-01', true)")
        row = link.execute("SELECT audit_now() > '2020-01-01'").fetchone()
    assert row == (True,)


def _state(db: Database) -> object:
    with db.connect("owner") as link:
        return link.execute(
            "SELECT size, frontier, last_at, clock, (SELECT count(*) FROM audit_body)"
            " FROM audit_head"
        ).fetchall()


def test_no_private_file_is_left_readable(db: Database, secrets_dir: Path) -> None:
    house = make.house()
    make.person(kiosk=house.kiosk)
    for path in secrets_dir.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
