"""The two public-domain photographs, as webcam frames and as what goes wrong with one.

They ship inside wheels of the `demo` extra, whose packages are never imported:
scikit-image's astronaut (Eileen Collins, NASA) and matplotlib's sample portrait (Grace
Hopper, US Navy).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter

CAMERA_SIZE = (640, 480)
# The wall behind: neither dark nor bright.
_WALL = (120, 120, 120)
_COLLINS = ("skimage", "data/astronaut.png")
_HOPPER = ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")

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
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        message = f"{package} is missing: install the demo extra"
        raise FileNotFoundError(message)
    with Image.open(Path(spec.submodule_search_locations[0]) / path) as picture:
        return picture.convert("RGB")
