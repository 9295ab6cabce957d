"""Who announced you? The visitor's answer, and what it confirms or denies."""

from __future__ import annotations

import psycopg
import pytest

from audit.drafts import VISITOR
from audit.selectors import event_list
from consent.errors import ConsentRequired
from consent.holdings import held
from consent.models import Subject
from leads import answers, questions, rulings
from leads.decisions import decision_current
from leads.errors import QuestionClosed
from leads.models import Answer, Channel, Decision, Visit
from leads.visits import visit_record
from tests.conftest import Database
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone
from tests.leads.test_decisions import arrives, outcome, reasons, visitor
from tests.leads.test_desk import staff
from tests.leads.test_revision import agrees, stops, unsettled

CONFIRMED, DENIED, UNSAID = Answer.Said.values
DETAILS = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}


def says(visit: Visit, said: str, *codes: str) -> Answer:
    return answers.referral_answer(
        visit=visit,
        said=said,
        channels=list(Channel.objects.filter(code__in=codes)),
        act=VISITOR,
    )


def now(visit: Visit) -> tuple[str, str, str | None]:
    return outcome(decision_current(visit=visit))


def shown(subject: Subject) -> str:
    return " ".join(one.value.zh for one in held(subject=subject))


def test_what_is_confirmed_counts_from_its_original_time(office: make.Office) -> None:
    referral = make.announced(office.broker, consent_proof=False)
    decision = arrives(office, visitor(office))
    assert reasons(decision) == ["unconfirmed"]
    answer = says(decision.visit, CONFIRMED, "b-1")
    assert answer.referrals == [str(referral.id)]
    assert now(decision.visit) == ("channel", "A5", "b-1")
    (told,) = event_list(kind="referral.answered")
    (revised,) = event_list(kind="decision.revised")
    assert told["seq"] < revised["seq"]
    assert told["data"] == {
        "visit": str(decision.visit_id),
        "answer": "confirmed",
        "referrals": [str(referral.id)],
    }
    assert told["consent"] is not None
    assert revised["data"]["reason"] == "confirmed"


def test_nobody_denies_every_announcement(office: make.Office) -> None:
    make.announced(office.broker)
    decision = arrives(office, visitor(office))
    assert outcome(decision) == ("channel", "A5", "b-1")
    says(decision.visit, DENIED)
    current = decision_current(visit=decision.visit)
    assert outcome(current) == ("walk_in", "A14", None)
    assert reasons(current) == ["denied"]
    assert current.reason == "denied"


def test_to_decline_changes_nothing(office: make.Office) -> None:
    make.announced(office.broker)
    decision = arrives(office, visitor(office))
    says(decision.visit, UNSAID)
    assert decision_current(visit=decision.visit) == decision
    assert event_list(kind="referral.answered")[0]["data"]["referrals"] == []


def test_a_channel_that_announced_nobody_like_them_is_not_kept(
    office: make.Office,
) -> None:
    make.announced(office.broker, consent_proof=False)
    decision = arrives(office, visitor(office))
    answer = says(decision.visit, CONFIRMED, "r-1")
    assert answer.referrals == []
    assert decision_current(visit=decision.visit) == decision
    assert "r-1" not in str(event_list(kind="referral.answered"))


def test_the_last_answer_counts(office: make.Office) -> None:
    make.announced(office.broker, consent_proof=False)
    visit = arrives(office, visitor(office)).visit
    says(visit, DENIED)
    assert reasons(decision_current(visit=visit)) == ["denied"]
    says(visit, CONFIRMED, "b-1")
    assert now(visit) == ("channel", "A5", "b-1")
    assert says(visit, UNSAID).said == CONFIRMED
    assert now(visit) == ("channel", "A5", "b-1")
    says(visit, CONFIRMED, "r-1")
    assert reasons(decision_current(visit=visit)) == ["unconfirmed"]


def test_the_same_answer_twice_is_once(office: make.Office) -> None:
    make.announced(office.broker)
    visit = arrives(office, visitor(office)).visit
    assert says(visit, DENIED) == says(visit, DENIED)
    assert len(event_list(kind="referral.answered")) == 1


def test_an_answer_at_a_later_visit_reaches_the_first(office: make.Office) -> None:
    make.announced(office.broker, consent_proof=False)
    subject = visitor(office)
    first = arrives(office, subject).visit
    second = arrives(office, subject, key="2").visit
    says(second, CONFIRMED, "b-1")
    assert now(first) == ("channel", "A5", "b-1")
    assert now(second) == ("channel", "A7", "b-1")


def test_it_settles_what_waited_for_a_person(office: make.Office) -> None:
    _, decision = unsettled(office)
    says(decision.visit, DENIED)
    assert now(decision.visit) == ("walk_in", "A14", None)
    assert not rulings.ruling_open(decision=decision)


