"""Decisions made again: one supersedes another, says why, and nothing is edited."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from audit.drafts import VISITOR
from audit.selectors import event_list
from consent import journal
from consent.holdings import held
from consent.models import Subject
from consent.purposes import Purpose
from consent.selectors import rules_get
from consent.services.consents import consent_grant, consents_withdraw
from consent.services.renewing import log_go_on
from leads import contacts, copying, gathering, selectors
from leads.answers import referral_answer
from leads.decisions import decision_current, decision_revise
from leads.models import Decision, Visit
from leads.visits import visit_record
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.consent.test_renewing import OFFICER, lose
from tests.leads import make
from tests.leads.test_decisions import arrives, outcome, visitor
from tests.leads.test_desk import staff


def revise(visit: Visit, reason: str = "unmerged") -> Decision:
    """Judge a visit again in a unit of its own."""
    with journal.unit(act=make.RECEPTION, site=visit.site) as unit:
        return decision_revise(unit=unit, visit=visit, reason=reason)


def stops(subject: Subject, purpose: Purpose = Purpose.ATTRIBUTION) -> None:
    """Let somebody withdraw one purpose."""
    consents_withdraw(subject=subject, purposes=[purpose], act=VISITOR)


def agrees(subject: Subject, office: make.Office) -> None:
    """Let somebody consent to attribution, again."""
    with journal.unit(act=VISITOR, site=office.site) as unit:
        consent_grant(
            unit=unit,
            subject=subject,
            purpose=Purpose.ATTRIBUTION,
            site=office.site,
            rules=rules_get(site=office.site),
            language="zh-hans",
        )


def declines(visit: Visit) -> None:
    """Let a visitor rather not say who announced them: then they may read the names."""
    referral_answer(visit=visit, said="unsaid", channels=[], act=VISITOR)


def unsettled(office: make.Office) -> tuple[Subject, Decision]:
    """Return somebody else whom a masked number fits, and a review because of them."""
    make.announced(office.broker, phone="138****5678", surname="王")
    other = visitor(office, phone="13811115678", name="王一")
    arrives(office, other)
    decision = arrives(office, visitor(office, phone="13822225678", name="王二"))
    assert outcome(decision) == ("review", "A1", None)
    return other, decision


def settled(office: make.Office) -> tuple[Decision, Decision]:
    """Return a review and what superseded it once the other person was out."""
    other, before = unsettled(office)
    stops(other)
    return before, revise(before.visit)


def test_a_revision_supersedes_and_says_why(office: make.Office) -> None:
    before, after = settled(office)
    assert outcome(after) == ("channel", "A5", "b-1")
    assert (after.revises, after.reason) == (before, "unmerged")
    assert decision_current(visit=before.visit) == after
    before.refresh_from_db()
    assert outcome(before) == ("review", "A1", None)
    made = event_list(kind="decision.made")[0]
    (revised,) = event_list(kind="decision.revised")
    assert revised["data"]["revises"] == made["seq"]
    assert revised["data"]["reason"] == "unmerged"
    assert revised["consent"] is not None
    assert revised["clause"] == "a5"


def test_where_nothing_changed_nothing_is_written(office: make.Office) -> None:
    _, before = unsettled(office)
    events = len(event_list())
    assert revise(before.visit) == before
    assert Decision.objects.filter(visit=before.visit).count() == 1
    assert len(event_list()) == events


def test_no_number_is_looked_up_again(office: make.Office) -> None:
    other, before = unsettled(office)
    subject = before.visit.subject
    assert subject is not None
    stops(subject, Purpose.CONTACT)
    stops(other)
    looked = len(event_list(kind="contact.viewed"))
    assert outcome(revise(before.visit)) == ("channel", "A5", "b-1")
    assert len(event_list(kind="contact.viewed")) == looked


def test_who_left_the_same_number_is_still_the_same_customer(
    office: make.Office,
) -> None:
    first = visitor(office)
    arrives(office, first)
    make.announced(office.broker)
    second = visitor(office)
    decision = arrives(office, second, key="2")
    assert outcome(decision) == ("walk_in", "A14", None)
    for one in (first, second):
        stops(one, Purpose.CONTACT)
    assert revise(decision.visit) == decision
    stops(first)
    assert outcome(revise(decision.visit)) == ("channel", "A5", "b-1")


def test_after_the_consent_ended_nothing_is_decided_anew(office: make.Office) -> None:
    other, before = unsettled(office)
    subject = before.visit.subject
    assert subject is not None
    stops(other)
    stops(subject)
    assert revise(before.visit) == before
    assert event_list(kind="decision.revised") == []


def test_a_consent_given_later_does_not_reach_back(office: make.Office) -> None:
    other, before = unsettled(office)
    subject = before.visit.subject
    assert subject is not None
    stops(other)
    stops(subject)
    agrees(subject, office)
    assert revise(before.visit) == before


def test_who_left_nothing_is_not_decided_anew(office: make.Office) -> None:
    visit = visit_record(
        site=office.site, subject=None, verified_by="qr", key="1", act=VISITOR
    )
    assert revise(visit) == decision_current(visit=visit)


def test_later_visits_that_stand_on_it_follow(office: make.Office) -> None:
    other, before = unsettled(office)
    subject = before.visit.subject
    assert subject is not None
    again = arrives(office, subject, key="again")
    assert outcome(again) == ("walk_in", "A14", None)
    stops(other)
    revise(before.visit)
    assert outcome(decision_current(visit=again.visit)) == ("channel", "A7", "b-1")
    assert len(event_list(kind="decision.revised")) == 2


def test_pages_show_the_decision_that_stands(office: make.Office) -> None:
    before, after = settled(office)
    client = staff("manager")
    rows = {
        row["id"]: row
        for row in selectors.visits_today(site=office.site, language="en")
    }
    assert rows[before.visit_id]["decision_id"] == after.id
    for one in (before, after):
        page = client.get(f"/decisions/{one.id}/")
        assert page.context["decision"]["id"] == after.id
        (earlier,) = page.context["earlier"]
        assert earlier["id"] == before.id
        assert earlier["outcome"] == "review"
        assert page.context["moved"] is (one == before)
        assert "一位客人分回了两份记录" in page.content.decode()
    figures = client.get("/channels/").context
    assert (figures["totals"]["visits"], figures["totals"]["decided"]) == (2, 2)
    assert figures["totals"]["review"] == 0
    assert after.id in [one["id"] for one in figures["decisions"]]
    assert before.id not in [one["id"] for one in figures["decisions"]]


def test_the_visitor_is_told_the_decision_that_stands(office: make.Office) -> None:
    before, _ = settled(office)
    subject = before.visit.subject
    assert subject is not None
    declines(before.visit)
    told = [
        one.value.zh
        for one in held(subject=subject)
        if one.title.en == "Channel of a visit"
    ]
    assert told == ["渠道b-1"]
    copy = copying.copy_make(subject=subject)
    assert "A visit was decided anew" in [one["what"]["en"] for one in copy["events"]]


def test_a_visit_waits_for_the_ruling_on_an_earlier_one(
    office: make.Office, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever decides holds the earlier visits, so that both see each other."""
    subject = visitor(office)
    first = arrives(office, subject).visit
    held_back = []
    parse = gathering._with_quota

    def looked(concerned: dict[object, object]) -> object:
        with db.connect("app") as other, pytest.raises(psycopg.Error):
            other.execute(
                "SELECT 1 FROM leads_visit WHERE id = %s FOR UPDATE NOWAIT", [first.id]
            )
        held_back.append(first)
        return parse(concerned)  # type: ignore[arg-type]

    monkeypatch.setattr(gathering, "_with_quota", looked)
    arrives(office, subject, key="2")
    assert held_back


