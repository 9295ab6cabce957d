"""Nobody but the visitor gives a consent: the service refuses, and so does SQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import DatabaseError

from audit import clock
from audit.drafts import VISITOR, Act
from consent import journal, keys
from consent.errors import ConsentNotOwn
from consent.models import Consent, Guardianship, Subject
from consent.purposes import Purpose
from consent.services.consents import consent_grant
from consent.services.papers import paper_code, paper_issue, paper_open
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")

RECEPTION = Act("m-4f2a", "reception")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def give(
    house: make.House,
    *,
    act: Act = VISITOR,
    told: str = "self",
    given_by: str = "self",
    purpose: str = "contact",
    record: bool = False,
) -> None:
    """Write a consent and its event by hand, past the service."""
    subject = Subject.objects.create()
    now = clock.now()
    until = now.replace(year=now.year + 1)
    with journal.unit(act=act, site=house.site) as unit:
        granted = unit.grant(
            purpose=purpose,
            subject=subject.pseudonym,
            rules=house.rules.sha256,
            data={
                "until": clock.stamp(until),
                "destroy_s": 60,
                "language": "en",
                "by": told,
                "once": False,
                "carried": None,
            },
        )
        consent = Consent(
            live=uuid.uuid4(),
            subject=subject,
            purpose=purpose,
            site=house.site,
            rules=house.rules,
            language="en",
            given_by=given_by,
            granted_at=now,
            until=until,
            destroy_s=60,
            granted_event_id=granted.eid,
        )
        keys.key_create(consent=consent.id)
        consent.save(force_insert=True)
        if record:
            Guardianship.objects.create(
                consent=consent, relation="parent", declared_at=now
            )


@contextmanager
def without(db: Database, statement: str) -> Iterator[None]:
    """Let the owner take one guard away."""
    with db.connect("owner") as owner:
        owner.execute(statement)
    yield


@pytest.mark.parametrize("role", ["reception", "manager", "kiosk", "system", "admin"])
def test_the_service_takes_no_yes_of_anybody_else(house: make.House, role: str) -> None:
    with (
        pytest.raises(ConsentNotOwn),
        journal.unit(act=Act("somebody", role), site=house.site) as unit,
    ):
        consent_grant(
            unit=unit,
            subject=Subject.objects.create(),
            purpose=Purpose.CONTACT,
            site=house.site,
            rules=house.rules,
            language="en",
        )
    assert not Consent.objects.exists()
    assert keys.keys_stored() == {}


def test_a_consent_that_staff_gave_is_refused_at_commit(
    db: Database, house: make.House
) -> None:
    with pytest.raises(DatabaseError, match="by the visitor themself"):
        give(house, act=RECEPTION)
    assert not Consent.objects.exists()
    with without(db, "ALTER TABLE consent_consent DISABLE TRIGGER consent_own_act"):
        give(house, act=RECEPTION)
    assert Consent.objects.count() == 1


def test_row_and_log_say_the_same_of_who_gave_it(
    db: Database, house: make.House
) -> None:
    with pytest.raises(DatabaseError, match="by the visitor themself"):
        give(house, told="self", given_by="supplier")
    with without(db, "ALTER TABLE consent_consent DISABLE TRIGGER consent_own_act"):
        give(house, told="self", given_by="supplier")


def test_a_guardian_consents_to_contact_only(db: Database, house: make.House) -> None:
    for purpose in ("face.checkin", "marketing.sms", "attribution"):
        with pytest.raises(DatabaseError, match="consent_guardian_contact_only"):
            give(
                house,
                told="guardian",
                given_by="guardian",
                purpose=purpose,
                record=True,
            )
    give(house, told="guardian", given_by="guardian", record=True)
    assert Consent.objects.get().given_by == "guardian"
    drop = "ALTER TABLE consent_consent DROP CONSTRAINT consent_guardian_contact_only"
    with without(db, drop):
        give(
            house,
            told="guardian",
            given_by="guardian",
            purpose="face.checkin",
            record=True,
        )


def test_a_guardians_consent_needs_its_record(db: Database, house: make.House) -> None:
    with pytest.raises(DatabaseError, match="needs its record"):
        give(house, told="guardian", given_by="guardian")
    off = "ALTER TABLE consent_consent DISABLE TRIGGER consent_guardian_on_record"
    with without(db, off):
        give(house, told="guardian", given_by="guardian")


def test_only_a_guardians_consent_has_such_a_record(
    db: Database, house: make.House
) -> None:
    with pytest.raises(DatabaseError, match="only a guardian's consent"):
        give(house, record=True)
    off = "ALTER TABLE consent_guardianship DISABLE TRIGGER consent_guardianship_fits"
    with without(db, off):
        give(house, record=True)


def test_who_gives_it_is_one_of_three(db: Database, house: make.House) -> None:
    with pytest.raises(DatabaseError, match="consent_given_by"):
        give(house, told="guardian", given_by="friend")
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE consent_consent DISABLE TRIGGER consent_own_act")
        owner.execute("ALTER TABLE consent_consent DROP CONSTRAINT consent_given_by")
    give(house, told="guardian", given_by="friend")


RECORD = {
    "UPDATE consent_guardianship SET relation = 'guardian'": (
        "ALTER TABLE consent_guardianship DISABLE TRIGGER consent_guardianship_fixed"
    ),
    "DELETE FROM consent_guardianship": (
        "ALTER TABLE consent_guardianship DISABLE TRIGGER consent_guardianship_fixed"
    ),
}


@pytest.mark.parametrize("statement", sorted(RECORD))
def test_a_guardians_record_never_changes(
    db: Database, house: make.House, statement: str
) -> None:
    give(house, told="guardian", given_by="guardian", record=True)
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute(statement)
    with db.connect("owner") as owner, pytest.raises(psycopg.Error):
        owner.execute(statement)
    with db.connect("owner") as owner:
        owner.execute(RECORD[statement])
        owner.execute(statement)


def test_a_guardian_is_related_in_one_of_two_ways(
    db: Database, house: make.House
) -> None:
    give(house, told="guardian", given_by="guardian", record=True)
    change = "UPDATE consent_guardianship SET relation = 'friend'"
    fixed = (
        "ALTER TABLE consent_guardianship DISABLE TRIGGER consent_guardianship_fixed"
    )
    with db.connect("owner") as owner:
        owner.execute(fixed)
        with pytest.raises(psycopg.Error, match="consent_guardianship_relation"):
            owner.execute(change)
    with db.connect("owner") as owner:
        owner.execute(
            "ALTER TABLE consent_guardianship"
            " DROP CONSTRAINT consent_guardianship_relation"
        )
        owner.execute(change)


def test_a_sheets_code_is_used_once(db: Database, house: make.House) -> None:
    sheet = paper_issue(site=house.site, language="en", act=RECEPTION)
    paper_open(code=paper_code(paper=sheet), kiosk=house.kiosk, language="en")
    again = "UPDATE consent_papercode SET used_at = NULL"
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute(again)
    with db.connect("owner") as owner:
        owner.execute(
            "ALTER TABLE consent_papercode DISABLE TRIGGER consent_papercode_once"
        )
    with db.connect("app") as link:
        link.execute(again)
