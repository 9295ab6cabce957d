"""The one camera: the only module that opens a device, by its number alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.camera.limits import HEIGHT_PX, JPEG_QUALITY, WIDTH_PX
from faces.camera.number import NUMBER_MAX
from faces.camera.serving import NoDevice

_DEVICES = Path("/dev")


class Camera:
    """A camera of this machine that is on; MUST be closed."""

    def __init__(self, number: int) -> None:
        """Switch it on.

        Args:
            number: 0 to 63; the library is never given a name or an address.

        Raises:
            NoDevice: there is none with this number, or it does not open.
            ValueError: not such a number.
        """
        # True is an int too, and so may be a subclass with a text of its own.
        if type(number) is not int or not 0 <= number <= NUMBER_MAX:
            message = "not the number of a camera"
            raise ValueError(message)
        self._capture = cv2.VideoCapture(int(number), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            self._capture.release()
            there = (_DEVICES / f"video{number}").exists()
            raise NoDevice("busy" if there else "missing")
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH_PX)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT_PX)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def shot(self) -> bytes | None:
        """Return what it sees now as a JPEG; None when it was unplugged."""
        # The frame that waited was taken after the last request, not after this one.
        self._capture.grab()
        seen, image = self._capture.read()
        return jpeg(image) if seen else None

    def close(self) -> None:
        """Switch it off."""
        self._capture.release()


def prepare() -> None:
    """Have the library loaded that a frame needs."""
    cv2.setNumThreads(1)
    jpeg(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8))


def jpeg(image: NDArray[Any]) -> bytes:
    """Return the middle of an image as a JPEG of 640 x 480, without metadata.

    Args:
        image: uint8, shape (height, width, 3), blue first, of any size.
    """
    height, width = image.shape[:2]
    scale = max(WIDTH_PX / width, HEIGHT_PX / height)
    w, h = round(WIDTH_PX / scale), round(HEIGHT_PX / scale)
    left, top = (width - w) // 2, (height - h) // 2
    middle = image[top : top + h, left : left + w]
    if middle.shape[:2] != (HEIGHT_PX, WIDTH_PX):
        middle = cv2.resize(middle, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    made, data = cv2.imencode(".jpg", middle, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not made:  # pragma: no cover  (an image of this shape always can be)
        message = "no picture"
        raise ValueError(message)
    return bytes(data)
