"""Coming back at the kiosk without a face, and the kiosk's own screens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, override_settings

from audit import clock
from audit.selectors import event_list
from consent.models import Kiosk, Subject, Walk
from consent.services.places import kiosk_pairing_issue, kiosk_revoke
from leads import contacts, kiosks
from leads.models import Attempt, Contact, PhoneIndex, Visit
from tests import make as houses
from tests.conftest import Database
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of

DETAILS = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}


def guest(kiosk: KioskBrowser, phone: str = DETAILS["phone"]) -> str:
    """Walk a guest through and return their pass."""
    page = Phone().walk(
        kiosk.code(), yes=("contact",), details={**DETAILS, "phone": phone}
    )
    return str(page.context["pass_code"])


def test_the_pass_checks_in_once(kiosk: KioskBrowser) -> None:
    code = guest(kiosk)
    kiosk.get("/kiosk/return/pass/")
    for typed in (code, code.lower().replace("-", "")):
        answer = kiosk.post("/kiosk/return/pass/", {"code": typed})
        assert answer["Location"] == "/kiosk/answer/"
    assert kiosk.get("/kiosk/answer/").context["answer"]["kind"] == "checked_in"
    assert [visit.verified_by for visit in Visit.objects.order_by("at")] == [
        "qr",
        "pass",
    ]


def test_the_next_guest_is_another_visit(kiosk: KioskBrowser) -> None:
    code = guest(kiosk)
    kiosk.post("/kiosk/return/pass/", {"code": code})
    kiosk.post("/kiosk/forget/")
    kiosk.post("/kiosk/return/pass/", {"code": code})
    assert Visit.objects.filter(verified_by="pass").count() == 2


def test_the_same_guest_later_is_another_visit(kiosk: KioskBrowser) -> None:
    code = guest(kiosk)
    for times in (1, 2):
        kiosk.get("/kiosk/return/")
        kiosk.get("/kiosk/return/pass/")
        for _ in range(2):
            answer = kiosk.post("/kiosk/return/pass/", {"code": code})
            assert answer["Location"] == "/kiosk/answer/"
        assert Visit.objects.filter(verified_by="pass").count() == times


def test_the_number_checks_in_and_that_is_logged(kiosk: KioskBrowser) -> None:
    guest(kiosk)
    kiosk.get("/kiosk/return/phone/")
    answer = kiosk.post("/kiosk/return/phone/", {"phone": "+86 138-1234-5678"})
    assert answer["Location"] == "/kiosk/answer/"
    visit = Visit.objects.get(verified_by="phone")
    assert visit.subject == Subject.objects.get()
    used = event_list(kind="contact.viewed")
    assert [event["data"] for event in used] == [{"reason": "arrival"}]


def test_an_unknown_number_is_answered_in_words(kiosk: KioskBrowser) -> None:
    guest(kiosk)
    answer = kiosk.post("/kiosk/return/phone/", {"phone": "139 0000 1111"})
    assert answer.status_code == 404
    assert answer.context["form"].errors["phone"]
    assert Visit.objects.filter(verified_by="phone").count() == 0


def test_a_number_left_twice_belongs_to_the_later_walk(kiosk: KioskBrowser) -> None:
    guest(kiosk)
    guest(kiosk)
    kiosk.post("/kiosk/return/phone/", {"phone": DETAILS["phone"]})
    latest = Contact.objects.order_by("-collected_at").first()
    assert latest is not None
    visit = Visit.objects.get(verified_by="phone")
    assert visit.subject == latest.subject


@pytest.mark.parametrize(
    ("way", "field", "typed"),
    [
        ("pass", "code", ""),
        ("phone", "phone", "12345"),
        ("phone", "phone", "not a number"),
        ("face", "digits", "12a4"),
        ("face", "digits", "１２３４５"),
    ],
)
def test_what_cannot_be_read_is_asked_again(
    kiosk: KioskBrowser, way: str, field: str, typed: str
) -> None:
    answer = kiosk.post(f"/kiosk/return/{way}/", {field: typed})
    assert answer.status_code == 400
    assert answer.context["form"].errors[field]
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize("way", ["pass", "phone", "face"])
def test_a_field_too_many_is_refused(kiosk: KioskBrowser, way: str) -> None:
    answer = kiosk.post(f"/kiosk/return/{way}/", {"subject": "x"})
    assert answer.status_code == 400
    assert words_of(answer)


def test_guessing_is_stopped_at_the_kiosk(
    kiosk: KioskBrowser, office: make.Office
) -> None:
    code = guest(kiosk)
    for _ in range(kiosks.ATTEMPTS_MAX):
        wrong = kiosk.post("/kiosk/return/pass/", {"code": "0000-0000"})
        assert wrong.status_code == 404
    stopped = kiosk.post("/kiosk/return/pass/", {"code": code})
    assert stopped.status_code == 429
    _, token = houses.kiosk_paired(site=office.site, code="k-2")
    other = KioskBrowser(office.house, token=token)
    assert other.post("/kiosk/return/pass/", {"code": code}).status_code == 302
    Attempt.objects.update(at=clock.now() - kiosks.ATTEMPTS_SPAN)
    assert kiosk.post("/kiosk/return/pass/", {"code": code}).status_code == 302
    kiosks.attempts_forget_due()


def test_a_revoked_pass_opens_nothing(kiosk: KioskBrowser) -> None:
    phone = Phone()
    page = phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    phone.post("/me/stop/all/")
    answer = kiosk.post("/kiosk/return/pass/", {"code": page.context["pass_code"]})
    assert answer.status_code == 404
    assert kiosk.post("/kiosk/return/phone/", DETAILS | {}).status_code == 400
    lost = kiosk.post("/kiosk/return/phone/", {"phone": DETAILS["phone"]})
    assert lost.status_code == 404


def test_the_phone_index_is_made_anew(kiosk: KioskBrowser) -> None:
    guest(kiosk)
    PhoneIndex.objects.all().delete()  # as after a crash: the table is unlogged
    answer = kiosk.post("/kiosk/return/phone/", {"phone": DETAILS["phone"]})
    assert answer.status_code == 302
    assert PhoneIndex.objects.count() == Contact.objects.count() == 1
    assert contacts.phones_reindex_due() == 0


def test_the_index_never_reaches_the_write_ahead_log(
    db: Database, secrets_dir: object
) -> None:
    with db.connect() as link:
        row = link.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'leads_phoneindex'"
        ).fetchone()
    assert row == ("u",)


def test_a_code_is_kept_until_it_is_opened(kiosk: KioskBrowser) -> None:
    path = kiosk.code()
    assert kiosk.code() == path
    first = kiosk.state()
    assert first["qr"]
    assert kiosk.state(have=first["id"])["qr"] is None
    phone = Phone()
    phone.open(path)
    second = kiosk.state(have=first["id"])
    assert second["id"] != first["id"]
    assert second["guests"] == [{"short": first["short"], "state": "opened"}]
    phone.walk_on()
    assert kiosk.state()["guests"][0]["state"] == "finished"


def test_a_stale_or_used_code_is_answered_clearly(kiosk: KioskBrowser) -> None:
    path = kiosk.code()
    Phone().open(path)
    for answer in (Phone().get(path), Phone().post(path)):
        assert answer.status_code == 409
        assert "请扫描屏幕上现在的二维码" in words_of(answer)
    stale = kiosk.code()
    Walk.objects.filter(opened_at=None).update(
        opens_until=clock.now() - timedelta(seconds=1)
    )
    for answer in (Phone(lang="en").get(stale), Phone(lang="en").post(stale)):
        assert answer.status_code == 410
        assert "Please scan the code on the screen now" in words_of(answer)
    assert Phone().get("/s/nothing/").status_code == 404


def test_reading_a_code_does_not_open_it(kiosk: KioskBrowser) -> None:
    path = kiosk.code()
    assert Phone().get(path).status_code == 200
    assert not Walk.objects.filter(opened_at__isnull=False).exists()
    phone = Phone()
    phone.open(path)
    assert phone.get(path)["Location"] == "/visit/"


def test_a_kiosk_is_known_by_its_device_cookie_alone(
    kiosk: KioskBrowser, office: make.Office
) -> None:
    from salescenter.roles import roles_sync, staff_create

    roles_sync()
    staff = staff_create(username="r", password="a long password", role="reception")
    signed_in = Client(SERVER_NAME="127.0.0.1")
    signed_in.force_login(staff)
    for path in ("/kiosk/", "/kiosk/return/", "/kiosk/return/pass/", "/kiosk/answer/"):
        answer = signed_in.get(path)
        assert answer.status_code == 403, path
        assert "没有配对" in words_of(answer)
    page = kiosk.get("/kiosk/")
    assert page["Cache-Control"] == "no-store"
    kiosk_revoke(kiosk=office.house.kiosk, act=make.RECEPTION)
    assert kiosk.get("/kiosk/").status_code == 403


def test_pairing_works_once(office: make.Office) -> None:
    pairing = kiosk_pairing_issue(kiosk=Kiosk.objects.get())
    browser = Phone()
    assert browser.get("/kiosk/pair/").status_code == 200
    answer = browser.post("/kiosk/pair/", {"token": pairing})
    assert answer["Location"] == "/kiosk/"
    cookie = browser.client.cookies["kiosk"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert browser.get("/kiosk/").status_code == 200
    assert Phone().post("/kiosk/pair/", {"token": pairing}).status_code == 403


def test_the_own_page_opens_by_link_and_by_pass(kiosk: KioskBrowser) -> None:
    page = Phone().walk(kiosk.code(), yes=("contact",), details=DETAILS)
    token = page.context["page_link"].partition("#")[2]
    for data in ({"token": token}, {"code": page.context["pass_code"]}):
        browser = Phone()
        assert browser.get("/me/open/").status_code == 200
        answer = browser.post("/me/open/", data)
        assert answer["Location"] == "/me/"
        assert "王小明" in browser.get("/me/").content.decode()
    for data in ({"token": "x"}, {"code": "0000-0000"}):
        assert Phone().post("/me/open/", data).status_code == 404
    assert Phone().post("/me/open/", {}).status_code == 400


def test_the_rules_are_open_to_everybody(office: make.Office) -> None:
    sha256 = office.house.rules.sha256
    assert Phone().get("/rules/").status_code == 200
    page = Phone(lang="en").get(f"/rules/{sha256}/")
    assert sha256 in page.content.decode()
    assert Phone().get(f"/rules/{'0' * 64}/").status_code == 404


def test_faces_do_not_answer_by_the_public_address(kiosk: KioskBrowser) -> None:
    # A tunnel that ends on this machine connects from loopback; its host tells.
    with override_settings(
        SITE_URL="http://127.0.0.1", PUBLIC_URL="http://public.example"
    ):
        assert kiosk.get("/kiosk/return/face/").status_code == 200
        with override_settings(PUBLIC_URL="http://127.0.0.1", SITE_URL="http://in"):
            assert kiosk.get("/kiosk/return/face/").status_code == 404