def test_what_another_customer_said_is_not_this_ones_answer(
    office: make.Office,
) -> None:
    """A masked number fits both; one of them denying it says nothing for the other."""
    other, decision = unsettled(office)
    theirs = Visit.objects.get(subject=other)
    says(theirs, DENIED)
    assert now(decision.visit) == ("review", "A1", None)
    assert not [
        fact
        for fact in decision_current(visit=decision.visit).facts
        if fact["type"] == "confirmation"
    ]


def test_without_the_consent_nobody_is_asked(office: make.Office) -> None:
    make.announced(office.broker)
    subject = visitor(office)
    decision = arrives(office, subject)
    assert questions.visit_asked(subject=subject) == decision.visit
    stops(subject)
    assert questions.visit_asked(subject=subject) is None
    with pytest.raises(ConsentRequired):
        says(decision.visit, DENIED)
    assert decision_current(visit=decision.visit) == decision
    agrees(subject, office)
    assert questions.visit_asked(subject=subject) is None
    with pytest.raises(QuestionClosed):
        says(decision.visit, DENIED)
    nobody = visit_record(
        site=office.site, subject=None, verified_by="qr", key="x", act=VISITOR
    )
    with pytest.raises(QuestionClosed):
        says(nobody, DENIED)
    assert Answer.objects.count() == 0


def test_who_has_not_answered_is_told_no_channels_name(office: make.Office) -> None:
    make.announced(office.broker)
    subject = visitor(office)
    visit = arrives(office, subject).visit
    assert "渠道b-1" not in shown(subject)
    assert questions.UNANSWERED.zh in shown(subject)
    says(visit, UNSAID)
    assert "渠道b-1" in shown(subject)
    assert answers.SAID[UNSAID].zh in shown(subject)


# The pages.


@pytest.mark.parametrize("announced", [True, False])
def test_everybody_is_asked_alike(office: make.Office, announced: bool) -> None:
    if announced:
        make.announced(office.broker)
    phone = Phone()
    done = phone.walk(
        KioskBrowser(office.house).code(),
        yes=("contact", "attribution"),
        details=DETAILS,
    )
    assert "/me/agent/" in done.content.decode()
    assert "/me/agent/" in phone.get("/me/").content.decode()
    page = phone.get("/me/agent/")
    assert page.status_code == 200
    assert [code for code, _ in page.context["channels"]] == ["b-1", "r-1"]
    answer = phone.post("/me/agent/", {"said": "confirmed", "channels": ["b-1"]})
    assert answer["Location"] == "/me/"
    told = phone.get("/me/").content.decode()
    assert "有人替您报备" in told
    assert "您回答了有没有人替您报备" in told
    again = phone.get("/me/agent/").content.decode()
    assert "您回答过" in again
    assert "不想说" not in again.split("<form")[1].split("</fieldset>")[0]


def test_who_did_not_agree_is_not_asked(office: make.Office) -> None:
    phone = Phone()
    done = phone.walk(
        KioskBrowser(office.house).code(), yes=("contact",), details=DETAILS
    )
    assert "/me/agent/" not in done.content.decode()
    assert "/me/agent/" not in phone.get("/me/").content.decode()
    assert phone.get("/me/agent/")["Location"] == "/me/"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "请选一个回答"),
        ({"said": "confirmed"}, "请选是哪一家"),
        ({"said": "confirmed", "channels": ["x-9"]}, "请选是哪一家"),
        ({"said": "denied", "channels": ["b-1"]}, "选了哪一家"),
        ({"said": "perhaps"}, "请选一个回答"),
    ],
)
def test_the_form_says_what_is_missing(
    office: make.Office, told: dict[str, object], words: str
) -> None:
    phone = Phone()
    phone.walk(KioskBrowser(office.house).code(), yes=("attribution",), details=None)
    answer = phone.post("/me/agent/", told)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert Answer.objects.count() == 0


def test_the_sheet_tells_the_answer_without_a_name(office: make.Office) -> None:
    make.announced(office.broker)
    decision = arrives(office, visitor(office))
    says(decision.visit, DENIED)
    page = staff("manager").get(f"/decisions/{decision.id}/").content.decode()
    assert "客人否认了一条报备" in page
    assert "客人回答了一条报备" in page
    assert Decision.objects.filter(visit=decision.visit).count() == 2


def test_the_database_takes_no_answer_about_somebody_elses_referral(
    db: Database, office: make.Office
) -> None:
    make.announced(office.broker)
    visit = arrives(office, visitor(office)).visit
    says(visit, DENIED)
    other = arrives(office, visitor(office, phone="13911112222"), key="2").visit
    stray = (
        "INSERT INTO leads_answer SELECT (jsonb_populate_record(one, to_jsonb(one) ||"
        " jsonb_build_object('id', gen_random_uuid(), 'visit_id',"
        f" '{other.id}'))).* FROM leads_answer one"
    )
    with db.connect() as link, pytest.raises(psycopg.Error) as refused:
        link.execute(stray)
    assert "concern the visitor" in str(refused.value)
