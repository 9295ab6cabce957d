"""An aligned face with its mouth painted over, and how light its eyes are.

Where there is no mouth to be seen, painting over it changes little of an encoding; dark
glasses are darker than the cheeks and the forehead beside them. Numbers only: what they
are taken to mean is `faces.quality`'s.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from faces.engine.weights import CHIP_SIDE_PX

Chip = NDArray[np.uint8]

# Places in an aligned face of 150 px: rows, then columns. The eyes lie at row 47, the
# base of the nose at 87, the mouth at about 110.
MOUTH = slice(97, 132), slice(37, 113)
CHEEKS = slice(72, 95), slice(25, 125)
FOREHEAD = slice(8, 26), slice(45, 105)
EYES = (slice(41, 62), slice(31, 64)), (slice(41, 62), slice(86, 119))
RIM_FROM_PX, RIM_TO_PX = 3, 8
SOFT_PX = 4.0

EYE_PERCENTILE, SKIN_PERCENTILE = 75, 60
_LUMA = np.array([0.299, 0.587, 0.114])


def _away() -> NDArray[np.float64]:
    """Return how far each pixel lies outside the mouth's place; inside, below 0."""
    rows, columns = np.mgrid[:CHIP_SIDE_PX, :CHIP_SIDE_PX].astype(np.float64)
    down = np.maximum(MOUTH[0].start - rows, rows - MOUTH[0].stop + 1)
    across = np.maximum(MOUTH[1].start - columns, columns - MOUTH[1].stop + 1)
    return np.asarray(np.maximum(down, across))


_AWAY = _away()
_RIM = (_AWAY >= RIM_FROM_PX) & (_AWAY < RIM_TO_PX)
_COVER = np.clip(0.5 - _AWAY / (2 * SOFT_PX), 0, 1)[..., np.newaxis]


def mouth_painted(chip: Chip) -> Chip:
    """Return an aligned face whose mouth has the colour of what is round it."""
    colour = np.median(chip[_RIM], axis=0)
    return np.asarray((chip + (colour - chip) * _COVER).astype(np.uint8))


def eyes_light(chip: Chip) -> float:
    """Return how light the lighter eye's place is against the skin, unitless.

    Against the darker of cheeks and forehead: a fringe or the shadow of a cap darkens
    that too, and is no pair of glasses.
    """
    eyes = max(_luma(chip, place, EYE_PERCENTILE) for place in EYES)
    skin = min(_luma(chip, place, SKIN_PERCENTILE) for place in (CHEEKS, FOREHEAD))
    return eyes / max(skin, 1.0)


def _luma(chip: Chip, place: tuple[slice, slice], percentile: int) -> float:
    return float(np.percentile(chip[place] @ _LUMA, percentile))
