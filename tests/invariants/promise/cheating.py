"""What somebody with the app role's password would try; the database refuses each."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from audit import clock
from audit.drafts import Act
from audit.log import Unit
from consent import journal
from consent.models import Consent, Site
from faces.matching import MODEL
from tests.invariants.promise.ledger import FACE, Ledger, Yes

ROGUE = Act("rogue", "system")

LAST = "(SELECT eid FROM audit_event ORDER BY seq DESC LIMIT 1)"
END = (
    "UPDATE consent_consent SET live = NULL, state = 'withdrawn', ended_at = %s,"
    " ended_event_id = {event} WHERE id = %s"
)
TEMPLATE = (
    "INSERT INTO faces_facetemplate (id, live, subject_id, purpose, model, sealed,"
    f" enrolled_at, enrolled_event_id) VALUES (gen_random_uuid(), %s, %s, '{FACE}',"
    f" '{MODEL}', 'x', %s, {{event}})"
)
SESSION = (
    "INSERT INTO consent_capturesession (id, use_id, live, subject_id, purpose)"
    " VALUES (gen_random_uuid(), %s, %s, %s, %s)"
)
USE = (
    "INSERT INTO consent_use (id, mode, subject_id, purpose, consent_id, candidates,"
    " site_id, kiosk_id, start_event_id, opened_at, deadline) VALUES"
    " (%s, 'enrol', %s, %s, %s, '[]', %s, %s, {event}, %s, %s)"
)

ROWS = {
    "an event is deleted": "DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM"
    " audit_event)",
    "a body is deleted": "DELETE FROM audit_body WHERE seq = (SELECT max(seq) FROM"
    " audit_body)",
    "a body is changed": "UPDATE audit_body SET body = '{}' WHERE seq = (SELECT"
    " max(seq) FROM audit_body)",
    "an event without a body": "INSERT INTO audit_event (eid, log, seq, leaf) SELECT"
    " gen_random_uuid(), log, size, 'x' FROM audit_head",
    "the head shrinks": "UPDATE audit_head SET size = size - 1",
    "an assessment lives again": "UPDATE consent_impactassessment SET stale_at = NULL,"
    " stale_event_id = NULL WHERE stale_at IS NOT NULL",
    "an assessment lasts longer": "UPDATE consent_impactassessment SET until = until"
    " + interval '1 day'",
    "rules were not material": "UPDATE consent_rules SET material = '[]'"
    " WHERE material <> '[]'",
    "the switch is let go of": "UPDATE consent_stop SET off_at = now(), off_by = 'x',"
    f" off_event_id = {LAST} WHERE off_at IS NULL",
    "a camera is approved again": "UPDATE consent_device SET revoked_at = NULL,"
    " revoked_event_id = NULL WHERE revoked_at IS NOT NULL",
    "a use is opened again": "UPDATE consent_use SET closed_at = NULL,"
    " closed_event_id = NULL WHERE closed_at IS NOT NULL",
    "a use has other candidates": "UPDATE consent_use SET candidates = '[]'"
    " WHERE mode = 'compare'",
    "a template moves": "UPDATE faces_facetemplate SET sealed = 'x'",
}
"""Tried on whatever rows there are; none may be changed."""


class Cheat:
    """Tries one thing at a time, and says whether it was refused."""

    def __init__(
        self,
        *,
        link: psycopg.Connection[Any],
        ledger: Ledger,
        site: Site,
        dice: random.Random,
    ) -> None:
        self.link = link
        self.ledger = ledger
        self.site = site
        self.dice = dice

    def attempt(self) -> str | None:
        """Try something; return what, or None when nobody was there to try it on.

        Raises:
            AssertionError: the database took it.
        """
        tried = self.dice.choice(
            [self._row, self._row, self._consent, self._alien, self._rogue, self._rogue]
        )
        return tried()

    def _plain(self, name: str, statement: str, *values: object) -> str | None:
        """Run a statement on a bare connection; no row may be written by it."""
        try:
            with self.link.transaction():
                self.link.execute(
                    "SELECT set_config('salescenter.now', %s, true)",
                    [clock.now().isoformat()],
                )
                written = self.link.execute(statement, values).rowcount
        except psycopg.Error:
            return name
        assert written == 0, f"raw SQL was taken: {name}"
        return None

    def _row(self) -> str | None:
        name = self.dice.choice(sorted(ROWS))
        return self._plain(name, ROWS[name])

    def _some(self, wanted: Callable[[Yes], bool]) -> Yes | None:
        found = [one for one in self.ledger.given if wanted(one)]
        return self.dice.choice(found) if found else None

    def _unusable(self) -> Yes | None:
        now = clock.now()
        return self._some(
            lambda one: one.purpose == FACE and not self.ledger.usable(one, now)
        )

    def _consent(self) -> str | None:
        """Change a consent's own row."""
        yes = self._some(lambda one: True)
        if yes is None:
            return None
        changes = ["until = until + interval '1 day'", "live = gen_random_uuid()"]
        if yes.ended:
            changes = [
                "live = gen_random_uuid(), state = 'active', ended_at = NULL,"
                " ended_event_id = NULL, key_event_id = NULL"
            ]
        elif yes.restricted:
            changes = ["restricted_at = NULL"]
        elif yes.template:
            changes.append(
                "live = NULL, state = 'withdrawn', ended_at = now(),"
                f" ended_event_id = {LAST}"
            )
        change = self.dice.choice(changes)
        told = f"consent {yes.grant}: {change[:30]}"
        statement = f"UPDATE consent_consent SET {change} WHERE id = %s"
        return self._plain(told, statement, yes.id)

    def _alien(self) -> str | None:
        """Hang a template on a consent that is another's, ended, or invented."""
        yes, other = self._unusable(), self._some(lambda one: not one.ended)
        if yes is None or other is None:
            return None
        live = self.dice.choice([yes.live, other.live, uuid.uuid4()])
        statement = TEMPLATE.format(event=LAST)
        told = f"a template at {yes.grant}, {other.grant}"
        return self._plain(told, statement, live, yes.subject.id, clock.now())

    def _rogue(self) -> str | None:
        """Write the very events that are asked for, and then break the promise."""
        way = self.dice.choice([self._end_and_keep, self._enrol, self._capture])
        if way == self._end_and_keep:
            yes = self._some(lambda one: one.template)
        else:
            yes = self._unusable()
        if yes is None:
            return None
        name = f"rogue {way.__name__} at {yes.grant}"
        try:
            with journal.unit(act=ROGUE, site=self.site) as unit:
                way(unit, yes)
        except DatabaseError:
            return name
        message = f"a program without scruples was let: {name}"
        raise AssertionError(message)

    def _named(self, yes: Yes) -> dict[str, Any]:
        consent = Consent.objects.select_related("rules").get(id=yes.id)
        return {
            "purpose": yes.purpose,
            "subject": yes.subject.pseudonym,
            "consent": consent.granted_ref,
            "rules": consent.rules.sha256,
        }

    def _end_and_keep(self, unit: Unit, yes: Yes) -> None:
        named = self._named(yes)
        ended = unit.event("consent.withdrawn", data={"by": "self"}, **named)
        _run(END.format(event="%s"), clock.now(), ended.eid, yes.id)

    def _enrol(self, unit: Unit, yes: Yes) -> None:
        named = self._named(yes)
        start = unit.event("capture.started", data={"model": MODEL}, **named)
        data = {"start": start.ref, "model": MODEL, "frames": 1}
        enrolled = unit.event("face.enrolled", data=data, **named)
        values = (yes.live, yes.subject.id, clock.now(), enrolled.eid)
        _run(TEMPLATE.format(event="%s"), *values)

    def _capture(self, unit: Unit, yes: Yes) -> None:
        named = self._named(yes)
        start = unit.event("capture.started", data={"model": MODEL}, **named)
        use, now = uuid.uuid4(), clock.now()
        person = (yes.subject.id, yes.purpose)
        place = (self.site.id, self.ledger.kiosk.id, start.eid)
        _run(USE.format(event="%s"), use, *person, yes.id, *place, now, now)
        _run(SESSION, use, yes.live, *person)


def _run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
