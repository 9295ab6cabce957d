"""What raw SQL under the app role cannot do to devices, each by the guard named."""

from __future__ import annotations

import psycopg
import pytest

from consent.models import Device
from consent.services import places
from tests import make
from tests.conftest import Database
from tests.invariants.guards import refused_by_each, refused_until

pytestmark = pytest.mark.usefixtures("secrets_dir")

TRIGGER = "ALTER TABLE {table} DISABLE TRIGGER {name}"
DROP = "ALTER TABLE {table} DROP CONSTRAINT {name}"
INDEX = "DROP INDEX {name}"
THAT_EVENT = "(SELECT eid FROM audit_event ORDER BY seq LIMIT 1)"
ANOTHER = (
    "INSERT INTO consent_device (id, code, site_id, kiosk_id, kind, place, zone_id,"
    " sign_id, asked_by, asked_at) SELECT gen_random_uuid(), 'other', site_id, {kiosk},"
    " {kind}, {place}, zone_id, sign_id, 'a', now() FROM consent_device LIMIT 1"
)
FREE = "(SELECT id FROM consent_kiosk WHERE code = 'k-3')"
APPROVE = (
    "UPDATE consent_device SET approved_by = {by}, approved_at = {at},"
    f" approved_event_id = {THAT_EVENT} WHERE code = 'cam-k-2'"
)
IN_LOG = TRIGGER.format(table="consent_device", name="consent_device_in_log")
IN_NAME_OF = TRIGGER.format(table="consent_device", name="consent_device_in_name_of")
STAYS_AS_IT_IS = TRIGGER.format(table="consent_device", name="consent_device_fixed")


def _drop(name: str) -> str:
    return DROP.format(table="consent_device", name=name)


# statement, the guard that refuses it, other guards that would too
REFUSED: dict[str, tuple[str, str, list[str]]] = {
    "a private room": (
        ANOTHER.format(kiosk=FREE, kind="'browser'", place="'toilet'"),
        _drop("consent_device_no_private_room"),
        [],
    ),
    "a stream": (
        ANOTHER.format(kiosk=FREE, kind="'rtsp'", place="'entrance'"),
        _drop("consent_device_kind"),
        [],
    ),
    "a second camera at a kiosk": (
        ANOTHER.format(kiosk="kiosk_id", kind="'browser'", place="'entrance'"),
        INDEX.format(name="consent_device_one_each"),
        [],
    ),
    "the machine's one camera at a second kiosk": (
        ANOTHER.format(kiosk=FREE, kind="'local'", place="'entrance'")
        + "; INSERT INTO consent_device (id, code, site_id, kiosk_id, kind, place,"
        " zone_id, sign_id, asked_by, asked_at) SELECT gen_random_uuid(), 'one-more',"
        " site_id, (SELECT id FROM consent_kiosk WHERE code = 'k-4'), 'local', place,"
        " zone_id, sign_id, 'a', now() FROM consent_device WHERE code = 'other'",
        INDEX.format(name="consent_device_one_local"),
        [],
    ),
    "one's own approval": (
        APPROVE.format(by="asked_by", at="now()"),
        _drop("consent_device_two_people"),
        [IN_LOG, IN_NAME_OF],
    ),
    "an approval without a moment": (
        APPROVE.format(by="'b'", at="NULL"),
        _drop("consent_device_approved_whole"),
        [IN_LOG, IN_NAME_OF],
    ),
    "an approval by an event that says something else": (
        APPROVE.format(by="'b'", at="now()"),
        IN_LOG,
        [IN_NAME_OF],
    ),
    "an approval by an event in another's name": (
        APPROVE.format(by="'b'", at="now()"),
        IN_NAME_OF,
        [IN_LOG],
    ),
    "a revocation by an event that says something else": (
        "UPDATE consent_device SET revoked_at = now(),"
        f" revoked_event_id = {THAT_EVENT}",
        IN_LOG,
        [
            "ALTER TABLE consent_device DROP CONSTRAINT"
            " consent_device_revoked_event_id_key"
        ],
    ),
    "half a revocation": (
        "UPDATE consent_device SET revoked_at = now()",
        _drop("consent_device_revoked_whole"),
        [],
    ),
    "another place": (
        "UPDATE consent_device SET place = 'lounge'",
        STAYS_AS_IT_IS,
        [],
    ),
    "another drawing": (
        "UPDATE consent_device SET zone_id = (SELECT sha256 FROM consent_picture"
        " ORDER BY sha256 DESC LIMIT 1), until = now()",
        STAYS_AS_IT_IS,
        [],
    ),
    "forgetting who approved": (
        "UPDATE consent_device SET approved_by = 'c' WHERE approved_by IS NOT NULL",
        STAYS_AS_IT_IS,
        [],
    ),
    "a picture under another name": (
        "INSERT INTO consent_picture (sha256, media, width, height, bytes) VALUES"
        " (repeat('0', 64), 'image/png', 1, 1, 'x')",
        TRIGGER.format(table="consent_picture", name="consent_picture_fits"),
        [],
    ),
    "a picture that a browser would run": (
        "INSERT INTO consent_picture (sha256, media, width, height, bytes) VALUES"
        " (encode(sha256('x'), 'hex'), 'text/html', 1, 1, 'x')",
        "ALTER TABLE consent_picture DROP CONSTRAINT consent_picture_media",
        [],
    ),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_each_guard_of_the_register_holds(db: Database, what: str) -> None:
    _house()
    statement, guard, others = REFUSED[what]
    refused_until(db, statement, guard, others)


RIGHTS = {
    "deleting a device": (
        "DELETE FROM consent_device",
        "GRANT DELETE ON consent_device TO salescenter_app",
        TRIGGER.format(table="consent_device", name="consent_device_stays"),
    ),
    "changing a picture": (
        "UPDATE consent_picture SET width = 2",
        "GRANT UPDATE ON consent_picture TO salescenter_app",
        TRIGGER.format(table="consent_picture", name="consent_picture_fixed"),
    ),
}


@pytest.mark.parametrize("what", sorted(RIGHTS))
def test_what_stays_is_held_by_right_and_by_trigger(db: Database, what: str) -> None:
    _house()
    statement, right, guard = RIGHTS[what]
    refused_by_each(db, statement, (right, guard))


def test_no_use_is_written_at_a_kiosk_without_an_approved_device(
    db: Database,
) -> None:
    house = _house()
    subject = make.person(kiosk=house.kiosk)
    statement = (
        "INSERT INTO consent_use (id, mode, subject_id, purpose, consent_id,"
        " candidates, site_id, kiosk_id, start_event_id, opened_at, deadline) SELECT"
        " gen_random_uuid(), 'enrol', subject_id, purpose, id, '[]', site_id,"
        f" {FREE}, {THAT_EVENT}, now(), now() FROM consent_consent"
        f" WHERE subject_id = '{subject.id}' LIMIT 1"
    )
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE consent_use DISABLE TRIGGER consent_use_in_log")
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="device"):
        link.execute(statement)
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE consent_use DISABLE TRIGGER consent_use_device")
    with db.connect("app") as link:
        link.execute(statement)


def _house() -> make.House:
    """Return a house whose second kiosk waits for its camera's approval."""
    house = make.house()
    second = places.kiosk_create(site=house.site, code="k-2", act=make.SETUP)
    make.device_asked(kiosk=second, zone=make.drawing(300, 300))
    third = places.kiosk_create(site=house.site, code="k-3", act=make.SETUP)
    fourth = places.kiosk_create(site=house.site, code="k-4", act=make.SETUP)
    assert third.id != fourth.id
    assert Device.objects.count() == 2
    return house
