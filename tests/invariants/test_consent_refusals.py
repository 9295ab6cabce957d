"""What raw SQL under the app role cannot do to consents and what hangs on them."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from consent.models import Consent, Kiosk
from consent.purposes import Purpose
from faces.models import FaceTemplate
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded

pytestmark = pytest.mark.usefixtures("secrets_dir")

TEMPLATE = (
    "INSERT INTO faces_facetemplate (id, live, subject_id, purpose, model, sealed,"
    " enrolled_at, enrolled_event_id) SELECT gen_random_uuid(), {live}, {subject},"
    " {purpose}, 'm', 'x', now(), {event} FROM consent_consent c LIMIT 1"
)
THAT_EVENT = "(SELECT eid FROM audit_event ORDER BY seq LIMIT 1)"


@pytest.fixture
def enrolled(db: Database) -> Consent:
    house = make.house()
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    return Consent.objects.get(subject=subject, purpose=Purpose.FACE_CHECKIN)


FORBIDDEN = {
    "a template without any consent": TEMPLATE.format(
        live="gen_random_uuid()",
        subject="c.subject_id",
        purpose="'face.checkin'",
        event=THAT_EVENT,
    ),
    "a template under a consent to something else": TEMPLATE.format(
        live="(SELECT live FROM consent_consent WHERE purpose = 'contact')",
        subject="c.subject_id",
        purpose="'face.checkin'",
        event=THAT_EVENT,
    ),
    "a template under somebody else's consent": TEMPLATE.format(
        live="(SELECT live FROM consent_consent WHERE purpose = 'face.checkin')",
        subject="(SELECT id FROM consent_subject WHERE id <> c.subject_id)",
        purpose="'face.checkin'",
        event=THAT_EVENT,
    ),
    "ending a consent while its template stands": (
        "UPDATE consent_consent SET live = NULL, state = 'withdrawn', ended_at = now(),"
        f" ended_event_id = {THAT_EVENT} WHERE purpose = 'face.checkin'"
    ),
    "ending a consent by an event that says something else": (
        "UPDATE consent_consent SET live = NULL, state = 'withdrawn', ended_at = now(),"
        f" ended_event_id = {THAT_EVENT} WHERE purpose = 'contact'"
    ),
    "a use that the log does not know": (
        "INSERT INTO consent_use (id, mode, subject_id, purpose, consent_id,"
        " candidates, site_id, kiosk_id, start_event_id, opened_at, deadline) SELECT"
        " gen_random_uuid(), 'enrol', subject_id, purpose, consent_id, '[]', site_id,"
        f" kiosk_id, {THAT_EVENT}, now(), now() FROM consent_use LIMIT 1"
    ),
    "a use of nine days": (
        "UPDATE consent_use SET deadline = opened_at + interval '9 days'"
    ),
    "an ended state that stays live": (
        "UPDATE consent_consent SET state = 'withdrawn' WHERE purpose = 'contact'"
    ),
    "another purpose": "UPDATE consent_consent SET purpose = 'marketing.sms'",
    "a longer term": "UPDATE consent_consent SET until = until + interval '1 day'",
    "another live key": "UPDATE consent_consent SET live = gen_random_uuid()",
    "deleting a consent": "DELETE FROM consent_consent",
    "truncating consents": "TRUNCATE consent_consent CASCADE",
    "moving a template": "UPDATE faces_facetemplate SET sealed = 'x'",
    "renaming a person": "UPDATE consent_subject SET pseudonym = 's_x'",
    "changing rules": "UPDATE consent_rules SET sha256 = 'x'",
    "reviving an assessment's term": (
        "UPDATE consent_impactassessment SET until = now() + interval '9 years'"
    ),
    "changing a receipt": "UPDATE consent_receipt SET body = 'x'",
    "a capture without a consent": (
        "INSERT INTO consent_capturesession (id, use_id, live, subject_id, purpose)"
        " SELECT gen_random_uuid(), u.id, gen_random_uuid(), u.subject_id, u.purpose"
        " FROM consent_use u"
    ),
}


@pytest.mark.parametrize("act", sorted(FORBIDDEN))
def test_raw_sql_cannot(db: Database, enrolled: Consent, act: str) -> None:
    make.person(kiosk=_kiosk(enrolled))
    with db.connect("app", autocommit=False) as link, pytest.raises(psycopg.Error):
        link.execute(FORBIDDEN[act])
        link.commit()
    assert FaceTemplate.objects.count() == 1
    assert Consent.objects.get(id=enrolled.id).live == enrolled.live


def test_an_ended_consent_cannot_be_revived(db: Database, enrolled: Consent) -> None:
    from audit.drafts import VISITOR
    from consent.services.consents import consents_withdraw

    consents_withdraw(subject=enrolled.subject, purposes=None, act=VISITOR)
    revive = (
        "UPDATE consent_consent SET live = gen_random_uuid(), state = 'active',"
        " ended_at = NULL, ended_event_id = NULL, key_event_id = NULL"
    )
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="stays ended"):
        link.execute(revive)
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE consent_consent DISABLE TRIGGER consent_forward")
        owner.execute(END_IN_LOG)
    with db.connect("app") as link:
        link.execute(revive)


def test_a_consent_the_log_does_not_know_is_refused_at_commit(
    db: Database, enrolled: Consent
) -> None:
    statement = (
        "INSERT INTO consent_consent (id, live, subject_id, purpose, site_id, rules_id,"
        " language, given_by, once, state, granted_at, until, destroy_s,"
        " granted_event_id) SELECT gen_random_uuid(), gen_random_uuid(), subject_id,"
        " 'marketing.sms', site_id, rules_id, 'en', 'self', false, 'active', now(),"
        f" until, 60, {THAT_EVENT} FROM consent_consent LIMIT 1"
    )
    with db.connect("app", autocommit=False) as link:
        link.execute(statement)
        with pytest.raises(psycopg.Error, match="in the log"):
            link.commit()
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE consent_consent DISABLE TRIGGER consent_in_log")
        owner.execute("ALTER TABLE consent_consent DISABLE TRIGGER consent_own_act")
    with db.connect("app") as link:
        link.execute(statement)


END_IN_LOG = "ALTER TABLE consent_consent DISABLE TRIGGER consent_end_in_log"
GATE_KEY = (
    "ALTER TABLE faces_facetemplate DROP CONSTRAINT faces_facetemplate_live_consent"
)
UNEXPIRED = (
    "ALTER TABLE faces_facetemplate DISABLE TRIGGER faces_facetemplate_unexpired"
)
IN_LOG = "ALTER TABLE faces_facetemplate DISABLE TRIGGER faces_facetemplate_in_log"


@pytest.mark.parametrize(
    "left", [GATE_KEY, UNEXPIRED, IN_LOG], ids=["key", "unexpired", "in_log"]
)
def test_each_guard_of_a_template_holds_alone(
    db: Database, enrolled: Consent, left: str
) -> None:
    statement = FORBIDDEN["a template without any consent"]
    with db.connect("owner") as owner:
        for guard in {GATE_KEY, UNEXPIRED, IN_LOG} - {left}:
            owner.execute(guard)
    with db.connect("app", autocommit=False) as link, pytest.raises(psycopg.Error):
        link.execute(statement)
        link.commit()
    with db.connect("owner") as owner:
        owner.execute(left)
    with db.connect("app") as link:
        link.execute(statement)


def test_ending_is_refused_by_the_composite_key(
    db: Database, enrolled: Consent
) -> None:
    statement = FORBIDDEN["ending a consent while its template stands"]
    with (
        db.connect("app") as link,
        pytest.raises(psycopg.errors.ForeignKeyViolation),
    ):
        link.execute(statement)
    with db.connect("owner") as owner:
        owner.execute(GATE_KEY)
        owner.execute(END_IN_LOG)
    with db.connect("app") as link:
        link.execute(statement)


def test_an_expired_consent_takes_no_template(db: Database) -> None:
    from audit import clock, demonstration

    house = make.house(demonstration_clock=True)
    subject = make.person(kiosk=house.kiosk)
    live = Consent.objects.get(subject=subject, purpose=Purpose.FACE_CHECKIN).live
    with demonstration.clock_shifted(days=31):
        with db.connect("app") as link, pytest.raises(psycopg.Error, match="unexpired"):
            link.execute(
                "SELECT set_config('salescenter.now', %s, false)",
                [clock.now().isoformat()],
            )
            link.execute(
                TEMPLATE.format(
                    live=f"'{live}'",
                    subject=f"'{subject.id}'",
                    purpose="'face.checkin'",
                    event=THAT_EVENT,
                )
            )


def _kiosk(consent: Consent) -> Kiosk:
    return Kiosk.objects.select_related("site__operator").get(site=consent.site)


def test_a_subject_is_a_random_identifier(enrolled: Consent) -> None:
    assert enrolled.subject.pseudonym.startswith("s_")
    assert uuid.UUID(hex=enrolled.subject.pseudonym[2:]).hex != enrolled.subject.id.hex


def test_a_destroyed_key_stays_destroyed_in_the_row(
    db: Database, enrolled: Consent
) -> None:
    from audit.drafts import VISITOR
    from consent.services.consents import consents_withdraw

    consents_withdraw(subject=enrolled.subject, purposes=None, act=VISITOR)
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="once"):
        link.execute("UPDATE consent_consent SET key_event_id = NULL")
