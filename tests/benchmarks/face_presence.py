"""The presence check against what is made in the computer: live, printed, replayed.

Read the figures for what they are. Nobody stood before a camera and no attack was made:
two public-domain photographs are turned, printed and held up by arithmetic. Each
sequence is taken as the page takes it: frame after frame is hinted at, those that show
what is asked are kept, and the kept ones are judged whole, quality and encodings too.
"""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, permutations
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from consent.challenges import Step
from faces import matching, quality
from faces.engine.loading import engine_load
from faces.errors import Reason
from faces.pixels.limits import PRESENCE_MAX_DISTANCE
from faces.presence import (
    STEP_FRAMES,
    STRAIGHT,
    STRAIGHT_FRAMES,
    Pose,
    Seen,
    hinted,
    judge,
)
from tests.faces.photographs import collins, hopper, turned
from tests.faces.presenting import (
    COLLINS_BOX,
    HOPPER_BOX,
    Box,
    Held,
    nearer,
    printed,
)

STEP_HINTS = 30
"""Looks at a step, half a second each, before the page gives up."""

MADE_HINTS = 10
"""As many where each frame is made anew: once and a half through all amounts."""

TURNS = (20, 24, 28, 32, 36, 40, 45)
"""Degrees that somebody turns through, slowly, while the page looks."""

TILTS = (15, 25, 35, 45, 55)
BENDS = (55.0, 70.0, 90.0, 120.0, 200.0)
ORDERS = [list(order) for order in permutations(Step)]


@dataclass(frozen=True, kw_only=True)
class Seeing:
    """What the worker finds in one frame; `pose` is None where it would refuse it."""

    pose: Pose | None
    straight: bool
    encoding: NDArray[np.float64] | None


Show = Callable[[str, int], Seeing]
"""What is before the camera: at a step or `STRAIGHT`, at the so-manieth look."""


@dataclass(frozen=True)
class Person:
    """A photograph, where its face is, and how far apart its eyes are."""

    take: Callable[[], Image.Image]
    box: Box
    middle: tuple[float, float]
    eyes_px: float


PEOPLE = (
    Person(collins, COLLINS_BOX, (290, 118), 39.6),
    Person(hopper, HOPPER_BOX, (336, 176), 66.2),
)


