"""A presence check that the rules ask for: the gate and the database both hold it."""

from __future__ import annotations

from itertools import permutations

import pytest
from django.db import IntegrityError

from audit.selectors import event_list
from consent import gate
from consent.challenges import Step, challenge_draw
from consent.errors import PresenceRequired, UseClosed
from consent.models import Subject, Use
from consent.purposes import Purpose
from faces.matching import MODEL
from tests import make
from tests.conftest import Database
from tests.faces.make import AT_KIOSK
from tests.invariants.guards import lift, refused, refused_until

pytestmark = pytest.mark.usefixtures("secrets_dir")

EVENT = "(SELECT eid FROM audit_event ORDER BY seq LIMIT 1)"
IN_LOG = "ALTER TABLE consent_use DISABLE TRIGGER consent_use_in_log"
CHALLENGE = "ALTER TABLE consent_use DISABLE TRIGGER consent_use_challenge"
PRESENT = "ALTER TABLE consent_use DISABLE TRIGGER consent_use_present"


def begun(house: make.House, subject: Subject | None = None) -> Use:
    return gate.begin(
        subject=subject or make.person(kiosk=house.kiosk),
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=AT_KIOSK,
        kiosk=house.kiosk,
    )


def test_every_order_is_drawn_and_none_is_preferred() -> None:
    drawn = [tuple(challenge_draw()) for _ in range(600)]
    counts = [drawn.count(order) for order in permutations(Step)]
    # A fair draw leaves this range once in a hundred million times.
    assert sum(counts) == 600
    assert all(40 < count < 170 for count in counts), counts


@pytest.mark.parametrize("asked", [True, False])
def test_a_use_has_its_check_where_the_rules_ask_for_it(
    db: Database, asked: bool
) -> None:
    use = begun(make.house(presence=asked))
    assert sorted(use.challenge) == (sorted(Step) if asked else [])
    assert use.present_at is None


def test_no_result_before_the_check_was_passed(db: Database) -> None:
    house = make.house(presence=True)
    use = begun(house)
    data = {"model": MODEL, "frames": 1}
    with gate.resume(use=use.id, act=AT_KIOSK, kiosk=house.kiosk) as permit:
        # Nor is it passed before a burst arrived.
        with pytest.raises(UseClosed):
            gate.present(permit=permit)
        gate.seize(permit=permit)
        with pytest.raises(PresenceRequired), permit.settle() as record:
            record.close("face.enrolled", data=data)
        gate.present(permit=permit)
        with permit.settle() as record:
            record.close("face.enrolled", data=data)
    assert event_list(rows=1)[0]["type"] == "face.enrolled"


def test_where_none_was_asked_for_none_is_passed(db: Database) -> None:
    house = make.house()
    use = begun(house)
    with gate.resume(use=use.id, act=AT_KIOSK, kiosk=house.kiosk) as permit:
        gate.seize(permit=permit)
        with pytest.raises(UseClosed):
            gate.present(permit=permit)


@pytest.mark.parametrize("challenge", ["[]", '["left"]', '["left", "left", "nearer"]'])
def test_no_use_is_written_without_every_step(db: Database, challenge: str) -> None:
    house = make.house(presence=True)
    subject = make.person(kiosk=house.kiosk)
    statement = (
        "INSERT INTO consent_use (id, mode, subject_id, purpose, consent_id,"
        " candidates, challenge, site_id, kiosk_id, start_event_id, opened_at,"
        f" deadline) SELECT gen_random_uuid(), 'enrol', subject_id, purpose, id, '[]',"
        f" '{challenge}', site_id, '{house.kiosk.id}', {EVENT}, now(), now()"
        f" FROM consent_consent WHERE subject_id = '{subject.id}'"
        " AND purpose = 'face.checkin'"
    )
    refused_until(db, statement, CHALLENGE, [IN_LOG])


def test_a_service_that_forgets_the_check_is_stopped_by_the_database(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make.house(presence=True)
    uses = [begun(house), begun(house, make.person(kiosk=house.kiosk))]
    monkeypatch.setattr("consent.gate.ends.RESULTS", frozenset())

    def close(use: Use) -> None:
        with gate.resume(use=use.id, act=AT_KIOSK, kiosk=house.kiosk) as permit:
            with permit.settle() as record:
                record.close("face.enrolled", data={"model": MODEL, "frames": 1})

    with pytest.raises(IntegrityError, match="presence check was not passed"):
        close(uses[0])
    assert Use.objects.get(id=uses[0].id).closed_at is None
    # It ends without a result, and takes one once the guard is gone.
    assert gate.discard(use=uses[0].id, act=AT_KIOSK, reason="presence")
    lift(db, PRESENT)
    close(uses[1])


def test_a_passed_check_is_written_once_and_its_steps_never_change(
    db: Database,
) -> None:
    house = make.house(presence=True)
    use = begun(house)
    with gate.resume(use=use.id, act=AT_KIOSK, kiosk=house.kiosk) as permit:
        gate.seize(permit=permit)
        gate.present(permit=permit)
    refused(db, "UPDATE consent_use SET present_at = now() + interval '1 s'")
    refused(db, "UPDATE consent_use SET challenge = '[]'")
