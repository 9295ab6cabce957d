"""The stop switch: nothing of a face while it is on, and who may let go of it."""

from __future__ import annotations

import psycopg
import pytest

from audit.drafts import VISITOR, Act
from audit.selectors import event_list, log_faults
from consent import gate, journal
from consent.duties import awaiting
from consent.errors import PurposeStopped, StopOwnRelease
from consent.models import Consent, Kiosk, Stop, Use
from consent.purposes import SWITCHES, Purpose
from consent.services import walks
from consent.services.consents import consents_withdraw
from consent.services.stops import stop_press, stop_release
from faces.models import FaceTemplate
from tests import make
from tests.conftest import Database
from tests.consent.make import grant
from tests.invariants.test_consent_refusals import TEMPLATE, THAT_EVENT

pytestmark = pytest.mark.usefixtures("secrets_dir")

OFFICER = Act("st-1", "compliance")
SECOND = Act("st-2", "compliance")
AT_KIOSK = Act("k-1", "kiosk")
USE = (
    "INSERT INTO consent_use (id, mode, subject_id, purpose, consent_id, candidates,"
    " site_id, kiosk_id, start_event_id, opened_at, deadline) SELECT"
    " gen_random_uuid(), 'enrol', subject_id, purpose, id, '[]', site_id,"
    f" (SELECT id FROM consent_kiosk LIMIT 1), {THAT_EVENT}, now(), now()"
    " FROM consent_consent WHERE purpose = 'face.checkin'"
)


def press(house: make.House, *, scope: str = "face", reason: str = "operator") -> Stop:
    return stop_press(site=house.site, scope=scope, reason=reason, act=OFFICER)


def begin(house: make.House, consent: Consent) -> Use:
    return gate.begin(
        subject=consent.subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model="m-1",
        act=AT_KIOSK,
        kiosk=house.kiosk,
    )


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


@pytest.fixture
def consent(house: make.House) -> Consent:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    return Consent.objects.select_related("subject").get(
        subject=subject, purpose=Purpose.FACE_CHECKIN
    )


@pytest.mark.parametrize("scope", ["face", "all"])
def test_the_gate_refuses_a_use_and_the_log_says_why(
    house: make.House, consent: Consent, scope: str
) -> None:
    press(house, scope=scope)
    with pytest.raises(PurposeStopped):
        begin(house, consent)
    (refused,) = event_list(kind="gate.refused")
    assert refused["data"] == {"reason": "stop", "start": None}
    assert not Use.objects.exists()
    assert not list(log_faults())


def test_a_stop_of_marketing_leaves_faces_alone(
    house: make.House, consent: Consent
) -> None:
    press(house, scope="marketing")
    assert begin(house, consent).closed_at is None
    advertised = grant(house, consent.subject, Purpose.MARKETING_SMS)
    with pytest.raises(PurposeStopped):
        with journal.unit(act=OFFICER, site=house.site) as unit:
            gate.allow(
                unit=unit,
                subject=advertised.subject,
                purpose=Purpose.MARKETING_SMS,
                site=house.site,
            )


def test_captures_under_way_are_closed_at_once(
    house: make.House, consent: Consent
) -> None:
    use = begin(house, consent)
    press(house)
    use.refresh_from_db()
    assert use.closed_at is not None
    (refused,) = event_list(kind="gate.refused")
    (started,) = event_list(kind="capture.started")
    assert refused["data"] == {"reason": "stop", "start": started["seq"]}


def test_a_one_time_consent_ends_with_the_capture_that_is_closed(
    house: make.House, consent: Consent
) -> None:
    consents_withdraw(
        subject=consent.subject, purposes=[Purpose.FACE_CHECKIN], act=VISITOR
    )
    once = grant(house, consent.subject, Purpose.FACE_CHECKIN, once=True)
    begin(house, once)
    press(house)
    once.refresh_from_db()
    assert once.state == "expired"
    assert once.key_event_id is not None


