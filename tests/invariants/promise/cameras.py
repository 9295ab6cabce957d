"""Steps at the camera: a use is begun, something happens, and it is answered or not."""

from __future__ import annotations

import numpy as np

from audit import clock
from audit.errors import TermOver
from consent import gate
from consent.errors import (
    AssessmentRequired,
    ConsentBarred,
    ConsentEnded,
    ConsentRequired,
    DeviceRequired,
    MatchingTooWide,
    PresenceRequired,
    PurposeStopped,
    UseClosed,
)
from consent.models import Consent, Subject, Use
from consent.services.consents import (
    consent_end,
    key_destroy,
)
from faces import services
from faces.errors import GalleryAway
from faces.matching import EMBEDDING_LENGTH, MODEL, Embedding
from leads.captures import compare_begin
from tests.faces.make import AT_KIOSK
from tests.invariants.promise.guests import Guests
from tests.invariants.promise.ledger import FACE, Opened, Yes

REFUSALS = (
    AssessmentRequired,
    ConsentBarred,
    ConsentEnded,
    ConsentRequired,
    DeviceRequired,
    MatchingTooWide,
    PurposeStopped,
    TermOver,
    UseClosed,
)
MEANWHILE = ("withdraw", "restrict", "publish", "stale", "press", "revoke", "jump")


