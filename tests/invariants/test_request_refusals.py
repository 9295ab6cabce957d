"""What raw SQL under the app role cannot do to requests, each by the guard named."""

from __future__ import annotations

import psycopg
import pytest

from audit import demonstration
from consent.services.requesting import requests_end_due
from tests import make
from tests.conftest import Database
from tests.consent.requests import answered, opened
from tests.invariants.guards import refused, refused_until

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


EVENT = "(SELECT eid FROM audit_event ORDER BY seq DESC LIMIT 1)"
COPY = (
    "INSERT INTO consent_request (id, year, number, kind, purpose, subject_id, site_id,"
    " code_hash, opened_at, shown_due, due, opened_event_id, asked) SELECT"
    " gen_random_uuid(), year, {number}, {kind}, '', NULL, site_id, 'x', opened_at,"
    f" {{shown}}, {{due}}, {EVENT}, asked FROM consent_request LIMIT 1"
)


def copy(**changed: str) -> str:
    told = {
        "number": "number + 1",
        "kind": "kind",
        "shown": "shown_due",
        "due": "due",
        **changed,
    }
    return COPY.format(**told)


ANSWER = (
    "UPDATE consent_request SET outcome = {outcome}, reason = {reason}, answered_at ="
    f" now(), answered_by = 'x', answered_event_id = {EVENT}"
)
ON = "ALTER TABLE consent_request "
IN_LOG = ON + "DISABLE TRIGGER consent_request_in_log"
ANSWER_IN_LOG = ON + "DISABLE TRIGGER consent_answer_in_log"
END_IN_LOG = ON + "DISABLE TRIGGER consent_request_end_in_log"
FORWARD = ON + "DISABLE TRIGGER consent_request_forward"
EVENT_ONCE = (
    "DO $$ BEGIN EXECUTE (SELECT 'ALTER TABLE consent_request DROP CONSTRAINT '"
    " || conname FROM pg_constraint WHERE conrelid = 'consent_request'::regclass"
    " AND contype = 'u' AND conname LIKE '%opened_event%'); END $$"
)

GUARDS: dict[str, tuple[str, list[str], str]] = {
    "a request that the log does not know": (
        copy(),
        [EVENT_ONCE],
        IN_LOG,
    ),
    "a number that leaves a gap": (
        copy(number="number + 2"),
        [EVENT_ONCE, IN_LOG],
        ON + "DISABLE TRIGGER consent_request_numbered",
    ),
    "a number given twice": (
        copy(number="number"),
        [EVENT_ONCE, IN_LOG, ON + "DISABLE TRIGGER consent_request_numbered"],
        ON + "DROP CONSTRAINT consent_request_number",
    ),
    "a kind that there is none of": (
        copy(kind="'wish'"),
        [EVENT_ONCE, IN_LOG],
        ON + "DROP CONSTRAINT consent_request_kind",
    ),
    "a later limit": (
        copy(due="due + interval '1 day'"),
        [EVENT_ONCE, IN_LOG],
        ON + "DROP CONSTRAINT consent_request_due",
    ),
    "a refusal without a reason": (
        ANSWER.format(outcome="'refused'", reason="NULL"),
        [ANSWER_IN_LOG],
        ON + "DROP CONSTRAINT consent_request_reasoned",
    ),
    "half an answer": (
        "UPDATE consent_request SET outcome = 'granted'",
        [ANSWER_IN_LOG],
        ON + "DROP CONSTRAINT consent_request_answered_whole",
    ),
    "an answer without an outcome": (
        ANSWER.format(outcome="NULL", reason="NULL"),
        [ANSWER_IN_LOG],
        ON + "DROP CONSTRAINT consent_request_answered_whole",
    ),
    "an answer that the log does not know": (
        ANSWER.format(outcome="'granted'", reason="NULL"),
        [],
        ANSWER_IN_LOG,
    ),
    "an outcome that there is none of": (
        ANSWER.format(outcome="'maybe'", reason="NULL"),
        [ANSWER_IN_LOG, ON + "DROP CONSTRAINT consent_request_reasoned"],
        ON + "DROP CONSTRAINT consent_request_answered_whole",
    ),
    "other words": (
        "UPDATE consent_request SET asked = 'x'",
        [],
        FORWARD,
    ),
    "another day": (
        "UPDATE consent_request SET shown_due = due",
        [],
        FORWARD,
    ),
    "deleting a request": (
        "DELETE FROM consent_request",
        ["GRANT DELETE ON consent_request TO salescenter_app"],
        ON + "DISABLE TRIGGER consent_request_stays",
    ),
    "words that end unanswered": (
        f"UPDATE consent_request SET asked = NULL, ended_at = now(), ended_event_id = {EVENT}",  # noqa: E501
        [END_IN_LOG],
        ON + "DROP CONSTRAINT consent_request_ended_whole",
    ),
}


@pytest.mark.parametrize("act", sorted(GUARDS))
def test_each_guard_holds_alone(db: Database, house: make.House, act: str) -> None:
    opened(house)
    statement, others, guard = GUARDS[act]
    refused(db, statement)
    refused_until(db, statement, guard, others)


AGAIN = "UPDATE consent_request SET outcome = 'refused', reason = 'law'"
EARLY = (
    "UPDATE consent_request SET asked = NULL, reply = NULL,"
    " ended_at = answered_at + interval '1095 days', ended_event_id = " + EVENT
)
UNTOLD = EARLY.replace("1095", "1099")


@pytest.mark.parametrize(
    ("statement", "others", "guard"),
    [
        (AGAIN, [], FORWARD),
        (EARLY, [END_IN_LOG], ON + "DROP CONSTRAINT consent_request_ended_whole"),
        (UNTOLD, [], END_IN_LOG),
    ],
    ids=["answered twice", "ended before its term", "ended untold"],
)
def test_what_was_answered_stays(
    db: Database, house: make.House, statement: str, others: list[str], guard: str
) -> None:
    answered(opened(house))
    refused_until(db, statement, guard, others)


def test_words_that_ended_do_not_come_back(db: Database, house: make.House) -> None:
    answered(opened(house))
    with demonstration.clock_shifted(days=3 * 366 + 1):
        requests_end_due()
    back = "UPDATE consent_request SET ended_at = ended_at + interval '1 day'"
    with db.connect("owner") as owner:
        owner.execute(END_IN_LOG)
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="stay ended"):
        link.execute(back)
    with db.connect("owner") as owner:
        owner.execute(FORWARD)
    with db.connect("app") as link:
        link.execute(back)
