"""Restriction: what hangs on a consent is kept and not used, until that is lifted."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from audit import clock, demonstration
from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from consent import gate, journal
from consent.errors import ConsentBarred, ConsentEnded, ConsentRequired
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.selectors import consent_barred, consent_live, consent_usable
from consent.services.consents import consents_expire_due, consents_withdraw
from consent.services.restricting import consents_lift, consents_restrict
from faces.matching import MODEL
from faces.models import FaceTemplate
from tests import make
from tests.conftest import Database
from tests.consent.make import grant
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded

pytestmark = pytest.mark.usefixtures("secrets_dir")

FACE = Purpose.FACE_CHECKIN


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def _enrolled(house: make.House) -> Consent:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    return Consent.objects.get(subject=subject, purpose=FACE)


def _restrict(subject: Subject, *purposes: Purpose) -> list[Consent]:
    return consents_restrict(subject=subject, purposes=purposes or None, act=VISITOR)


def test_a_restriction_is_a_row_and_an_event_and_twice_is_once(
    house: make.House,
) -> None:
    subject = Subject.objects.create()
    contact = grant(house, subject)
    attribution = grant(house, subject, Purpose.ATTRIBUTION)
    assert [one.id for one in _restrict(subject, Purpose.CONTACT)] == [contact.id]
    assert _restrict(subject, Purpose.CONTACT) == []
    [event] = event_list(kind="consent.restricted")
    assert event["subject"] == subject.pseudonym
    assert event["purpose"] == "contact"
    assert event["clause"] == "pipl-44-46"
    assert event["data"] == {"state": "restricted", "reason": "request"}
    contact.refresh_from_db()
    attribution.refresh_from_db()
    assert consent_barred(consent=contact) == "restricted"
    assert consent_barred(consent=attribution) is None
    assert consents_lift(subject=subject, purposes=None, act=VISITOR) == [contact]
    assert consents_lift(subject=subject, purposes=None, act=VISITOR) == []
    assert event_list(kind="consent.restricted")[0]["data"]["state"] == "lifted"
    assert len(event_list(kind="consent.restricted")) == 2
    contact.refresh_from_db()
    assert consent_barred(consent=contact) is None
    assert list(log_faults()) == []


def test_a_use_in_one_transaction_is_refused_and_told(house: make.House) -> None:
    subject = Subject.objects.create()
    grant(house, subject)
    _restrict(subject)
    with pytest.raises(ConsentBarred), journal.unit(act=VISITOR, site=house.site) as u:
        gate.allow(unit=u, subject=subject, purpose=Purpose.CONTACT, site=house.site)
    assert event_list(rows=1)[0]["data"] == {"reason": "restricted", "start": None}
    assert consent_live(subject=subject, purpose=Purpose.CONTACT, site=house.site)
    assert not consent_usable(subject=subject, purpose=Purpose.CONTACT, site=house.site)
    consents_lift(subject=subject, purposes=None, act=VISITOR)
    with journal.unit(act=VISITOR, site=house.site) as u:
        gate.allow(unit=u, subject=subject, purpose=Purpose.CONTACT, site=house.site)


def test_no_capture_begins(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    _restrict(subject, FACE)
    with pytest.raises(ConsentBarred):
        make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    assert not event_list(kind="capture.started")


@pytest.mark.parametrize("late", [False, True], ids=["resume", "commit 2"])
def test_a_use_under_way_ends_refused(house: make.House, late: bool) -> None:
    subject = make.person(kiosk=house.kiosk)
    use = gate.begin(
        subject=subject,
        purpose=FACE,
        mode="enrol",
        model=MODEL,
        act=make_face.AT_KIOSK,
        kiosk=house.kiosk,
    )
    if not late:
        _restrict(subject, FACE)
    with (
        pytest.raises(ConsentEnded),
        gate.resume(use=use.id, act=make_face.AT_KIOSK, kiosk=house.kiosk) as permit,
    ):
        assert late
        _restrict(subject, FACE)
        with permit.settle():
            pytest.fail("commit 2 let a restricted consent be used")
    assert FaceTemplate.objects.count() == 0
    end = event_list(kind="gate.refused")[0]
    assert end["data"]["reason"] == "restricted"
    assert end["data"]["start"] is not None


def test_a_restricted_template_is_not_compared(house: make.House) -> None:
    consent = _enrolled(house)
    probe = make.person(kiosk=house.kiosk)

    def verdict() -> str:
        return make_face.compare(
            subject=probe,
            kiosk=house.kiosk,
            frames=[encoded(collins())],
            candidates=[consent],
        ).verdict

    assert verdict() == "match"
    _restrict(consent.subject, FACE)
    with pytest.raises(ConsentRequired):
        verdict()
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "no_candidate"
    assert FaceTemplate.objects.count() == 1
    consents_lift(subject=consent.subject, purposes=[FACE], act=VISITOR)
    assert verdict() == "match"


def test_a_restricted_consent_is_withdrawn_and_expires_as_any(
    house: make.House,
) -> None:
    consent = _enrolled(house)
    other = Subject.objects.create()
    grant(house, other, lasts=timedelta(minutes=3))
    _restrict(consent.subject)
    _restrict(other)
    assert len(consents_withdraw(subject=consent.subject, purposes=None, act=VISITOR))
    assert FaceTemplate.objects.count() == 0
    with demonstration.clock_shifted(days=1):
        assert [one.consent.subject for one in consents_expire_due()] == [other]
    assert list(log_faults()) == []


EVENT = "(SELECT eid FROM audit_event ORDER BY seq DESC LIMIT 1)"
UNLOGGED = (
    f"UPDATE consent_consent SET restricted_at = now(), restricted_event_id = {EVENT}"
)
IN_LOG = "ALTER TABLE consent_consent DISABLE TRIGGER consent_restriction_in_log"
BEGINS = "ALTER TABLE consent_consent DISABLE TRIGGER consent_begins_unrestricted"


def test_a_restriction_that_the_log_does_not_know_is_refused(
    db: Database, house: make.House
) -> None:
    grant(house, Subject.objects.create())
    with db.connect("app", autocommit=False) as link:
        link.execute(UNLOGGED)
        with pytest.raises(psycopg.Error, match="in the log too"):
            link.commit()
    with db.connect("owner") as owner:
        owner.execute(IN_LOG)
    with db.connect("app") as link:
        link.execute(UNLOGGED)


def test_lifting_needs_its_own_event(db: Database, house: make.House) -> None:
    subject = Subject.objects.create()
    consent = grant(house, subject)
    _restrict(subject)
    lift = "UPDATE consent_consent SET restricted_at = NULL"
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="in the log"):
        link.execute(lift)
    # An event of this transaction, but of the other direction.
    with (
        pytest.raises(Exception, match="in the log too"),
        journal.unit(act=VISITOR, site=house.site) as unit,
    ):
        event = unit.event(
            "consent.restricted",
            purpose=consent.purpose,
            subject=subject.pseudonym,
            consent=consent.granted_ref,
            data={"state": "restricted", "reason": "request"},
        )
        Consent.objects.filter(id=consent.id).update(
            restricted_at=None, restricted_event_id=event.eid
        )
    consent.refresh_from_db()
    assert consent.restricted_at is not None
    with db.connect("owner") as owner:
        owner.execute(IN_LOG)
    with db.connect("app") as link:
        link.execute(lift)


def test_a_restriction_without_an_event_is_no_row(
    db: Database, house: make.House
) -> None:
    grant(house, Subject.objects.create())
    bare = "UPDATE consent_consent SET restricted_at = now()"
    with db.connect("owner") as owner:
        owner.execute(IN_LOG)
    with (
        db.connect("app") as link,
        pytest.raises(psycopg.Error, match="consent_restricted_in_words"),
    ):
        link.execute(bare)
    with db.connect("owner") as owner:
        owner.execute(
            "ALTER TABLE consent_consent DROP CONSTRAINT consent_restricted_in_words"
        )
    with db.connect("app") as link:
        link.execute(bare)


def test_no_consent_begins_restricted(db: Database, house: make.House) -> None:
    grant(house, Subject.objects.create())
    born = (
        "INSERT INTO consent_consent (id, live, subject_id, purpose, site_id, rules_id,"
        " language, given_by, once, state, granted_at, until, destroy_s,"
        " granted_event_id, restricted_at, restricted_event_id) SELECT"
        " gen_random_uuid(), gen_random_uuid(), subject_id, 'marketing.sms', site_id,"
        " rules_id, 'en', 'self', false, 'active', now(), until, 60,"
        f" {EVENT}, now(), {EVENT} FROM consent_consent LIMIT 1"
    )
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE consent_consent DISABLE TRIGGER USER")
        owner.execute(BEGINS.replace("DISABLE", "ENABLE"))
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="in the log"):
        link.execute(born)
    with db.connect("owner") as owner:
        owner.execute(BEGINS)
    with db.connect("app") as link:
        link.execute(born)


def test_nothing_new_is_written_under_a_restricted_consent(
    db: Database, house: make.House
) -> None:
    consent = _enrolled(house)
    _restrict(consent.subject)
    capture = (
        "INSERT INTO consent_capturesession (id, use_id, live, subject_id, purpose)"
        " SELECT gen_random_uuid(), u.id, c.live, u.subject_id, u.purpose"
        " FROM consent_use u JOIN consent_consent c ON c.id = u.consent_id"
    )
    with db.connect("app") as link:
        link.execute(
            "SELECT set_config('salescenter.now', %s, false)",
            [clock.now().isoformat()],
        )
        with pytest.raises(psycopg.Error, match="neither restricted"):
            link.execute(capture)
    with db.connect("owner") as owner:
        owner.execute(
            "ALTER TABLE consent_capturesession"
            " DISABLE TRIGGER consent_capturesession_unexpired"
        )
    with db.connect("app") as link:
        link.execute(capture)


def test_an_ended_consent_is_neither_restricted_nor_lifted(
    db: Database, house: make.House
) -> None:
    subject = Subject.objects.create()
    grant(house, subject)
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    assert _restrict(subject) == []
    with db.connect("owner") as owner:
        owner.execute(IN_LOG)
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="stays ended"):
        link.execute(UNLOGGED)
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE consent_consent DISABLE TRIGGER consent_forward")
    with db.connect("app") as link:
        link.execute(UNLOGGED)
