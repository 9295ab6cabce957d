"""Fake cameras with real faces: what a person in front of the kiosk shows to it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.faces.photographs import camera, collins, encoded, hopper, side_by_side

FRAMES = 4
_HALF = (320, 480)
# Where the faces stand in the two frames, so that each half of a pair holds one.
_COLLINS_LEFT, _HOPPER_LEFT = 130, 160


def pair() -> Image.Image:
    """Return a 640 x 480 frame in which both women stand in front of the camera."""
    halves = [
        picture.crop((left, 0, left + _HALF[0], _HALF[1]))
        for picture, left in ((collins(), _COLLINS_LEFT), (hopper(), _HOPPER_LEFT))
    ]
    group = side_by_side(*halves)
    frame = Image.new("RGB", (640, 480))
    for position in range(2):
        half = group.crop((640 * position, 0, 640 * position + 320, 480))
        frame.paste(half, (320 * position, 0))
    return frame


def wall() -> Image.Image:
    """Return a 640 x 480 frame with nobody in it."""
    return camera(Image.new("RGB", (640, 480), (120, 120, 120)))


def motion_jpeg(folder: Path, name: str, picture: Image.Image) -> Path:
    """Write what Chromium plays as a camera: JPEGs one after another."""
    file = folder / f"{name}.mjpeg"
    file.write_bytes(encoded(picture, "JPEG", quality=95) * FRAMES)
    return file
