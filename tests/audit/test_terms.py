"""The log itself refuses a use at or past the term of a consent that it names."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from audit import clock
from audit.drafts import VISITOR, Act
from audit.errors import TermOver
from audit.selectors import event_list
from consent import journal
from consent.models import Consent, Pass, Subject
from consent.purposes import Purpose
from consent.services.consents import consent_grant, consents_withdraw
from tests import make
from tests.conftest import Database

RECEPTION = Act("st-1", "reception")


def _view(house: make.House, consent: Consent) -> None:
    with journal.unit(act=RECEPTION, site=house.site) as unit:
        unit.event(
            "contact.viewed",
            purpose=consent.purpose,
            subject=consent.subject.pseudonym,
            consent=consent.granted_ref,
            rules=consent.rules.sha256,
            data={"reason": "arrival"},
        )


def test_a_use_past_its_term_is_refused_and_the_refusal_logged(
    db: Database, secrets_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make.house()
    subject = Subject.objects.create()
    with journal.unit(act=VISITOR, site=house.site) as unit:
        consent = consent_grant(
            unit=unit,
            subject=subject,
            purpose=Purpose.CONTACT,
            site=house.site,
            rules=house.rules,
            language="en",
            lasts=timedelta(seconds=30),
        )
    _view(house, consent)
    late = clock.now() + timedelta(seconds=31)
    monkeypatch.setattr(clock, "now", lambda: late)
    with pytest.raises(TermOver):
        _view(house, consent)
    last = event_list(rows=1)[0]
    assert (last["type"], last["data"]["reason"]) == ("gate.refused", "ended")
    assert len(event_list(kind="contact.viewed")) == 1


def test_a_use_without_a_consent_cannot_be_written(
    db: Database, secrets_dir: Path
) -> None:
    house = make.house()
    with pytest.raises(TermOver), journal.unit(act=VISITOR, site=house.site) as unit:
        unit.event(
            "contact.viewed",
            purpose=Purpose.CONTACT,
            data={"reason": "arrival"},
        )


def test_stopping_two_purposes_at_once_leaves_no_pass(
    db: Database, secrets_dir: Path
) -> None:
    import threading

    from django.db import connections

    house = make.house()
    for _ in range(5):
        subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
        ready = threading.Barrier(2)

        def stop(purpose: str, person: Subject, both: threading.Barrier) -> None:
            both.wait()
            consents_withdraw(subject=person, purposes=[purpose], act=VISITOR)
            connections.close_all()

        racing = [
            threading.Thread(target=stop, args=(purpose, subject, ready))
            for purpose in (Purpose.CONTACT, Purpose.FACE_CHECKIN)
        ]
        for one in racing:
            one.start()
        for one in racing:
            one.join(20)
        assert not Pass.objects.filter(subject=subject, revoked_at=None).exists()
