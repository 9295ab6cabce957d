"""Fake cameras with real faces: what a person in front of the kiosk shows to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from consent.challenges import Step
from tests.faces.covering import COVERS, laid
from tests.faces.photographs import camera, collins, encoded, hopper, side_by_side
from tests.faces.presenting import COLLINS_BOX, HOPPER_POINTS, asked

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


def covered() -> Image.Image:
    """Return a 640 x 480 frame with one woman in it, in dark glasses."""
    paint = COVERS["dark glasses"]["black"]
    return laid(paint, hopper(), HOPPER_POINTS)


def motion_jpeg(folder: Path, name: str, picture: Image.Image) -> Path:
    """Write what Chromium plays as a camera: JPEGs one after another."""
    file = folder / f"{name}.mjpeg"
    file.write_bytes(encoded(picture, "JPEG", quality=95) * FRAMES)
    return file


# What Chromium plays of a file of JPEGs, a second.
_FILM_FRAMES_A_SECOND = 30
_FILM_FIRST_SECONDS = 7
_FILM_STEP_SECONDS = 6
_FILM_BETWEEN_SECONDS = 2


def film(folder: Path, name: str, steps: Sequence[Step]) -> Path:
    """Write a camera before which somebody moves in this order, slowly, over again.

    Without steps they only stand there.
    """
    straight = encoded(collins(), "JPEG", quality=85)
    seconds = [(straight, _FILM_FIRST_SECONDS)]
    for step in steps:
        moved = encoded(asked(step, COLLINS_BOX)(collins()), "JPEG", quality=85)
        seconds += [(moved, _FILM_STEP_SECONDS), (straight, _FILM_BETWEEN_SECONDS)]
    file = folder / f"{name}.mjpeg"
    with file.open("wb") as written:
        for frame, lasts in seconds:
            written.write(frame * (lasts * _FILM_FRAMES_A_SECOND))
    return file
