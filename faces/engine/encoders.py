"""Two ways to compute one encoder: the library's own code, and a faster runtime."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import dlib
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from faces.engine.weights import weights_file
from faces.matching import EMBEDDING_LENGTH

Chips: TypeAlias = NDArray[np.uint8]
"""Aligned faces, uint8, shape (n, 150, 150, 3), RGB. MUST NOT be written anywhere."""

Embeddings: TypeAlias = NDArray[np.float64]


class Encoder(Protocol):
    """Turns aligned faces into encodings."""

    @property
    def name(self) -> str:
        """Return `library` or `fast`."""

    def __call__(self, chips: Chips) -> Embeddings:
        """Return the encodings of aligned faces, float64, shape (n, 128)."""


class LibraryEncoder:
    """dlib's own network, as `face_recognition` calls it: the reference."""

    name = "library"

    def __init__(self) -> None:
        self._network = dlib.face_recognition_model_v1(str(weights_file()))

    def __call__(self, chips: Chips) -> Embeddings:
        """Return the encodings, one after another."""
        found = [self._network.compute_face_descriptor(chip) for chip in chips]
        return np.asarray(found, dtype=np.float64).reshape(-1, EMBEDDING_LENGTH)


class FastEncoder:
    """The same weights in ONNX Runtime, on one thread: a worker has one core."""

    name = "fast"

    def __init__(self, written: bytes) -> None:
        """Take the network as `faces.engine.network` writes it."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            written, options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, chips: Chips) -> Embeddings:
        """Return the encodings, all at once."""
        first = np.ascontiguousarray(chips.transpose(0, 3, 1, 2), dtype=np.float32)
        (found,) = self._session.run(None, {"chips": first})
        return np.asarray(found, dtype=np.float64)
