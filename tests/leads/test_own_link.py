"""The own page's link: 12 characters without scripts, and a new one at one press."""

from __future__ import annotations

import pytest

from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def phone(db: object) -> Phone:
    del db
    office = make.office()
    guest = Phone()
    guest.walk(KioskBrowser(office.house).code(), yes=("attribution",))
    return guest


def code_of(phone: Phone) -> str:
    return str(phone.get("/me/").context["page_code"])


def test_another_browser_opens_it_with_twelve_characters(phone: Phone) -> None:
    code = code_of(phone)
    other = Phone()
    assert "<noscript>" in other.get("/me/open/").content.decode()
    assert other.post("/me/open/", {"code": code.lower()})["Location"] == "/me/"
    assert other.get("/me/").status_code == 200


def test_a_new_link_shuts_the_other_browser_out(phone: Phone) -> None:
    code = code_of(phone)
    other = Phone()
    other.post("/me/open/", {"code": code})
    assert phone.post("/me/link/")["Location"] == "/me/"
    assert code_of(phone) != code
    assert other.get("/me/")["Location"] == "/me/open/"
    answer = other.post("/me/open/", {"code": code})
    assert answer.status_code == 404
    assert "没有找到" in words_of(answer)


def test_wrong_codes_are_counted(phone: Phone) -> None:
    other = Phone()
    codes = [
        other.post("/me/open/", {"code": f"0000-0000-{number:04d}"}).status_code
        for number in range(102)
    ]
    assert codes[0] == 404
    assert codes[-1] == 429
    # A right one is not held against anybody.
    assert other.post("/me/open/", {"code": code_of(phone)}).status_code == 302


def test_the_receipt_prints_it(phone: Phone) -> None:
    page = phone.get("/me/")
    receipt = page.context["receipts"][0]["id"]
    printed = phone.get(f"/me/receipts/{receipt}/print/")
    assert code_of(phone) in words_of(printed)
