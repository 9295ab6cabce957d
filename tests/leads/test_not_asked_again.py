"""A visitor's own phone remembers their no; a shared screen remembers nobody's."""

from __future__ import annotations

import pytest

from consent.models import Consent, Walk
from tests.leads import make
from tests.leads.browsers import SWITCHES, KioskBrowser, Phone, words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def office(db: object) -> make.Office:
    del db
    return make.office()


def again(kiosk: KioskBrowser, phone: Phone) -> str:
    phone.open(kiosk.code())
    return str(phone.get("/visit/").content.decode())


def test_the_same_phone_is_not_asked_again(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=make_details())
    page = again(kiosk, phone)
    assert 'name="contact"' in page
    for name in ("attribution", "marketing_sms", "marketing_call"):
        assert f'name="{name}"' not in page, name
    assert page.count("我们不再问") == 4
    answer = phone.post("/visit/", {"contact": "on", "age": "adult"})
    # The face was refused too: its page is not shown at all.
    assert answer["Location"] == "/visit/details/"
    assert 'name="referral_code"' not in phone.get("/visit/details/").content.decode()


def test_another_phone_is_asked(office: make.Office) -> None:
    kiosk = KioskBrowser(office.house)
    Phone().walk(kiosk.code())
    page = again(kiosk, Phone())
    assert all(f'name="{name}"' in page for name in SWITCHES)
    assert "我们不再问" not in page


def test_a_field_that_was_not_offered_is_refused(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code())
    again(kiosk, phone)
    assert phone.post("/visit/", {"contact": "on", "age": "adult"}).status_code == 400
    assert phone.post("/visit/face/", {"answer": "face"}).status_code == 302
    answer = phone.post("/visit/details/", {"referral_code": "ABCD-EFGH"})
    assert answer.status_code == 302
    assert answer["Location"] == "/visit/"
    assert not Consent.objects.exists()


def test_their_own_wish_brings_one_back_and_the_phone_forgets_its_no(
    office: make.Office,
) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code())
    again(kiosk, phone)
    answer = phone.post("/visit/ask/", {"purpose": "contact"})
    assert answer["Location"] == "/visit/"
    page = phone.get("/visit/").content.decode()
    assert 'name="contact"' in page
    assert 'name="contact" checked' not in page
    assert 'name="marketing_sms"' not in page
    assert 'name="contact"' in again(kiosk, phone)


@pytest.mark.parametrize("purpose", ["", "everything", "channel.disclose"])
def test_only_what_is_withheld_can_be_asked_for(
    office: make.Office, purpose: str
) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code())
    again(kiosk, phone)
    assert phone.post("/visit/ask/", {"purpose": purpose}).status_code in {400, 409}


def test_the_shared_screen_remembers_nobody(office: make.Office) -> None:
    kiosk = KioskBrowser(office.house)
    kiosk.post("/kiosk/here/")
    kiosk.post("/visit/", {"age": "adult"})
    answer = kiosk.post("/visit/face/", {"answer": "plain"})
    assert "refused" not in kiosk.client.cookies
    # Within the visit the rule holds there too.
    assert answer["Location"] == "/visit/details/"
    details = kiosk.get("/visit/details/")
    assert 'name="referral_code"' not in details.content.decode()
    assert "没有别的要问您了" in words_of(details)
    assert Walk.objects.get(opened_at__isnull=False).surface == "kiosk"


def test_a_childs_form_silences_nothing(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    phone.post("/visit/", {"age": "under_14"})
    assert "refused" not in phone.client.cookies


def test_the_cookie_is_out_of_reach_of_scripts_and_strangers(
    office: make.Office,
) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    phone.post("/visit/", {"age": "adult"})
    cookie = phone.client.cookies["refused"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 48 * 3600


def make_details() -> dict[str, str]:
    return {"name": "王小明", "phone": "138 1234 5678"}