def test_a_press_between_start_and_result_drops_the_result(
    house: make.House, consent: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consent.services import stops

    monkeypatch.setattr(stops, "_uses_close", lambda *_: None)
    use = begin(house, consent)
    with pytest.raises(PurposeStopped):
        with gate.resume(use=use.id, act=AT_KIOSK, kiosk=house.kiosk) as permit:
            press(house)
            with permit.settle():
                pytest.fail("a result was let through")
    (refused,) = event_list(kind="gate.refused")
    assert refused["data"]["reason"] == "stop"
    assert refused["data"]["start"] is not None


def test_the_next_request_of_a_capture_is_refused(
    house: make.House, consent: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consent.services import stops

    monkeypatch.setattr(stops, "_uses_close", lambda *_: None)
    use = begin(house, consent)
    press(house)
    with pytest.raises(PurposeStopped):
        with gate.resume(use=use.id, act=AT_KIOSK, kiosk=house.kiosk):
            pytest.fail("a permit was made")
    use.refresh_from_db()
    assert use.closed_at is not None


def test_withdrawing_works_while_it_is_on(house: make.House, consent: Consent) -> None:
    press(house, scope="all")
    ended = consents_withdraw(subject=consent.subject, purposes=None, act=VISITOR)
    assert {one.consent.purpose for one in ended} == {"contact", "face.checkin"}


def test_nobody_is_asked_for_a_face_while_it_is_on(house: make.House) -> None:
    press(house)
    walk = make.walk_finished(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    assert walk.face_offered is False


def test_a_walk_goes_on_without_an_answer_about_the_face(house: make.House) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, _ = walks.walk_open(token=token, language="en")
    walk = walks.walk_choose(
        walk=walk,
        choices={purpose: False for purpose in SWITCHES},
        under_14=False,
        language="en",
    )
    press(house)
    with pytest.raises(PurposeStopped):
        walks.walk_face(walk=walk, answer=True, language="en")
    assert walks.walk_finish(walk=walk).finished_at is not None
    refused = event_list(kind="consent.refused")
    assert "face.checkin" not in {one["purpose"] for one in refused}


def test_a_second_press_keeps_the_first(house: make.House) -> None:
    first = press(house)
    assert press(house, reason="incident") == first
    assert len(event_list(kind="stop.on")) == 1


def test_letting_go_opens_the_gate_again(house: make.House, consent: Consent) -> None:
    pressed = press(house)
    assert [one.title.en for one in awaiting(may=lambda _: True)] == [
        "The stop switch is on"
    ]
    stop_release(stop=pressed.id, act=OFFICER)
    stop_release(stop=pressed.id, act=SECOND)
    (off,) = event_list(kind="stop.off")
    (on,) = event_list(kind="stop.on")
    assert off["data"] == {"scope": "face", "stop": on["seq"]}
    assert begin(house, consent).closed_at is None
    assert awaiting(may=lambda _: True) == []


@pytest.mark.parametrize("reason", ["authority", "court"])
def test_an_ordered_stop_is_let_go_of_by_another(
    house: make.House, reason: str
) -> None:
    pressed = press(house, reason=reason)
    with pytest.raises(StopOwnRelease):
        stop_release(stop=pressed.id, act=OFFICER)
    assert stop_release(stop=pressed.id, act=SECOND).off_by == "st-2"


FORBIDDEN = {
    "a use": (USE, "TRIGGER consent_use_unstopped ON consent_use"),
    "a template": (
        TEMPLATE.format(
            live="(SELECT live FROM consent_consent WHERE purpose = 'face.checkin')",
            subject="(SELECT subject_id FROM consent_consent"
            " WHERE purpose = 'face.checkin')",
            purpose="'face.checkin'",
            event=THAT_EVENT,
        ),
        "TRIGGER faces_template_unstopped ON faces_facetemplate",
    ),
    "letting go of one's own ordered stop": (
        "UPDATE consent_stop SET off_at = now(), off_by = on_by,"
        f" off_event_id = {THAT_EVENT}",
        "CONSTRAINT consent_stop_other_lets_go",
    ),
    "half a release": (
        "UPDATE consent_stop SET off_at = now()",
        "CONSTRAINT consent_stop_off_whole",
    ),
    "another scope": (
        "UPDATE consent_stop SET scope = 'marketing'",
        "TRIGGER consent_stop_fixed ON consent_stop",
    ),
    "an unknown scope": (
        "INSERT INTO consent_stop (id, site_id, scope, reason, on_at, on_by,"
        " on_event_id) SELECT gen_random_uuid(), site_id, 'none', reason, on_at, on_by,"
        " (SELECT eid FROM audit_event ORDER BY seq LIMIT 1) FROM consent_stop",
        "CONSTRAINT consent_stop_scope",
    ),
    "an unknown reason": (
        "INSERT INTO consent_stop (id, site_id, scope, reason, on_at, on_by,"
        " on_event_id) SELECT gen_random_uuid(), site_id, 'all', 'mood', on_at, on_by,"
        " (SELECT eid FROM audit_event ORDER BY seq LIMIT 1) FROM consent_stop",
        "CONSTRAINT consent_stop_reason",
    ),
    "the same stop twice": (
        "INSERT INTO consent_stop (id, site_id, scope, reason, on_at, on_by,"
        " on_event_id) SELECT gen_random_uuid(), site_id, scope, reason, on_at, on_by,"
        " (SELECT eid FROM audit_event ORDER BY seq LIMIT 1) FROM consent_stop",
        "INDEX consent_stop_one_on",
    ),
}


@pytest.mark.parametrize("act", sorted(FORBIDDEN))
def test_raw_sql_cannot_until_that_guard_is_gone(
    db: Database, house: make.House, consent: Consent, act: str
) -> None:
    statement, guard = FORBIDDEN[act]
    press(house, reason="court")
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute(statement)
    kind, _, name = guard.partition(" ")
    with db.connect("owner") as owner:
        owner.execute(
            f"ALTER TABLE consent_stop DROP CONSTRAINT {name}"
            if kind == "CONSTRAINT"
            else f"DROP {guard}"
        )
    # Undone, because at the commit the log would be asked.
    with db.connect("app", autocommit=False) as link:
        link.execute(statement)
        link.rollback()
    assert FaceTemplate.objects.count() == 0


def test_the_switch_moves_in_the_log_too(db: Database, house: make.House) -> None:
    press(house)
    release = (
        "UPDATE consent_stop SET off_at = now(), off_by = 'st-9',"
        f" off_event_id = {THAT_EVENT}"
    )
    with db.connect("app", autocommit=False) as link:
        link.execute(release)
        with pytest.raises(psycopg.Error, match="in the log too"):
            link.commit()
    with db.connect("owner") as owner:
        owner.execute("DROP TRIGGER consent_stop_in_log ON consent_stop")
    with db.connect("app") as link:
        link.execute(release)


def test_a_stop_stays_in_the_table(db: Database, house: make.House) -> None:
    press(house)
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute("DELETE FROM consent_stop")
    with db.connect("owner") as owner:
        with pytest.raises(psycopg.Error, match="only grows"):
            owner.execute("DELETE FROM consent_stop")
        owner.execute("DROP TRIGGER consent_stop_stays ON consent_stop")
        owner.execute("DELETE FROM consent_stop")


def test_a_press_waits_for_a_use_that_is_being_written(
    db: Database, house: make.House, consent: Consent
) -> None:
    """The lock under the trigger: no use commits after a press it did not see."""
    with db.connect("app", autocommit=False) as link:
        link.execute(USE)
        with db.connect("app", autocommit=False) as presser:
            presser.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                presser.execute("SELECT 1 FROM consent_site FOR NO KEY UPDATE")
        link.rollback()
    assert Kiosk.objects.count() == 1
