"""The presence check: is the person there who was asked to move? Not certified.

Pure: it sees five points' worth of numbers, no pixel. A visitor looks straight, then
turns left, turns right and comes nearer in an order drawn for this use alone, then
looks straight again. What is sent is judged whole. It is a hurdle for a photograph and
for a recording of another order, and no more: docs/faces.md says what passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from consent.challenges import Step

STRAIGHT_FRAMES = 3
"""At the start; these and no others are averaged into the encoding."""

STEP_FRAMES = 2
"""Of each step; one more straight frame ends the burst."""

# How far the base of the nose moves along the line from eye to eye, as a share of the
# eyes' distance, against the straight frames. November 2026, on the two public-domain
# photographs, with noise and small movements: straight frames differ by 0.03 at most;
# heads turned in the computer by 25 degrees move 0.11 to 0.155 in the mean; a flat
# print turned by 30 degrees moves 0.06 at most, by 40 degrees 0.10. A print that is
# bent moves as a head does.
TURN_MIN = 0.09
STRAIGHT_MAX = 0.06
# How much higher the nose seems to lie, by which the eyes have drawn together: 1.08 to
# 1.20 for heads up to 30 degrees; 1.3 for a flat print at 40 degrees, 1.5 at 50.
DRAWN_MAX = 1.25
# The eyes' distance against the straight frames; still heads vary by 0.05. From 60 cm
# it is 50 cm.
NEARER_MIN = 1.20
# The eyes' distance as a share of the frame's width: nearer than this there is no room
# left to come nearer, and no face is found.
STRAIGHT_MAX_APART = 0.15
# A frame that is hinted to be right clears its limit by this much, so that the burst,
# which is judged against other straight frames, does not refuse it.
HINT_MARGIN = 0.01


class Seen(StrEnum):
    """What a hint says of a frame, against the step that is asked for."""

    ASKED = "asked"
    OTHER = "other"
    NOTHING = "nothing"
    TOO_FAR = "too_far"
    TOO_NEAR = "too_near"


STRAIGHT = "straight"
"""What is asked before the steps and after them."""


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How a head stands in one frame.

    Attributes:
        turn: of the nose along the line from eye to eye, as a share of the eyes'
            distance; positive to the person's own left.
        rise: of the nose across that line, likewise.
        apart: the eyes' distance as a share of the frame's width.
    """

    turn: float
    rise: float
    apart: float


def frames_due(steps: Sequence[Step]) -> int:
    """Return how many frames answer a challenge."""
    return STRAIGHT_FRAMES + STEP_FRAMES * len(steps) + 1


def moved(pose: Pose, straight: Pose, *, margin: float = 0.0) -> Step | None:
    """Return what a person did against how they looked straight, or None."""
    turn = pose.turn - straight.turn
    if abs(turn) >= TURN_MIN + margin:
        if pose.rise > straight.rise * (DRAWN_MAX - margin):
            return None
        return Step.LEFT if turn > 0 else Step.RIGHT
    nearer = pose.apart >= straight.apart * (NEARER_MIN + margin)
    return Step.NEARER if nearer and abs(turn) <= STRAIGHT_MAX - margin else None


def judge(steps: Sequence[Step], poses: Sequence[Pose]) -> Step | str | None:
    """Judge a burst against its challenge; None when all was seen in its order.

    Args:
        steps: as they were drawn.
        poses: of every frame, in the order they were taken.

    Returns:
        The first part that was not seen: a step, or `STRAIGHT`.
    """
    if len(poses) < STRAIGHT_FRAMES:
        return STRAIGHT
    straight = mean(poses[:STRAIGHT_FRAMES])
    if not all(_is_straight(pose, straight) for pose in poses[:STRAIGHT_FRAMES]):
        return STRAIGHT
    place = STRAIGHT_FRAMES
    for step in steps:
        shown = poses[place : place + STEP_FRAMES]
        if len(shown) < STEP_FRAMES or any(
            moved(pose, straight) != step for pose in shown
        ):
            return step
        place += STEP_FRAMES
    rest = poses[place:]
    if len(rest) != 1 or not _is_straight(rest[0], straight):
        return STRAIGHT
    return None


def hinted(
    asked: str, *, later: Sequence[Step], pose: Pose, straight: Pose | None
) -> Seen:
    """Say what one frame shows, for the page's progress; it proves nothing.

    Args:
        asked: a step, or `STRAIGHT`.
        later: the steps whose turn has not come: showing one of them is another order.
        pose: of the frame.
        straight: of a straight frame of the same person; None while there is none.
    """
    if straight is None:
        return Seen.ASKED if pose.apart <= STRAIGHT_MAX_APART else Seen.TOO_NEAR
    if asked == STRAIGHT:
        still = _is_straight(pose, straight, margin=HINT_MARGIN)
        return Seen.ASKED if still else Seen.NOTHING
    found = moved(pose, straight, margin=HINT_MARGIN)
    if found == asked:
        return Seen.ASKED
    if found in later:
        return Seen.OTHER
    turned = abs(pose.turn - straight.turn) >= TURN_MIN
    return Seen.TOO_FAR if turned and found is None else Seen.NOTHING


def mean(poses: Sequence[Pose]) -> Pose:
    """Return the middle of some poses, one at least."""
    count = len(poses)
    return Pose(
        turn=sum(pose.turn for pose in poses) / count,
        rise=sum(pose.rise for pose in poses) / count,
        apart=sum(pose.apart for pose in poses) / count,
    )


def _is_straight(pose: Pose, straight: Pose, *, margin: float = 0.0) -> bool:
    return abs(pose.turn - straight.turn) <= STRAIGHT_MAX - margin
