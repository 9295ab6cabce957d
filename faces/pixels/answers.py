"""What a pixel worker's answer is, and whether it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from consent.challenges import Step
from faces.errors import FrameFault, Reason
from faces.matching import EMBEDDING_LENGTH, MODEL, Embedding
from faces.presence import Pose, Seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faces.processes.wire import Header


@dataclass(frozen=True, kw_only=True)
class BoxFractions:
    """Where the face is, as fractions of the upright frame from its top left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Hint:
    """What to tell a visitor about the frame just seen.

    `box` is set when exactly one face was found, also when it cannot be used yet.
    `seen` is what a presence check sees in a frame that can be used.
    """

    reasons: tuple[Reason, ...]
    box: BoxFractions | None
    seen: Seen | None = None

    @property
    def usable(self) -> bool:
        """Whether a burst like this frame would be encoded."""
        return not self.reasons


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a presence check asks of the frame to be hinted at.

    Attributes:
        what: a step, or `faces.presence.STRAIGHT`.
        later: the steps whose turn has not come.
        straight: a straight frame of before; None while there is none.
    """

    what: str
    later: tuple[Step, ...] = ()
    straight: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Encoding:
    """One person's encoding, averaged over a burst. It lives in memory only.

    Attributes:
        mean: float64, shape (128,), of `model`; left out of the text of this object,
            which may end in an error report.
        spread: largest distance between two encodings of the burst; 0 for one frame.
    """

    mean: Embedding = field(repr=False)
    frames_given: int
    frames_used: int
    spread: float
    model: str = MODEL


def answer_check(
    answer: Header, parts: Sequence[bytes], *, frames: int, encodes: bool
) -> None:
    """Refuse an answer of another shape: its worker has decoded hostile bytes.

    Whatever is read of an answer afterwards is demanded here.

    Args:
        answer, parts: what came.
        frames: how many were sent.
        encodes: whether an encoding was asked for, or a hint.

    Raises:
        ValueError: it is not believed.
    """
    if "fault" in answer:
        FrameFault(answer["fault"])
        return
    reasons = answer.get("reasons", [] if encodes else None)
    if not isinstance(reasons, list):
        message = "reasons are not a list"
        raise ValueError(message)  # noqa: TRY004  (one error for a bad answer)
    for reason in reasons:
        Reason(reason)
    if not encodes:
        shape_right = not parts and _is_hint(answer, frames)
    elif reasons:
        shape_right = not parts
    else:
        shape_right = _is_encoding(answer, parts, frames)
    if not shape_right:
        message = "answer of another shape"
        raise ValueError(message)


def _is_hint(answer: Header, frames: int) -> bool:
    return (
        "box" in answer
        and (answer["box"] is None or _are_fractions(answer["box"]))
        and _are_poses(answer.get("poses"), frames)
    )


def _is_encoding(answer: Header, parts: Sequence[bytes], frames: int) -> bool:
    used, spread = answer.get("frames_used"), answer.get("spread")
    return (
        len(parts) == 1
        and len(parts[0]) == EMBEDDING_LENGTH * 8
        and bool(np.isfinite(np.frombuffer(parts[0], dtype="<f8")).all())
        and isinstance(used, int)
        and 1 <= used <= frames
        and isinstance(spread, float)
        and isfinite(spread)
        # Every frame had one face, or there were reasons.
        and _are_poses(answer.get("poses"), frames)
        and None not in answer["poses"]
    )


def _are_poses(poses: object, frames: int) -> bool:
    return (
        isinstance(poses, list) and len(poses) == frames and all(map(_is_pose, poses))
    )


def _are_fractions(box: object) -> bool:
    return (
        isinstance(box, list)
        and len(box) == 4
        and all(isinstance(number, float) and 0 <= number <= 1 for number in box)
    )


def _is_pose(pose: object) -> bool:
    return pose is None or (
        isinstance(pose, list)
        and len(pose) == 3
        and all(isinstance(number, float) and isfinite(number) for number in pose)
    )


def poses_of(answer: Header) -> list[Pose | None]:
    """Return how the heads stand in the frames of a checked answer, in their order."""
    return [
        None if one is None else Pose(turn=one[0], rise=one[1], apart=one[2])
        for one in answer["poses"]
    ]
