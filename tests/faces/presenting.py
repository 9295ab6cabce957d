"""What is held or played before a camera in place of somebody: made in the computer.

No real attack was made, on nobody. A picture that is held up is a sheet, flat or bent
round an upright axis, seen by a pinhole camera; a person who is there is
`photographs.turned`. Lengths are in millimetres of a life-size print, on which the
middles of the eyes are 62 mm apart; a smaller print nearer by looks the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from consent.challenges import Step
from faces.presence import STEP_FRAMES, STRAIGHT_FRAMES
from tests.faces.photographs import CAMERA_SIZE, Change, turned

EYES_APART_MM = 62.0
# A webcam that sees 60 degrees across 640 px.
FOCAL_PX = 554.0
DISTANCE_MM = 650.0
_WALL = (120, 120, 120)


Box = tuple[int, int, int, int]
"""Left, top, right and bottom of a face."""

# As the detector finds them in the frames of `photographs`.
COLLINS_BOX = (246, 74, 333, 160)
HOPPER_BOX = (261, 112, 410, 261)
HOPPER_POINTS = np.array(
    [(372, 150), (347, 152), (281, 157), (306, 155), (332, 202)], np.float64
)


def nearer(box: Box, scale: float = 1.35) -> Change:
    """Return the same scene from nearer by, with the face where it was."""
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2

    def change(picture: Image.Image) -> Image.Image:
        grown = cv2.warpAffine(
            np.array(picture),
            cv2.getRotationMatrix2D(middle, 0, scale),
            picture.size,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return Image.fromarray(grown)

    return change


def asked(
    step: Step,
    box: Box,
    *,
    degrees: float = 28,
    scale: float = 1.35,
) -> Change:
    """Return what somebody does who is asked for a step; left and right are their own.

    Seen by the camera, who turns to their own left turns to the picture's right.
    """
    if step == Step.NEARER:
        return nearer(box, scale)
    return turned(degrees if step == Step.LEFT else -degrees, box)


def burst(
    person: Callable[[], Image.Image],
    box: Box,
    steps: Sequence[Step],
) -> list[Image.Image]:
    """Return the frames of somebody who does these steps one after another."""
    straight = person()
    frames = [straight] * STRAIGHT_FRAMES
    for step in steps:
        frames += [asked(step, box)(straight)] * STEP_FRAMES
    return [*frames, straight]


@dataclass(frozen=True, kw_only=True)
class Held:
    """How a printed picture is held.

    Attributes:
        yaw, pitch, roll: degrees; positive yaw turns its face to the picture's right.
        bend_mm: radius of the bend, convex to the camera; None for a flat sheet.
        distance_mm: from the camera.
        shift_mm: to the right of the picture, and down.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    bend_mm: float | None = None
    distance_mm: float = DISTANCE_MM
    shift_mm: tuple[float, float] = (0.0, 0.0)


def printed(
    picture: Image.Image, *, middle: tuple[float, float], eyes_px: float, held: Held
) -> Image.Image:
    """Return a 640 x 480 frame of a print of a picture that is held up.

    Args:
        picture: what is printed.
        middle: the pixel between the eyes and the nose, round which it is turned.
        eyes_px: how far apart the middles of the eyes are in it.
        held: how it is held.
    """
    width, height = CAMERA_SIZE
    x, y = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    turn = _rotation(held)
    rays = np.stack([x, y, np.full_like(x, FOCAL_PX)]) / FOCAL_PX
    ray = np.tensordot(turn.T, rays, axes=1)
    from_ = turn.T @ -np.array([*held.shift_mm, held.distance_mm])
    along, down = _sheet(ray, from_, held.bend_mm)
    scale = eyes_px / EYES_APART_MM
    pixels = cv2.remap(
        np.array(picture.convert("RGB")),
        (middle[0] + along * scale).astype(np.float32),
        (middle[1] + down * scale).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_WALL,
    )
    return Image.fromarray(pixels)


def _sheet(
    ray: NDArray[np.float64], from_: NDArray[np.float64], bend: float | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where on the sheet each ray arrives, in millimetres from its middle."""
    if bend is None:
        reach = -from_[2] / ray[2]
        return from_[0] + reach * ray[0], from_[1] + reach * ray[1]
    # A cylinder whose axis stands `bend` behind the middle of the sheet.
    behind = from_[2] - bend
    a = ray[0] ** 2 + ray[2] ** 2
    b = from_[0] * ray[0] + behind * ray[2]
    under = b**2 - a * (from_[0] ** 2 + behind**2 - bend**2)
    reach = (-b - np.sqrt(np.maximum(under, 0))) / a
    across = from_[0] + reach * ray[0]
    angle = np.arctan2(across, -(behind + reach * ray[2]))
    along = np.where(under > 0, angle * bend, 1e6)
    return along, from_[1] + reach * ray[1]


def _rotation(held: Held) -> NDArray[np.float64]:
    yaw, pitch, roll = np.radians([held.yaw, held.pitch, held.roll])
    around_y = np.array(
        [
            [np.cos(yaw), 0, -np.sin(yaw)],
            [0, 1, 0],
            [np.sin(yaw), 0, np.cos(yaw)],
        ]
    )
    around_x = np.array(
        [
            [1, 0, 0],
            [0, np.cos(pitch), -np.sin(pitch)],
            [0, np.sin(pitch), np.cos(pitch)],
        ]
    )
    around_z = np.array(
        [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    )
    return np.asarray(around_z @ around_x @ around_y)
