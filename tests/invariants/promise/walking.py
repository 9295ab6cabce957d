"""Steps of officers, time and cheats; with those of guests and cameras, the walk."""

from __future__ import annotations

from audit import clock
from consent import keys
from consent.models import ImpactAssessment, Rules, Stop
from consent.services import devices, publishing
from consent.services.stops import stop_press, stop_release
from consent.services.sweeping import sweep_often, sweep_seldom
from tests import make
from tests.invariants.promise.cameras import Cameras
from tests.invariants.promise.ledger import FACE, WIDTHS, Assessed, Opened, Terms

JUMPS = (5, 5, 40, 40, 130, 600, 4_000, 90_000, 700_000)

KINDS = ("editorial", "contact", "face", "width", "width", "presence")
"""What differs between two versions of the rules."""


class Walk(Cameras):
    """One walk through one house; every choice comes from its seed."""

    def rest(self) -> None:
        """Let the sweep come by once more, long after the last step."""
        self._aside()
        self._shift(200)
        self._sweep()
        self.watcher.look()

    # Officers

    def _publish(self) -> str:
        kind = self.dice.choice(KINDS)
        lengthened = {"contact": "CONTACT", "face": "FACE_CHECKIN"}.get(kind)
        if lengthened is not None:
            self.days[lengthened] += 1
        ledger, now = self.ledger, clock.now()
        if not ledger.assessed(now):
            self._approve()
        version = len(self.versions)
        said = ledger.terms[-1]
        matching, presence = said.matching, said.presence
        if kind == "width":
            matching = self.dice.choice(WIDTHS)
        presence ^= kind == "presence"
        rules: Rules = make.rules_published(
            site=self.house.site,
            document=self._document(
                f"2027-{version}", matching=matching, presence=presence
            ),
        )
        wider = WIDTHS.index(matching) > WIDTHS.index(said.matching)
        face = kind == "face" or wider or presence != said.presence
        material = {"contact"} if kind == "contact" else {FACE.value} if face else set()
        assert set(rules.material) == material
        self.versions.append(rules)
        ledger.published(material)
        ledger.terms.append(
            Terms(since=clock.now(), matching=matching, presence=presence)
        )
        return f"{kind} {matching} {presence}"

    def _stale(self) -> None:
        for standing in ImpactAssessment.objects.filter(stale_at=None):
            publishing.assessment_go_stale(
                assessment=standing, reason="incident", act=make.APPROVING
            )
        for one in self.ledger.assessments:
            one.stale = True

    def _approve(self) -> None:
        found = self._assessed()
        self.ledger.assessments.append(
            Assessed(until=found.until, version=self.ledger.version)
        )

    def _press(self) -> str:
        scope = self.dice.choice(["face", "all", "marketing"])
        stop_press(
            site=self.house.site, scope=scope, reason="incident", act=make.ASKING
        )
        self.ledger.stops.add(scope)
        if scope != "marketing":
            for use in self.ledger.uses:
                self._closed_by_stop(use)
        return scope

    def _closed_by_stop(self, use: Opened) -> None:
        if not use.closed and use.mine.once and not use.mine.ended:
            self.ledger.end(use.mine, keyless=True)
        use.closed = True

    def _release(self) -> None:
        for stop in Stop.objects.filter(off_at=None):
            stop_release(stop=stop.id, act=make.APPROVING)
        self.ledger.stops.clear()

    def _revoke(self) -> None:
        if not self.ledger.camera:
            return
        device = self.house.kiosk.device_set.get(revoked_at=None)
        devices.device_revoke(device=device.id, act=make.APPROVING)
        self.ledger.camera = False
        for use in self.ledger.uses:
            use.closed = True

    def _camera(self) -> None:
        asked = make.device_asked(kiosk=self.house.kiosk, code=f"cam-{self.taken}")
        devices.device_approve(device=asked.id, act=make.APPROVING)
        self.ledger.camera = True

    # Time

    def _jump(self) -> str:
        seconds = self.dice.choice(JUMPS)
        self._shift(seconds)
        return str(seconds)

    def _sweep(self) -> None:
        now = clock.now()
        sweep_often()
        self.watcher.swept = now
        for one in self.ledger.given:
            if not one.ended and one.until <= now:
                self.ledger.end(one, keyless=True)
            one.keyless = one.ended
        for use in self.ledger.uses:
            if use.deadline <= now:
                use.closed = True

    def _age(self) -> None:
        sweep_seldom()
        keys.epoch_turn()

    # Cheats

    def _cheat(self) -> str | None:
        for _ in range(5):
            tried = self.cheating.attempt()
            if tried is not None:
                self.refused += 1
                return tried
        return None
