"""What is open is found, each kind of it, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from audit import clock
from audit.demonstration import clock_shifted
from audit.drafts import VISITOR, Act
from audit.reading import questions as asking
from audit.reading.logs import logs
from audit.reading.questions import Questions, questions
from consent.errors import ConsentRequired
from consent.gate.starts import begin
from consent.models import Subject
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from consent.services.sweeping import sweep_often
from faces.matching import MODEL
from tests import make
from tests.audit.reading.test_story import tampered
from tests.audit.room import bodies, compared_with, enrolled_person, numbers
from tests.audit.signing import signer_in
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def found() -> Questions:
    return questions(logs()[0])


def started(house: make.House, subject: Subject) -> int:
    begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=Act("k-1", "kiosk"),
        kiosk=house.kiosk,
    )
    return numbers("capture.started")[-1]


def test_after_a_busy_day_nothing_is_open(house: make.House) -> None:
    subject = enrolled_person(house)
    compared_with(house, subject)
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    with clock_shifted(days=40):
        sweep_often()
        open_now = found()
    for one in (open_now.dangling, open_now.unfollowed, open_now.overdue):
        assert (one.rows, one.more) == ([], False)
    assert open_now.clock_behind == []
    assert open_now.refusals == []


def test_a_start_is_open_after_five_minutes_until_it_is_swept(
    house: make.House,
) -> None:
    subject = enrolled_person(house)
    seq = started(house, subject)
    assert found().dangling.rows == []
    with clock_shifted(seconds=301):
        assert [one.seq for one in found().dangling.rows] == [seq]
        sweep_often()
        assert found().dangling.rows == []


def test_a_start_that_another_ones_end_stands_beside_is_open_still(
    house: make.House, db: Database
) -> None:
    subject = enrolled_person(house)
    seq = started(house, subject)
    first = numbers("capture.started")[0]
    # The only end of this consent's two starts is the first one's.
    assert bodies()[numbers("face.enrolled")[0]]["data"]["start"] == first
    with clock_shifted(seconds=301):
        assert [one.seq for one in found().dangling.rows] == [seq]


def test_an_end_without_its_destruction_is_open_when_its_time_is_over(
    house: make.House, db: Database
) -> None:
    subject = enrolled_person(house)
    consents_withdraw(subject=subject, purposes=["face.checkin"], act=VISITOR)
    ended = numbers("consent.withdrawn")[0]
    tampered(
        db,
        "DELETE FROM audit_index WHERE type IN"
        " ('key.destroyed', 'face.template.destroyed')",
    )
    assert found().unfollowed.rows == []
    with clock_shifted(seconds=61):
        (one,) = found().unfollowed.rows
    assert one.seq == ended
    assert one.missing == ("key.destroyed", "face.template.destroyed")
    due = clock.parse(bodies()[ended]["at"]) + timedelta(seconds=60)
    assert one.due == clock.stamp(due)


@pytest.mark.parametrize(
    ("kind", "seconds", "open_then"),
    [
        ("key.destroyed", 59, False),
        ("key.destroyed", 61, True),
        ("face.template.destroyed", 59, False),
        ("face.template.destroyed", 61, True),
    ],
)
def test_a_destruction_counts_within_its_published_seconds(
    house: make.House, db: Database, kind: str, seconds: int, open_then: bool
) -> None:
    subject = enrolled_person(house)
    consents_withdraw(subject=subject, purposes=["face.checkin"], act=VISITOR)
    ended = clock.parse(bodies()[numbers("consent.withdrawn")[0]]["at"])
    at = clock.stamp(ended + timedelta(seconds=seconds))
    tampered(db, f"UPDATE audit_index SET at = '{at}' WHERE type = '{kind}'")
    with clock_shifted(seconds=300):
        assert [one.missing for one in found().unfollowed.rows] == (
            [(kind,)] if open_then else []
        )


def test_a_consent_past_its_term_is_open_until_the_sweep_ends_it(
    house: make.House,
) -> None:
    make.person(kiosk=house.kiosk)
    granted = numbers("consent.granted")[0]
    with clock_shifted(days=30, seconds=60):
        assert found().overdue.rows == []
    with clock_shifted(days=30, seconds=600):
        (one,) = found().overdue.rows
        assert (one.seq, one.consent, one.missing) == (
            granted,
            granted,
            ("consent.expired",),
        )
        sweep_often()
        assert found().overdue.rows == []


def test_what_is_not_signed_is_late_after_two_minutes(
    house: make.House, tmp_path: Path
) -> None:
    size = len(bodies())
    assert found().unsigned.count == size
    assert not found().unsigned.late
    with clock_shifted(seconds=121):
        assert found().unsigned.late
    with signer_in(tmp_path / "signer") as signer:
        signer.look(now=True)
        with clock_shifted(seconds=121):
            signed = found().unsigned
    assert (signed.count, signed.late, signed.oldest_at) == (0, False, "")
    assert signed.checkpoint is not None
    assert signed.checkpoint.size == size
    make.person(kiosk=house.kiosk)
    rest = found().unsigned
    assert rest.count == len(bodies()) - size
    assert rest.oldest_at == bodies()[size]["at"]


def test_refusals_of_the_gate_are_counted_by_reason(house: make.House) -> None:
    stranger = Subject.objects.create()
    for _ in range(2):
        with pytest.raises(ConsentRequired):
            started(house, stranger)
    assert found().refused_lately == [("no_consent", 2)]
    with clock_shifted(days=8):
        assert found().refused_lately == []


def test_a_clock_that_was_behind_is_open_for_a_week(house: make.House) -> None:
    with clock_shifted(seconds=60):
        make.person(kiosk=house.kiosk)
    make.person(kiosk=house.kiosk)
    assert len(found().clock_behind) == 1
    with clock_shifted(days=8):
        assert found().clock_behind == []


def test_more_than_are_shown_are_said_to_be_more(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make.person(kiosk=house.kiosk)
    monkeypatch.setattr(asking, "SHOWN_MAX", 2)
    with clock_shifted(days=31):
        overdue = found().overdue
    assert (len(overdue.rows), overdue.more) == (2, True)
