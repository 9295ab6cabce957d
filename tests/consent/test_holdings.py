"""A person sees all that is held about them, and nothing of anybody else."""

from __future__ import annotations

import pytest

from audit.drafts import VISITOR
from consent import holdings
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded

pytestmark = pytest.mark.usefixtures("secrets_dir")


def _titles(house: make.House, **walk: object) -> list[str]:
    subject = make.person(kiosk=house.kiosk, **walk)  # type: ignore[arg-type]
    return [held.title.en for held in holdings.held(subject=subject)]


def test_a_new_visitors_holdings_are_steps_receipt_pass_and_link(
    db: Database,
) -> None:
    house = make.house()
    assert sorted(_titles(house, yes={Purpose.CONTACT: True}, face=False)) == [
        "Consent receipt",
        "Link to your own page",
        "Pass",
        "Steps of this check-in",
    ]


@pytest.mark.vision
def test_an_enrolled_face_is_told_of_and_never_shown(db: Database) -> None:
    house = make.house()
    subject = make.person(kiosk=house.kiosk)
    other = make.person(kiosk=house.kiosk)
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    titles = {held.title.en: held for held in holdings.held(subject=subject)}
    assert "Face template" in titles
    assert "Record of one use of the camera" in titles
    assert titles["Face template"].purpose == "face.checkin"
    assert "128" in titles["Face template"].value.en
    assert "Face template" not in {
        held.title.en for held in holdings.held(subject=other)
    }
    since = [held.since for held in holdings.held(subject=subject)]
    assert since == sorted(since)
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    left = {held.title.en for held in holdings.held(subject=subject)}
    assert "Face template" not in left
    assert "Pass" not in left
    assert "Record of one use of the camera" in left


def test_every_holding_is_told_in_both_languages(db: Database) -> None:
    house = make.house()
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    for held in holdings.held(subject=subject):
        for said in (held.title, held.value):
            assert said.zh
            assert said.en
            assert said.zh != said.en


def test_what_is_registered_is_not_changed_from_outside() -> None:
    holdings.registered().clear()
    assert "faces.FaceTemplate" in holdings.registered()
