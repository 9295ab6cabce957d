"""What raw SQL under the app role cannot do to parties and to the ledger."""

from __future__ import annotations

import psycopg
import pytest

from audit.drafts import VISITOR
from audit.log import Unit
from consent import journal
from consent.models import Consent, Disclosure, Party
from consent.purposes import Purpose
from consent.services.disclosing import disclosure_record
from consent.services.parties import party_add, party_end
from consent.services.restricting import consents_restrict
from tests import make
from tests.conftest import Database
from tests.consent.test_disclosing import disclose
from tests.invariants.guards import refused_by_each, refused_until

pytestmark = pytest.mark.usefixtures("secrets_dir")

OFF = "ALTER TABLE {} DISABLE TRIGGER {}"
DROP = "ALTER TABLE consent_party DROP CONSTRAINT {}"
THAT_EVENT = "(SELECT eid FROM audit_event ORDER BY seq LIMIT 1)"
FIXED = OFF.format("consent_party", "consent_party_fixed")
IN_LOG = OFF.format("consent_party", "consent_party_in_log")
IN_NAME_OF = OFF.format("consent_party", "consent_party_in_name_of")
ADD = (
    "INSERT INTO consent_party (id, code, role, name_zh, name_en, credit_code, contact,"
    " contract_number, contract_sha256, scope_zh, scope_en, purposes, categories,"
    " sub_entrusting, since, until, asked_by, asked_at) SELECT gen_random_uuid(),"
    " 'other', {role}, name_zh, name_en, {credit}, contact, contract_number,"
    " {document}, scope_zh, scope_en, {purposes}, {categories}, sub_entrusting, since,"
    " {until}, asked_by, asked_at FROM consent_party LIMIT 1"
)
FINE = {
    "role": "role",
    "credit": "credit_code",
    "document": "contract_sha256",
    "until": "until",
    "purposes": "purposes",
    "categories": "categories",
}


def _add(**changed: str) -> str:
    return ADD.format(**{**FINE, **changed})


APPROVE = (
    "UPDATE consent_party SET approved_by = {by}, approved_at = {at},"
    f" approved_event_id = {THAT_EVENT} WHERE code = 'w-1'"
)
CLOSE = (
    "UPDATE consent_party SET closed_at = now(), certificate = {certificate},"
    f" closed_event_id = {THAT_EVENT} WHERE code = {{code}}"
)

