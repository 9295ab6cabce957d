"""What time brings about is done by sweeps, and a sweep again finds nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from audit import clock, demonstration
from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from consent import gate, journal, keys
from consent.models import CaptureSession, Consent, Subject, Use
from consent.purposes import Purpose
from consent.selectors import uses_open
from consent.services.consents import (
    ORPHAN_KEY_SECONDS,
    consent_end,
    consent_grant,
    consents_withdraw,
    key_destroy,
    keys_destroy_due,
    keys_destroy_orphaned,
    keys_due,
)
from consent.services.sweeping import sweep_often, sweep_seldom
from faces.matching import MODEL
from tests import make
from tests.conftest import Database
from tests.consent.make import grant
from tests.faces.make import AT_KIOSK

pytestmark = pytest.mark.usefixtures("secrets_dir")

NOTHING = {
    "uses_abandoned": 0,
    "consents_expired": 0,
    "keys_destroyed": 0,
    "sites_closed": 0,
}


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def _capture(house: make.House) -> Use:
    return gate.begin(
        subject=make.person(kiosk=house.kiosk),
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=AT_KIOSK,
        kiosk=house.kiosk,
    )


def test_a_house_in_order_has_nothing_to_sweep(house: make.House) -> None:
    _capture(house)
    size = len(event_list(rows=1_000))
    assert sweep_often() == NOTHING
    assert sweep_seldom() == {
        "room_made": 0,
        "consents_keyless": 0,
        "keys_orphaned": 0,
        "parties_ended": 0,
        "assessments_expired": 0,
        "walks_forgotten": 0,
        "papers_forgotten": 0,
        "filings_opened": 0,
        "requests_ended": 0,
        "epochs_turned": 0,
        "mirror_mended": 0,
    }
    assert len(event_list(rows=1_000)) == size


def test_one_sweep_mends_everything_and_the_next_finds_nothing(
    house: make.House,
) -> None:
    _capture(house)
    cut_short = make.person(kiosk=house.kiosk)
    with journal.unit(act=VISITOR, site=house.site) as unit:
        consent_end(
            unit=unit,
            consent=Consent.objects.get(subject=cut_short),
            kind="consent.withdrawn",
            reason="self",
        )
    with demonstration.clock_shifted(days=31):
        assert sweep_often() == {
            "uses_abandoned": 1,
            "consents_expired": 1,
            "keys_destroyed": 1,
            "sites_closed": 0,
        }
        assert sweep_often() == NOTHING
    assert keys.keys_stored() == {}
    assert uses_open() == 0
    assert not CaptureSession.objects.exists()
    assert list(log_faults()) == []


@pytest.mark.parametrize(("seconds", "closed"), [(115, 0), (121, 1)])
def test_a_capture_that_ran_out_is_abandoned(
    house: make.House, seconds: int, closed: int
) -> None:
    use = _capture(house)
    with demonstration.clock_shifted(seconds=seconds):
        assert gate.abandon_due() == closed
    assert Use.objects.filter(id=use.id, closed_at=None).count() == 1 - closed
    assert len(event_list(kind="use.abandoned")) == closed
    assert gate.CAPTURE_SECONDS == 120


def test_a_capture_ends_with_its_consent_though_nobody_closed_it(
    house: make.House,
) -> None:
    _capture(house)
    with demonstration.clock_shifted(days=31):
        sweep_often()
    kinds = [event["type"] for event in reversed(event_list(rows=4))]
    assert kinds == [
        "use.abandoned",
        "consent.expired",
        "link.revoked",
        "key.destroyed",
    ]


def test_the_seldom_sweep_forgets_walks_and_turns_the_epoch(
    house: make.House, secrets_dir: Path
) -> None:
    make.walk_finished(kiosk=house.kiosk, face=True)
    present = secrets_dir / "epochs" / "epoch-1.key"
    made = (clock.now() - timedelta(hours=1)).timestamp()
    os.utime(present, (made, made))
    with demonstration.clock_shifted(days=1, seconds=1):
        assert sweep_seldom() == {
            "room_made": 0,
            "consents_keyless": 0,
            "keys_orphaned": 0,
            "parties_ended": 0,
            "assessments_expired": 0,
            "walks_forgotten": 1,
            "papers_forgotten": 0,
            "filings_opened": 0,
            "requests_ended": 0,
            "epochs_turned": 1,
            "mirror_mended": 0,
        }
    assert not present.exists()
    (consent,) = Consent.objects.all()
    assert not keys.key_missing(consent=consent.id)


def test_the_seldom_sweep_makes_room_for_the_log(
    db: Database, house: make.House
) -> None:
    with db.connect("superuser") as root:
        root.execute("DROP TABLE audit_body_1")
    sweep_seldom()
    with db.connect("owner") as owner:
        row = owner.execute("SELECT to_regclass('audit_body_1') IS NOT NULL").fetchone()
    assert row == (True,)


def test_a_key_that_outlived_its_consent_is_swept(house: make.House) -> None:
    consent = grant(house, Subject.objects.create())
    with journal.unit(act=VISITOR, site=house.site) as unit:
        consent_end(unit=unit, consent=consent, kind="consent.withdrawn", reason="self")
    assert not keys.key_missing(consent=consent.id)
    assert keys_destroy_due() == 1
    assert keys.key_missing(consent=consent.id)
    assert event_list(rows=1)[0]["type"] == "key.destroyed"
    assert keys_destroy_due() == 0


def test_keys_that_are_due_are_found_by_their_index(house: make.House) -> None:
    with connection.cursor() as cursor:
        # A table of a few rows is read whole unless that is forbidden.
        cursor.execute("SET enable_seqscan = off")
        plan = keys_due().explain()
        cursor.execute("RESET enable_seqscan")
    assert "consent_key_due" in plan


def test_a_key_is_told_destroyed_once(house: make.House) -> None:
    consent = grant(house, Subject.objects.create())
    consents_withdraw(subject=consent.subject, purposes=None, act=VISITOR)
    key_destroy(consent=consent)
    assert len(event_list(kind="key.destroyed")) == 1


def test_the_key_of_a_consent_that_never_committed_is_swept_after_ten_minutes(
    house: make.House, secrets_dir: Path
) -> None:
    with pytest.raises(RuntimeError):
        with journal.unit(act=VISITOR, site=house.site) as unit:
            consent_grant(
                unit=unit,
                subject=Subject.objects.create(),
                purpose=Purpose.CONTACT,
                site=house.site,
                rules=house.rules,
                language="en",
            )
            raise RuntimeError
    (orphan,) = keys.keys_stored()
    kept = grant(house, Subject.objects.create())
    assert keys_destroy_orphaned() == 0
    for one in (orphan, kept.id):
        path = secrets_dir / "keystore" / "data" / f"{one}.key"
        made = clock.now().timestamp() - ORPHAN_KEY_SECONDS - 1
        os.utime(path, (made, made))
    assert keys_destroy_orphaned() == 1
    assert set(keys.keys_stored()) == {kept.id}
    assert ORPHAN_KEY_SECONDS == 600
