"""What every step stands on: the house, its ledger, its clock and the dice."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from audit import clock
from audit.demonstration import clock_shifted
from consent.models import ImpactAssessment
from consent.services.consents import keys_destroy_due
from faces.matching import Embedding
from tests import make
from tests.faces.searching import rules_of_a_search
from tests.invariants.promise.cheating import Cheat
from tests.invariants.promise.ledger import ASIDE, Assessed, Ledger, Terms
from tests.invariants.promise.watching import Watcher

CALLS = {
    "grant": 14,
    "refuse": 1,
    "withdraw": 5,
    "begin": 22,
    "search": 1,
    "finish": 22,
    "discard": 1,
    "jump": 4,
    "sweep": 3,
    "age": 0.3,
    "restrict": 2,
    "lift": 2,
    "publish": 1.2,
    "stale": 0.4,
    "approve": 0.3,
    "press": 0.6,
    "release": 0.3,
    "revoke": 0.4,
    "camera": 0.1,
    "cheat": 18,
}
"""How often each step is taken; what opens the site again, more when it is shut."""


@dataclass
class Stage:
    """A house with a ledger of what ought to be so, and a step to take next."""

    house: make.House
    dice: random.Random
    link: psycopg.Connection[Any]
    store: Path
    shifts: ExitStack

    def __post_init__(self) -> None:
        self.days = {"CONTACT": 30, "FACE_CHECKIN": 30}
        self.ledger = Ledger(kiosk=self.house.kiosk)
        self.ledger.material.append(set())
        # Wide enough for any rules: those alone say how widely a face is compared.
        standing = self._assessed()
        document = self._document("2026-02")
        rules = make.rules_published(site=self.house.site, document=document)
        self.house = replace(self.house, rules=rules)
        self.ledger.terms.append(Terms(since=clock.now()))
        # Approved before the first version, which is the one it was made for.
        self.ledger.assessments.append(Assessed(until=standing.until, version=-1))
        self.watcher = Watcher(self.link, self.ledger, self.store)
        self.cheating = Cheat(
            link=self.link, ledger=self.ledger, site=self.house.site, dice=self.dice
        )
        self.versions = [self.house.rules]
        self.faces: dict[Any, Embedding] = {}
        self.told: list[str] = []
        self.taken = 0
        self.refused = 0

    def _assessed(self) -> ImpactAssessment:
        wide = make.compares(make.assessment_document(), "1:n")
        return make.assessment_approved(site=self.house.site, document=wide)

    def _document(
        self, label: str, *, matching: str = "1:few", presence: bool = False
    ) -> dict[str, Any]:
        document = rules_of_a_search(label, **self.days)
        if presence:
            document = make.presence_asked(document)
        return make.compares(document, matching)

    def step(self) -> None:
        """Take one step and look at everything from outside."""
        self._aside()
        name = self.dice.choices(*zip(*self._weights().items(), strict=True))[0]
        self._take(name)
        self.taken += 1
        self.watcher.look()

    def _weights(self) -> dict[str, float]:
        weights: dict[str, float] = dict(CALLS)
        now = clock.now()
        weights["finish"] *= bool(self.ledger.uses)
        weights["release"] = 20 if self.ledger.stops else 0
        weights["camera"] = 0 if self.ledger.camera else 20
        weights["approve"] = 0.3 if self.ledger.assessed(now) else 20
        return weights

    def _take(self, name: str) -> None:
        taken: Callable[[], str | None] = getattr(self, f"_{name}")
        self.told.append(f"{self.taken} {name} …")
        self.told[-1] = f"{self.taken} {name} {taken() or ''}"
        del self.told[:-25]

    def _shift(self, seconds: float) -> None:
        # In service a sweep comes every few seconds, and a key waits no longer.
        keys_destroy_due()
        for one in self.ledger.given:
            one.keyless = one.ended
        self.shifts.enter_context(clock_shifted(seconds=seconds))

    def _aside(self) -> None:
        """Step over an edge that is near, so that a slow machine changes nothing."""
        while True:
            now = clock.now()
            low, high = now - timedelta(seconds=1), now + ASIDE
            if not any(low < edge < high for edge in self.ledger.edges()):
                return
            self._shift(ASIDE.total_seconds() + 1)
