"""What raw SQL under the app role cannot do to a closed site, and to its closing."""

from __future__ import annotations

import psycopg
import pytest

from consent.services.closing import closing_ask
from consent.services.stops import stop_press
from tests import make
from tests.conftest import Database
from tests.consent.closings import FIRST, approved

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


CONSENT = (
    "INSERT INTO consent_consent (id, live, subject_id, purpose, site_id, rules_id,"
    " language, given_by, once, state, granted_at, until, destroy_s, granted_event_id)"
    " SELECT gen_random_uuid(), gen_random_uuid(), subject_id, 'marketing.sms',"
    " site_id, rules_id, 'en', 'self', false, 'active', now(), now() + interval '9 d',"
    " 60, (SELECT eid FROM audit_event ORDER BY seq LIMIT 1) FROM consent_consent"
    " LIMIT 1"
)
FORBIDDEN = {
    "a consent": (CONSENT, "DROP TRIGGER consent_site_open ON consent_consent"),
    "a walk": (
        "INSERT INTO consent_walk (id, kiosk_id, surface, short, token_hash,"
        " created_at, opens_until, language, choices, withheld, assisted,"
        " guardian_offered)"
        " SELECT"
        " gen_random_uuid(), id, 'phone', 'AAAA', 'x', now(), now(), 'en', '{}', '[]',"
        " false, false"
        " FROM consent_kiosk",
        "DROP TRIGGER consent_site_open ON consent_walk",
    ),
    "a kiosk": (
        'INSERT INTO consent_kiosk (id, site_id, code, "order") SELECT'
        " gen_random_uuid(), id, 'k-9', 'face_first' FROM consent_site",
        "DROP TRIGGER consent_site_open ON consent_kiosk",
    ),
    "rules": (
        "INSERT INTO consent_rules (id, site_id, label, sha256, published_at,"
        " published_event_id, material) SELECT gen_random_uuid(), site_id, label, 'x',"
        " now(), published_event_id, '[]' FROM consent_rules",
        "DROP TRIGGER consent_site_open ON consent_rules;"
        " DROP TRIGGER consent_rules_by_two ON consent_rules",
    ),
    "letting go of the switch": (
        "UPDATE consent_stop SET off_at = now(), off_by = 'st-9', off_event_id ="
        " (SELECT eid FROM audit_event ORDER BY seq LIMIT 1)",
        "DROP TRIGGER consent_site_open ON consent_stop",
    ),
    "a closing that is finished too early": (
        "UPDATE consent_siteclosing SET finished_at = now(), report = 'x', note = 'x',"
        " finished_event_id = (SELECT eid FROM audit_event ORDER BY seq LIMIT 1)",
        "DROP TRIGGER consent_closing_empty ON consent_siteclosing",
    ),
    "another approver": (
        "UPDATE consent_siteclosing SET approved_by = 'st-9'",
        "DROP TRIGGER consent_closing_fixed ON consent_siteclosing",
    ),
    "a second closing": (
        "INSERT INTO consent_siteclosing (id, site_id, asked_at, asked_by,"
        " asked_event_id) SELECT gen_random_uuid(), site_id, now(), 'st-9',"
        " (SELECT eid FROM audit_event ORDER BY seq LIMIT 1) FROM consent_siteclosing",
        "DROP INDEX consent_closing_one_each",
    ),
    "half an end": (
        "UPDATE consent_siteclosing SET report = 'x'",
        "ALTER TABLE consent_siteclosing DROP CONSTRAINT"
        " consent_closing_finished_whole",
    ),
    "dropping what was approved": (
        "UPDATE consent_siteclosing SET dropped_at = now(), dropped_by = 'st-1',"
        " dropped_event_id = (SELECT eid FROM audit_event ORDER BY seq LIMIT 1)",
        "ALTER TABLE consent_siteclosing DROP CONSTRAINT consent_closing_dropped_whole",
    ),
}


@pytest.mark.parametrize("act", sorted(FORBIDDEN))
def test_raw_sql_cannot_until_that_guard_is_gone(
    db: Database, house: make.House, act: str
) -> None:
    statement, drop = FORBIDDEN[act]
    make.person(kiosk=house.kiosk)
    approved(house)
    stop_press(site=house.site, scope="all", reason="operator", act=FIRST)
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute(statement)
    with db.connect("owner") as owner:
        owner.execute(drop)
    with db.connect("app", autocommit=False) as link:
        link.execute(statement)
        link.rollback()


