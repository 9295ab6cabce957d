"""Whatever hangs on a consent goes in the commit that ends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from audit.drafts import VISITOR
from audit.log import Unit
from audit.selectors import event_list
from consent import erasure
from consent.models import Consent
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from faces.models import FaceTemplate
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def seen() -> Iterator[list[tuple[str, bool]]]:
    """What an eraser of this test was asked to erase, and whether inside the commit."""
    found: list[tuple[str, bool]] = []

    def erase(_unit: Unit, consent: Consent) -> None:
        assert consent.live is not None
        found.append((consent.purpose, connection.in_atomic_block))

    erasure.register("tests.Watched", erase)
    yield found
    erasure._ERASERS.pop("tests.Watched")


def test_the_face_is_registered() -> None:
    assert "faces.FaceTemplate" in erasure.registered()


def test_what_is_registered_is_not_changed_from_outside() -> None:
    erasure.registered().clear()
    assert erasure.registered()


def test_every_eraser_runs_once_for_each_consent_in_the_commit_that_ends_it(
    db: Database, seen: list[tuple[str, bool]]
) -> None:
    house = make.house()
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    consents_withdraw(subject=subject, purposes=[Purpose.CONTACT], act=VISITOR)
    assert seen == [("contact", True)]
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    assert seen == [("contact", True), ("face.checkin", True)]


@pytest.mark.vision
def test_a_forgotten_eraser_is_an_error_and_not_a_leak(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make.house()
    subject = make.person(kiosk=house.kiosk)
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    monkeypatch.delitem(erasure._ERASERS, "faces.FaceTemplate")
    with pytest.raises(Exception, match="faces_facetemplate_live_consent"):
        consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    assert FaceTemplate.objects.count() == 1
    assert Consent.objects.get().state == "active"
    assert not event_list(kind="consent.withdrawn")
