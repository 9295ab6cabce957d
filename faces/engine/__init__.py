"""The face engine behind one small interface: find faces, encode one, compare.

Importing this loads nothing. `load` loads models (1 s, 100 MB), and dlib's detector
crashes when two threads share it: only a process with one thread that touches pixels
does it, the pixel worker. What a distance means is in `faces.matching`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from faces.engine.boxes import Cover, FaceBox, Landmarks, RGBImage
from faces.matching import Embedding

__all__ = ["Cover", "Engine", "FaceBox", "Landmarks", "RGBImage"]


class Engine(Protocol):
    """A model of faces; another can be added without touching who uses it.

    Images are uint8, shape (height, width, 3), RGB. They MUST NOT be written anywhere.

    Attributes:
        model: the identity that each template carries; encodings of different models
            are never compared.
        encoder: what computes it here, for reports: the same model, another speed.
    """

    @property
    def model(self) -> str:
        """Return the identity of this model and of how it looks."""

    @property
    def encoder(self) -> str:
        """Return what computes the encodings on this machine."""

    def detect(self, image: RGBImage) -> list[FaceBox]:
        """Return every face in an image."""

    def landmarks(self, image: RGBImage, box: FaceBox) -> Landmarks:
        """Return five points of one detected face."""

    def encode(self, image: RGBImage, box: FaceBox) -> Embedding:
        """Return the encoding of one detected face, float64, shape (128,)."""

    def each_look(self, image: RGBImage, box: FaceBox) -> NDArray[np.float64]:
        """Return what `encode` is the mean of, shape (looks, 128); the plain one first.

        For measuring; nothing but the mean is ever kept.
        """

    def cover(self, image: RGBImage, box: FaceBox) -> Cover:
        """Return what tells whether something hides one detected face.

        It costs as much as `encode`.
        """
