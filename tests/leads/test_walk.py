"""The walk of one guest, page by page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from audit import clock
from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from consent.models import Consent, Pass, Receipt, Subject, Walk
from leads.models import Contact, Decision, PhoneIndex, Referral, ReferralMatch, Visit
from leads.referrals import referral_code
from leads.views import returning
from leads.visits import visit_of_walk
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of
from tests.make import rules_document, rules_published

DETAILS = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}
REFERRED = ("contact", "attribution")
COMPARE = "/kiosk/return/face/consent/"


def kinds() -> list[str]:
    return [event["type"] for event in event_list(rows=200)]


def test_a_guest_walks_and_is_decided_for_the_channel(office: make.Office) -> None:
    make.announced(office.broker)
    kiosk, phone = KioskBrowser(office.house), Phone()
    page = phone.walk(kiosk.code(), yes=REFERRED, face=True, details=DETAILS)
    assert page.status_code == 200
    assert page.context["camera"] is True
    assert page.context["pass_code"]
    assert "#" in page.context["page_link"]
    visit, decision = Visit.objects.get(), Decision.objects.get()
    assert (decision.outcome, decision.clause) == ("channel", "A5")
    assert decision.channel == office.broker.channel
    assert decision.agent == office.broker
    assert visit.verified_by == "qr"
    assert Contact.objects.get().subject == visit.subject
    assert "13812345678" not in str(decision.facts) + str(decision.document)
    made = event_list(kind="decision.made")[0]
    assert made["clause"] == "a5"
    assert made["consent"] is not None
    assert list(log_faults()) == []


def test_the_decision_is_explained_without_a_phone(office: make.Office) -> None:
    make.announced(office.broker)
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=REFERRED, details=DETAILS)
    steps = Decision.objects.get().document["because"]
    assert all(step["zh"] and step["en"] for step in steps)


def test_a_guest_who_refuses_everything_leaves_nothing(office: make.Office) -> None:
    make.announced(office.broker)
    kiosk, phone = KioskBrowser(office.house), Phone()
    page = phone.walk(kiosk.code())
    assert page.context["anonymous"] is True
    assert page.context["camera"] is False
    assert Subject.objects.count() == 0
    assert Receipt.objects.count() == 0
    assert Visit.objects.get().subject is None
    assert Decision.objects.get().outcome == "walk_in"
    refused = event_list(kind="consent.refused")
    assert {event["purpose"] for event in refused} == {
        "contact",
        "attribution",
        "marketing.sms",
        "marketing.call",
        "face.checkin",
    }
    assert all(event["subject"] is None for event in refused)
    assert "visitor" not in phone.client.cookies


def test_refusing_takes_as_many_steps_as_consenting(office: make.Office) -> None:
    kiosk = KioskBrowser(office.house)
    willing, refusing = Phone(), Phone()
    every = (*REFERRED, "marketing_sms", "marketing_call")
    yes = willing.walk(kiosk.code(), yes=every, face=True, details=DETAILS)
    no = refusing.walk(kiosk.code())
    assert len(willing.steps) == len(refusing.steps)
    assert [step.split("/")[1:3] for step in willing.steps[1:]] == [
        step.split("/")[1:3] for step in refusing.steps[1:]
    ]
    assert yes.status_code == no.status_code == 200


def test_no_attribution_means_nothing_is_matched(office: make.Office) -> None:
    make.announced(office.broker)
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    decision = Decision.objects.get()
    assert (decision.outcome, decision.clause) == ("walk_in", "A14")
    assert ReferralMatch.objects.count() == 0
    assert [fact["type"] for fact in decision.facts] == ["visit"]
    assert "contact.viewed" not in kinds()


def test_showing_a_code_is_itself_a_consent(office: make.Office) -> None:
    referral = make.announced(office.resident, phone="13900001111", consent_proof=False)
    kiosk, phone = KioskBrowser(office.house), Phone()
    code = referral_code(referral=referral).lower().replace("-", " ")
    phone.walk(kiosk.code(), details={"referral_code": code})
    shown = event_list(kind="referral.shown")[0]
    granted = event_list(kind="consent.granted")[0]
    assert granted["purpose"] == "attribution"
    assert shown["consent"] == granted["seq"]
    assert Decision.objects.get().channel == office.resident.channel


def test_an_unknown_referral_code_loses_nothing(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    phone.post("/visit/", {"contact": "on", "attribution": "on", "age": "adult"})
    phone.post("/visit/face/", {"answer": "plain"})
    answer = phone.post("/visit/details/", {**DETAILS, "referral_code": "0000-0000"})
    assert answer.status_code == 400
    assert "没有这个报备码" in words_of(answer)
    assert "王小明" in answer.content.decode()
    assert Contact.objects.count() == 0
    assert phone.post("/visit/details/", DETAILS).status_code == 302


def test_a_number_that_is_none_is_asked_again(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    phone.post("/visit/", {"contact": "on", "age": "adult"})
    phone.post("/visit/face/", {"answer": "plain"})
    wrong = {**DETAILS, "phone": "12345"}
    answer = phone.post("/visit/details/", wrong)
    assert answer.status_code == 400
    assert "这不像一个手机号" in words_of(answer)
    phone.client.cookies["lang"] = "en"
    english = phone.post("/visit/details/", wrong)
    assert "This is not a phone number" in words_of(english)


def test_details_need_a_live_contact_consent(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    phone.post("/visit/", {"attribution": "on", "age": "adult"})
    phone.post("/visit/face/", {"answer": "plain"})
    page = phone.get("/visit/details/")
    assert "phone" not in page.context["form"].fields
    answer = phone.post("/visit/details/", DETAILS)
    assert answer.status_code == 400
    assert Contact.objects.count() == 0


def test_a_child_leaves_nothing_and_is_welcome(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    answers = {"contact": "on", "attribution": "on", "age": "under_14"}
    assert phone.post("/visit/", answers)["Location"] == "/visit/done/"
    page = phone.get("/visit/done/")
    assert page.context["anonymous"] is True
    assert "父母或监护人来决定" in words_of(page)
    assert phone.get("/visit/face/")["Location"] == "/visit/done/"
    assert phone.post("/visit/details/", DETAILS)["Location"] == "/visit/done/"
    for model in (Subject, Consent, Contact, Receipt):
        assert not model.objects.exists(), model
    assert Visit.objects.get().subject is None


def asked_to_compare(office: make.Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the kiosk's browser at the page that asks for one comparison."""
    kiosk = KioskBrowser(office.house)
    Phone().walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    live = Consent.objects.get(purpose="face.checkin")
    # No template is needed to be asked.
    monkeypatch.setattr(returning, "candidates", lambda **_: [live])
    answer = kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    assert answer["Location"] == COMPARE
    return kiosk


