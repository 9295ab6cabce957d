"""Reading consents: live ones only where a live one is asked for."""

from __future__ import annotations

import uuid

import psycopg
import pytest
from django.db import transaction

from audit import demonstration
from audit.drafts import VISITOR
from consent.errors import RulesMissing
from consent.models import Consent
from consent.purposes import FACE, SWITCHES, Purpose
from consent.selectors import (
    consent_live,
    consents_live,
    consents_of,
    consents_share,
    grant_numbers,
    rules_get,
    site_first,
    sites,
)
from consent.services import places
from consent.services.consents import consents_withdraw
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def test_a_consent_is_live_for_its_person_purpose_and_site_only(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk)
    other = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=False)
    elsewhere = places.site_open(
        operator=house.site.operator,
        code="c-2",
        name_zh="二",
        name_en="Two",
        act=make.SETUP,
    )
    face = Purpose.FACE_CHECKIN

    def live(**changed: object) -> Consent | None:
        asked = {"subject": subject, "purpose": face, "site": house.site, **changed}
        return consent_live(**asked)  # type: ignore[arg-type]

    assert live() is not None
    assert live(subject=other) is None
    assert live(purpose=Purpose.CONTACT) is None
    assert live(site=elsewhere) is None
    with demonstration.clock_shifted(days=30, seconds=1):
        assert live() is None
        assert consents_live(subject=subject) == []
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    assert live() is None
    assert len(consents_of(subject=subject)) == 1


def test_sharing_returns_the_live_ones_in_id_order(house: make.House) -> None:
    people = [make.person(kiosk=house.kiosk) for _ in range(3)]
    ids = sorted(Consent.objects.values_list("id", flat=True))
    consents_withdraw(subject=people[1], purposes=None, act=VISITOR)
    with transaction.atomic():
        found = consents_share(ids=[*reversed(ids), uuid.uuid4()])
    assert [one.id for one in found] == [ids[0], ids[2]]
    with demonstration.clock_shifted(days=31), transaction.atomic():
        assert consents_share(ids=ids) == []


def test_what_is_shared_cannot_be_ended_until_the_commit(
    db: Database, house: make.House
) -> None:
    make.person(kiosk=house.kiosk)
    (consent,) = Consent.objects.all()
    with transaction.atomic():
        assert consents_share(ids=[consent.id]) == [consent]
        with db.connect("app") as other:
            other.execute("SELECT 1 FROM consent_consent FOR SHARE NOWAIT")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("SELECT 1 FROM consent_consent FOR UPDATE NOWAIT")


def test_the_numbers_of_a_persons_grants_are_theirs(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    make.person(kiosk=house.kiosk)
    assert len(grant_numbers(subject=subject)) == 2


def test_a_site_without_rules_may_collect_nothing(house: make.House) -> None:
    bare = places.site_open(
        operator=house.site.operator,
        code="c-2",
        name_zh="二",
        name_en="Two",
        act=make.SETUP,
    )
    with pytest.raises(RulesMissing):
        rules_get(site=bare)
    assert sites() == [house.site, bare]
    assert site_first() == house.site


def test_no_face_purpose_is_a_switch() -> None:
    assert not FACE & set(SWITCHES)
