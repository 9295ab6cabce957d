"""The two public-domain photographs, as webcam frames and as what goes wrong with one.

They ship inside wheels of the `demo` extra, whose packages are never imported:
scikit-image's astronaut (Eileen Collins, NASA) and matplotlib's sample portrait (Grace
Hopper, US Navy).
"""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from faces.installed import installed_file

CAMERA_SIZE = (640, 480)
# The wall behind: neither dark nor bright.
_WALL = (120, 120, 120)
_COLLINS = ("skimage", "data/astronaut.png")
_HOPPER = ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")

Floats = NDArray[np.float64]
Change = Callable[[Image.Image], Image.Image]


def collins() -> Image.Image:
    """Return a 640 x 480 frame with one woman in it, her face 88 px wide."""
    return camera(_photograph(*_COLLINS))


def hopper() -> Image.Image:
    """Return a 640 x 480 frame with another woman in it, her face 150 px wide."""
    return camera(_photograph(*_HOPPER))


def camera(picture: Image.Image) -> Image.Image:
    frame = Image.new("RGB", CAMERA_SIZE, _WALL)
    fitted = picture.copy()
    fitted.thumbnail(CAMERA_SIZE)
    frame.paste(fitted, ((CAMERA_SIZE[0] - fitted.width) // 2, 0))
    return frame


def side_by_side(*pictures: Image.Image) -> Image.Image:
    group = Image.new("RGB", (CAMERA_SIZE[0] * len(pictures), CAMERA_SIZE[1]), _WALL)
    for position, picture in enumerate(pictures):
        group.paste(picture, (CAMERA_SIZE[0] * position, 0))
    return group


def brightened(factor: float) -> Change:
    return lambda picture: ImageEnhance.Brightness(picture).enhance(factor)


def blurred(radius_px: float) -> Change:
    return lambda picture: picture.filter(ImageFilter.GaussianBlur(radius_px))


def flipped(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def tilted(degrees: float) -> Change:
    return lambda picture: picture.rotate(
        degrees, Image.Resampling.BICUBIC, fillcolor=_WALL
    )


def shrunk(scale: float) -> Change:
    """Return the same scene from further away."""

    def change(picture: Image.Image) -> Image.Image:
        size = (round(picture.width * scale), round(picture.height * scale))
        frame = Image.new("RGB", picture.size, _WALL)
        frame.paste(picture.resize(size, Image.Resampling.LANCZOS))
        return frame

    return change


def encoded(
    picture: Image.Image, file_format: str = "JPEG", **options: object
) -> bytes:
    """Return a picture as the bytes of a file."""
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def _photograph(package: str, path: str) -> Image.Image:
    file = installed_file(package, path)
    if file is None:
        message = f"{package} is missing: install the demo extra"
        raise FileNotFoundError(message)
    with Image.open(file) as picture:
        return picture.convert("RGB")


def turned(degrees: float, face: tuple[int, int, int, int]) -> Change:
    """Return the same person with the head turned; positive to the picture's right.

    A picture has no depth, so the head is taken for half an ellipsoid with a nose on
    it, and each point is moved as far as it would. Good for some 40 degrees.

    Args:
        degrees: of yaw.
        face: left, top, right and bottom of the detected face.
    """
    left, top, right, bottom = face
    side, middle, centre = right - left, (left + right) / 2, (top + bottom) / 2
    angle = np.radians(degrees)

    def depth(x: Floats, y: Floats) -> Floats:
        flat = ((x - middle) / (0.75 * side)) ** 2 + ((y - centre) / side) ** 2
        head = 0.75 * side * np.sqrt(np.maximum(1 - flat, 0))
        off = ((x - middle) ** 2 + (y - centre - 0.08 * side) ** 2) / side**2
        return np.asarray(head + 0.18 * side * np.exp(-off / (2 * 0.09**2)))

    def change(picture: Image.Image) -> Image.Image:
        y, x = np.mgrid[: picture.height, : picture.width].astype(np.float64)
        source = x
        # What is seen at x came from where this holds; three steps are near enough.
        for _ in range(3):
            moved = (x - middle - depth(source, y) * np.sin(angle)) / np.cos(angle)
            inside = depth(source, y) > 0
            source = np.where(inside, middle + moved, x)
        pixels = cv2.remap(
            np.array(picture),
            source.astype(np.float32),
            y.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return Image.fromarray(pixels)

    return change