def test_the_database_decides_nothing_anew_after_the_consent(
    db: Database, office: make.Office
) -> None:
    _, before = unsettled(office)
    subject = before.visit.subject
    assert subject is not None
    stops(subject)
    copy = (
        "INSERT INTO leads_decision SELECT (jsonb_populate_record(one,"
        " to_jsonb(one) || jsonb_build_object('id', gen_random_uuid(),"
        " 'revises_id', one.id, 'reason', 'ruling'))).* FROM leads_decision one"
        f" WHERE id = '{before.id}'"
    )
    with db.connect() as link, pytest.raises(psycopg.Error) as refused:
        link.execute(copy)
    assert "nothing is decided anew" in str(refused.value)
    assert contacts.contact_of(subject=subject, site=office.site) is not None


@pytest.mark.slow
def test_in_a_log_that_a_restore_opened_it_is_a_decision_of_its_own(
    db: Database, office: make.Office, tmp_path: Path
) -> None:
    """The decision before has no number there, so that none can be named."""
    other, before = unsettled(office)
    with signer_in(tmp_path / "signer") as signer:
        lose(signer, db, office.house)
    log_go_on(act=OFFICER)
    stops(other)
    after = revise(before.visit)
    assert (outcome(after), after.revises) == (("channel", "A5", "b-1"), before)
    (made,) = event_list(kind="decision.made")
    assert made["data"]["channel"] == "b-1"
    assert event_list(kind="decision.revised") == []
