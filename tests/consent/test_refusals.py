"""After a no nobody asks again, in the same visit nor within 48 hours."""

from __future__ import annotations

import base64
import json

import pytest
from django.core import signing

from audit import clock, demonstration
from audit.selectors import event_list
from consent.errors import StepOutOfOrder
from consent.models import Consent, Walk
from consent.purposes import SWITCHES, Purpose
from consent.refusals import refusals_read, refusals_written
from consent.services import reconsidering, walks
from consent.services.offers import face_offered, referral_offered, switches_offered
from tests import make
from tests.conftest import Database

CONTACT, SMS = Purpose.CONTACT, Purpose.MARKETING_SMS


@pytest.fixture
def house(db: Database, secrets_dir: object) -> make.House:
    del secrets_dir
    return make.house(demonstration_clock=True)


def opened(house: make.House, *refused: Purpose) -> Walk:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    return walks.walk_open(token=token, language="en", refused=refused)[0]


def test_the_cookie_holds_purposes_and_moments_and_nothing_else() -> None:
    cookie = refusals_written(before={}, refused=[CONTACT])
    told = cookie.split(":")[0]
    held = json.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)))
    assert set(held) == {"contact"}
    assert abs(held["contact"] - clock.now().timestamp()) < 5


def test_an_altered_or_foreign_cookie_says_nothing() -> None:
    cookie = refusals_written(before={}, refused=[CONTACT])
    assert set(refusals_read(cookie=cookie)) == {CONTACT}
    assert refusals_read(cookie="") == {}
    assert refusals_read(cookie=cookie[:-1] + "x") == {}
    assert refusals_read(cookie=signing.dumps({"contact": 1}, salt="other")) == {}


def test_it_is_remembered_for_48_hours(house: make.House) -> None:
    cookie = refusals_written(before={}, refused=[CONTACT])
    with demonstration.clock_shifted(seconds=48 * 3600 - 60):
        assert set(refusals_read(cookie=cookie)) == {CONTACT}
    with demonstration.clock_shifted(days=2, seconds=1):
        assert refusals_read(cookie=cookie) == {}
    with demonstration.clock_shifted(seconds=-3600):
        assert refusals_read(cookie=cookie) == {}


def test_a_second_no_adds_to_the_first_and_a_change_of_mind_takes_out(
    house: make.House,
) -> None:
    first = refusals_written(before={}, refused=[CONTACT])
    with demonstration.clock_shifted(days=1):
        second = refusals_written(before=refusals_read(cookie=first), refused=[SMS])
        assert set(refusals_read(cookie=second)) == {CONTACT, SMS}
    with demonstration.clock_shifted(days=2, seconds=3600):
        assert set(refusals_read(cookie=second)) == {SMS}
        third = refusals_written(before=refusals_read(cookie=second), forgotten=[SMS])
        assert refusals_read(cookie=third) == {}


def test_a_walk_does_not_offer_what_was_refused(house: make.House) -> None:
    walk = opened(house, CONTACT, Purpose.FACE_CHECKIN)
    offered = switches_offered(walk)
    assert offered == [one for one in SWITCHES if one != CONTACT]
    walk = walks.walk_choose(
        walk=walk,
        choices=dict.fromkeys(offered, False),
        under_14=False,
        language="en",
    )
    assert walk.face_offered is False
    # Nobody was asked, so nobody said no.
    refused = {one["purpose"] for one in event_list(kind="consent.refused")}
    assert refused == set(offered)


def test_an_answer_to_what_was_not_offered_is_not_taken(house: make.House) -> None:
    walk = opened(house, CONTACT)
    for choices in (
        dict.fromkeys(SWITCHES, True),
        {**dict.fromkeys(SWITCHES, False), CONTACT: True},
        {CONTACT: True},
    ):
        with pytest.raises(StepOutOfOrder):
            walks.walk_choose(walk=walk, choices=choices, under_14=False, language="en")
    assert not Consent.objects.exists()
    walk = opened(house, Purpose.FACE_CHECKIN)
    walk = walks.walk_choose(
        walk=walk,
        choices=dict.fromkeys(SWITCHES, False),
        under_14=False,
        language="en",
    )
    with pytest.raises(StepOutOfOrder):
        walks.walk_face(walk=walk, answer=True, language="en")
    assert not Consent.objects.exists()


def test_their_own_change_of_mind_brings_the_switch_back_unset(
    house: make.House,
) -> None:
    walk = opened(house, CONTACT, Purpose.FACE_CHECKIN)
    walk = reconsidering.walk_reconsider(walk=walk, purpose=CONTACT, language="en")
    assert switches_offered(walk) == list(SWITCHES)
    assert not face_offered(walk)
    walk = reconsidering.walk_reconsider(
        walk=walk, purpose=Purpose.FACE_CHECKIN, language="en"
    )
    assert face_offered(walk)
    assert walk.choices == {}
    assert len(event_list(kind="notice.shown")) == 3
    with pytest.raises(StepOutOfOrder):
        reconsidering.walk_reconsider(walk=walk, purpose=CONTACT, language="en")


def test_a_no_on_the_form_is_not_asked_again_on_a_later_page(
    house: make.House,
) -> None:
    walk = opened(house)
    walk = walks.walk_choose(
        walk=walk,
        choices=dict.fromkeys(SWITCHES, False),
        under_14=False,
        language="en",
    )
    assert not referral_offered(walk)
    with pytest.raises(StepOutOfOrder):
        reconsidering.walk_reconsider(walk=walk, purpose=CONTACT, language="en")
    walk = reconsidering.walk_reconsider(
        walk=walk, purpose=Purpose.ATTRIBUTION, language="en"
    )
    assert referral_offered(walk)
    assert event_list(kind="notice.shown")[0]["data"]["screen"] == "details"


def test_a_finished_walk_of_somebody_remembers_no_refusals(house: make.House) -> None:
    make.walk_finished(kiosk=house.kiosk, yes={CONTACT: True})
    walk = Walk.objects.get()
    assert walk.subject is not None
    assert (walk.choices, walk.withheld) == ({}, [])
