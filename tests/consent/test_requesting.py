"""Requests: numbered, due, answered once with a reason; their words end with a key."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections

from audit import clock, demonstration
from audit.selectors import event_list, log_faults
from consent import duties, keys
from consent.errors import ReasonRequired, RequestAnswered, RequestUnknown
from consent.models import Consent, Request, Subject
from consent.models.requests import KINDS as CODES
from consent.models.requests import OUTCOMES as OUTCOME_CODES
from consent.models.requests import REASONS as REASON_CODES
from consent.purposes import Purpose
from consent.requests import (
    KINDS,
    OUTCOMES,
    REASONS,
    request_code,
    request_find,
    request_words,
    requests_open,
)
from consent.services.consents import keys_destroy_orphaned
from consent.services.requesting import (
    requests_end_due,
)
from tests import make
from tests.conftest import Database
from tests.consent.make import grant
from tests.consent.requests import WORDS, answered, opened

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def test_every_code_has_its_words() -> None:
    assert tuple(KINDS) == CODES
    assert tuple(OUTCOMES) == OUTCOME_CODES
    assert tuple(REASONS) == REASON_CODES


def test_a_request_has_a_number_two_days_and_an_event(house: make.House) -> None:
    subject = Subject.objects.create()
    request = opened(house, subject=subject)
    assert request.label == f"R-{request.opened_at.year}-0001"
    assert opened(house).number == 2
    assert request.shown_due - request.opened_at == timedelta(days=15)
    assert request.due - request.opened_at == timedelta(days=30)
    event = event_list(kind="request.opened")[1]
    assert event["subject"] == subject.pseudonym
    assert event["data"] == {
        "request": str(request.id),
        "kind": "access",
        "due": clock.stamp(request.due),
    }
    assert request_words(request=request).asked == WORDS
    assert WORDS.encode() not in bytes(request.asked or b"")
    assert list(log_faults()) == []


def test_numbers_begin_anew_with_the_year(house: make.House) -> None:
    first = opened(house)
    with demonstration.clock_shifted(days=370):
        later = opened(house)
    assert (later.year, later.number) == (first.year + 1, 1)


def test_two_at_once_get_two_numbers(house: make.House) -> None:
    def ask() -> None:
        try:
            opened(house)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    numbers = Request.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5, 6]


def test_an_answer_is_given_once_and_in_the_log(house: make.House) -> None:
    request = opened(house)
    done = answered(request, "refused", reason="not_held", words="没有找到")
    event = event_list(kind="request.answered")[0]
    assert event["act"] == {"id": "st-9", "role": "compliance"}
    assert event["data"] == {
        "request": str(request.id),
        "outcome": "refused",
        "reason": "not_held",
    }
    assert request_words(request=done).reply == "没有找到"
    assert done.answered_by == "st-9"
    with pytest.raises(RequestAnswered):
        answered(request)
    assert len(event_list(kind="request.answered")) == 1


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("refused", None), ("partly", None), ("granted", "law")],
)
def test_no_refusal_without_a_reason(
    house: make.House, outcome: str, reason: str | None
) -> None:
    request = opened(house)
    with pytest.raises(ReasonRequired):
        answered(request, outcome, reason=reason)
    request.refresh_from_db()
    assert request.answered_at is None


def test_granting_a_deletion_deletes_in_the_same_commit(house: make.House) -> None:
    subject = Subject.objects.create()
    consents = [
        grant(house, subject),
        grant(house, subject, Purpose.ATTRIBUTION),
    ]
    answered(opened(house, "delete", subject))
    kinds = [event["type"] for event in reversed(event_list(rows=9))]
    ended = kinds.index("consent.withdrawn")
    assert kinds[ended : kinds.index("request.answered") + 1].count(
        "consent.withdrawn"
    ) == len(consents)
    assert not Consent.objects.filter(subject=subject, state="active").exists()
    assert all(keys.key_missing(consent=one.id) for one in consents)
    withdrawn = event_list(kind="consent.withdrawn")[0]
    assert withdrawn["data"] == {"by": "staff"}


def test_a_deletion_that_fails_is_no_answer(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject.objects.create()
    grant(house, subject)
    request = opened(house, "delete", subject)

    def fail(**_: object) -> bytes:
        raise RuntimeError

    monkeypatch.setattr("consent.services.requesting.words_seal", fail)
    with pytest.raises(RuntimeError):
        answered(request, words="x")
    request.refresh_from_db()
    assert request.answered_at is None
    assert Consent.objects.filter(subject=subject, state="active").exists()


def test_a_deletion_of_one_purpose_leaves_the_others(house: make.House) -> None:
    subject = Subject.objects.create()
    grant(house, subject)
    grant(house, subject, Purpose.ATTRIBUTION)
    answered(opened(house, "delete", subject, purpose="contact"))
    [left] = Consent.objects.filter(subject=subject, state="active")
    assert left.purpose == "attribution"


@pytest.mark.parametrize("outcome", ["refused", "partly"])
def test_a_deletion_not_granted_deletes_nothing(
    house: make.House, outcome: str
) -> None:
    subject = Subject.objects.create()
    grant(house, subject)
    answered(opened(house, "delete", subject), outcome, reason="law")
    assert Consent.objects.filter(subject=subject, state="active").exists()


def test_granting_a_restriction_restricts(house: make.House) -> None:
    subject = Subject.objects.create()
    consent = grant(house, subject)
    answered(opened(house, "restrict", subject))
    consent.refresh_from_db()
    assert consent.restricted_at is not None
    assert event_list(kind="consent.restricted")[0]["act"]["id"] == "st-9"


def test_a_code_opens_the_request_of_somebody_unknown(house: make.House) -> None:
    request = opened(house, "complaint")
    code = request_code(request=request.id)
    assert len(code) == 14
    assert request_find(code=code) == request
    assert request_find(code=code.lower().replace("-", " ")) == request
    for wrong in ("", "0000-0000-0000", code[:-1]):
        with pytest.raises(RequestUnknown):
            request_find(code=wrong)
    assert code.replace("-", "").encode() not in bytes(request.code_hash)


def test_the_words_end_three_years_after_the_answer(house: make.House) -> None:
    request = opened(house, "complaint")
    assert requests_end_due() == 0
    with demonstration.clock_shifted(days=4 * 366):
        assert requests_end_due() == 0, "an open request has no term"
    answered(request, words="好")
    with demonstration.clock_shifted(days=3 * 365):
        assert requests_end_due() == 0
    with demonstration.clock_shifted(days=3 * 366 + 1):
        assert requests_end_due() == 1
        assert requests_end_due() == 0
    request.refresh_from_db()
    assert request.asked is None
    assert request.reply is None
    assert keys.key_missing(consent=request.id)
    assert event_list(kind="data.ended")[0]["data"] == {
        "what": "request",
        "rows": 1,
        "reason": "term",
    }


def test_a_key_of_a_request_is_no_orphan(house: make.House) -> None:
    request = opened(house)
    with demonstration.clock_shifted(days=1):
        keys_destroy_orphaned()
    assert request_words(request=request).asked == WORDS


def test_words_without_a_key_are_none(house: make.House) -> None:
    request = opened(house)
    keys.key_destroy(consent=request.id)
    assert request_words(request=request).asked is None


def test_what_awaits_an_officer_grows_louder(house: make.House) -> None:
    request = opened(house)
    later = opened(house, "complaint")
    assert requests_open() == [request, later]

    def stands(days: int) -> tuple[bool, bool, bool]:
        with demonstration.clock_shifted(days=days):
            duty = duties.awaiting(may=lambda one: one == "consent.answer_request")[0]
            now = clock.now()
            return duty.pressing(now), duty.urgent(now), duty.overdue(now)

    assert stands(9) == (False, False, False)
    assert stands(10) == (True, False, False)
    assert stands(20) == (True, True, False)
    assert stands(30) == (True, True, True)
    answered(request)
    [left] = duties.awaiting(may=lambda one: one == "consent.answer_request")
    assert later.label in left.title.en
