"""Decisions from real rows: what is matched, under which consent, by which clause."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from audit import clock
from audit.drafts import VISITOR
from audit.selectors import event_list
from consent import journal
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.selectors import consents_usable
from consent.services.consents import consents_withdraw
from leads import contacts, decisions, gathering, referrals, visits
from leads.errors import AttributionRulesMissing, ReferralKnown, ReferralUnknown
from leads.models import (
    Contact,
    Decision,
    Referral,
    ReferralMatch,
    Visit,
)
from leads.phones import PhoneInvalid
from tests import make as houses
from tests.conftest import Database
from tests.leads import make

ATTRIBUTED = {Purpose.CONTACT: True, Purpose.ATTRIBUTION: True}


def visitor(
    office: make.Office,
    phone: str = "13812345678",
    name: str = "王小明",
    yes: dict[Purpose, bool] | None = None,
) -> Subject:
    """Return somebody who left their number."""
    subject = houses.person(kiosk=office.house.kiosk, yes=yes or ATTRIBUTED, face=False)
    contacts.contact_collect(
        subject=subject,
        site=office.site,
        details=contacts.Details.of(name=name, phone=phone),
        act=VISITOR,
    )
    return subject


def arrives(office: make.Office, subject: Subject, key: str = "1") -> Decision:
    """Record that somebody came and return what was decided."""
    visit = visits.visit_record(
        site=office.site,
        subject=subject,
        verified_by="qr",
        key=f"{key}-{subject.id.hex}",
        act=VISITOR,
    )
    return Decision.objects.get(visit=visit)


def outcome(decision: Decision) -> tuple[str, str, str | None]:
    channel = decision.channel
    return decision.outcome, decision.clause, channel.code if channel else None


def reasons(decision: Decision) -> list[str | None]:
    return [one["reason"] for one in decision.document["losing"]]


def test_the_first_referral_wins(office: make.Office) -> None:
    make.announced(office.broker)
    make.announced(office.resident)
    decision = arrives(office, visitor(office))
    assert outcome(decision) == ("channel", "A5", "b-1")
    assert reasons(decision) == ["blocked"]


def test_nobody_announced_is_a_walk_in(office: make.Office) -> None:
    make.announced(office.broker, phone="13900001111")
    decision = arrives(office, visitor(office))
    assert outcome(decision) == ("walk_in", "A14", None)
    assert ReferralMatch.objects.count() == 0


def test_a_referral_too_late_is_void(db: Database, secrets_dir: object) -> None:
    office = make.office(min_lead_minutes=30)
    make.announced(office.broker)
    decision = arrives(office, visitor(office))
    assert outcome(decision) == ("walk_in", "A14", None)
    assert reasons(decision) == ["late"]
    assert decision.version == "t-2026-01"


def test_a_protection_that_ran_out_is_void(
    db: Database, secrets_dir: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make.office(demonstration_clock=True)
    make.announced(office.broker)
    monkeypatch.setattr(clock, "_offset", timedelta(days=31))
    decision = arrives(office, visitor(office))
    assert outcome(decision) == ("walk_in", "A14", None)
    assert reasons(decision) == ["expired"]


def test_a_client_who_came_alone_before_is_not_the_channels(
    office: make.Office,
) -> None:
    subject = visitor(office)
    arrives(office, subject)
    make.announced(office.broker)
    decision = arrives(office, subject, key="2")
    assert outcome(decision) == ("walk_in", "A14", None)
    assert reasons(decision) == ["already_visited"]


def test_an_owner_keeps_the_client(office: make.Office) -> None:
    make.announced(office.broker)
    subject = visitor(office)
    arrives(office, subject)
    make.announced(office.resident)
    decision = arrives(office, subject, key="2")
    assert outcome(decision) == ("channel", "A7", "b-1")
    assert reasons(decision) == ["owned"]


def test_without_the_clients_word_it_does_not_count(office: make.Office) -> None:
    referral = make.announced(office.broker, consent_proof=False)
    subject = visitor(office)
    assert reasons(arrives(office, subject)) == ["unconfirmed"]
    other = visitor(office, phone="13911112222")
    referrals.referral_show(
        subject=other,
        site=office.site,
        code=referrals.referral_code(referral=referral),
        act=VISITOR,
    )
    assert outcome(arrives(office, other)) == ("channel", "A5", "b-1")


@pytest.mark.parametrize(
    ("name", "phone", "expected"),
    [
        ("王小明", "13812345678", "channel"),
        ("李小明", "13812345678", "walk_in"),
        ("王小明", "13812345679", "walk_in"),
        ("王小明", "13912345678", "walk_in"),
    ],
)
def test_a_masked_number_needs_digits_and_surname(
    office: make.Office, name: str, phone: str, expected: str
) -> None:
    make.announced(office.broker, phone="138****5678", surname="王")
    decision = arrives(office, visitor(office, phone=phone, name=name))
    assert decision.outcome == expected


def test_a_masked_number_of_two_people_is_for_a_person(office: make.Office) -> None:
    make.announced(office.broker, phone="138****5678", surname="王")
    arrives(office, visitor(office, phone="13811115678", name="王一"))
    decision = arrives(office, visitor(office, phone="13822225678", name="王二"))
    assert outcome(decision) == ("review", "A1", None)
    assert event_list(kind="decision.made")[0]["consent"] is None


def test_what_somebody_with_the_same_number_showed_counts(office: make.Office) -> None:
    referral = make.announced(office.broker, phone="13900001111")
    first = visitor(office)
    referrals.referral_show(
        subject=first,
        site=office.site,
        code=referrals.referral_code(referral=referral),
        act=VISITOR,
    )
    assert outcome(arrives(office, first)) == ("channel", "A5", "b-1")
    assert outcome(arrives(office, visitor(office))) == ("channel", "A7", "b-1")


def test_the_same_number_is_the_same_customer(office: make.Office) -> None:
    arrives(office, visitor(office))
    make.announced(office.broker)
    decision = arrives(office, visitor(office))
    assert outcome(decision) == ("walk_in", "A14", None)
    assert reasons(decision) == ["already_visited"]


def test_without_attribution_the_same_number_joins_nobody(
    office: make.Office,
) -> None:
    arrives(office, visitor(office, yes={Purpose.CONTACT: True}))
    make.announced(office.broker)
    assert outcome(arrives(office, visitor(office)))[0] == "channel"


def test_without_contact_only_what_was_shown_counts(office: make.Office) -> None:
    make.announced(office.broker)
    subject = houses.person(
        kiosk=office.house.kiosk, yes={Purpose.ATTRIBUTION: True}, face=False
    )
    assert outcome(arrives(office, subject))[0] == "walk_in"


def test_after_withdrawal_nothing_is_matched(office: make.Office) -> None:
    make.announced(office.broker)
    subject = visitor(office)
    first = arrives(office, subject)
    consents_withdraw(subject=subject, purposes=[Purpose.ATTRIBUTION], act=VISITOR)
    decision = arrives(office, subject, key="2")
    assert outcome(decision) == ("walk_in", "A14", None)
    assert [fact["type"] for fact in decision.facts] == ["visit"]
    first.refresh_from_db()
    assert first.outcome == "channel"


def test_who_stopped_contact_alone_makes_no_number_ambiguous(
    office: make.Office,
) -> None:
    make.announced(office.broker)
    first = visitor(office)
    assert outcome(arrives(office, first)) == ("channel", "A5", "b-1")
    consents_withdraw(subject=first, purposes=[Purpose.CONTACT], act=VISITOR)
    assert outcome(arrives(office, visitor(office))) == ("channel", "A5", "b-1")


def test_who_stopped_attribution_is_in_nobodys_facts(office: make.Office) -> None:
    make.announced(office.broker, phone="138****5678", surname="王")
    first = visitor(office, phone="13811115678", name="王一")
    arrives(office, first)
    consents_withdraw(subject=first, purposes=[Purpose.ATTRIBUTION], act=VISITOR)
    second = visitor(office, phone="13822225678", name="王二")
    decision = arrives(office, second)
    assert str(first.id) not in str(decision.facts)
    assert outcome(decision)[0] == "channel"


def test_a_site_without_rules_decides_nothing(
    db: Database, secrets_dir: object
) -> None:
    house = houses.house()
    with pytest.raises(AttributionRulesMissing):
        visits.visit_record(
            site=house.site, subject=None, verified_by="qr", key="1", act=VISITOR
        )
    assert Visit.objects.count() == 0
    assert event_list(kind="visit.recorded") == []


def test_a_duplicate_announcement_is_told_so(office: make.Office) -> None:
    first = make.announced(office.broker)
    with pytest.raises(ReferralKnown) as told:
        make.announced(office.broker, phone="+86 138 1234 5678")
    assert told.value.received_at == first.received_at
    make.announced(office.resident)
    assert Referral.objects.count() == 2


@pytest.mark.parametrize("phone", ["", "12", "abc", "13812345678901234567890"])
def test_an_announcement_needs_a_number(office: make.Office, phone: str) -> None:
    with pytest.raises(PhoneInvalid):
        make.announced(office.broker, phone=phone)
    assert Referral.objects.count() == 0


def test_a_code_of_nobody_is_unknown(office: make.Office) -> None:
    with pytest.raises(ReferralUnknown):
        referrals.referral_find(code="00000000", site=office.site)


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("王小明", "王"),
        ("欧阳修", "欧阳"),
        ("欧阳", "欧"),
        ("Wang Xiaoming", "Xiaoming"),
        ("Mary Ann Smith", "Smith"),
        ("王", "王"),
        ("", ""),
    ],
)
def test_surnames(name: str, surname: str) -> None:
    assert contacts.surname_of(name) == surname


def test_a_contact_says_nothing_about_itself(office: make.Office) -> None:
    subject = visitor(office)
    contact = Contact.objects.get(subject=subject)
    details = contacts.contact_open(contact=contact)
    assert "13812345678" not in f"{details!r} {contact!r} {contact}"
    assert "王" not in f"{details!r}"
    assert b"13812345678" not in bytes(contact.sealed)


def test_a_correction_keeps_one_contact(office: make.Office) -> None:
    subject = visitor(office)
    details = contacts.Details.of(name="王大明", phone="13911112222")
    for _ in range(2):
        contacts.contact_collect(
            subject=subject, site=office.site, details=details, act=VISITOR
        )
    contact = Contact.objects.get()
    assert contacts.contact_open(contact=contact) == details
    assert len(event_list(kind="contact.corrected")) == 1
    found = contacts.subject_of_phone(phone="+8613911112222", site=office.site)
    assert found == subject


# What the database refuses by itself, under the app role.


def refused(database: Database, statement: str) -> str:
    with database.connect() as link, pytest.raises(psycopg.Error) as error:
        link.execute(statement)
    return str(error.value)


def test_no_contact_without_a_live_consent(db: Database, office: make.Office) -> None:
    visitor(office)
    copy = (
        "INSERT INTO leads_contact (id, live, subject_id, purpose, site_id, sealed,"
        " collected_at, event_id) SELECT gen_random_uuid(), gen_random_uuid(),"
        " subject_id, purpose, site_id, sealed, now(), event_id FROM leads_contact"
    )
    assert "needs a live, unexpired consent" in refused(db, copy)


def test_no_consent_ends_while_its_contact_stands(
    db: Database, office: make.Office
) -> None:
    visitor(office)
    ended = (
        "UPDATE consent_consent SET live = NULL, state = 'withdrawn', ended_at = now(),"
        " ended_event_id = granted_event_id WHERE purpose = 'contact'"
    )
    assert "leads_contact_live_consent" in refused(db, ended)
    assert Consent.objects.filter(purpose="contact", state="active").count() == 1


@pytest.mark.parametrize(
    "table",
    ["visit", "decision", "referral", "referralmatch", "attributionrules"],
)
@pytest.mark.parametrize("verb", ["UPDATE {0} SET id = id", "DELETE FROM {0}"])
def test_history_is_not_rewritten(
    db: Database, office: make.Office, table: str, verb: str
) -> None:
    make.announced(office.broker)
    arrives(office, visitor(office))
    told = refused(db, verb.format(f"leads_{table}"))
    assert "only grows" in told or "permission denied" in told


def test_a_visit_is_recorded_under_its_key_once(
    db: Database, office: make.Office
) -> None:
    arrives(office, visitor(office))
    copy = (
        "INSERT INTO leads_visit (id, site_id, subject_id, short, at, verified_by,"
        " kiosk, key, event_id) SELECT gen_random_uuid(), site_id, subject_id, short,"
        " at, verified_by, kiosk, key, (SELECT eid FROM audit_event LIMIT 1)"
        " FROM leads_visit"
    )
    assert "leads_visit_once" in refused(db, copy)


def test_the_facts_hold_no_number(office: make.Office) -> None:
    make.announced(office.broker, phone="138****5678")
    decision = arrives(office, visitor(office))
    assert "5678" not in str(decision.facts).replace(str(decision.id), "")
    assert all(fact.get("phone") is None for fact in decision.facts)
    assert timedelta(days=1) < gathering.QUOTA_SPAN


@pytest.mark.parametrize("place", [decisions, contacts])
def test_no_version_comes_between_the_look_at_a_consent_and_its_use(
    office: make.Office, db: Database, monkeypatch: pytest.MonkeyPatch, place: Any
) -> None:
    """Publishing takes the site's row; whoever looks holds it until their commit."""
    subject = visitor(office)
    take = "SELECT 1 FROM consent_site FOR NO KEY UPDATE NOWAIT"
    looked = []

    def usable(*, consents: Any) -> list[Consent]:
        with db.connect("app") as other, pytest.raises(psycopg.Error):
            other.execute(take)
        looked.append(place)
        return consents_usable(consents=consents)

    monkeypatch.setattr(place, "consents_usable", usable)
    arrives(office, subject)
    named = list(Consent.objects.values_list("id", flat=True))
    with journal.unit(act=VISITOR, site=office.site) as unit:
        contacts.seen(unit=unit, consents=named, reason="export")
    assert looked
    with db.connect("app") as other:
        other.execute(take)


def test_nobody_else_withdraws_while_a_decision_uses_their_consent(
    office: make.Office, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two guests with one number: the earlier one's attribution is used as well."""
    earlier = visitor(office)
    arrives(office, earlier)
    theirs = Consent.objects.get(subject=earlier, purpose=Purpose.ATTRIBUTION)
    held = []

    def usable(*, consents: Any) -> list[Consent]:
        used = list(consents)
        if theirs in used:
            take = "SELECT 1 FROM consent_consent WHERE id = %s FOR UPDATE NOWAIT"
            with db.connect("app") as other, pytest.raises(psycopg.Error):
                other.execute(take, [theirs.id])
            held.append(theirs)
        return consents_usable(consents=used)

    monkeypatch.setattr(gathering, "consents_usable", usable)
    arrives(office, visitor(office), key="2")
    assert held
