"""The presence check on frames: heads that turn, prints that cannot, two people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from PIL import Image

from consent.challenges import Step
from faces import matching
from faces.errors import FaceUnusable, PresenceUnseen, Reason
from faces.pixels import Asked, PixelPool
from faces.presence import STRAIGHT, STRAIGHT_FRAMES, Seen
from tests.faces.photographs import collins, encoded, hopper
from tests.faces.presenting import (
    COLLINS_BOX,
    HOPPER_BOX,
    Held,
    asked,
    burst,
    printed,
)

pytestmark = [pytest.mark.vision, pytest.mark.slow]

ORDER = [Step.RIGHT, Step.NEARER, Step.LEFT]


@pytest.fixture(scope="module")
def pool() -> Iterator[PixelPool]:
    made = PixelPool(request_seconds=20)
    yield made
    made.close()


def files(pictures: Sequence[Image.Image]) -> list[bytes]:
    return [encoded(picture, quality=92) for picture in pictures]


def test_somebody_who_moves_passes_and_only_straight_frames_count(
    pool: PixelPool,
) -> None:
    shown = files(burst(collins, COLLINS_BOX, ORDER))
    found = pool.encode(shown, steps=ORDER)
    assert (found.frames_given, found.frames_used) == (10, STRAIGHT_FRAMES)
    straight = pool.encode(shown[:STRAIGHT_FRAMES])
    assert matching.distance(found.mean, straight.mean) < 1e-9


@pytest.mark.parametrize("shown", [[Step.RIGHT, Step.LEFT, Step.NEARER], []])
def test_another_order_and_a_still_face_fail(
    pool: PixelPool, shown: list[Step]
) -> None:
    pictures = burst(collins, COLLINS_BOX, shown) if shown else [collins()] * 10
    with pytest.raises(PresenceUnseen) as caught:
        pool.encode(files(pictures), steps=ORDER)
    assert caught.value.unseen == (Step.NEARER if shown else Step.RIGHT)
    assert caught.value.reasons == (Reason.PRESENCE,)


@pytest.mark.parametrize("yaw", [20, 35, 50])
def test_a_flat_print_that_is_turned_does_not_pass(pool: PixelPool, yaw: int) -> None:
    def held(degrees: float) -> Image.Image:
        return printed(
            collins(),
            middle=(290, 118),
            eyes_px=39.6,
            held=Held(yaw=degrees, distance_mm=500),
        )

    straight = [held(0)] * STRAIGHT_FRAMES
    shown = [*straight, *[held(yaw)] * 2, *[held(-yaw)] * 2, held(0), held(0), held(0)]
    with pytest.raises((PresenceUnseen, FaceUnusable)) as caught:
        pool.encode(files(shown), steps=[Step.LEFT, Step.RIGHT, Step.NEARER])
    assert caught.value.reasons[0] in (Reason.PRESENCE, Reason.NONE_FOUND)


def test_another_person_for_the_turns_is_not_one_person(pool: PixelPool) -> None:
    shown = burst(collins, COLLINS_BOX, ORDER)
    turned = asked(Step.LEFT, HOPPER_BOX)(hopper())
    shown[7] = shown[8] = turned
    with pytest.raises(FaceUnusable) as caught:
        pool.encode(files(shown), steps=ORDER)
    assert caught.value.reasons == (Reason.NOT_ONE_PERSON,)


def test_a_head_that_was_not_asked_to_turn_must_not(pool: PixelPool) -> None:
    far = asked(Step.LEFT, COLLINS_BOX, degrees=30)(collins())
    with pytest.raises(FaceUnusable) as caught:
        pool.encode(files([far] * 3), steps=ORDER)
    assert caught.value.reasons == (Reason.TURNED_AWAY,)


@pytest.mark.parametrize("step", list(Step))
def test_a_hint_says_whether_a_step_is_seen(pool: PixelPool, step: Step) -> None:
    straight, moved = files([collins(), asked(step, COLLINS_BOX)(collins())])
    (other, *_) = [one for one in Step if one != step]
    hint = pool.hint(moved, asked=Asked(what=step, straight=straight))
    assert (hint.reasons, hint.seen) == ((), Seen.ASKED)
    wrong = Asked(what=other, later=(step,), straight=straight)
    assert pool.hint(moved, asked=wrong).seen == Seen.OTHER
    assert pool.hint(straight, asked=wrong).seen == Seen.NOTHING
    back = Asked(what=STRAIGHT, straight=straight)
    assert pool.hint(straight, asked=back).seen == Seen.ASKED
    assert pool.hint(moved).seen is None
