"""dlib's HOG detector, its five points, and its residual network: `dlib-resnet-1`.

The library's other predictor (68 points) is neither called nor loaded: the licence of
its training data bars commercial use. `face_recognition` loads it when imported, so
this module calls the same dlib objects on the same files by itself.

Source: face_recognition 1.3, `api.py`; dlib, `frontal_face_detector.h`,
`get_face_chip_details`.
"""

from __future__ import annotations

import dlib
import numpy as np
from numpy.typing import NDArray

from faces.engine.boxes import Cover, FaceBox, Landmarks, RGBImage
from faces.engine.covering import eyes_light, mouth_painted
from faces.engine.encoders import Encoder
from faces.engine.weights import CHIP_SIDE_PX, model_file
from faces.matching import MODEL, Embedding, distance

# Unitless score of dlib's detector, whose own threshold is 0. On the public-domain
# photographs, their copies and two public officials, patterns that are no face scored
# up to 0.27 and usable faces 0.37 (overexposed) to 2.5 (measured November 2026).
FACE_MIN_SCORE = 0.35
# The detector's smallest face is about 70 px wide; looking again at twice the size
# finds 40 px, at five times the cost. Worth it only to say "come closer".
SMALL_IMAGE_MAX_SIDE_PX = 640

CHIP_PADDING = 0.25
"""What `face_recognition` leaves round a face, as a share of its size."""


class DlibEngine:
    """The engine of this program; for one thread of one process."""

    model = MODEL

    def __init__(self, encoder: Encoder) -> None:
        self._encode = encoder
        self._detector = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(
            str(model_file("shape_predictor_5_face_landmarks.dat"))
        )

    @property
    def encoder(self) -> str:
        """Return what computes the encodings: `fast` or `library`."""
        return self._encode.name

    def detect(self, image: RGBImage) -> list[FaceBox]:
        """Return every face in an image.

        Source: dlib, `fhog_object_detector.run`. The library's `face_locations` calls
        the same detector and drops the score.
        """
        boxes = self._search(image, upsample=0)
        if not boxes and max(image.shape[:2]) <= SMALL_IMAGE_MAX_SIDE_PX:
            boxes = self._search(image, upsample=1)
        return boxes

    def landmarks(self, image: RGBImage, box: FaceBox) -> Landmarks:
        """Return five points of one detected face."""
        found = self._shape(image, box)
        points = [(found.part(one).x, found.part(one).y) for one in range(5)]
        return np.asarray(points, dtype=np.float64)

    def encode(self, image: RGBImage, box: FaceBox) -> Embedding:
        """Return the mean encoding of the looks at one detected face."""
        return np.asarray(self.each_look(image, box).mean(axis=0))

    def each_look(self, image: RGBImage, box: FaceBox) -> NDArray[np.float64]:
        """Return the encoding of each look, shape (2, 128); the library's first."""
        return self._encode(self.looks(image, box))

    def looks(self, image: RGBImage, box: FaceBox) -> NDArray[np.uint8]:
        """Return the aligned face as the library sees it, then its mirror image.

        Two looks at one picture err less than one, and cost 5 ms (docs/faces.md).
        """
        chip = dlib.get_face_chip(
            image, self._shape(image, box), CHIP_SIDE_PX, CHIP_PADDING
        )
        return np.stack([chip, chip[:, ::-1]])

    def cover(self, image: RGBImage, box: FaceBox) -> Cover:
        """Return what tells whether something hides one detected face."""
        chip = self.looks(image, box)[0]
        seen, painted = self._encode(np.stack([chip, mouth_painted(chip)]))
        return Cover(mouth=distance(seen, painted), eyes=eyes_light(chip))

    def _shape(self, image: RGBImage, box: FaceBox) -> dlib.full_object_detection:
        place = dlib.rectangle(box.left, box.top, box.right, box.bottom)
        return self._points(image, place)

    def _search(self, image: RGBImage, *, upsample: int) -> list[FaceBox]:
        rectangles, _scores, _detectors = self._detector.run(
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
