"""The desk, the managers' page, the reading room and the front door."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from audit.selectors import event_list
from leads import kiosks
from leads.models import Decision, Referral, Visit
from salescenter.roles import roles_sync, staff_create
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of

DETAILS = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}
PASSWORD = "a long password"


def staff(role: str) -> Client:
    roles_sync()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(staff_create(username=role, password=PASSWORD, role=role))
    return client


def arrived(office: make.Office) -> str:
    """Walk an announced guest through; return their pass."""
    make.announced(office.broker)
    page = Phone().walk(
        KioskBrowser(office.house).code(),
        yes=("contact", "attribution"),
        details=DETAILS,
    )
    return str(page.context["pass_code"])


def test_the_desk_shows_visits_without_names(office: make.Office) -> None:
    arrived(office)
    client = staff("reception")
    for path in ("/desk/", "/desk/rows/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "渠道b-1" in page.content.decode()
        assert "王小明" not in page.content.decode()
    assert not [
        e for e in event_list(kind="contact.viewed") if e["act"]["id"] != "self"
    ]


def test_a_name_is_shown_on_demand_and_logged_first(office: make.Office) -> None:
    arrived(office)
    client = staff("reception")
    visit = Visit.objects.get()
    page = client.post(f"/desk/visits/{visit.id}/contact/", {"reason": "call_back"})
    assert "王小明" in page.content.decode()
    viewed = event_list(kind="contact.viewed")[0]
    assert viewed["act"]["role"] == "reception"
    assert viewed["data"] == {"reason": "call_back"}
    assert "王小明" not in client.get("/desk/").content.decode()
    wrong = client.post(f"/desk/visits/{visit.id}/contact/", {"reason": "curious"})
    assert wrong.status_code == 400


def test_a_name_is_gone_with_its_consent(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    phone.post("/me/stop/all/")
    visit = Visit.objects.get()
    answer = staff("reception").post(
        f"/desk/visits/{visit.id}/contact/", {"reason": "arrival"}
    )
    assert answer.status_code == 403
    assert "王小明" not in answer.content.decode()
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "no_consent"


def test_checking_in_by_hand(office: make.Office) -> None:
    code = arrived(office)
    client = staff("reception")
    for key in (code, DETAILS["phone"], ""):
        assert client.post("/desk/checkin/", {"key": key}).status_code == 302
    by_hand = Visit.objects.filter(verified_by="staff").order_by("at")
    assert [visit.subject is None for visit in by_hand] == [False, False, True]
    lost = client.post("/desk/checkin/", {"key": "0000-0000"})
    assert lost.status_code == 404
    assert lost.context["form"]["key"].value() == "0000-0000"
    twice = {"key": "", "nonce": "n1"}
    assert client.post("/desk/checkin/", twice).status_code == 302
    assert client.post("/desk/checkin/", twice).status_code == 302
    assert Visit.objects.filter(verified_by="staff").count() == 4


def test_why_it_is_done_by_hand_is_logged(office: make.Office) -> None:
    code = arrived(office)
    client = staff("reception")
    for reason in ("", "not_recognised", "kiosk_down"):
        sent = {"key": code, "reason": reason}
        assert client.post("/desk/checkin/", sent).status_code == 302
    told = [event["data"] for event in event_list(kind="desk.override")][::-1]
    assert [(one["what"], one["reason"]) for one in told] == [
        ("check_in", "assisted"),
        ("match", "not_recognised"),
        ("check_in", "kiosk_down"),
    ]
    by_hand = Visit.objects.filter(verified_by="staff").order_by("at")
    assert [one["visit"] for one in told] == [str(visit.id) for visit in by_hand]


def test_another_reason_than_those_is_refused(office: make.Office) -> None:
    sent = {"key": arrived(office), "reason": "because"}
    assert staff("reception").post("/desk/checkin/", sent).status_code == 400
    assert not event_list(kind="desk.override")


def test_guessing_is_stopped_at_the_desk(office: make.Office) -> None:
    code = arrived(office)
    cache.clear()
    client = staff("reception")
    for number in range(kiosks.ATTEMPTS_MAX):
        wrong = {"key": f"1390000{number:04}"}
        assert client.post("/desk/checkin/", wrong).status_code == 404
    assert client.post("/desk/checkin/", {"key": code}).status_code == 429
    assert client.post("/desk/checkin/", {"key": ""}).status_code == 302
    cache.clear()
    assert client.post("/desk/checkin/", {"key": code}).status_code == 302


def test_a_manager_watches_and_records_nobody(office: make.Office) -> None:
    code = arrived(office)
    client = staff("manager")
    assert "/desk/checkin/" not in client.get("/desk/").content.decode()
    for key in ("", code):
        assert client.post("/desk/checkin/", {"key": key}).status_code == 403
    assert Visit.objects.count() == 1


def test_a_referral_is_taken_down(office: make.Office) -> None:
    client = staff("reception")
    told = {
        "agent": str(office.broker.id),
        "surname": "李",
        "phone": "139****5678",
        "planned_at": "2026-12-01T10:00",
    }
    assert client.get("/desk/referrals/new/").status_code == 200
    answer = client.post("/desk/referrals/new/", told)
    page = client.get(answer["Location"])
    referral = Referral.objects.get()
    assert referral.is_masked
    assert page.context["referral"]["code"].count("-") == 1
    announced = event_list(kind="referral.announced")[0]
    assert announced["data"]["masked"] is True
    again = client.post("/desk/referrals/new/", told)
    assert again.status_code == 409
    assert "已经报备过" in words_of(again)
    assert Referral.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("agent", ""),
        ("agent", "nobody"),
        ("phone", "12"),
        ("phone", ""),
        ("surname", ""),
        ("planned_at", "tomorrow"),
    ],
)
def test_a_referral_that_cannot_be_read_keeps_what_was_typed(
    office: make.Office, field: str, value: str
) -> None:
    told = {
        "agent": str(office.broker.id),
        "surname": "李",
        "phone": "139****5678",
        "planned_at": "",
        field: value,
    }
    answer = staff("reception").post("/desk/referrals/new/", told)
    assert answer.status_code == 400
    assert answer.context["form"].errors[field]
    assert Referral.objects.count() == 0


def test_the_decision_sheet_explains(office: make.Office) -> None:
    arrived(office)
    decision = Decision.objects.get()
    page = staff("manager").get(f"/decisions/{decision.id}/")
    assert page.status_code == 200
    assert "渠道b-1" in page.content.decode()
    assert "5678" not in words_of(page).replace(decision.version, "")
    assert page.context["timeline"][0]["title"].en == "Referral"


def test_the_figures_add_up(office: make.Office) -> None:
    arrived(office)
    Phone().walk(KioskBrowser(office.house).code())
    client = staff("manager")
    for days in ("1", "7", "30", "x"):
        page = client.get("/channels/", {"days": days})
        assert page.status_code == 200
        totals = page.context["totals"]
        assert (totals["visits"], totals["decided"], totals["walk_in"]) == (2, 1, 1)
        row = page.context["rows"][0]
        assert (row["referrals"], row["visits"], row["decided"]) == (1, 1, 1)
        assert page.context["walk_in_share"] == 50


def test_reading_the_log_is_logged(office: make.Office) -> None:
    arrived(office)
    client = staff("compliance")
    page = client.get("/log/")
    assert page.status_code == 200
    assert page.context["in_order"] is True
    assert page.context["open_uses"] == 0
    assert page.context["assessment"].code == "pia-1"
    read = event_list(kind="log.read")[0]
    assert read["act"]["role"] == "compliance"
    for query in ({"type": "consent.granted"}, {"consent": "5"}, {"before": "x"}):
        assert client.get("/log/", query).status_code == 200
    for query in ({"type": "\0"}, {"subject": "s_\0"}):
        assert client.get("/log/", query).status_code == 400
    found = client.get("/log/", {"type": "visit.recorded"})
    assert [row["type"] for row in found.context["events"]] == ["visit.recorded"]


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("compliance", "/desk/"),
        ("compliance", "/channels/"),
        ("manager", "/log/"),
        ("manager", "/desk/referrals/new/"),
        ("reception", "/log/"),
        ("reception", "/channels/"),
    ],
)
def test_a_role_opens_its_own_pages_only(
    office: make.Office, role: str, path: str
) -> None:
    answer = staff(role).get(path)
    assert answer.status_code == 403
    assert words_of(answer)
    assert office.site


@pytest.mark.parametrize("path", ["/desk/", "/channels/", "/log/", "/desk/rows/"])
def test_strangers_are_sent_to_sign_in(office: make.Office, path: str) -> None:
    answer = Client(SERVER_NAME="127.0.0.1").get(path)
    assert answer["Location"].startswith("/login/")
    assert office.site


def test_signing_in_and_its_refusals_are_logged(office: make.Office) -> None:
    roles_sync()
    member = staff_create(username="r", password=PASSWORD, role="reception")
    client = Client(SERVER_NAME="127.0.0.1")
    assert client.get("/login/").status_code == 200
    wrong = client.post("/login/", {"username": "r", "password": "wrong"})
    assert wrong.status_code == 400
    assert event_list(rows=1)[0]["type"] == "staff.refused"
    told = {"username": "r", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/login/", told)["Location"] == "/"
    signed = event_list(rows=1)[0]
    assert signed["type"] == "staff.signed_in"
    assert signed["act"] == {"id": member.code, "role": "reception"}
    assert client.get("/").status_code == 200
    assert client.post("/logout/")["Location"] == "/"


def test_the_language_is_one_tap(office: make.Office) -> None:
    phone = Phone()
    assert "来访登记" in words_of(phone.get("/"))
    answer = phone.post("/language/", {"lang": "en", "next": "/rules/"})
    assert answer["Location"] == "/rules/"
    assert 'lang="en"' in phone.get("/").content.decode()
    away = phone.post("/language/", {"lang": "xx", "next": "//evil.example/"})
    assert away["Location"] == "/"
    assert office.site


def test_a_page_that_is_none_is_answered_in_words(office: make.Office) -> None:
    answer = Phone(lang="en").get("/nothing/")
    assert answer.status_code == 404
    assert "There is no such page" in words_of(answer)
    assert office.site