def test_the_comparison_says_from_which_age(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk = asked_to_compare(office, monkeypatch)
    assert "仅限满 14 周岁" in words_of(kiosk.get(COMPARE))
    kiosk.client.cookies["lang"] = "en"
    assert "14 and over only" in words_of(kiosk.get(COMPARE))


def test_no_comparison_under_rules_that_were_not_shown(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk = asked_to_compare(office, monkeypatch)
    shown = kiosk.get(COMPARE)
    sha256 = office.house.rules.sha256
    assert f'name="rules" value="{sha256}"' in shown.content.decode()
    newer = rules_published(site=office.site, document=rules_document("2026-02"))
    again = kiosk.post(COMPARE, {"answer": "compare", "rules": sha256})
    assert again.status_code == 400
    assert "刚刚换了新的说明" in words_of(again)
    assert f'name="rules" value="{newer.sha256}"' in again.content.decode()
    assert not Consent.objects.filter(once=True).exists()
    assert kiosk.post(COMPARE, {"answer": "compare"}).status_code == 302
    assert Consent.objects.get(once=True).rules == newer


def test_the_language_that_was_read_is_recorded(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone(lang="en")
    phone.open(kiosk.code())
    read = '<input type="hidden" name="language" value="en">'
    assert read in phone.get("/visit/").content.decode()
    phone.client.cookies["lang"] = "zh-hans"  # switched in another tab
    yes = {"contact": "on", "age": "adult", "language": "en"}
    assert phone.post("/visit/", yes).status_code == 302
    phone.client.cookies["lang"] = "en"
    assert phone.get("/visit/face/").content.decode().count(read) == 2
    phone.client.cookies["lang"] = "zh-hans"
    for unsaid in ({"answer": "face"}, {"answer": "face", "language": "fr"}):
        assert phone.client.post("/visit/face/", unsaid).status_code == 400
    phone.post("/visit/face/", {"answer": "face", "language": "en"})
    assert {one.language for one in Consent.objects.all()} == {"en"}


def test_after_stopping_the_last_page_makes_no_new_pass(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    page = phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    assert page.context["pass_code"]
    phone.post("/me/stop/all/")
    again = phone.get("/visit/done/")
    assert again.status_code == 200
    assert "pass_code" not in again.context
    assert not Pass.objects.filter(revoked_at=None).exists()


@pytest.mark.parametrize(
    "extra", [{"face_checkin": "on"}, {"name": "x"}, {"channel_disclose": "on"}]
)
def test_a_field_too_many_is_refused(
    office: make.Office, extra: dict[str, str]
) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    answer = phone.post("/visit/", {"contact": "on", "age": "adult", **extra})
    assert answer.status_code == 400
    assert "请" in words_of(answer)
    assert Consent.objects.count() == 0
    phone.client.cookies["lang"] = "en"
    english = phone.post("/visit/", {"contact": "on", "age": "adult", **extra})
    assert '<html lang="en"' in english.content.decode()
    assert phone.post("/visit/", {"age": "adult"}).status_code == 302


def test_no_switch_is_on_and_no_age_is_set(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    page = phone.get("/visit/").content.decode()
    assert " checked" not in page
    answer = phone.post("/visit/", {"contact": "on"})
    assert answer.status_code == 400
    assert answer.context["form"]["contact"].value() == "on"
    assert Consent.objects.count() == 0


def test_every_step_may_be_sent_twice(office: make.Office) -> None:
    make.announced(office.broker)
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=REFERRED, face=True, details=DETAILS)
    before = kinds()
    assert phone.post("/visit/", {"age": "adult"})["Location"] == "/visit/done/"
    answer = phone.post("/visit/face/", {"answer": "plain"})
    assert answer["Location"] == "/visit/done/"
    assert phone.post("/visit/details/", DETAILS)["Location"] == "/visit/done/"
    assert phone.get("/visit/done/").status_code == 200
    assert kinds() == before
    assert Visit.objects.count() == Decision.objects.count() == 1


def test_two_requests_at_once_are_one_visit(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    walk = Walk.objects.select_related("kiosk__site").get(finished_at__isnull=False)
    walk.id = walk.pk = type(walk)().id  # another arrival, of which nothing is known

    def record(_: int) -> str:
        try:
            return str(visit_of_walk(walk=walk, act=VISITOR).id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(record, range(4)))
    assert len(found) == 1
    assert Visit.objects.count() == 2
    assert list(log_faults()) == []


def test_the_phone_comes_back_with_the_pass_it_holds(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    phone.open(kiosk.code())
    assert phone.get("/visit/").context["pass_code"]
    answer = phone.post("/visit/again/")
    assert answer["Location"] == "/visit/again/"
    assert phone.get("/visit/again/").status_code == 200
    assert phone.post("/visit/again/").status_code == 302
    latest = Visit.objects.order_by("-at").first()
    assert Visit.objects.count() == 2
    assert latest is not None
    assert latest.verified_by == "pass"
    assert latest.subject == Subject.objects.get()


def test_who_came_back_and_then_walks_on_arrives_too(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    phone.open(kiosk.code())
    phone.post("/visit/again/")
    assert kiosk.state()["guests"][0]["state"] == "finished"
    phone.walk_on(yes=("contact",), details=DETAILS)
    assert Visit.objects.count() == 3
    people = Visit.objects.values_list("subject", flat=True)
    assert len(set(people)) == Subject.objects.count() == 2


def test_a_strange_phone_cannot_come_back(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone(visitor="nonsense")
    phone.open(kiosk.code())
    assert phone.get("/visit/").context["pass_code"] is None
    assert phone.post("/visit/again/").status_code == 404
    assert Visit.objects.count() == 0


def test_withdrawing_one_purpose_deletes_and_says_so(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=REFERRED, details=DETAILS)
    assert phone.post("/me/stop/", {"purpose": "contact"})["Location"] == "/me/stopped/"
    page = phone.get("/me/stopped/")
    assert page.context["remaining"] == 1
    told = [thing.en for row in page.context["ended"] for thing in row["destroyed"]]
    assert set(told) == {"Name and number", "The key of this purpose"}
    assert Contact.objects.count() == PhoneIndex.objects.count() == 0
    assert "王小明" not in phone.get("/me/").content.decode()
    assert list(log_faults()) == []


def test_withdrawing_takes_one_press(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=REFERRED, details=DETAILS)
    phone.steps.clear()
    phone.post("/me/stop/all/")
    assert phone.steps == ["/me/stop/all/"]
    assert not Consent.objects.filter(state="active").exists()
    assert phone.get("/me/").status_code == 200


@pytest.mark.parametrize("purpose", ["", "everything", "face"])
def test_only_a_purpose_can_be_stopped(office: make.Office, purpose: str) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    assert phone.post("/me/stop/", {"purpose": purpose}).status_code == 400
    assert Consent.objects.filter(state="active").count() == 1


def test_nobody_else_opens_the_page(office: make.Office) -> None:
    stranger = Phone()
    assert stranger.get("/me/")["Location"] == "/me/open/"
    assert stranger.post("/me/stop/all/").status_code == 404
    assert office.site


def test_a_walk_that_is_over_says_so(office: make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    Walk.objects.update(finish_until=clock.now() - timedelta(seconds=1))
    for path in ("/visit/", "/visit/face/", "/visit/details/", "/visit/done/"):
        assert phone.get(path).status_code == 410
    assert Phone().get("/visit/").status_code == 410


def test_a_referral_keeps_no_number(office: make.Office) -> None:
    make.announced(office.broker, phone="138 1234 5678", surname="王")
    row = Referral.objects.values().get()
    assert row["masked"] == "138****5678"
    assert "12345678" not in str(row)
    assert "王" not in str(row)
