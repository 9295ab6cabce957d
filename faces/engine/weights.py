"""The encoder's published weights, read out of the file that dlib serialises.

The file is a sequence of named layers from the input up: `con_4`, `affine_`, `fc_2`,
each followed by its tensor (four sizes as dlib's integers of variable length, then
little-endian float32; filters before biases, scales before offsets).

Source: dlib, `dnn/layers.h`, `tensor_tools.h` (serialize); the file is in the public
domain (dlib-models).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faces.installed import installed_file

Floats = NDArray[np.float64]

CHIP_SIDE_PX = 150
"""Side of the aligned face that the network was trained on."""

_LAYER = re.compile(rb"\x01(?:\x05(con_4)|\x07(affine_)|\x04(fc_2))")
_TENSOR_VERSION = 2
_CONVOLUTIONS = 29


class WeightsUnreadable(Exception):
    """The installed weights are not the file this was written for."""


@dataclass(frozen=True)
class Weights:
    """Twenty-nine convolutions with their affine layers folded in, and the last layer.

    Attributes:
        convolutions: (filters, biases) from the input up; filters of shape
            (count, inputs x height x width).
        last: shape (256, 128).
    """

    convolutions: list[tuple[Floats, Floats]]
    last: Floats


def model_file(name: str) -> Path:
    """Return where a file of the `face_recognition_models` package lies.

    The package is not imported: it needs the deprecated `pkg_resources`.

    Raises:
        WeightsUnreadable: the package is not installed.
    """
    file = installed_file("face_recognition_models", f"models/{name}")
    if file is None:
        raise WeightsUnreadable
    return file


def weights_file() -> Path:
    """Return where the installed weights lie."""
    return model_file("dlib_face_recognition_resnet_model_v1.dat")


def weights_sha256() -> str:
    """Return the hash of the installed weights."""
    return hashlib.sha256(weights_file().read_bytes()).hexdigest()


def weights_read() -> Weights:
    """Read the installed weights.

    Raises:
        WeightsUnreadable: another file than this was written for.
    """
    data = weights_file().read_bytes()
    try:
        layers = list(_layers(data))
    except (IndexError, ValueError) as error:
        raise WeightsUnreadable from error
    names = ["con_4", "affine_"] * _CONVOLUTIONS + ["fc_2"]
    if [name for name, _ in layers] != names:
        raise WeightsUnreadable
    folded = []
    for (_, filters), (_, affine) in zip(layers[0:-1:2], layers[1:-1:2], strict=True):
        count = len(affine) // 2
        scale, offset = affine[:count], affine[count:]
        weights, biases = filters[:-count].reshape(count, -1), filters[-count:]
        folded.append((weights * scale[:, None], biases * scale + offset))
    return Weights(folded, layers[-1][1].reshape(256, 128))


def _layers(data: bytes) -> Iterator[tuple[str, Floats]]:
    for found in _LAYER.finditer(data):
        name = (found.group(1) or found.group(2) or found.group(3)).decode()
        place = found.end()
        if name == "fc_2":  # its numbers of outputs and inputs come first
            _, place = _integer(data, place)
            _, place = _integer(data, place)
        version, place = _integer(data, place)
        if version != _TENSOR_VERSION:
            raise ValueError(name)
        size = 1
        for _ in range(4):
            side, place = _integer(data, place)
            size *= side
        yield name, np.frombuffer(data, "<f4", size, place).astype(np.float64)


def _integer(data: bytes, place: int) -> tuple[int, int]:
    """Return one of dlib's integers, and the place after it."""
    length = data[place] & 0x0F
    number = int.from_bytes(data[place + 1 : place + 1 + length], "little")
    return number, place + 1 + length
