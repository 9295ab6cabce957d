"""Where a face is: its box and its five points. Loads no model."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

RGBImage: TypeAlias = NDArray[np.uint8]

Landmarks: TypeAlias = NDArray[np.float64]
"""Shape (5, 2), x and y in pixels, as they lie in the image: the outer and the inner
corner of the eye on the right of the image, the outer and the inner corner of the eye
on its left, and the base of the nose."""


class Cover(NamedTuple):
    """What tells whether something hides an aligned face; `faces.quality` judges it.

    Attributes:
        mouth: how far the encoding moves when the mouth is painted over: a distance.
        eyes: how light the place of the lighter eye is against the skin, unitless.
    """

    mouth: float
    eyes: float


class FaceBox(NamedTuple):
    """A face in pixels of its image; a side may lie outside when the face is cut off.

    `right` and `bottom` are the last column and row that belong to the face.
    """

    top: int
    right: int
    bottom: int
    left: int

    @property
    def side_px(self) -> int:
        """The width in pixels; the detector's boxes are squares."""
        return self.right - self.left + 1
