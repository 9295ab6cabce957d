"""The presence check by its numbers: orders, poses, and what is not there."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from consent.challenges import Step
from faces import presence
from faces.presence import (
    NEARER_MIN,
    STRAIGHT,
    STRAIGHT_FRAMES,
    STRAIGHT_MAX_APART,
    TURN_MIN,
    Pose,
    Seen,
    hinted,
    judge,
)

STILL = Pose(turn=0.02, rise=0.73, apart=0.07)
LEFT = replace(STILL, turn=0.15, rise=0.80)
RIGHT = replace(STILL, turn=-0.12, rise=0.80)
NEARER = replace(STILL, apart=0.09)
SHOWN = {Step.LEFT: LEFT, Step.RIGHT: RIGHT, Step.NEARER: NEARER}
ORDERS = [list(order) for order in permutations(Step)]


def burst(steps: list[Step]) -> list[Pose]:
    moved = [SHOWN[step] for step in steps for _ in range(presence.STEP_FRAMES)]
    return [*[STILL] * STRAIGHT_FRAMES, *moved, STILL]


@pytest.mark.parametrize("asked", ORDERS, ids="-".join)
def test_its_own_order_passes_and_each_other_does_not(asked: list[Step]) -> None:
    assert len(burst(asked)) == presence.frames_due(asked)
    assert judge(asked, burst(asked)) is None
    for shown in ORDERS:
        if shown != asked:
            first = next(a for a, b in zip(asked, shown, strict=True) if a != b)
            assert judge(asked, burst(shown)) == first


def test_a_still_face_fails_at_the_first_step() -> None:
    for asked in ORDERS:
        assert judge(asked, [STILL] * presence.frames_due(asked)) == asked[0]
        assert judge(asked, [STILL] * STRAIGHT_FRAMES) == asked[0]
    assert judge(ORDERS[0], [STILL]) == STRAIGHT


def test_each_frame_of_a_step_counts() -> None:
    asked = [Step.LEFT, Step.RIGHT, Step.NEARER]
    for place in range(presence.frames_due(asked)):
        spoilt = burst(asked)
        spoilt[place] = STILL if spoilt[place] != STILL else LEFT
        assert judge(asked, spoilt) is not None
    assert judge(asked, burst(asked)[:-1]) == STRAIGHT
    assert judge(asked, [*burst(asked), STILL]) == STRAIGHT


@pytest.mark.parametrize(
    ("step", "pose"),
    [
        (Step.LEFT, replace(LEFT, turn=STILL.turn + TURN_MIN - 0.001)),
        (Step.RIGHT, replace(RIGHT, turn=STILL.turn - TURN_MIN + 0.001)),
        (Step.NEARER, replace(NEARER, apart=STILL.apart * (NEARER_MIN - 0.01))),
        # A flat print, turned until its nose seems to move: the eyes draw together.
        (Step.LEFT, replace(LEFT, rise=STILL.rise * 1.3)),
        # Nearer, and turned: neither one nor the other.
        (Step.NEARER, replace(NEARER, turn=STILL.turn + 0.08)),
    ],
)
def test_a_hint_of_a_pose_is_no_pose(step: Step, pose: Pose) -> None:
    assert presence.moved(SHOWN[step], STILL) == step
    assert presence.moved(pose, STILL) is None


def test_left_and_right_are_against_how_they_look_straight() -> None:
    crooked = replace(STILL, turn=0.12)
    assert presence.moved(LEFT, crooked) is None
    assert presence.moved(STILL, crooked) == Step.RIGHT


def test_hints_tell_the_asked_from_another_order() -> None:
    def hint(asked: str, pose: Pose, *later: Step) -> Seen:
        return hinted(asked, later=later, pose=pose, straight=STILL)

    assert hint(Step.LEFT, LEFT, Step.RIGHT) == Seen.ASKED
    assert hint(Step.LEFT, RIGHT, Step.RIGHT) == Seen.OTHER
    # What was asked for before is only being left.
    assert hint(Step.LEFT, RIGHT, Step.NEARER) == Seen.NOTHING
    assert hint(Step.LEFT, STILL, Step.RIGHT) == Seen.NOTHING
    assert hint(Step.LEFT, replace(LEFT, rise=1.0)) == Seen.TOO_FAR
    assert hint(STRAIGHT, STILL) == Seen.ASKED
    assert hint(STRAIGHT, LEFT) == Seen.NOTHING


def test_who_stands_too_near_to_come_nearer_is_told() -> None:
    near = replace(STILL, apart=STRAIGHT_MAX_APART + 0.01)
    asked = {"later": list(Step), "straight": None}
    assert hinted(STRAIGHT, pose=near, **asked) == Seen.TOO_NEAR  # type: ignore[arg-type]
    assert hinted(STRAIGHT, pose=STILL, **asked) == Seen.ASKED  # type: ignore[arg-type]


def test_what_is_hinted_to_be_right_clears_the_limit() -> None:
    edge = replace(STILL, turn=STILL.turn + TURN_MIN + 0.001)
    assert presence.moved(edge, STILL) == Step.LEFT
    assert hinted(Step.LEFT, later=[], pose=edge, straight=STILL) != Seen.ASKED
