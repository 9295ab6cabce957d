"""What people wear or hold before their faces, painted on photographs.

Painted on a sheet of the size of an aligned face, three times enlarged, and laid on the
frame where its five points are. Nobody wore any of it: real cloth has folds, shadows
and edges that these have not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from faces.engine import Landmarks

Floats = NDArray[np.float64]
Colour = tuple[float, float, float]

SIDE, SCALE = 150, 3
# Where the five points lie in an aligned face.
POINTS = np.array([(110, 46), (89, 47), (36, 46), (58, 47), (74, 87)], np.float64)
CHEEKS = ((30, 72), (118, 72))

_ROWS, _COLUMNS = (
    axis.astype(np.float64) / SCALE for axis in np.mgrid[: SIDE * SCALE, : SIDE * SCALE]
)


@dataclass(frozen=True)
class Sheet:
    """What is laid over a face: a colour for each pixel, and how much hides."""

    colour: Floats
    hides: Floats


Paint = Callable[[Colour], Sheet]
"""Makes a sheet for somebody with this colour of skin."""


def laid(paint: Paint, picture: Image.Image, points: Landmarks) -> Image.Image:
    """Return a frame with something before its only face, in that face's light."""
    pixels = np.array(picture.convert("RGB"), dtype=np.float64)
    place = _place(points)
    skin = _skin(pixels, place)
    sheet = paint((skin[0], skin[1], skin[2]))
    size = (pixels.shape[1], pixels.shape[0])
    small = place.copy()
    small[:, :2] /= SCALE
    hides = cv2.warpAffine(sheet.hides, small, size, flags=cv2.INTER_AREA)
    colour = cv2.warpAffine(
        sheet.colour, small, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    share = np.asarray(cv2.GaussianBlur(hides, (0, 0), 0.6))[..., np.newaxis]
    mixed = pixels * (1 - share) + np.asarray(colour) * share
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def mask(colour: Colour | None, *, pattern: str = "folds") -> Paint:
    """Return a mask over nose, mouth and chin; without a colour, that of the skin."""
    outline = [
        *[(18, 72), (50, 77), (75, 66), (100, 77), (132, 72)],
        *[(128, 118), (105, 146), (75, 153), (45, 146), (22, 118)],
    ]

    def paint(skin: Colour) -> Sheet:
        base = _lit(colour, skin)
        sheet = np.ones((SIDE * SCALE, SIDE * SCALE, 3)) * np.array(base)
        if pattern == "folds":
            pleats = 1 + 0.06 * np.sin(_ROWS * 2 * np.pi / 13)
            sheet *= np.where((_ROWS > 85) & (_ROWS < 130), pleats, 1)[..., np.newaxis]
        if pattern == "stripes":
            odd = ((_ROWS + _COLUMNS) // 9 % 2 == 0)[..., np.newaxis]
            sheet = np.where(odd, sheet, np.array(_lit((235, 235, 235), skin)))
        if pattern == "flowers":
            dice = np.random.default_rng(7)
            for _ in range(45):
                middle = dice.integers(15 * SCALE, 140 * SCALE, 2)
                paint_ = [float(value) for value in dice.integers(20, 235, 3)]
                radius = int(dice.integers(3, 8)) * SCALE
                cv2.circle(sheet, (int(middle[0]), int(middle[1])), radius, paint_, -1)
        round_ = 1 - 0.25 * ((_COLUMNS - 75) / 60) ** 2
        return Sheet(sheet * round_[..., np.newaxis], _filled(outline))

    return paint


def scarf(colour: Colour, *, top: float = 80, knit: float = 0.10) -> Paint:
    """Return a scarf up to a height: 80 is over the nose, 98 just over the mouth."""

    def paint(skin: Colour) -> Sheet:
        folds = 1 + 0.12 * np.sin((_ROWS + 0.25 * _COLUMNS) / 6)
        folds += knit * np.sin(_COLUMNS * 1.6) * np.sin(_ROWS * 1.6)
        edge = top + 6 * np.cos((_COLUMNS - 75) / 30)
        sheet = np.array(_lit(colour, skin)) * folds[..., np.newaxis]
        return Sheet(sheet, (edge < _ROWS).astype(np.float64))

    return paint


def hand(*, top: float = 92, fingers: int = 4, right: bool = False) -> Paint:
    """Return fingers of the person's own skin over the mouth, from one side."""

    def paint(skin: Colour) -> Sheet:
        sheet = np.ones((SIDE * SCALE, SIDE * SCALE, 3)) * np.array(skin)
        hides = np.zeros((SIDE * SCALE, SIDE * SCALE))
        for finger in range(fingers):
            middle = top + 6.5 + 13 * finger
            tip = (round((106 - 5 * (finger % 2)) * SCALE), round(middle * SCALE))
            wrist = (-5 * SCALE, round((middle + 12) * SCALE))
            one = np.zeros_like(hides)
            cv2.line(one, tip, wrist, 1.0, 13 * SCALE)
            off = np.abs(_ROWS - middle - (106 - _COLUMNS) * 0.11) / 6.5
            shade = np.clip(1.05 - 0.35 * off**2, 0.55, 1.1)[..., np.newaxis]
            inside = one[..., np.newaxis] > 0
            sheet = np.where(inside, np.array(skin) * shade, sheet)
            hides = np.maximum(hides, one)
        if right:
            return Sheet(sheet[:, ::-1].copy(), hides[:, ::-1].copy())
        return Sheet(sheet, hides)

    return paint


def card(skin: Colour) -> Sheet:
    """Return a sheet of paper, or the back of a telephone, before the mouth."""
    sheet = np.ones((SIDE * SCALE, SIDE * SCALE, 3))
    outline = [(35, 90), (118, 94), (112, 160), (30, 160)]
    return Sheet(sheet * np.array(_lit((235, 235, 230), skin)), _filled(outline))


def glasses(
    colour: Colour, *, size: tuple[int, int] = (24, 17), see: float = 0.0
) -> Paint:
    """Return glasses with lenses of a colour, of which a share can be seen through."""

    def paint(skin: Colour) -> Sheet:
        hides = np.zeros((SIDE * SCALE, SIDE * SCALE))
        glints = np.zeros_like(hides)
        for x in (47, 103):
            middle = (x * SCALE, 50 * SCALE)
            axes = (size[0] * SCALE, size[1] * SCALE)
            cv2.ellipse(hides, middle, axes, 0, 0, 360, 1 - see, -1)
            cv2.ellipse(hides, middle, axes, 0, 0, 360, 1.0, 2 * SCALE)
            glints += np.exp(-((_COLUMNS - x + 7) ** 2 + (_ROWS - 44) ** 2) / 30)
        cv2.line(hides, (68 * SCALE, 46 * SCALE), (82 * SCALE, 46 * SCALE), 1.0, 9)
        sheet = np.array(colour) + 45 * glints[..., np.newaxis]
        return Sheet(sheet * np.ones(3), hides)

    return paint


def beard(colour: Colour) -> Paint:
    """Return a full beard with a moustache, and the mouth in it: nothing is hidden."""

    def paint(skin: Colour) -> Sheet:
        del skin
        dice = np.random.default_rng(4)
        hair = dice.normal(1, 0.35, (SIDE * SCALE, SIDE * SCALE))
        hair = np.asarray(cv2.GaussianBlur(hair, (0, 0), 1.5, sigmaY=5))
        sheet = np.array(colour) * hair.clip(0.2, 2)[..., np.newaxis]
        outline = [
            *[(22, 92), (40, 104), (58, 98), (75, 95), (92, 98), (110, 104), (128, 92)],
            *[(120, 135), (98, 153), (75, 157), (52, 153), (30, 135)],
        ]
        hides = 0.85 * _filled(outline)
        cv2.ellipse(hides, (75 * SCALE, 112 * SCALE), (60, 24), 0, 0, 360, 0.0, -1)
        return Sheet(sheet, np.asarray(cv2.GaussianBlur(hides, (0, 0), 8)))

    return paint


def headscarf(colour: Colour) -> Paint:
    """Return a scarf round the face, over hair, ears and neck: the face is open."""

    def paint(skin: Colour) -> Sheet:
        oval = ((_COLUMNS - 75) / 62) ** 2 + ((_ROWS - 72) / 82) ** 2
        folds = 1 + 0.12 * np.sin((_COLUMNS + 0.6 * _ROWS) / 6)
        sheet = np.array(_lit(colour, skin)) * folds[..., np.newaxis]
        return Sheet(sheet, (oval > 1).astype(np.float64))

    return paint


COVERS: dict[str, dict[str, Paint]] = {
    "mask": {
        "white": mask((235, 238, 240)),
        "blue": mask((150, 195, 225)),
        "black": mask((30, 30, 32)),
        "black, plain": mask((30, 30, 32), pattern="plain"),
        "beige": mask((205, 165, 140)),
        "as the skin": mask(None, pattern="plain"),
        "striped": mask((40, 60, 140), pattern="stripes"),
        "flowered": mask((240, 240, 240), pattern="flowers"),
    },
    "scarf": {
        "red": scarf((150, 40, 40)),
        "grey, plain": scarf((120, 120, 125), knit=0.0),
        "blue, low": scarf((60, 70, 110), top=98),
    },
    "hand": {
        "left": hand(),
        "right": hand(right=True),
        "high": hand(top=76, fingers=5),
    },
    "paper": {"white": card},
    "dark glasses": {
        "black": glasses((15, 15, 18)),
        "large": glasses((15, 15, 18), size=(27, 21)),
        "small": glasses((20, 20, 22), size=(20, 13)),
        "brown": glasses((50, 32, 20)),
        "tinted": glasses((50, 32, 20), see=0.35),
    },
}
"""What hides a face, by kind."""

OPEN: dict[str, Paint] = {
    "black beard": beard((40, 32, 28)),
    "white beard": beard((190, 188, 185)),
    "clear glasses": glasses((20, 20, 22), see=1.0),
    "large glasses": glasses((90, 50, 30), size=(27, 21), see=0.95),
    "black head scarf": headscarf((25, 25, 28)),
    "white head scarf": headscarf((225, 225, 220)),
}
"""What hides none of what is looked at."""


def _place(points: Landmarks) -> Floats:
    """Return turn, scale and shift from an aligned face to a frame, shape (2, 3)."""
    rows = []
    for x, y in POINTS:
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
    solved = np.linalg.lstsq(np.array(rows), np.asarray(points).ravel(), rcond=None)[0]
    a, b, right, down = solved
    return np.array([[a, -b, right], [b, a, down]])


def _skin(pixels: Floats, place: Floats) -> Floats:
    """Return the colour of the cheeks."""
    spots = []
    for x, y in CHEEKS:
        column, row = place @ np.array([x, y, 1])
        row, column = max(int(row), 3), max(int(column), 3)
        spots.append(pixels[row - 3 : row + 4, column - 3 : column + 4].reshape(-1, 3))
    return np.asarray(np.median(np.concatenate(spots), axis=0))


def _lit(colour: Colour | None, skin: Colour) -> Colour:
    """Return a colour as it looks in the light that falls on this skin."""
    if colour is None:
        return skin
    light = min(max(max(skin) / 200, 0.15), 1.15)
    return (colour[0] * light, colour[1] * light, colour[2] * light)


def _filled(outline: list[tuple[int, int]]) -> Floats:
    hides = np.zeros((SIDE * SCALE, SIDE * SCALE))
    corners = np.array(outline, np.int32) * SCALE
    cv2.fillPoly(hides, [corners], 1.0)
    return hides