def test_two_people_are_two(db: Database, house: make.House) -> None:
    closing_ask(site=house.site, act=FIRST)
    statement = (
        "UPDATE consent_siteclosing SET approved_at = now(), approved_by = asked_by,"
        " approved_event_id = (SELECT eid FROM audit_event ORDER BY seq LIMIT 1)"
    )
    half = "UPDATE consent_siteclosing SET approved_by = 'st-2'"
    for refused, guard in (
        (statement, "consent_closing_two_people"),
        (half, "consent_closing_approved_whole"),
    ):
        with db.connect("app") as link, pytest.raises(psycopg.Error, match=guard):
            link.execute(refused)
        with db.connect("owner") as owner:
            owner.execute(f"ALTER TABLE consent_siteclosing DROP CONSTRAINT {guard}")
        with db.connect("app", autocommit=False) as link:
            link.execute(refused)
            link.rollback()


def test_a_closing_moves_in_the_log_and_stays(db: Database, house: make.House) -> None:
    closing_ask(site=house.site, act=FIRST)
    approve = (
        "UPDATE consent_siteclosing SET approved_at = now(), approved_by = 'st-2',"
        " approved_event_id = (SELECT eid FROM audit_event ORDER BY seq LIMIT 1)"
    )
    with db.connect("app", autocommit=False) as link:
        link.execute(approve)
        with pytest.raises(psycopg.Error, match="in the log too"):
            link.commit()
    with db.connect("owner") as owner:
        with pytest.raises(psycopg.Error, match="only grows"):
            owner.execute("DELETE FROM consent_siteclosing")
        owner.execute("DROP TRIGGER consent_closing_in_log ON consent_siteclosing")
    with db.connect("app", autocommit=False) as link:
        link.execute(approve)
        with pytest.raises(psycopg.Error, match="in the name of"):
            link.commit()
    with db.connect("owner") as owner:
        owner.execute("DROP TRIGGER consent_closing_in_name_of ON consent_siteclosing")
        owner.execute("DROP TRIGGER consent_closing_stays ON consent_siteclosing")
    with db.connect("app") as link:
        link.execute(approve)
    with db.connect("owner") as owner:
        owner.execute("DELETE FROM consent_siteclosing")


def test_a_closing_is_not_approved_as_it_is_asked_for(
    db: Database, house: make.House
) -> None:
    statement = (
        "INSERT INTO consent_siteclosing (id, site_id, asked_at, asked_by,"
        " asked_event_id, approved_at, approved_by, approved_event_id)"
        " SELECT gen_random_uuid(), s.id, now(), 'st-1', e.eid, now(), 'st-2', e.eid"
        " FROM consent_site s, (SELECT eid FROM audit_event LIMIT 1) e"
    )
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="step by step"):
        link.execute(statement)
    with db.connect("owner") as owner:
        owner.execute("DROP TRIGGER consent_closing_begins ON consent_siteclosing")
    with db.connect("app", autocommit=False) as link:
        assert link.execute(statement).rowcount == 1
        link.rollback()


def test_a_closing_is_not_finished_as_it_is_approved(
    db: Database, house: make.House
) -> None:
    closing_ask(site=house.site, act=FIRST)
    statement = (
        "UPDATE consent_siteclosing SET approved_at = now(), approved_by = 'st-2',"
        " approved_event_id = e.eid, finished_at = now(), report = 'x', note = 'x',"
        " finished_event_id = e.eid FROM (SELECT eid FROM audit_event LIMIT 1) e"
    )
    with db.connect("owner") as owner:
        owner.execute("DROP TRIGGER consent_closing_empty ON consent_siteclosing")
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="step by step"):
        link.execute(statement)
    with db.connect("owner") as owner:
        owner.execute("DROP TRIGGER consent_closing_begins ON consent_siteclosing")
    with db.connect("app", autocommit=False) as link:
        assert link.execute(statement).rowcount == 1
        link.rollback()
