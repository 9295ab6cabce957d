"""Operator, sites and kiosks: one operator, a coin for the twins, codes used once."""

from __future__ import annotations

import pytest

from audit import demonstration
from audit.models import Head
from audit.selectors import event_list
from consent.errors import KioskUnknown, OperatorExists
from consent.models import Kiosk, Operator
from consent.selectors import kiosk_of_token
from consent.services import places
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def test_a_database_has_one_operator_and_one_log(house: make.House) -> None:
    with pytest.raises(OperatorExists):
        places.operator_create(code="demo-other", legal_name="Other")
    assert Operator.objects.count() == Head.objects.count() == 1


@pytest.mark.parametrize("code", ["Demo", "demo_1", "王", "", "d" * 33])
def test_an_operator_whose_code_fits_no_log_is_not_created(
    db: Database, code: str
) -> None:
    with pytest.raises(Exception, match=r"that a checkpoint can carry|too long"):
        places.operator_create(code=code, legal_name="x")
    assert not Operator.objects.exists()
    assert not Head.objects.exists()


def test_only_a_demonstration_may_have_a_clock_of_its_own(db: Database) -> None:
    with pytest.raises(Exception, match="a clock of its own"):
        places.operator_create(
            code="real-1", legal_name="Real", demonstration_clock=True
        )
    assert not Operator.objects.exists()
    assert places.operator_create(code="real-1", legal_name="Real").demonstration is (
        False
    )


def test_opening_a_site_is_told_to_the_log(house: make.House) -> None:
    (opened,) = event_list(kind="site.opened")
    assert opened["site"] == "c-1"
    assert opened["rules"] is None


def test_after_the_first_rules_every_event_names_some(house: make.House) -> None:
    other = places.site_open(
        operator=house.site.operator,
        code="c-2",
        name_zh="二",
        name_en="Two",
        act=make.SETUP,
    )
    places.kiosk_create(site=other, code="k-9", act=make.SETUP)
    later = [event for event in event_list(rows=100) if event["site"] == "c-2"]
    assert [event["type"] for event in later] == ["kiosk.layout", "site.opened"]
    assert {event["rules"] for event in later} == {house.rules.sha256}


def test_where_the_twins_stand_is_told_to_the_log_and_left_to_chance(
    house: make.House,
) -> None:
    orders = {
        places.kiosk_create(site=house.site, code=f"k-{number}", act=make.SETUP).order
        for number in range(2, 22)
    }
    assert orders == {"face_first", "plain_first"}
    told = {
        event["data"]["kiosk"]: event["data"]["order"]
        for event in event_list(kind="kiosk.layout")
    }
    assert told == dict(Kiosk.objects.values_list("code", "order"))


def test_a_pairing_code_pairs_one_browser(house: make.House) -> None:
    pairing = places.kiosk_pairing_issue(kiosk=house.kiosk)
    # The browser that is paired now stays so until the code is used.
    assert kiosk_of_token(token=house.kiosk_token) == house.kiosk
    kiosk, token = places.kiosk_pair(pairing=pairing)
    assert kiosk_of_token(token=token) == kiosk == house.kiosk
    with pytest.raises(KioskUnknown):
        kiosk_of_token(token=house.kiosk_token)
    with pytest.raises(KioskUnknown):
        places.kiosk_pair(pairing=pairing)
    assert len(event_list(kind="kiosk.paired")) == 2


@pytest.mark.parametrize("pairing", ["", "x", "王小明"])
def test_a_wrong_pairing_code_pairs_nothing(house: make.House, pairing: str) -> None:
    with pytest.raises(KioskUnknown):
        places.kiosk_pair(pairing=pairing)
    with pytest.raises(KioskUnknown):
        kiosk_of_token(token=pairing)


def test_a_pairing_code_is_good_for_an_hour(house: make.House) -> None:
    pairing = places.kiosk_pairing_issue(kiosk=house.kiosk)
    with demonstration.clock_shifted(seconds=3_601):
        with pytest.raises(KioskUnknown):
            places.kiosk_pair(pairing=pairing)
    places.kiosk_pair(pairing=pairing)


def test_a_newer_pairing_code_replaces_the_older(house: make.House) -> None:
    older = places.kiosk_pairing_issue(kiosk=house.kiosk)
    places.kiosk_pairing_issue(kiosk=house.kiosk)
    with pytest.raises(KioskUnknown):
        places.kiosk_pair(pairing=older)


def test_a_revoked_kiosk_is_unknown_for_good(house: make.House) -> None:
    pairing = places.kiosk_pairing_issue(kiosk=house.kiosk)
    places.kiosk_revoke(kiosk=house.kiosk, act=make.SETUP)
    with pytest.raises(KioskUnknown):
        kiosk_of_token(token=house.kiosk_token)
    with pytest.raises(KioskUnknown):
        places.kiosk_pair(pairing=pairing)
    again = places.kiosk_pairing_issue(kiosk=house.kiosk)
    with pytest.raises(KioskUnknown):
        places.kiosk_pair(pairing=again)
    assert event_list(kind="kiosk.revoked")[0]["data"] == {"kiosk": "k-1"}


def test_no_token_of_a_kiosk_is_stored(db: Database, house: make.House) -> None:
    pairing = places.kiosk_pairing_issue(kiosk=house.kiosk)
    with db.connect("owner") as owner:
        rows = owner.execute("SELECT k::text FROM consent_kiosk k").fetchall()
    assert house.kiosk_token not in str(rows)
    assert pairing not in str(rows)