REFUSED: dict[str, tuple[str, str, list[str]]] = {
    "another role": (_add(role="'friend'"), DROP.format("consent_party_role"), []),
    "a credit code whose digit is wrong": (
        _add(credit="'91350100M000100Y44'"),
        DROP.format("consent_party_credit_code"),
        [],
    ),
    "a purpose of a face": (
        _add(purposes="'[\"face.checkin\"]'"),
        DROP.format("consent_party_no_face_purpose"),
        [],
    ),
    "a category that is none": (
        _add(categories="'[\"face\"]'"),
        DROP.format("consent_party_categories"),
        [],
    ),
    "no contract": (_add(document="''"), DROP.format("consent_party_contract"), []),
    "an end before the beginning": (
        _add(until="since"),
        DROP.format("consent_party_term"),
        [],
    ),
    "one's own approval": (
        APPROVE.format(by="asked_by", at="now()"),
        DROP.format("consent_party_two_people"),
        [IN_LOG, IN_NAME_OF],
    ),
    "half an approval": (
        APPROVE.format(by="'b'", at="NULL"),
        DROP.format("consent_party_approved_whole"),
        [IN_LOG, IN_NAME_OF],
    ),
    "an approval that the log does not know": (
        APPROVE.format(by="'b'", at="now()"),
        IN_LOG,
        [IN_NAME_OF],
    ),
    "an approval in another's name": (
        APPROVE.format(by="'b'", at="now()"),
        IN_NAME_OF,
        [IN_LOG],
    ),
    "half an end": (
        "UPDATE consent_party SET ended_at = now() WHERE code = 'w-1'",
        DROP.format("consent_party_ended_whole"),
        [],
    ),
    "an end that the log does not know": (
        "UPDATE consent_party SET ended_at = now(), ended_reason = 'term',"
        f" ended_event_id = {THAT_EVENT} WHERE code = 'w-1'",
        IN_LOG,
        [],
    ),
    "closing a processor without a certificate": (
        CLOSE.format(certificate="NULL", code="'p-1'"),
        DROP.format("consent_party_certificate"),
        [IN_LOG],
    ),
    "closing what has not ended": (
        CLOSE.format(certificate="repeat('d', 64)", code="'r-9'"),
        DROP.format("consent_party_closed_whole"),
        [IN_LOG],
    ),
    "closing that the log does not know": (
        CLOSE.format(certificate="repeat('d', 64)", code="'p-1'"),
        IN_LOG,
        [],
    ),
    "a longer contract": (
        "UPDATE consent_party SET until = until + interval '1 year'",
        FIXED,
        [],
    ),
    "more purposes": (
        'UPDATE consent_party SET purposes = \'["contact", "marketing.sms"]\'',
        FIXED,
        [],
    ),
    "reviving what ended": (
        "UPDATE consent_party SET ended_at = NULL, ended_reason = NULL,"
        " ended_event_id = NULL WHERE code = 'p-1'",
        FIXED,
        [],
    ),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_each_guard_of_the_register_holds(db: Database, what: str) -> None:
    _house()
    statement, guard, others = REFUSED[what]
    refused_until(db, statement, guard, others)


RIGHTS = {
    "deleting a party": (
        "DELETE FROM consent_party WHERE code = 'w-1'",
        "GRANT DELETE ON consent_party TO salescenter_app",
        OFF.format("consent_party", "consent_party_stays"),
    ),
    "changing the ledger": (
        "UPDATE consent_disclosure SET categories = '[]'",
        "GRANT UPDATE ON consent_disclosure TO salescenter_app",
        OFF.format("consent_disclosure", "consent_disclosure_fixed"),
    ),
    "deleting from the ledger": (
        "DELETE FROM consent_disclosure",
        "GRANT DELETE ON consent_disclosure TO salescenter_app",
        OFF.format("consent_disclosure", "consent_disclosure_fixed"),
    ),
}


@pytest.mark.parametrize("what", sorted(RIGHTS))
def test_what_stays_is_held_by_right_and_by_trigger(db: Database, what: str) -> None:
    _house()
    statement, right, guard = RIGHTS[what]
    refused_by_each(db, statement, (right, guard))


ROW = (
    "INSERT INTO consent_disclosure (id, party_id, subject_id, consent_id, site_id,"
    " purpose, categories, at, event_id) SELECT gen_random_uuid(), p.id, {subject},"
    " c.id, c.site_id, {purpose}, '{categories}', now(), {event}"
    " FROM consent_consent c, consent_party p"
    " WHERE c.purpose = 'contact' AND p.code = '{party}' LIMIT 1"
)
TOLD = {
    "subject": "c.subject_id",
    "purpose": "c.purpose",
    "categories": '["name"]',
    "event": THAT_EVENT,
    "party": "r-9",
}
PARTY = OFF.format("consent_disclosure", "consent_disclosure_party")
CONSENT = OFF.format("consent_disclosure", "consent_disclosure_consent")
LOGGED = OFF.format("consent_disclosure", "consent_disclosure_in_log")


def _row(**changed: str) -> str:
    return ROW.format(**{**TOLD, **changed})


LEDGER: dict[str, tuple[str, str, list[str]]] = {
    "to a party that ended": (_row(party="p-1"), PARTY, [LOGGED]),
    "to a party that nobody approved": (_row(party="w-1"), PARTY, [LOGGED]),
    "what the contract leaves out": (_row(categories='["phone"]'), PARTY, [LOGGED]),
    "nothing at all": (_row(categories="[]"), PARTY, [LOGGED]),
    "for a purpose that the contract leaves out": (
        _row(purpose="'marketing.sms'"),
        PARTY,
        [LOGGED, CONSENT],
    ),
    "about somebody who did not agree": (
        _row(subject="(SELECT id FROM consent_subject WHERE id <> c.subject_id)"),
        CONSENT,
        [LOGGED],
    ),
    "what the log does not know": (_row(), LOGGED, []),
}


@pytest.mark.parametrize("what", sorted(LEDGER))
def test_the_ledger_refuses(db: Database, what: str) -> None:
    _house()
    statement, guard, others = LEDGER[what]
    with db.connect("owner") as owner:
        for other in others:
            owner.execute(other)
    with db.connect("app", autocommit=False) as link, pytest.raises(psycopg.Error):
        link.execute(statement)
        link.commit()
    with db.connect("owner") as owner:
        owner.execute(guard)
    with db.connect("app") as link:
        assert link.execute(statement).rowcount == 1


@pytest.mark.parametrize("how", ["restricted", "overtaken"])
def test_the_ledger_refuses_a_consent_that_is_barred(db: Database, how: str) -> None:
    house = _house()
    if how == "restricted":
        subject = Disclosure.objects.get().subject
        consents_restrict(subject=subject, purposes=None, act=VISITOR)
    else:
        document = make.rules_document("2026-03", CONTACT=31)
        document = make.named(document, Party.objects.get(code="r-9"))
        make.rules_published(site=house.site, document=document)
    with db.connect("owner") as owner:
        owner.execute(LOGGED)
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="restricted"):
        link.execute(_row())
    with db.connect("owner") as owner:
        owner.execute(CONSENT)
    with db.connect("app") as link:
        assert link.execute(_row()).rowcount == 1


