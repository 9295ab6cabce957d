"""A lost link: the number said at the desk, and nothing else, opens the page again."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from audit.selectors import event_list
from consent.models import PageLink
from leads import kiosks
from salescenter.roles import roles_sync, staff_create
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of

DETAILS = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}
SAID = {"phone": DETAILS["phone"]}


@pytest.fixture(autouse=True)
def _no_attempts() -> None:
    cache.clear()


@pytest.fixture
def phone(office: make.Office) -> Phone:
    found = Phone()
    found.walk(KioskBrowser(office.house).code(), yes=("contact",), details=DETAILS)
    return found


@pytest.fixture
def desk() -> Client:
    roles_sync()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(
        staff_create(username="reception", password="x" * 20, role="reception")
    )
    return client


def opened(address: str) -> Phone:
    found = Phone()
    token = address.partition("#")[2]
    assert found.post("/me/open/", {"token": token}).status_code == 302
    return found


def test_the_desk_gives_a_new_link_and_the_old_one_dies(
    phone: Phone, desk: Client
) -> None:
    assert desk.get("/desk/link/").status_code == 200
    done = desk.post("/desk/link/", SAID)
    assert done.status_code == 200
    assert done["Cache-Control"] == "no-store"
    assert "王小明" not in words_of(done)
    page = opened(done.context["address"]).get("/me/")
    assert "王小明" in words_of(page)
    assert "给了个人页的新链接" in words_of(page)
    assert phone.get("/me/")["Location"] == "/me/open/", "the old one opens nothing"
    assert PageLink.objects.filter(revoked_at=None).count() == 1
    kinds = [event["type"] for event in event_list(rows=9)]
    for kind in ("link.revoked", "desk.override", "contact.viewed"):
        assert kind in kinds
    [revoked] = event_list(kind="link.revoked")
    assert revoked["data"] == {"link": "page"}
    assert revoked["act"]["role"] == "reception"


def test_a_restricted_number_still_finds_its_owners_page(
    phone: Phone, desk: Client
) -> None:
    phone.post("/me/restrict/", {"purpose": "contact"})
    done = desk.post("/desk/link/", SAID)
    page = opened(done.context["address"])
    assert page.post("/me/lift/", {"purpose": "contact"}).status_code == 302


@pytest.mark.parametrize(
    ("said", "status"),
    [({"phone": "139 0000 0000"}, 404), ({"phone": "12"}, 400), ({"phone": ""}, 400)],
)
def test_a_wrong_number_opens_nothing(
    phone: Phone, desk: Client, said: dict[str, str], status: int
) -> None:
    page = desk.post("/desk/link/", said)
    assert page.status_code == status
    assert page.context["form"].errors["phone"]
    assert not event_list(kind="link.revoked")
    assert phone.get("/me/").status_code == 200


def test_a_deleted_number_opens_nothing(phone: Phone, desk: Client) -> None:
    phone.post("/me/stop/all/")
    assert desk.post("/desk/link/", SAID).status_code == 404


def test_guessing_numbers_is_stopped(phone: Phone, desk: Client) -> None:
    for number in range(kiosks.ATTEMPTS_MAX):
        desk.post("/desk/link/", {"phone": f"1390000{number:04}"})
    assert desk.post("/desk/link/", SAID).status_code == 429
    assert phone.get("/me/").status_code == 200
