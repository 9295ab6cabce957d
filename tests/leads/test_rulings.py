"""Where the rules cannot settle a visit: the queue, the ruling, and what follows."""

from __future__ import annotations

import hashlib
import json

import psycopg
import pytest
from django.test import Client

from audit import clock
from audit.documents import document_get, document_put
from audit.drafts import Act
from audit.selectors import event_list
from consent.holdings import held
from consent.models import Subject
from leads import copying, reviews, rulings
from leads.decisions import decision_current
from leads.errors import RulingSettled, RulingUnfit
from leads.models import Channel, Decision, Ruling
from salescenter.models import Staff
from tests.conftest import Database
from tests.leads import make
from tests.leads.test_decisions import arrives, outcome, visitor
from tests.leads.test_desk import staff
from tests.leads.test_revision import agrees, declines, revise, stops, unsettled

MANAGER = Act("st-manager", "manager")


def tied(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> tuple[Subject, Decision]:
    """Return a visitor whom two channels announced at one instant, and a review."""
    now = clock.now()
    with monkeypatch.context() as still:
        still.setattr(clock, "now", lambda: now)
        make.announced(office.broker)
        make.announced(office.resident)
    subject = visitor(office)
    decision = arrives(office, subject)
    assert outcome(decision) == ("review", "A5", None)
    return subject, decision


def ruled(
    decision: Decision, channel: Channel | None, reason: str = "channels_agreed"
) -> Ruling:
    return rulings.ruling_make(
        decision=decision, channel=channel, reason=reason, act=MANAGER
    )


def test_a_ruling_decides_the_visit(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    ruling = ruled(decision, office.resident.channel, "brought_in_person")
    current = decision_current(visit=decision.visit)
    assert outcome(current) == ("channel", "A13", "r-1")
    assert (current.revises, current.reason) == (decision, "ruling")
    assert (ruling.by, ruling.decides) == (MANAGER.id, True)
    (told,) = event_list(kind="dispute.ruled")
    (revised,) = event_list(kind="decision.revised")
    assert told["seq"] < revised["seq"]
    assert told["act"] == {"id": MANAGER.id, "role": "manager"}
    assert told["data"]["outcome"] == "channel"
    assert told["data"]["channel"] == "r-1"
    assert revised["data"]["reason"] == "ruling"
    assert revised["clause"] == "a13"


def test_its_text_is_kept_under_the_hash_that_the_log_names(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    ruling = ruled(decision, office.broker.channel, "earlier_record")
    (told,) = event_list(kind="dispute.ruled")
    text = document_get(sha256=told["data"]["reasons"])
    assert text is not None
    assert hashlib.sha256(text).hexdigest() == ruling.sha256
    read = json.loads(text)
    assert read["reason"] == "earlier_record"
    assert read["zh"] == rulings.GROUNDS["earlier_record"].words.zh
    assert read["channel"] == "b-1"


def test_a_walk_in_by_ruling(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    ruled(decision, None, "nobody_shown")
    assert outcome(decision_current(visit=decision.visit)) == ("walk_in", "A13", None)


def test_a_ruling_gives_ownership(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, decision = tied(office, monkeypatch)
    ruled(decision, office.resident.channel)
    assert outcome(arrives(office, subject, key="2")) == ("channel", "A7", "r-1")


def test_a_visit_decided_before_the_ruling_follows(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, decision = tied(office, monkeypatch)
    later = arrives(office, subject, key="2")
    assert outcome(later) == ("walk_in", "A14", None)
    ruled(decision, office.broker.channel)
    first = decision_current(visit=decision.visit)
    assert outcome(first) == ("channel", "A13", "b-1")
    assert outcome(decision_current(visit=later.visit)) == ("channel", "A7", "b-1")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("r-1", "channels_agreed"),
        ("b-1", "nobody_shown"),
        (None, "brought_in_person"),
        ("b-1", "because"),
        ("b-1", ""),
    ],
)
def test_a_ruling_that_does_not_fit_is_refused(
    office: make.Office, code: str | None, reason: str
) -> None:
    _, decision = unsettled(office)
    channel = Channel.objects.get(code=code) if code else None
    with pytest.raises(RulingUnfit):
        ruled(decision, channel, reason)
    assert Ruling.objects.count() == 0
    assert event_list(kind="dispute.ruled") == []


def test_what_is_settled_is_not_ruled_on_again(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    ruled(decision, office.broker.channel)
    for one in (decision, decision_current(visit=decision.visit)):
        with pytest.raises(RulingSettled):
            ruled(one, office.resident.channel)
    assert Ruling.objects.count() == 1


def test_what_was_superseded_meanwhile_is_not_ruled_on(office: make.Office) -> None:
    other, decision = unsettled(office)
    stops(other)
    revise(decision.visit)
    with pytest.raises(RulingSettled):
        ruled(decision, None, "none_theirs")


def test_after_the_consent_ended_a_ruling_decides_nothing(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, decision = tied(office, monkeypatch)
    stops(subject)
    ruling = ruled(decision, office.broker.channel)
    assert not ruling.decides
    assert decision_current(visit=decision.visit) == decision
    assert len(event_list(kind="dispute.ruled")) == 1
    assert event_list(kind="decision.revised") == []
    assert reviews.reviews_open(site=office.site, language="en") == []
    again = arrives(office, subject, key="2")
    assert outcome(again) == ("walk_in", "A14", None)
    assert not [fact for fact in again.facts if fact["type"] == "ruling"]


def test_a_consent_given_anew_does_not_let_such_a_ruling_in(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, decision = tied(office, monkeypatch)
    stops(subject)
    ruled(decision, office.broker.channel)
    agrees(subject, office)
    again = arrives(office, subject, key="2")
    assert not [fact for fact in again.facts if fact["type"] == "ruling"]
    assert again.outcome != "channel"


def test_one_visit_is_ruled_on_by_one_person_at_a_time(
    office: make.Office, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    held_back = []

    def kept(*, content: bytes) -> str:
        with db.connect("app") as other, pytest.raises(psycopg.Error):
            other.execute("SELECT 1 FROM leads_visit FOR UPDATE NOWAIT")
        held_back.append(content)
        return document_put(content=content)

    monkeypatch.setattr(rulings, "document_put", kept)
    ruled(decision, office.broker.channel)
    assert held_back


# The pages.


def test_the_queue_names_nobody_and_may_be_empty(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = staff("manager")
    assert "没有等人裁定的到访" in client.get("/reviews/").content.decode()
    _, decision = tied(office, monkeypatch)
    page = client.get("/reviews/")
    (row,) = page.context["reviews"]
    assert row["id"] == decision.id
    assert row["channels"] == ["渠道b-1", "渠道r-1"]
    assert "王小明" not in page.content.decode()
    assert "13812345678" not in page.content.decode()
    assert "/reviews/" in client.get("/channels/").content.decode()


def test_the_page_of_a_visit_shows_what_a_person_needs(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    page = staff("manager").get(f"/reviews/{decision.id}/")
    told = page.content.decode()
    assert page.status_code == 200
    assert "不止一条有效报备的时间同为最早" in told
    assert [one["reason"] for one in page.context["referrals"]] == ["tie", "tie"]
    assert "138****5678" in told
    assert "13812345678" not in told
    assert "王小明" not in told
    assert page.context["choices"] == {"b-1": "渠道b-1", "r-1": "渠道r-1"}
    english = staff_english().get(f"/reviews/{decision.id}/").content.decode()
    assert "a person decides" in english
    assert "Walk-in: no channel" in english


def staff_english() -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(Staff.objects.get(username="manager"))
    client.cookies["lang"] = "en"
    return client


def test_a_manager_rules_at_the_page(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, decision = tied(office, monkeypatch)
    client = staff("manager")
    answer = client.post(
        f"/reviews/{decision.id}/", {"belongs": "r-1", "reason": "visitor_said"}
    )
    assert answer["Location"] == "/reviews/"
    assert "重新判定了" in client.get("/reviews/").content.decode()
    sheet = client.get(f"/decisions/{decision.id}/").content.decode()
    assert "由人裁定：判给 渠道r-1" in sheet
    assert "客人到访时说明了由谁带来" in sheet
    assert "A5" in sheet
    ruling = Ruling.objects.get()
    assert ruling.by == event_list(kind="dispute.ruled")[0]["act"]["id"]
    declines(decision.visit)
    told = {one.title.en: one.value.zh for one in held(subject=subject)}
    assert told["A person's ruling"] == "渠道r-1"
    assert told["Channel of a visit"] == "渠道r-1"
    diary = [one["what"]["en"] for one in copying.copy_make(subject=subject)["events"]]
    assert "A person ruled on a visit" in diary


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "请选判给谁"),
        ({"belongs": "b-1"}, "请选理由"),
        ({"belongs": "nobody", "reason": "channels_agreed"}, "请选判给谁"),
        ({"belongs": "b-1", "reason": "nobody_shown"}, "这个理由与所选的结论不合"),
        ({"belongs": "-", "reason": "earlier_record"}, "这个理由与所选的结论不合"),
    ],
)
def test_the_form_says_what_is_missing(
    office: make.Office,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, str],
    words: str,
) -> None:
    _, decision = tied(office, monkeypatch)
    answer = staff("manager").post(f"/reviews/{decision.id}/", told)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert Ruling.objects.count() == 0


def test_a_walk_in_is_ruled_at_the_page_too(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    staff("manager").post(
        f"/reviews/{decision.id}/", {"belongs": "-", "reason": "nobody_shown"}
    )
    assert outcome(decision_current(visit=decision.visit)) == ("walk_in", "A13", None)


def test_a_settled_visit_says_so(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    ruled(decision, office.broker.channel)
    client = staff("manager")
    told = {"belongs": "r-1", "reason": "channels_agreed"}
    for answer in (
        client.get(f"/reviews/{decision.id}/"),
        client.post(f"/reviews/{decision.id}/", told),
    ):
        assert answer.status_code == 409
        assert "已经有了结论" in answer.content.decode()


def test_the_page_says_when_only_the_commission_is_left(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, decision = tied(office, monkeypatch)
    stops(subject)
    client = staff("manager")
    assert "只用于佣金" in client.get(f"/reviews/{decision.id}/").content.decode()
    client.post(
        f"/reviews/{decision.id}/", {"belongs": "b-1", "reason": "channels_agreed"}
    )
    assert "只用于佣金" in client.get("/reviews/").content.decode()
    assert "只用于佣金" in client.get(f"/decisions/{decision.id}/").content.decode()


def test_who_may_not_rule_is_not_shown_the_way(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = tied(office, monkeypatch)
    client = staff("reception")
    assert client.get("/reviews/").status_code == 403
    sheet = client.get(f"/decisions/{decision.id}/")
    assert sheet.status_code == 200
    assert "/reviews/" not in sheet.content.decode()
