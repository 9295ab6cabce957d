"""Steps of guests: saying yes and no, withdrawing, restricting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from audit import clock
from audit.drafts import VISITOR
from consent.models import Subject
from consent.purposes import Purpose
from consent.services.consents import (
    consents_withdraw,
)
from consent.services.restricting import consents_lift, consents_restrict
from tests import make
from tests.consent.make import grant
from tests.invariants.promise.ledger import FACE, Yes
from tests.invariants.promise.staging import Stage

TERMS = (None, None, None, None, 60, 900, 7_200, 260_000)


class Guests(Stage):
    """What people decide about their own data."""

    def _grant(self) -> str:
        ledger, dice = self.ledger, self.dice
        known = [one.subject for one in ledger.given]
        old = bool(known) and dice.random() < 0.5
        subject = dice.choice(known) if old else Subject.objects.create()
        purpose = dice.choices([FACE, Purpose.CONTACT], [5, 1])[0]
        seconds = dice.choice(TERMS)
        shown = ledger.version
        if dice.random() < 0.1:
            shown = dice.randrange(len(self.versions))
        self._yes(subject, purpose, shown=shown, seconds=seconds)
        return f"{purpose} under {shown} for {seconds}"

    def _yes(
        self,
        subject: Subject,
        purpose: Purpose,
        *,
        shown: int,
        seconds: int | None,
        once: bool = False,
    ) -> Yes:
        ledger, now = self.ledger, clock.now()
        before = ledger.live_of(subject, purpose)
        lasts = None if seconds is None else timedelta(seconds=seconds)
        house = replace(self.house, rules=self.versions[shown])
        found = grant(house, subject, purpose, once=once, lasts=lasts)
        if before is not None:
            renewed = ledger.overtaken(before.version, purpose) and not (
                ledger.overtaken(shown, purpose)
            )
            if ledger.stands(before, now) and not renewed:
                assert found.id == before.id, "a second yes keeps the first"
                return before
            ledger.end(before, keyless=False)
        rows = self.watcher.rows(
            "SELECT seq FROM audit_event WHERE eid = %s", found.granted_event_id
        )
        assert found.live is not None
        yes = Yes(
            id=found.id,
            grant=rows[0][0],
            event=found.granted_event_id,
            live=found.live,
            subject=subject,
            purpose=purpose,
            version=shown,
            until=found.until,
            once=once,
        )
        if lasts is not None:
            assert now <= found.until - lasts <= clock.now()
        ledger.given.append(yes)
        return yes

    def _refuse(self) -> None:
        before = len(self.watcher.rows("SELECT 1 FROM consent_subject"))
        walk = make.walk_finished(kiosk=self.house.kiosk)
        assert walk.subject is None
        assert len(self.watcher.rows("SELECT 1 FROM consent_subject")) == before

    def _person(self) -> Subject | None:
        known = [one.subject for one in self.ledger.given if not one.ended]
        return self.dice.choice(known) if known else None

    def _withdraw(self) -> str | None:
        subject = self._person()
        if subject is None:
            return None
        purposes = self.dice.choice([None, [FACE]])
        consents_withdraw(subject=subject, purposes=purposes, act=VISITOR)
        for one in self.ledger.given:
            named = purposes is None or one.purpose in purposes
            if one.subject == subject and named and not one.ended:
                self.ledger.end(one, keyless=True)
        return subject.pseudonym[:8]

    def _restrict(self) -> str | None:
        return self._restriction(restricted=True)

    def _lift(self) -> str | None:
        return self._restriction(restricted=False)

    def _restriction(self, *, restricted: bool) -> str | None:
        subject = self._person()
        if subject is None:
            return None
        act = consents_restrict if restricted else consents_lift
        act(subject=subject, purposes=[FACE], act=VISITOR)
        for one in self.ledger.given:
            if one.subject == subject and one.purpose == FACE and not one.ended:
                one.restricted = restricted
        return subject.pseudonym[:8]
