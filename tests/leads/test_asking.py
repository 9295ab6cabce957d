"""Asking, correcting, restricting and copying on one's own page; complaining at all."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from audit.selectors import event_list
from consent.models import Consent, Request
from consent.requests import request_code, request_words
from leads.contacts import contact_open
from leads.models import Contact
from salescenter.roles import roles_sync, staff_create
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of

DETAILS = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}


@pytest.fixture(autouse=True)
def _no_attempts() -> None:
    cache.clear()


@pytest.fixture
def phone(office: make.Office) -> Phone:
    """Return the phone of a guest who left name and number."""
    found = Phone()
    found.walk(
        KioskBrowser(office.house).code(),
        yes=("contact", "attribution"),
        details=DETAILS,
    )
    return found


def officer() -> Client:
    roles_sync()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(
        staff_create(username="officer", password="x" * 20, role="compliance")
    )
    return client


def ask(phone: Phone, kind: str = "explain", words: str = "为什么") -> Request:
    answer = phone.post("/me/ask/", {"kind": kind, "words": words, "purpose": ""})
    assert answer.status_code == 302, answer.content.decode()
    return Request.objects.order_by("-opened_at")[0]


def test_one_asks_and_reads_the_answer_on_ones_own_page(phone: Phone) -> None:
    assert phone.get("/me/ask/").status_code == 200
    request = ask(phone)
    assert request.subject is not None
    page = phone.get(f"/me/requests/{request.id}/")
    assert request.label in words_of(page)
    assert "为什么" in words_of(page)
    assert request.label in words_of(phone.get("/me/"))
    done = officer().post(
        f"/office/requests/{request.id}/",
        {"outcome": "refused", "reason": "law", "words": "因为判客规则第三条"},
    )
    assert done["Location"] == "/office/requests/"
    words = words_of(phone.get(f"/me/requests/{request.id}/"))
    for told in (
        "没有照办",
        "法律要求或者不允许",
        "因为判客规则第三条",
        "12377",
        "起诉",
    ):
        assert told in words


def test_nobody_reads_anothers_request(office: make.Office, phone: Phone) -> None:
    request = ask(phone)
    other = Phone()
    other.walk(KioskBrowser(office.house).code(), yes=("attribution",))
    assert other.get(f"/me/requests/{request.id}/").status_code == 404
    assert phone.get(f"/me/requests/{request.id}/").status_code == 200


def test_what_needs_words_is_asked_again_with_what_was_typed(phone: Phone) -> None:
    bare = phone.post("/me/ask/", {"kind": "complaint", "words": "", "purpose": ""})
    assert bare.status_code == 400
    assert bare.context["form"].errors["words"]
    none = phone.post("/me/ask/", {"words": "话还在", "purpose": ""})
    assert none.status_code == 400
    assert "话还在" in none.content.decode()
    assert Request.objects.count() == 0
    assert ask(phone, "delete", "").kind == "delete"


def test_restricting_and_lifting_are_one_press_each(
    office: make.Office, phone: Phone
) -> None:
    answer = phone.post("/me/restrict/", {"purpose": "contact"})
    assert answer["Location"] == "/me/#choices"
    page = phone.get("/me/")
    assert "只保存，不使用；到" in words_of(page)
    assert "王小明" in words_of(page), "one's own data stay one's own to see"
    assert "/me/correct/" not in page.content.decode()
    desk = officer_of("reception").get("/desk/").content.decode()
    assert "/contact/" not in desk, "a name is not shown at the desk"
    phone.post("/me/lift/", {"purpose": "contact"})
    assert "只保存，不使用；到" not in words_of(phone.get("/me/"))
    assert "/me/correct/" in phone.get("/me/").content.decode()
    assert office.site
    wrong = phone.post("/me/restrict/", {"purpose": "everything"})
    assert wrong.status_code == 400


def officer_of(role: str) -> Client:
    roles_sync()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(staff_create(username=role, password="x" * 20, role=role))
    return client


def test_a_restricted_number_finds_nobody_and_is_not_revealed(
    office: make.Office, phone: Phone
) -> None:
    client = officer_of("reception")
    key = {"key": DETAILS["phone"]}
    assert client.post("/desk/checkin/", key).status_code == 302
    phone.post("/me/restrict/", {"purpose": "contact"})
    assert client.post("/desk/checkin/", key).status_code == 404
    visit = Contact.objects.get().subject.visit_set.first()
    assert visit is not None
    shown = client.post(f"/desk/visits/{visit.id}/contact/", {"reason": "arrival"})
    assert shown.status_code == 403
    assert "王小明" not in shown.content.decode()
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "restricted"
    phone.post("/me/lift/", {"purpose": "contact"})
    assert client.post("/desk/checkin/", key).status_code == 302
    assert office.site


def test_one_corrects_ones_name_and_number(phone: Phone) -> None:
    assert phone.get("/me/correct/").status_code == 200
    wrong = phone.post("/me/correct/", {"name": "王晓明", "phone": "12"})
    assert wrong.status_code == 400
    assert "王晓明" in wrong.content.decode()
    right = {"name": "王晓明", "phone": "139 1111 2222"}
    assert phone.post("/me/correct/", right).status_code == 302
    details = contact_open(contact=Contact.objects.get())
    assert (details.name, details.phone) == ("王晓明", "+8613911112222")
    assert event_list(kind="contact.corrected")[0]["act"]["role"] == "visitor"


def test_without_a_contact_there_is_nothing_to_correct(office: make.Office) -> None:
    phone = Phone()
    phone.walk(KioskBrowser(office.house).code(), yes=("attribution",))
    assert "/me/correct/" not in phone.get("/me/").content.decode()
    right = {"name": "王晓明", "phone": "139 1111 2222"}
    assert phone.post("/me/correct/", right)["Location"] == "/me/"
    assert not Contact.objects.exists()


def test_the_copy_holds_every_datum_event_receipt_and_request(phone: Phone) -> None:
    request = ask(phone)
    file = phone.post("/me/copy/")
    assert file["Content-Disposition"] == 'attachment; filename="my-data.json"'
    told = json.loads(file.content)
    assert told["schema"] == "salescenter-copy/1"
    assert told["contacts"][0]["name"] == "王小明"
    assert told["contacts"][0]["phone"] == "+8613812345678"
    subject = Contact.objects.get().subject
    assert told["person"] == subject.pseudonym
    consents = Consent.objects.filter(subject=subject)
    assert {one["purpose"] for one in told["consents"]} == {
        one.purpose for one in consents
    }
    assert told["receipts"][0]["pii_principal_id"] == subject.pseudonym
    assert [one["number"] for one in told["requests"]] == [request.label]
    assert told["requests"][0]["asked"] == "为什么"
    numbers = [one["number"] for one in told["events"]]
    known = {event["seq"] for event in event_list(subject=subject.pseudonym, rows=999)}
    # The copy itself reads the name once more, after the events were listed.
    assert set(numbers) <= known
    assert len(known) - len(set(numbers)) <= 1
    assert phone.get("/me/copy/").status_code == 405


def test_a_copy_after_stopping_holds_no_name(phone: Phone) -> None:
    phone.post("/me/stop/all/")
    file = phone.post("/me/copy/").content.decode()
    assert json.loads(file)["contacts"] == []
    assert "王小明" not in file
    assert "13812345678" not in file


def test_anybody_complains_without_saying_who_they_are(office: make.Office) -> None:
    stranger = Phone()
    assert "/complain/" in stranger.get("/rules/").content.decode()
    assert stranger.get("/complain/").status_code == 200
    told = {"kind": "complaint", "words": "有人没问就拍我"}
    answer = stranger.post("/complain/", told)
    assert answer["Location"] == "/complain/answer/"
    request = Request.objects.get()
    assert request.subject is None
    assert request.shown_due - request.opened_at == timedelta(days=15)
    assert request_words(request=request).asked == "有人没问就拍我"
    assert event_list(kind="request.opened")[0]["subject"] is None
    page = stranger.get("/complain/answer/")
    code = request_code(request=request.id)
    assert code in words_of(page)
    assert request.label in words_of(page)
    elsewhere = Phone()
    assert elsewhere.get("/complain/answer/").status_code == 200
    assert request.label not in words_of(elsewhere.get("/complain/answer/"))
    wrong = elsewhere.post("/complain/answer/", {"code": "0000-0000-0000"})
    assert wrong.status_code == 404
    assert elsewhere.post("/complain/answer/", {"code": code}).status_code == 302
    assert request.label in words_of(elsewhere.get("/complain/answer/"))
    assert office.site


def test_a_flood_of_complaints_or_codes_is_slowed(office: make.Office) -> None:
    phone = Phone()
    told = {"kind": "complaint", "words": "x"}
    answers = [phone.post("/complain/", told).status_code for _ in range(21)]
    assert answers == [302] * 20 + [429]
    guess = {"code": "0000-0000-0000"}
    guesses = [phone.post("/complain/answer/", guess).status_code for _ in range(21)]
    assert guesses == [404] * 20 + [429]
    assert office.site


def test_the_queue_shows_numbers_and_no_words(phone: Phone) -> None:
    request = ask(phone, words="我叫王小明")
    client = officer()
    page = client.get("/office/requests/")
    assert request.label in words_of(page)
    assert "王小明" not in words_of(page)
    assert event_list(kind="log.read") == []
    assert "我叫王小明" in words_of(client.get(f"/office/requests/{request.id}/"))
    read = event_list(kind="log.read")[0]
    assert read["data"] == {"rows": 1, "view": "request"}
    assert read["subject"] == (request.subject and request.subject.pseudonym)
    assert f"/office/requests/{request.id}/" in client.get("/office/").content.decode()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"outcome": "refused", "reason": ""}, "reason"),
        ({"outcome": "partly", "reason": ""}, "reason"),
        ({"outcome": "granted", "reason": "law"}, "reason"),
        ({"reason": "law"}, "outcome"),
    ],
)
def test_an_answer_that_will_not_do_keeps_what_was_typed(
    phone: Phone, told: dict[str, str], field: str
) -> None:
    request = ask(phone)
    page = officer().post(
        f"/office/requests/{request.id}/", {**told, "words": "话还在"}
    )
    assert page.status_code == 400
    assert page.context["form"].errors[field]
    assert "话还在" in page.content.decode()
    request.refresh_from_db()
    assert request.answered_at is None


def test_a_second_answer_is_refused(phone: Phone) -> None:
    request = ask(phone)
    client = officer()
    path = f"/office/requests/{request.id}/"
    told = {"outcome": "granted", "reason": "", "words": ""}
    assert client.post(path, told).status_code == 302
    assert client.post(path, told).status_code == 409
    assert "照办了" in words_of(client.get(path))


def test_granting_a_deletion_at_the_office_ends_the_contact(phone: Phone) -> None:
    request = ask(phone, "delete", "")
    client = officer()
    told = {"outcome": "granted", "reason": "", "words": ""}
    client.post(f"/office/requests/{request.id}/", told)
    assert not Contact.objects.exists()
    assert "没有" in words_of(phone.get("/me/"))