def measure(runs: int) -> dict[str, Any]:
    """Return how often each kind passes; `runs` sequences of each printed kind."""
    dice = random.Random(5)
    looks = Looks(dice)
    told: dict[str, Any] = {}
    live = [
        (person, order)
        for person in PEOPLE
        for order in ORDERS
        for _ in range(max(1, runs // 6))
    ]
    told["live"] = counted(
        Counter(walked(order, looks.live(person)) for person, order in live)
    )
    told["still_photograph"] = counted(
        Counter(
            walked(order, looks.still(person)) for person in PEOPLE for order in ORDERS
        )
    )
    for name, bends in (("flat_print", (None,)), ("bent_print", BENDS)):
        told[name] = counted(
            Counter(
                walked(
                    dice.choice(ORDERS),
                    looks.held(PEOPLE[number % 2], dice.choice(bends)),
                )
                for number in range(runs)
            )
        )
    told |= replays(looks)
    return {
        "made": "in the computer, of two photographs; no person and no real attack",
        "sequences": told,
        "reached": told["still_photograph"]["passed"] == 0
        and told["replay_other_order"]["passed"] == 0,
    }


def counted(found: Counter[str]) -> dict[str, Any]:
    """Return how many there were, how many passed, and why the others did not."""
    total = sum(found.values())
    passed = found.pop("passed", 0)
    return {
        "sequences": total,
        "passed": passed,
        "passed_percent": round(100 * passed / total, 1),
        "stopped_by": dict(found.most_common()),
    }


def walked(order: Sequence[Step], show: Show, *, hints: int = MADE_HINTS) -> str:
    """Take one sequence as the page does, and judge it; return what stopped it.

    As `static/js/lib/presence.js`: two frames of each step are kept, two in a row of a
    step whose turn has not come end it.
    """
    kept: list[Seeing] = []
    for look in range(hints):
        seen = show(STRAIGHT, look)
        if seen.pose is None or not seen.straight:
            continue
        kept.append(seen)
        if len(kept) == STRAIGHT_FRAMES:
            break
    if len(kept) < STRAIGHT_FRAMES:
        return "not_straight"
    plan = [*order, STRAIGHT]
    for place, asked in enumerate(plan):
        due = 1 if asked == STRAIGHT else STEP_FRAMES
        frames = shown(asked, list(order[place + 1 :]), kept[0], due, show, hints=hints)
        kept += frames
        if len(frames) < due:
            break
    unseen = judge(order, [one.pose for one in kept if one.pose is not None])
    if unseen is not None:
        return f"unseen_{unseen}"
    encodings = [one.encoding for one in kept if one.encoding is not None]
    mean = matching.mean_encoding(encodings[:STRAIGHT_FRAMES])
    away = max(matching.distance(mean, one) for one in encodings)
    return "not_one_person" if away > PRESENCE_MAX_DISTANCE else "passed"


def shown(
    asked: str,
    later: Sequence[Step],
    straight: Seeing,
    due: int,
    show: Show,
    *,
    hints: int,
) -> list[Seeing]:
    """Return the frames that showed a step; those of another order when they did."""
    frames: list[Seeing] = []
    others: list[Seeing] = []
    for look in range(hints):
        seen = show(asked, look)
        if seen.pose is None:
            continue
        hint = hinted(asked, later=later, pose=seen.pose, straight=straight.pose)
        others = [*others, seen] if hint == Seen.OTHER else []
        if len(others) == STEP_FRAMES:
            return others
        if hint == Seen.ASKED:
            frames.append(seen)
        if len(frames) == due:
            break
    return frames


class Looks:
    """Frames of a camera, with noise and small movements, as the worker sees them."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.noise = np.random.default_rng(5)
        self.engine = engine_load()
        self.made: dict[tuple[Person, float], Image.Image] = {}

    def live(self, person: Person) -> Show:
        """Somebody who turns slowly through all amounts and comes nearer."""

        def show(asked: str, look: int) -> Seeing:
            if asked == STRAIGHT:
                return self.see(person.take())
            if asked == Step.NEARER:
                scale = (1.15, 1.25, 1.35, 1.45)[look % 4]
                return self.see(nearer(person.box, scale)(person.take()))
            degrees = TURNS[look % len(TURNS)]
            return self.see(
                self.turned(person, degrees if asked == Step.LEFT else -degrees)
            )

        return show

    def still(self, person: Person) -> Show:
        """A photograph that is held still."""
        return lambda asked, look: self.see(person.take())

    def held(self, person: Person, bend: float | None) -> Show:
        """A print that is turned, tilted and brought nearer by who holds it."""
        picture = person.take()

        def show(asked: str, look: int) -> Seeing:
            yaw, distance = self.dice.uniform(-3, 3), 500.0
            if asked in (Step.LEFT, Step.RIGHT):
                tilt = TILTS[look % len(TILTS)] + self.dice.uniform(-4, 4)
                yaw = tilt if asked == Step.LEFT else -tilt
            elif asked == Step.NEARER:
                distance = 370.0
            return self.see(
                printed(
                    picture,
                    middle=person.middle,
                    eyes_px=person.eyes_px,
                    held=Held(
                        yaw=yaw,
                        pitch=self.dice.uniform(-8, 8),
                        roll=self.dice.uniform(-6, 6),
                        bend_mm=bend,
                        distance_mm=distance,
                    ),
                )
            )

        return show

    def recording(self, person: Person, order: Sequence[Step]) -> list[Seeing]:
        """A film of somebody who moves in an order."""
        film = [self.see(person.take())] * 4
        for step in order:
            moved = (
                nearer(person.box)(person.take())
                if step == Step.NEARER
                else self.turned(person, 28 if step == Step.LEFT else -28)
            )
            film += [self.see(moved)] * 4
            film += [self.see(person.take())] * 2
        return film

    def turned(self, person: Person, degrees: float) -> Image.Image:
        if (person, degrees) not in self.made:
            self.made[person, degrees] = turned(degrees, person.box)(person.take())
        return self.made[person, degrees]

    def see(self, picture: Image.Image) -> Seeing:
        """Return what the worker finds in a frame of this, as the camera sends it."""
        image = np.array(self.camera(picture))
        boxes = self.engine.detect(image)
        if len(boxes) != 1:
            return Seeing(pose=None, straight=False, encoding=None)
        points = self.engine.landmarks(image, boxes[0])
        found = quality.assess(image, boxes, points)
        against = [one for one in found.reasons if one != Reason.TURNED_AWAY]
        return Seeing(
            pose=None if against else found.pose,
            straight=not found.reasons,
            encoding=self.engine.encode(image, boxes[0]),
        )

    def camera(self, picture: Image.Image) -> Image.Image:
        """Return a frame with noise, another light and a small movement."""
        uniform = self.dice.uniform
        move = cv2.getRotationMatrix2D((320, 240), uniform(-3, 3), uniform(0.97, 1.03))
        move[:, 2] += np.array([uniform(-6, 6), uniform(-6, 6)])
        pixels = cv2.warpAffine(
            np.array(picture.convert("RGB")),
            move,
            picture.size,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.float64) * uniform(0.8, 1.15)
        pixels += self.noise.normal(0, 4, pixels.shape)
        written = io.BytesIO()
        frame = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        frame.save(written, "JPEG", quality=90)
        return Image.open(written).convert("RGB")


def replays(looks: Looks) -> dict[str, Any]:
    """Play a recording of each order to each challenge."""
    same: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for person in PEOPLE:
        for order in ORDERS:
            film = looks.recording(person, order)
            for asked in ORDERS:
                frames = cycle(film)

                def show(
                    step: str, look: int, frames: Iterator[Seeing] = frames
                ) -> Seeing:
                    del step, look
                    return next(frames)

                found = same if asked == order else other
                found[walked(asked, show, hints=STEP_HINTS)] += 1
    return {"replay_same_order": counted(same), "replay_other_order": counted(other)}
