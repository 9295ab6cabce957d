"""The table: every domain error, its HTTP status, and what a person is told.

Each entry says what happened, what is safe, and what to do. Errors know no HTTP; a
test fails when one has no line in `salescenter/answers/`, or two.
"""

from __future__ import annotations

from audit.errors import DomainError
from salescenter.answers import audit, consent, faces, leads, office
from salescenter.answers.answer import Answer

TABLES = tuple(app.ANSWERS for app in (audit, consent, office, faces, leads))

ANSWERS: dict[type[DomainError], Answer] = {
    kind: answer for table in TABLES for kind, answer in table.items()
}


def answer_of(error: DomainError) -> Answer:
    """Return the answer for an error: its own line, or its nearest ancestor's."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
