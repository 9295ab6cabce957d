"""Whether one face in one frame is good enough, and if not, why.

Lenient with an ordinary webcam in an ordinary room: a frame is refused where its
encoding moves about 0.3 or more away from the same face seen well, about as far as from
the nearest strangers. Thresholds were measured in November 2026 on the two
public-domain photographs of the `demo` extra and seven of two public officials, on
copies that were darkened, overexposed, blurred, smeared, shrunk and cropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.engine import Cover, FaceBox, Landmarks, RGBImage
from faces.errors import Reason
from faces.presence import Pose

if TYPE_CHECKING:
    from collections.abc import Sequence

# About 1.3 m from a webcam of 640 px. Narrower faces still encode well when clean
# (distance 0.17 at 52 px); real sensors are not clean at that distance.
FACE_MIN_SIDE_PX = 64
# Luma of the brighter parts (95th percentile, 0 to 255), not the mean: skin of any tone
# has highlights in usable light. Darkened copies: 0.20 to 0.31 at 33 to 44.
FACE_MIN_P95_LUMA = 45.0
# Share of the face at luma 250 or more. Overexposed copies: 0.27 at 0.37, 0.31 to 0.34
# at 0.45 to 0.51, 0.42 at 0.60.
FACE_MAX_CLIPPED_SHARE = 0.45
CLIPPED_MIN_LUMA = 250
# Unitless, see `_sharpness`. Copies blurred or smeared to 0.0010: 0.24 to 0.36; sharp
# photographs 0.0047 to 0.016; the softest photograph at hand 0.0025.
FACE_MIN_SHARPNESS = 0.0010
# Share of the box's side that lies outside the frame. Cropped copies: 0.07 to 0.16 up
# to 0.13 at the sides; 0.15 to 0.36 at 0.14 where the forehead is missing; past 0.25
# often no face at all.
FACE_MAX_OUTSIDE_SHARE = 0.13

# How far the base of the nose lies from the middle between the eyes, as a share of the
# eyes' distance, along and across the line from eye to eye. Ten press photographs: 0.13
# at most, and 0.58 to 0.81. Heads turned in the computer (an ellipsoid with a nose):
# encodings have moved by 0.25 to 0.34 at 30 degrees, where this is 0.13 to 0.20; at
# 0.17 about every second of those is asked to look straight.
FACE_MAX_TURN = 0.17
FACE_MIN_RISE, FACE_MAX_RISE = 0.45, 0.95

# How far an encoding moves when the mouth is painted over in the colour round it, and
# how light the eyes are against the skin: see `faces.engine.covering`. Open faces, of
# 649 photographs (beards, glasses, scarves round the head, all skins) and 1,900 copies:
# 0.153 and, but for one in dark glasses, 0.77 at least. What covers, and how often it
# is seen, is in docs/faces.md; a miss costs less than an open face that is refused.
COVER_MAX_MOUTH = 0.14
COVER_MAX_EYES = 0.6

# Light and sharpness are measured without the rim of the box, where the wall shows.
RIM_SHARE = 0.15
SHARPNESS_SIDE_PX = 96


@dataclass(frozen=True, kw_only=True)
class Quality:
    """What a look at one frame found; usable when there are no reasons.

    `sharpness` is unitless, higher is sharper; 0 unless there is exactly one face.
    `side_px` is the width of that face in pixels of the frame, and `pose` how the head
    stands where its points were given.
    """

    reasons: tuple[Reason, ...]
    sharpness: float = 0.0
    side_px: int = 0
    pose: Pose | None = None


def assess(
    image: RGBImage, boxes: Sequence[FaceBox], points: Landmarks | None = None
) -> Quality:
    """Judge a frame by all faces found in it; every reason that holds is given.

    Args:
        image: uint8, shape (height, width, 3), RGB.
        boxes: all of `engine.detect(image)`: more than one is a reason of its own,
            and then nothing about any of them is measured.
        points: of the only face; without them it is not asked whether it is turned.
    """
    if not boxes:
        return Quality(reasons=(Reason.NONE_FOUND,))
    if len(boxes) > 1:
        return Quality(reasons=(Reason.MORE_THAN_ONE,))
    box = boxes[0]
    stands = None if points is None else pose(points, width_px=image.shape[1])
    luma = _inner_luma(image, box)
    sharpness = _sharpness(luma)
    found = {
        Reason.CUT_OFF: _outside_share(image, box) > FACE_MAX_OUTSIDE_SHARE,
        Reason.TURNED_AWAY: stands is not None and _turned_away(stands),
        Reason.TOO_SMALL: box.side_px < FACE_MIN_SIDE_PX,
        Reason.TOO_DARK: float(np.percentile(luma, 95)) < FACE_MIN_P95_LUMA,
        Reason.TOO_BRIGHT: float(np.mean(luma >= CLIPPED_MIN_LUMA))
        > FACE_MAX_CLIPPED_SHARE,
        Reason.BLURRED: sharpness < FACE_MIN_SHARPNESS,
    }
    return Quality(
        reasons=tuple(reason for reason, holds in found.items() if holds),
        sharpness=sharpness,
        side_px=box.side_px,
        pose=stands,
    )


def is_covered(cover: Cover) -> bool:
    """Tell whether something hides the mouth or the eyes of a face."""
    return cover.mouth < COVER_MAX_MOUTH or cover.eyes < COVER_MAX_EYES


def pose(points: Landmarks, *, width_px: int) -> Pose:
    """Return how a head stands in a frame of this width, by its five points."""
    eyes = points[:2].mean(axis=0), points[2:4].mean(axis=0)
    across = eyes[0] - eyes[1]
    apart = max(float(np.linalg.norm(across)), 1.0)
    nose = points[4] - (eyes[0] + eyes[1]) / 2
    return Pose(
        turn=float(nose @ across) / apart**2,
        rise=float(nose @ np.array([-across[1], across[0]])) / apart**2,
        apart=apart / width_px,
    )


def _turned_away(found: Pose) -> bool:
    level = FACE_MIN_RISE <= found.rise <= FACE_MAX_RISE
    return abs(found.turn) > FACE_MAX_TURN or not level


def _inner_luma(image: RGBImage, box: FaceBox) -> NDArray[np.uint8]:
    rim = round(box.side_px * RIM_SHARE)
    height, width = image.shape[:2]
    # At least one pixel, however small the frame or far outside the box.
    top = min(max(box.top + rim, 0), height - 1)
    left = min(max(box.left + rim, 0), width - 1)
    bottom = max(min(box.bottom + 1 - rim, height), top + 1)
    right = max(min(box.right + 1 - rim, width), left + 1)
    inner = image[top:bottom, left:right]
    return np.asarray(cv2.cvtColor(inner, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _sharpness(luma: NDArray[np.uint8]) -> float:
    """Return the fine structure of a face relative to its contrast, unitless.

    The face is brought to one size, so distance from the camera does not count; a
    little smoothing first keeps a dark frame's noise from passing as detail; the weaker
    of the two directions is taken, because a moving head smears only one.
    """
    size = (SHARPNESS_SIDE_PX, SHARPNESS_SIDE_PX)
    shrinks = min(luma.shape) > SHARPNESS_SIDE_PX
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    scaled = cv2.resize(luma, size, interpolation=interpolation).astype(np.float64)
    contrast = max(float(scaled.var()), 1.0)
    smooth = np.asarray(cv2.GaussianBlur(scaled, (0, 0), 1.0), dtype=np.float64)
    across = smooth[:, 2:] - 2 * smooth[:, 1:-1] + smooth[:, :-2]
    down = smooth[2:] - 2 * smooth[1:-1] + smooth[:-2]
    weaker = min(float(across.var()), float(down.var()))
    return weaker / contrast


def _outside_share(image: RGBImage, box: FaceBox) -> float:
    height, width = image.shape[:2]
    outside_px = max(
        -box.left, -box.top, box.right + 1 - width, box.bottom + 1 - height, 0
    )
    return float(outside_px / box.side_px)