class Cameras(Guests):
    """What is done with faces, through the gate."""

    def _face(self, subject: Subject) -> Embedding:
        if subject.id not in self.faces:
            drawn = np.random.default_rng(subject.id.int).normal(size=EMBEDDING_LENGTH)
            self.faces[subject.id] = drawn / np.linalg.norm(drawn)
        return self.faces[subject.id]

    def _begin(self) -> str | None:
        ledger, dice = self.ledger, self.dice
        mode = dice.choice(["enrol", "compare"])
        faces = [one for one in ledger.given if one.purpose == FACE]
        if not faces:
            return None
        if mode == "compare" and dice.random() < 0.4:
            stranger = Subject.objects.create()
            self._yes(stranger, FACE, shown=ledger.version, seconds=180, once=True)
            subject = stranger
        else:
            fit = [one for one in faces if ledger.usable(one, clock.now())]
            pool = fit if fit and dice.random() < 0.8 else faces
            subject = dice.choice(pool[-12:]).subject
        named: list[Yes] = []
        matching = ""
        if mode == "compare":
            matching = gate.FEW
            enrolled = [one for one in faces if one.template]
            pool = enrolled if enrolled and dice.random() < 0.8 else faces
            named = dice.sample(pool, min(len(pool), dice.randint(1, 3)))
        now = clock.now()
        mine = ledger.live_of(subject, FACE)
        # As wide as may be, mostly: else narrow rules would leave nothing to answer.
        if mode == "compare" and dice.random() < (
            0.2 if ledger.wide(gate.FEW, now) else 0.8
        ):
            matching, named = gate.ONE, named[:1]
        usable = [one for one in named if ledger.usable(one, now)]
        due = (
            mine is not None
            and ledger.usable(mine, now)
            and ledger.open(now)
            and ledger.wide(matching, now)
            and (mode == "enrol" or bool(usable))
        )
        rows = {
            one.id: one for one in Consent.objects.filter(id__in=[y.id for y in named])
        }
        try:
            use = gate.begin(
                subject=subject,
                purpose=FACE,
                mode=mode,
                model=MODEL,
                act=AT_KIOSK,
                kiosk=self.house.kiosk,
                candidates=[rows[one.id] for one in named],
                matching=matching or gate.FEW,
            )
        except REFUSALS as refusal:
            self._refused(refusal, due=due)
            return f"{mode}: {type(refusal).__name__}"
        assert due, f"begun without a right to: {mode}"
        assert mine is not None
        opened = Opened(
            id=use.id,
            mode=mode,
            mine=mine,
            deadline=use.deadline,
            candidates=usable,
            matching=matching,
            presence=ledger.terms_at(now).presence,
        )
        ledger.uses.append(opened)
        told = f"{mode} {matching} of {mine.grant}"
        return f"{told} with {[one.grant for one in usable]}"

    def _search(self) -> str:
        """Ask for a search of everybody; nobody holds them here, so none begins."""
        now, before = clock.now(), self._traces()
        due = self.ledger.open(now) and self.ledger.wide(gate.EVERYBODY, now)
        told = ""
        try:
            compare_begin(
                candidates=[],
                matching=gate.EVERYBODY,
                shown="",
                kiosk=self.house.kiosk,
                language="en",
            )
        except (GalleryAway, *REFUSALS) as refusal:
            told = type(refusal).__name__
            self.refused += 1
        assert (told == "GalleryAway") == due, f"a search was answered by {told}"
        assert told, "a search began"
        assert self._traces() == before, "something began before nobody was found"
        return told

    @staticmethod
    def _traces() -> tuple[int, int]:
        return Use.objects.count(), Subject.objects.count()

    def _may_answer(self, use: Opened) -> bool:
        now = clock.now()
        return (
            not use.closed
            and now < use.deadline
            and self.ledger.usable(use.mine, now)
            and self.ledger.open(now)
        )

    def _finish(self) -> str | None:
        ledger, dice = self.ledger, self.dice
        if not ledger.uses:
            return None
        # Mostly the last one: the others have timed out before long.
        latest = len(ledger.uses) - 1
        place = latest if dice.random() < 0.7 else dice.randrange(latest + 1)
        use = ledger.uses.pop(place)
        meanwhile = dice.choice(MEANWHILE) if dice.random() < 0.3 else None
        shown = dice.choice([*use.candidates, use.mine]).subject
        noise = np.random.default_rng(use.id.int).normal(size=EMBEDDING_LENGTH) / 200
        answer: services.Comparison | None = None
        opened = kept = False
        seen = True
        ledger.uses.append(use)
        try:
            with gate.resume(
                use=use.id, act=AT_KIOSK, kiosk=self.house.kiosk
            ) as permit:
                opened = self._may_answer(use)
                probe = services.Probe(
                    subject=permit.subject.id,
                    mean=self._face(shown) + noise,
                    model=MODEL,
                    frames=1,
                )
                if use.presence:
                    gate.seize(permit=permit)
                    seen = dice.random() < 0.7
                    if seen:
                        gate.present(permit=permit)
                if meanwhile is not None:
                    self._take(meanwhile)
                    self._aside()
                ended = None
                with permit.settle() as record:
                    if use.mode == "enrol":
                        services.enrol(permit=permit, record=record, probe=probe)
                    else:
                        answer = services.compare(
                            permit=permit, record=record, probe=probe
                        )
                    if use.mine.once:
                        ended = consent_end(
                            unit=record.unit,
                            consent=permit.consent,
                            kind="consent.expired",
                            reason="used",
                        )
            kept = True
        except PresenceRequired:
            assert not seen, "somebody who was seen is asked for again"
            self.refused += 1
            assert gate.discard(use=use.id, act=AT_KIOSK, reason="presence")
            use.closed = True
        except REFUSALS as refusal:
            due = seen and self._answerable(use, opened=opened)
            self._refused(refusal, due=due)
            # One that timed out stays open until the sweep closes it.
            use.closed = use.closed or not isinstance(refusal, (UseClosed, TermOver))
        if kept:
            assert seen, "a result of somebody who was not seen"
            assert self._answerable(use, opened=opened), "an answer without a right"
            use.closed = True
        if use.closed:
            ledger.uses.remove(use)
        if not kept:
            return f"{use.mode} of {use.mine.grant}, meanwhile {meanwhile}: refused"
        if answer is not None:
            self._judge(use, answer, shown)
        if use.mode == "enrol":
            use.mine.template = True
        if ended is not None:
            # A one-time consent ends in the commit of its answer, and after it.
            self.watcher.news()
            key_destroy(consent=ended.consent)
            ledger.end(use.mine, keyless=True)
        return f"{use.mode} of {use.mine.grant}, meanwhile {meanwhile}"

    def _answerable(self, use: Opened, opened: bool) -> bool:
        now = clock.now()
        before = opened or self._may_answer(use)
        return (
            before
            and not use.closed
            and self.ledger.usable(use.mine, now)
            and self.ledger.open(now)
            and self.ledger.wide(use.matching, now)
        )

    def _refused(self, refusal: Exception, *, due: bool) -> None:
        name = type(refusal).__name__
        assert not due, f"refused without a reason: {name}"
        self.refused += 1

    def _judge(self, use: Opened, answer: services.Comparison, shown: Subject) -> None:
        now = clock.now()
        left = [one for one in use.candidates if self.ledger.usable(one, now)]
        found = [one for one in left if one.template and one.subject == shown]
        told = None if answer.consent is None else answer.consent.id
        due = found[0].id if found else None
        assert told == due, "compared with somebody else than who may be compared"

    def _discard(self) -> None:
        if self.ledger.uses:
            use = self.dice.choice(self.ledger.uses)
            open_still = Use.objects.filter(id=use.id, closed_at=None).exists()
            done = gate.discard(use=use.id, act=AT_KIOSK, reason="stopped")
            assert done == open_still
            use.closed = True
