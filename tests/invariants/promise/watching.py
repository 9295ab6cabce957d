"""Looking from outside: rows, events and key files against the ledger, by plain SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from audit import clock
from tests.invariants.promise.ledger import Ledger

USES = ("capture.started", "face.enrolled", "face.compare.started", "face.compared")

TEMPLATES = """
SELECT c.id, c.state, c.until, t.subject_id = c.subject_id AND t.purpose = c.purpose
  FROM faces_facetemplate t LEFT JOIN consent_consent c ON c.live = t.live"""
SESSIONS = """
SELECT c.state, s.subject_id = c.subject_id AND s.purpose = c.purpose
  FROM consent_capturesession s LEFT JOIN consent_consent c ON c.live = s.live"""
CONSENTS = """
SELECT id, state, live, until, restricted_at IS NOT NULL, key_event_id IS NOT NULL
  FROM consent_consent"""
TERMS = """
SELECT u.matching, u.challenge <> '[]', u.present_at
  FROM audit_event e JOIN consent_use u
    ON e.eid IN (u.start_event_id, u.closed_event_id)
 WHERE e.seq = %s"""
NEWS = "SELECT seq, body FROM audit_body WHERE seq >= %s ORDER BY seq"


class Watcher:
    """Compares the program's traces with the ledger after every step."""

    def __init__(
        self, link: psycopg.Connection[Any], ledger: Ledger, store: Path
    ) -> None:
        self.link = link
        self.ledger = ledger
        self.store = store
        self.seen = 0
        self.swept: datetime | None = None
        self.uses = dict.fromkeys(USES, 0)

    def rows(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        """Return what a statement finds."""
        return self.link.execute(statement, values).fetchall()

    def look(self) -> None:
        """Check every invariant; raises AssertionError for the first that is broken."""
        self.templates()
        self.consents()
        self.keys()
        self.news()

    def news(self) -> None:
        """Judge the uses that the log tells of since it was read last."""
        for _, body in self.rows(NEWS, self.seen):
            event = json.loads(bytes(body))
            self.seen = event["seq"] + 1
            if event["type"] in USES:
                self.use(event)
                self.uses[event["type"]] += 1

    def templates(self) -> None:
        """A template stands under a live consent of its person, and no other does.

        Past its term only until the sweep, which runs every few seconds; the database
        takes no new one, and nothing may use it meanwhile.
        """
        found = self.rows(TEMPLATES)
        for consent, state, until, same in found:
            assert state == "active", f"a template without a live consent: {consent}"
            assert same is True, f"a template of another person or purpose: {consent}"
            assert self.swept is None or until > self.swept, f"not swept: {consent}"
        expected = {one.id for one in self.ledger.given if one.template}
        assert {row[0] for row in found} == expected, "templates that nobody expects"
        for state, same in self.rows(SESSIONS):
            assert (state, same) == ("active", True), "a capture without a consent"

    def consents(self) -> None:
        """Each consent is as its person's acts left it."""
        found = {row[0]: row[1:] for row in self.rows(CONSENTS)}
        assert found.keys() == {one.id for one in self.ledger.given}
        for one in self.ledger.given:
            state, live, until, restricted, keyless = found[one.id]
            told = (state == "active", live, until, restricted, keyless)
            due = None if one.ended else one.live
            assert told == (
                not one.ended,
                due,
                one.until,
                one.restricted,
                one.keyless,
            ), f"consent {one.grant}"

    def keys(self) -> None:
        """An ended consent's key is gone once that was told; a live one has its own."""
        lying = {
            UUID(path.name.removesuffix(".key"))
            for path in (self.store / "data").glob("*.key")
        }
        assert lying == {one.id for one in self.ledger.given if not one.keyless}
        buried = {one.id for one in self.ledger.given if one.keyless}
        tombs = {path.name for path in (self.store / "tombstones").glob("*")}
        assert {str(one) for one in buried} <= tombs

    def use(self, event: dict[str, Any]) -> None:
        """Nothing of a face is begun or answered without everything it needs."""
        at = clock.parse(event["at"])
        kind = event["type"]
        assert self.ledger.open(at), f"{kind} at a site that is shut for faces"
        mine = self.ledger.of_grant(event["consent"])
        assert mine.subject.pseudonym == event["subject"], f"{kind} of somebody else"
        assert mine.purpose == event["purpose"], f"{kind} for another purpose"
        assert self.ledger.usable(mine, at), f"{kind} without its consent"
        [(matching, presence, present)] = self.rows(TERMS, event["seq"])
        assert self.ledger.wide(matching, at), f"{kind} more widely than the rules say"
        if kind.endswith("started"):
            asked = self.ledger.terms_at(at).presence
            assert presence == asked, f"{kind} without what the rules ask for"
        elif presence:
            assert present is not None, f"{kind} of nobody who was seen"
            assert present <= clock.now(), f"{kind} of somebody who was seen later"
        for number in event["data"].get("candidates", ()):
            other = self.ledger.of_grant(number)
            assert other.purpose == event["purpose"], f"{kind} with another purpose"
            assert self.ledger.usable(other, at), f"{kind} with one who may not be used"