def test_no_disclosure_is_in_the_log_that_the_ledger_lacks(db: Database) -> None:
    house = _house()
    before = Disclosure.objects.count()
    with pytest.raises(Exception, match="row of the ledger"):
        with journal.unit(act=make.SETUP, site=house.site) as unit:
            _tell(unit)
    with db.connect("owner") as owner:
        owner.execute(OFF.format("audit_body", "consent_disclosed_in_ledger"))
    with journal.unit(act=make.SETUP, site=house.site) as unit:
        _tell(unit)
    assert Disclosure.objects.count() == before


def test_a_row_stands_for_one_event_only(db: Database) -> None:
    """A second event in the same commit needs a second row."""
    house = _house()
    guest = Disclosure.objects.get().subject
    with pytest.raises(Exception, match="row of the ledger"):
        with journal.unit(act=make.SETUP, site=house.site) as unit:
            _tell(unit)
            disclosure_record(
                unit=unit,
                subject=guest,
                purpose=Purpose.CONTACT,
                site=house.site,
                party="r-9",
                categories=["name"],
            )


def _tell(unit: Unit) -> None:
    """Write the event of a disclosure, and no row."""
    consent = Consent.objects.select_related("rules", "subject").get(
        id=Disclosure.objects.get().consent_id
    )
    unit.event(
        "contact.disclosed",
        purpose="contact",
        subject=consent.subject.pseudonym,
        consent=consent.granted_ref,
        rules=consent.rules.sha256,
        data={"recipient": "r-9", "what": ["name"]},
    )


def _house() -> make.House:
    """Return a house with a recipient that was told something, and two other parties.

    `r-9` is approved, `p-1` a processor that ended, `w-1` waits for approval.
    """
    house = make.house()
    one = make.party("r-9")
    draft = make.named(make.rules_document("2026-02"), one)
    make.rules_published(site=house.site, document=draft)
    guest = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=False)
    ended = make.party("p-1", role="processor")
    party_end(party=ended.id, act=make.ASKING)
    party_add(code="w-1", terms=make.party_terms(), act=make.ASKING)
    disclose(house, guest, categories=["name"])
    make.person(kiosk=house.kiosk, yes={Purpose.MARKETING_SMS: True}, face=False)
    assert Party.objects.count() == 3
    return house
