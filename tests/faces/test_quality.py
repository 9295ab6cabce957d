from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageFilter

from faces import engine, quality
from faces.engine.loading import engine_load
from faces.errors import Reason
from tests.faces.photographs import (
    Change,
    blurred,
    brightened,
    collins,
    encoded,
    flipped,
    hopper,
    shrunk,
    side_by_side,
    tilted,
    turned,
)

pytestmark = pytest.mark.vision
ENGINE = engine_load()


def assess(picture: Image.Image) -> quality.Quality:
    image = np.array(picture.convert("RGB"))
    boxes = ENGINE.detect(image)
    points = ENGINE.landmarks(image, boxes[0]) if len(boxes) == 1 else None
    return quality.assess(image, boxes, points)


def noisy(spread: float) -> Change:
    def change(picture: Image.Image) -> Image.Image:
        pixels = np.array(picture, dtype=np.float64)
        pixels += np.random.default_rng(2).normal(0, spread, pixels.shape)
        return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))

    return change


def smeared(length_px: int) -> Change:
    def change(picture: Image.Image) -> Image.Image:
        pixels = np.array(picture, dtype=np.float64)
        moved = [np.roll(pixels, shift, axis=1) for shift in range(length_px)]
        return Image.fromarray(np.mean(moved, axis=0).astype(np.uint8))

    return change


@pytest.mark.parametrize(
    ("person", "degrees", "away"),
    [
        (collins, 0, False),
        (collins, 15, False),
        (collins, -15, False),
        (collins, 30, True),
        (hopper, 15, False),
        (hopper, -15, False),
        (hopper, -30, True),
        (hopper, -35, True),
    ],
)
def test_a_head_that_is_turned_far_is_told_to_look_straight(
    person: Callable[[], Image.Image], degrees: int, *, away: bool
) -> None:
    (box,) = ENGINE.detect(np.array(person()))
    change = turned(degrees, (box.left, box.top, box.right, box.bottom))
    found = assess(change(person()))
    assert (Reason.TURNED_AWAY in found.reasons) == away


@pytest.mark.parametrize("person", [collins, hopper])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda frame: frame, id="as it is"),
        pytest.param(brightened(0.35), id="dim room"),
        pytest.param(brightened(1.25), id="bright room"),
        pytest.param(flipped, id="flipped"),
        pytest.param(tilted(8), id="tilted"),
        pytest.param(blurred(0.7), id="cheap lens"),
        pytest.param(noisy(8), id="noisy sensor"),
        pytest.param(
            lambda frame: frame.filter(ImageFilter.SMOOTH), id="smoothing camera"
        ),
    ],
)
def test_an_ordinary_webcam_frame_is_usable(person: object, change: Change) -> None:
    assert callable(person)
    assert assess(change(person())).reasons == ()


def test_the_measure_of_a_good_face_is_given() -> None:
    found = assess(hopper())
    assert found.sharpness > 4 * quality.FACE_MIN_SHARPNESS
    assert 120 < found.side_px < 180


@pytest.mark.parametrize(
    ("person", "change", "reason"),
    [
        (hopper, brightened(0.15), Reason.TOO_DARK),
        (collins, brightened(0.12), Reason.TOO_DARK),
        (hopper, brightened(3.0), Reason.TOO_BRIGHT),
        (collins, brightened(1.6), Reason.TOO_BRIGHT),
        (hopper, blurred(4.0), Reason.BLURRED),
        (collins, blurred(2.5), Reason.BLURRED),
        (hopper, smeared(14), Reason.BLURRED),
        (hopper, shrunk(0.28), Reason.TOO_SMALL),
        (hopper, lambda frame: frame.crop((300, 0, 640, 480)), Reason.CUT_OFF),
        (hopper, lambda frame: frame.crop((0, 0, 365, 480)), Reason.CUT_OFF),
        (hopper, lambda frame: frame.crop((0, 127, 640, 480)), Reason.CUT_OFF),
        (collins, lambda frame: frame.crop((0, 0, 640, 143)), Reason.CUT_OFF),
    ],
)
def test_an_unusable_frame_has_its_reason_and_no_other(
    person: object, change: Change, reason: Reason
) -> None:
    assert callable(person)
    assert assess(change(person())).reasons == (reason,)


def test_every_reason_that_holds_is_given() -> None:
    dark_and_far = brightened(0.15)(shrunk(0.28)(hopper()))
    assert set(assess(dark_and_far).reasons) == {Reason.TOO_DARK, Reason.TOO_SMALL}


def test_an_empty_room_is_a_reason() -> None:
    assert assess(Image.new("RGB", (640, 480), (90, 90, 90))).reasons == (
        Reason.NONE_FOUND,
    )


def test_a_group_is_one_reason_and_nobody_in_it_is_measured() -> None:
    found = assess(brightened(0.3)(side_by_side(collins(), hopper())))
    assert found == quality.Quality(reasons=(Reason.MORE_THAN_ONE,))


def test_a_dark_wall_around_a_lit_face_is_no_reason() -> None:
    frame = hopper()
    lit = Image.new("RGB", frame.size)
    face = (230, 60, 430, 320)
    lit.paste(frame.crop(face), face[:2])
    assert assess(lit).reasons == ()


def test_a_bright_wall_around_a_dark_face_does_not_light_it() -> None:
    image = np.full((100, 100, 3), 255, np.uint8)
    image[10:90, 10:90] = 20
    found = quality.assess(image, [engine.FaceBox(0, 99, 99, 0)])
    assert Reason.TOO_DARK in found.reasons


def test_a_box_outside_its_frame_is_no_trouble() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    found = quality.assess(image, [engine.FaceBox(-90, 10, 10, -90)])
    assert Reason.CUT_OFF in found.reasons


def test_compression_does_not_count_as_blur() -> None:
    again = Image.open(io.BytesIO(encoded(collins(), quality=45)))
    assert assess(again).reasons == ()
