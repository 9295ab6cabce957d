"""The number that says whether the same people may be searched as a moment ago."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from audit.drafts import VISITOR
from consent.generations import gallery_hash, generation_of, generation_share
from consent.models import Consent, Generation
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from consent.services.restricting import consents_lift, consents_restrict
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded

FACE = Purpose.FACE_CHECKIN


@pytest.fixture
def house(db: Database, secrets_dir: Path) -> make.House:
    return make.house()


def test_the_hash_is_of_the_sorted_numbers() -> None:
    expected = hashlib.sha256(b"[12,57,1003]").hexdigest()
    assert gallery_hash([1003, 12, 57]) == expected
    assert gallery_hash([]) == hashlib.sha256(b"[]").hexdigest()


def test_a_site_begins_with_one(house: make.House) -> None:
    # consent_generation_begins; the rules that were published since count.
    assert Generation.objects.filter(site=house.site).count() == 1


def test_it_moves_when_a_face_consent_ends(house: make.House) -> None:
    person = make.person(kiosk=house.kiosk, face=True)
    before = generation_of(site=house.site)
    consents_withdraw(subject=person, purposes=[FACE], act=VISITOR)
    # consent_generation_moves
    assert generation_of(site=house.site) == before + 1


def test_other_consents_do_not_move_it(house: make.House) -> None:
    person = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    before = generation_of(site=house.site)
    consents_withdraw(subject=person, purposes=[Purpose.CONTACT], act=VISITOR)
    assert generation_of(site=house.site) == before


def test_it_moves_when_one_is_restricted_and_when_that_is_lifted(
    house: make.House,
) -> None:
    person = make.person(kiosk=house.kiosk, face=True)
    before = generation_of(site=house.site)
    consents_restrict(subject=person, purposes=[FACE], act=VISITOR)
    assert generation_of(site=house.site) == before + 1
    consents_lift(subject=person, purposes=[FACE], act=VISITOR)
    assert generation_of(site=house.site) == before + 2


def test_it_moves_with_new_rules(house: make.House) -> None:
    before = generation_of(site=house.site)
    document = make.rules_document("2026-02")
    make.rules_published(site=house.site, document=document)
    assert generation_of(site=house.site) == before + 1


@pytest.mark.vision
def test_it_moves_with_a_template(house: make.House) -> None:
    person = make.person(kiosk=house.kiosk, face=True)
    before = generation_of(site=house.site)
    shot = encoded(collins())
    make_face.enrol(subject=person, kiosk=house.kiosk, frames=[shot])
    # faces_generation_moves
    assert generation_of(site=house.site) == before + 1
    consents_withdraw(subject=person, purposes=[FACE], act=VISITOR)
    assert generation_of(site=house.site) == before + 3


@pytest.mark.parametrize("value", ["value + 2", "value - 1", "value"])
def test_it_only_grows_by_one(house: make.House, value: str) -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError):
        cursor.execute(f"UPDATE consent_generation SET value = {value}")


def test_nobody_ends_while_it_is_held(house: make.House) -> None:
    person = make.person(kiosk=house.kiosk, face=True)
    done = threading.Event()

    def withdraw() -> None:
        consents_withdraw(subject=person, purposes=[FACE], act=VISITOR)
        done.set()
        connection.close()

    with transaction.atomic():
        generation_share(site=house.site)
        thread = threading.Thread(target=withdraw)
        thread.start()
        assert not done.wait(1.0)
        assert Consent.objects.filter(subject=person, state="active").exists()
    thread.join(20)
    assert done.is_set()
