"""The face library behind a small interface: find faces, encode one.

Importing this loads the models (1.5 s, 140 MB), and dlib's detector crashes when two
threads share it: only the pixel worker, one process with one thread, imports it.
What a distance means is in `faces.matching`, which loads nothing.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import face_recognition
import numpy as np
from numpy.typing import NDArray

from faces.matching import Embedding

RGBImage: TypeAlias = NDArray[np.uint8]

# Unitless score of dlib's detector, whose own threshold is 0. On the public-domain
# photographs, their copies and two public officials, patterns that are no face scored
# up to 0.27 and usable faces 0.37 (overexposed) to 2.5 (measured November 2026).
FACE_MIN_SCORE = 0.35
# The detector's smallest face is about 70 px wide; looking again at twice the size
# finds 40 px, at five times the cost. Worth it only to say "come closer".
SMALL_IMAGE_MAX_SIDE_PX = 640


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


def detect(image: RGBImage) -> list[FaceBox]:
    """Return every face in an image, by dlib's HOG detector.

    Args:
        image: uint8, shape (height, width, 3), RGB. MUST NOT be written anywhere.

    Source: dlib, `get_frontal_face_detector` and `fhog_object_detector.run`. The
    library's `face_locations` calls the same detector and drops the score.
    """
    boxes = _search(image, upsample=0)
    if not boxes and max(image.shape[:2]) <= SMALL_IMAGE_MAX_SIDE_PX:
        boxes = _search(image, upsample=1)
    return boxes


def encode(image: RGBImage, box: FaceBox) -> Embedding:
    """Return the encoding of one detected face.

    Five landmarks align the face. The library's other predictor (68 points) MUST NOT
    be called: the licence of its training data bars commercial use.

    Args:
        image: uint8, shape (height, width, 3), RGB. MUST NOT be written anywhere.
        box: one of `detect(image)`.

    Returns:
        float64, shape (128,), of `matching.MODEL`. Compare with `matching.distance`.

    Source: face_recognition API docs, `face_encodings`.
    """
    encodings = face_recognition.face_encodings(
        image, known_face_locations=[tuple(box)], num_jitters=1, model="small"
    )
    return np.asarray(encodings[0], dtype=np.float64)


def _search(image: RGBImage, *, upsample: int) -> list[FaceBox]:
    rectangles, _scores, _detectors = face_recognition.api.face_detector.run(
        image, upsample, FACE_MIN_SCORE
    )
    return [
        FaceBox(
            top=rectangle.top(),
            right=rectangle.right(),
            bottom=rectangle.bottom(),
            left=rectangle.left(),
        )
        for rectangle in rectangles
    ]
