"""Giving and ending: each yes has its key and its events, and each end has too."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections

from audit import clock, demonstration
from audit.drafts import VISITOR
from audit.selectors import event_list, event_seq, log_faults
from consent import erasure, journal, keys
from consent.errors import ConsentEnded, RulesInvalid
from consent.models import Consent, Pass, Subject
from consent.purposes import SWITCHES, Purpose
from consent.selectors import consent_live, consents_live, consents_of
from consent.services.consents import (
    Ended,
    consent_end,
    consent_grant,
    consent_refuse,
    consents_expire_due,
    consents_expire_keyless,
    consents_withdraw,
)
from consent.services.sweeping import sweep_often
from faces.models import FaceTemplate
from tests import make
from tests.conftest import Database
from tests.consent.make import grant
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded

pytestmark = pytest.mark.usefixtures("secrets_dir")

ALL = dict.fromkeys(SWITCHES, True)


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def types(**filters: object) -> list[str]:
    found = event_list(rows=1_000, **filters)  # type: ignore[arg-type]
    return [event["type"] for event in reversed(found)]


def test_a_yes_is_a_row_a_key_and_two_events(house: make.House) -> None:
    subject = Subject.objects.create()
    consent = grant(house, subject)
    assert not keys.key_missing(consent=consent.id)
    granted, created = reversed(event_list(subject=subject.pseudonym))
    assert (granted["type"], created["type"]) == ("consent.granted", "key.created")
    assert granted["consent"] == created["consent"] == granted["seq"]
    assert event_seq(eid=consent.granted_event_id) == granted["seq"]
    assert granted["clause"] == granted["purpose"] == "contact"
    assert granted["rules"] == house.rules.sha256
    assert granted["data"] == {
        "until": clock.stamp(consent.until),
        "destroy_s": 60,
        "language": "zh-hans",
        "by": "self",
        "once": False,
        "carried": None,
    }
    assert consent.until - consent.granted_at == timedelta(days=30)


def test_a_second_yes_keeps_the_first(house: make.House) -> None:
    subject = Subject.objects.create()
    first = grant(house, subject)
    size = len(event_list(rows=1_000))
    assert grant(house, subject) == first
    assert len(event_list(rows=1_000)) == size
    assert set(keys.keys_stored()) == {first.id}


def test_two_yeses_at_once_leave_one_consent(house: make.House) -> None:
    subject = Subject.objects.create()
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def say_yes() -> None:
        together.wait(10)
        try:
            grant(house, subject)
            outcomes.append("granted")
        except Exception as refused:  # noqa: BLE001 - shown by the test
            outcomes.append(type(refused).__name__)
        finally:
            connections.close_all()

    saying = [threading.Thread(target=say_yes) for _ in range(2)]
    for thread in saying:
        thread.start()
    for thread in saying:
        thread.join(10)
    assert set(outcomes) <= {"granted", "IntegrityError"}
    assert Consent.objects.count() == 1
    assert types().count("consent.granted") == 1


def test_a_yes_to_what_the_rules_do_not_publish_is_refused(house: make.House) -> None:
    with pytest.raises(RulesInvalid):
        grant(house, Subject.objects.create(), Purpose.CHANNEL_DISCLOSE)
    assert keys.keys_stored() == {}


def test_a_key_is_there_before_its_consent_commits(house: make.House) -> None:
    with journal.unit(act=VISITOR, site=house.site) as unit:
        consent = consent_grant(
            unit=unit,
            subject=Subject.objects.create(),
            purpose=Purpose.CONTACT,
            site=house.site,
            rules=house.rules,
            language="en",
        )
        assert not keys.key_missing(consent=consent.id)


def test_a_one_time_yes_lasts_as_long_as_it_is_told(house: make.House) -> None:
    consent = grant(
        house,
        Subject.objects.create(),
        Purpose.FACE_CHECKIN,
        once=True,
        lasts=timedelta(minutes=3),
    )
    assert consent.until - consent.granted_at == timedelta(minutes=3)
    assert event_list(kind="consent.granted")[0]["data"]["once"] is True


def test_a_no_is_recorded_without_anybody(house: make.House) -> None:
    with journal.unit(act=VISITOR, site=house.site) as unit:
        consent_refuse(
            unit=unit,
            purpose=Purpose.CONTACT,
            language="en",
            surface="phone",
            rules=house.rules,
        )
    refused = event_list(kind="consent.refused")[0]
    assert (refused["subject"], refused["consent"]) == (None, None)
    assert refused["data"] == {"language": "en", "surface": "phone"}
    assert not Subject.objects.exists()


def test_withdrawing_one_purpose_leaves_the_others(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk, yes=ALL)
    ended = consents_withdraw(
        subject=subject, purposes=[Purpose.MARKETING_SMS], act=VISITOR
    )
    assert [one.consent.purpose for one in ended] == ["marketing.sms"]
    assert {one.purpose for one in consents_live(subject=subject)} == {
        "contact",
        "attribution",
        "marketing.call",
        "face.checkin",
    }
    assert Pass.objects.filter(subject=subject, revoked_at=None).exists()
    assert types(consent=event_seq(eid=ended[0].consent.granted_event_id)) == [
        "consent.granted",
        "key.created",
        "consent.withdrawn",
        "key.destroyed",
    ]


def test_withdrawing_all_ends_all_and_revokes_the_pass(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk, yes=ALL)
    other = make.person(kiosk=house.kiosk, yes=ALL)
    ended = consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    assert len(ended) == 5
    assert consents_live(subject=subject) == []
    for consent in consents_of(subject=subject):
        assert (consent.state, consent.live) == ("withdrawn", None)
        assert consent.ended_at is not None
        assert consent.key_event_id is not None
        assert keys.key_missing(consent=consent.id)
    assert not Pass.objects.filter(subject=subject, revoked_at=None).exists()
    assert types(subject=subject.pseudonym).count("link.revoked") == 1
    assert len(consents_live(subject=other)) == 5
    assert Pass.objects.filter(subject=other, revoked_at=None).exists()
    assert list(log_faults()) == []


def test_withdrawing_again_changes_nothing(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    size = len(event_list(rows=1_000))
    assert consents_withdraw(subject=subject, purposes=None, act=VISITOR) == []
    assert len(event_list(rows=1_000)) == size


@pytest.mark.vision
def test_the_template_goes_in_the_commit_that_ends_the_consent(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk)
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    (ended,) = consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    assert ended.destroyed == ("face.template.destroyed",)
    assert not FaceTemplate.objects.exists()
    story = event_list(subject=subject.pseudonym, rows=100)
    by_type = {event["type"]: event for event in story}
    withdrawn, destroyed = (
        by_type["consent.withdrawn"],
        by_type["face.template.destroyed"],
    )
    assert destroyed["seq"] == withdrawn["seq"] + 1
    assert destroyed["at"] == withdrawn["at"]
    assert by_type["key.destroyed"]["seq"] > destroyed["seq"]


def test_a_failed_erasure_ends_nothing(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)

    def fail(_unit: object, _consent: object) -> None:
        raise RuntimeError

    erasure.register("tests.Fails", fail)
    try:
        with pytest.raises(RuntimeError):
            consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    finally:
        erasure._ERASERS.pop("tests.Fails")
    (consent,) = consents_live(subject=subject)
    assert not keys.key_missing(consent=consent.id)
    assert types(kind="consent.withdrawn") == []


def test_an_ended_consent_has_nothing_to_hang_on(house: make.House) -> None:
    consent = grant(house, Subject.objects.create())
    assert consent.key == consent.live
    consents_withdraw(subject=consent.subject, purposes=None, act=VISITOR)
    consent.refresh_from_db()
    with pytest.raises(ConsentEnded):
        _ = consent.key


def test_ending_twice_in_one_transaction_is_once(house: make.House) -> None:
    consent = grant(house, Subject.objects.create())
    ends: list[Ended | None] = []
    with journal.unit(act=VISITOR, site=house.site) as unit:
        for _ in range(2):
            ends.append(
                consent_end(
                    unit=unit, consent=consent, kind="consent.expired", reason="used"
                )
            )
    assert ends[0] is not None
    assert ends[1] is None
    assert types(kind="consent.expired") == ["consent.expired"]


def test_a_term_that_is_over_ends_the_consent_and_its_key(house: make.House) -> None:
    consent = grant(house, Subject.objects.create())
    assert consents_expire_due() == []
    with demonstration.clock_shifted(days=30, seconds=1):
        # Shut at once, before anybody swept.
        assert (
            consent_live(
                subject=consent.subject, purpose=Purpose.CONTACT, site=house.site
            )
            is None
        )
        assert len(consents_expire_due()) == 1
    consent.refresh_from_db()
    assert (consent.state, consent.live) == ("expired", None)
    assert keys.key_missing(consent=consent.id)
    expired = event_list(kind="consent.expired")[0]
    assert expired["data"] == {"reason": "term"}
    assert expired["at"] >= event_list(kind="consent.granted")[0]["data"]["until"]
    assert types()[-2:] == ["consent.expired", "key.destroyed"]


def test_a_yes_after_the_term_but_before_the_sweep_is_a_new_consent(
    house: make.House,
) -> None:
    old = grant(house, Subject.objects.create())
    with demonstration.clock_shifted(days=31):
        new = grant(house, old.subject)
        assert new.id != old.id
        old.refresh_from_db()
        assert old.state == "expired"
        assert consents_live(subject=old.subject) == [new]
        sweep_often()
        assert set(keys.keys_stored()) == {new.id}
    assert types(subject=old.subject.pseudonym)[2:] == [
        "consent.expired",
        "consent.granted",
        "key.created",
        "key.destroyed",
    ]


def test_a_consent_whose_key_is_lost_is_ended(
    house: make.House, secrets_dir: Path
) -> None:
    lost = grant(house, Subject.objects.create())
    kept = grant(house, Subject.objects.create())
    (secrets_dir / "keystore" / "data" / f"{lost.id}.key").unlink()
    assert [one.consent for one in consents_expire_keyless()] == [lost]
    assert event_list(kind="consent.expired")[0]["data"] == {"reason": "key_missing"}
    assert [one.state for one in Consent.objects.order_by("id")] == [
        "expired",
        "active",
    ]
    assert not keys.key_missing(consent=kept.id)


def test_old_consents_keep_the_term_they_were_given_under(house: make.House) -> None:
    old = grant(house, Subject.objects.create())
    newer = make.rules_published(
        site=house.site, document=make.rules_document("2026-02", CONTACT=5)
    )
    assert grant(house, old.subject) == old
    old.refresh_from_db()
    assert old.until - old.granted_at == timedelta(days=30)
    assert old.rules == house.rules
    with journal.unit(act=VISITOR, site=house.site) as unit:
        new = consent_grant(
            unit=unit,
            subject=Subject.objects.create(),
            purpose=Purpose.CONTACT,
            site=house.site,
            rules=newer,
            language="en",
        )
    assert new.until - new.granted_at == timedelta(days=5)
    with demonstration.clock_shifted(days=6):
        assert [one.consent for one in consents_expire_due()] == [new]
    consents_withdraw(subject=old.subject, purposes=None, act=VISITOR)
    withdrawn = event_list(kind="consent.withdrawn")[0]
    assert withdrawn["rules"] == house.rules.sha256
