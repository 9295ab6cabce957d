"""After the rules changed a person is asked again on their own page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.selectors import event_list, log_faults
from consent import keys
from consent.errors import NoticeChanged, PurposeStopped
from consent.models import Consent, Rules, Subject
from consent.purposes import Purpose
from consent.selectors import consent_usable
from consent.services import reasking
from consent.services.consents import key_destroy
from consent.services.links import link_issue, link_token
from consent.services.stops import stop_press
from consent.stops import COVERS
from consent.views.pages import VISITOR_COOKIE
from leads.models import Contact
from tests import make
from tests.conftest import Database
from tests.leads import make as make_leads
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir", "static_files")
AGAIN = "/me/again/"
CONTACT = {"purpose": "contact"}


@pytest.fixture
def house(db: Database) -> make.House:
    return make_leads.office().house


def longer(house: make.House, label: str = "2026-02", days: int = 31) -> Rules:
    document = make.rules_document(label, CONTACT=days)
    return make.rules_published(site=house.site, document=document)


def browser(subject: Subject) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies.load({VISITOR_COOKIE: link_token(link=link_issue(subject=subject))})
    return client


def somebody(house: make.House) -> Subject:
    return make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=False)


def answer(client: Client, rules: Rules, what: str) -> Any:
    posted = {**CONTACT, "rules": rules.sha256, "answer": what}
    return client.post(AGAIN, posted)


def test_a_yes_is_a_new_consent_with_a_receipt_and_the_old_one_goes(
    house: make.House,
) -> None:
    subject = somebody(house)
    client = browser(subject)
    assert "看变化并回答" not in words_of(client.get("/me/"))
    rules = longer(house)
    old = Consent.objects.get(subject=subject)
    assert "看变化并回答" in words_of(client.get("/me/"))
    page = client.post(AGAIN, CONTACT)
    assert "规则变了，再问您一次" in words_of(page)
    changes = f"/rules/{old.rules.sha256}/to/{rules.sha256}/"
    assert f'href="{changes}"' in page.content.decode()
    assert client.get(changes).status_code == 200
    assert event_list(kind="notice.shown")[0]["data"]["screen"] == "again"
    done = answer(client, rules, "yes")
    assert done["Location"] == "/me/correct/"
    new = consent_usable(subject=subject, purpose=Purpose.CONTACT, site=house.site)
    assert new is not None
    assert new.rules == rules
    old.refresh_from_db()
    assert old.state == "expired"
    assert keys.key_missing(consent=old.id)
    assert event_list(kind="receipt.issued")[0]["rules"] == rules.sha256
    left = client.post("/me/correct/", {"name": "王小明", "phone": "13812345678"})
    assert left.status_code == 302
    assert Contact.objects.get().live_id == new.live
    assert list(log_faults()) == []


def test_a_no_withdraws(house: make.House) -> None:
    subject = somebody(house)
    rules = longer(house)
    done = answer(browser(subject), rules, "no")
    assert done["Location"] == "/me/stopped/"
    assert Consent.objects.get(subject=subject).state == "withdrawn"


def test_what_was_not_shown_is_not_agreed_to(house: make.House) -> None:
    subject = somebody(house)
    shown = longer(house)
    longer(house, "2026-03", 32)
    assert answer(browser(subject), shown, "yes").status_code == 409
    assert Consent.objects.get(subject=subject).state == "active"


def test_nobody_is_asked_what_did_not_change(house: make.House) -> None:
    subject = somebody(house)
    client = browser(subject)
    assert client.post(AGAIN, CONTACT)["Location"] == "/me/"
    assert answer(client, house.rules, "yes").status_code == 403
    assert client.post(AGAIN, {"purpose": "x"}).status_code == 400


def test_a_version_that_comes_meanwhile_costs_nobody_their_key(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = somebody(house)
    old = Consent.objects.get(subject=subject)
    shown = longer(house)
    asked = reasking.question_find(subject=subject, purpose=Purpose.CONTACT)
    longer(house, "2026-03", 32)
    monkeypatch.setattr(reasking, "question_find", lambda **_: asked)
    with pytest.raises(NoticeChanged):
        reasking.question_answer(
            subject=subject,
            purpose=Purpose.CONTACT,
            yes=True,
            rules=shown.sha256,
            language="en",
        )
    assert not keys.key_missing(consent=old.id)
    key_destroy(consent=old)
    assert not keys.key_missing(consent=old.id)
    assert event_list(kind="receipt.issued")[0]["rules"] == house.rules.sha256


def test_a_yes_waits_while_the_stop_switch_is_on(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch is pressed between the page and the answer."""
    subject = somebody(house)
    shown = longer(house)
    monkeypatch.setitem(COVERS, "all", COVERS["all"] | {Purpose.CONTACT})
    stop_press(site=house.site, scope="all", reason="operator", act=make.ASKING)
    with pytest.raises(PurposeStopped):
        reasking.question_answer(
            subject=subject,
            purpose=Purpose.CONTACT,
            yes=True,
            rules=shown.sha256,
            language="en",
        )
    assert Consent.objects.get(subject=subject).rules == house.rules
