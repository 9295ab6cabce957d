from __future__ import annotations

import io

import face_recognition
import numpy as np
import pytest
from PIL import Image

from faces import engine, matching
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
)

pytestmark = pytest.mark.vision


def pixels(picture: Image.Image) -> engine.RGBImage:
    return np.array(picture.convert("RGB"))


def encoding(picture: Image.Image) -> matching.Embedding:
    image = pixels(picture)
    (box,) = engine.detect(image)
    return engine.encode(image, box)


@pytest.fixture(scope="module")
def hopper_encoding() -> matching.Embedding:
    return encoding(hopper())


@pytest.fixture(scope="module")
def collins_encoding() -> matching.Embedding:
    return encoding(collins())


def test_one_face_is_found_where_it_is() -> None:
    (box,) = engine.detect(pixels(hopper()))
    assert 240 < box.left < box.right < 430
    assert 90 < box.top < box.bottom < 290
    assert box.side_px == box.right - box.left + 1


def test_a_pattern_of_her_suit_is_not_a_second_face() -> None:
    # The library's own threshold finds two faces in this frame of one woman.
    frame = pixels(collins())
    assert len(face_recognition.face_locations(frame, 0)) == 2
    assert len(engine.detect(frame)) == 1


def test_both_people_in_a_group_are_found() -> None:
    assert len(engine.detect(pixels(side_by_side(collins(), hopper())))) == 2


def test_nobody_is_found_in_a_wall() -> None:
    assert engine.detect(pixels(Image.new("RGB", (640, 480), (120, 120, 120)))) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (79, 79)])
def test_a_frame_smaller_than_any_face_is_no_trouble(size: tuple[int, int]) -> None:
    assert engine.detect(pixels(Image.new("RGB", size))) == []


def test_a_face_too_far_away_is_still_found_in_a_small_frame() -> None:
    far_away = pixels(shrunk(0.28)(hopper()))
    assert face_recognition.face_locations(far_away, 0) == []
    (box,) = engine.detect(far_away)
    assert 40 < box.side_px < 64


def test_a_large_frame_is_searched_once_only() -> None:
    far_away = shrunk(0.28)(hopper())
    assert engine.detect(pixels(side_by_side(far_away, far_away))) == []


def test_an_encoding_is_128_numbers_in_double_precision(
    hopper_encoding: matching.Embedding,
) -> None:
    assert hopper_encoding.shape == (128,)
    assert hopper_encoding.dtype == np.float64


@pytest.mark.parametrize("person", [collins, hopper])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(brightened(1.3), id="brightened"),
        pytest.param(brightened(0.5), id="darkened"),
        pytest.param(flipped, id="flipped"),
        pytest.param(tilted(6), id="tilted"),
        pytest.param(blurred(0.8), id="blurred"),
    ],
)
def test_the_same_person_matches_in_altered_copies(
    person: object, change: Change
) -> None:
    assert callable(person)
    frame = person()
    found = matching.distance(encoding(frame), encoding(change(frame)))
    assert matching.verdict(found) == "match"


@pytest.mark.parametrize("quality", [40, 70])
def test_the_same_person_matches_after_a_camera_s_compression(
    hopper_encoding: matching.Embedding, quality: int
) -> None:
    again = Image.open(io.BytesIO(encoded(hopper(), quality=quality)))
    assert matching.distance(hopper_encoding, encoding(again)) <= 0.25


def test_two_people_are_further_apart_than_the_kiosk_would_ask(
    hopper_encoding: matching.Embedding, collins_encoding: matching.Embedding
) -> None:
    found = matching.distance(hopper_encoding, collins_encoding)
    assert found > 0.6
    assert matching.verdict(found) == "no_match"


def test_the_68_point_predictor_is_never_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbidden(*_args: object) -> None:
        pytest.fail("the licence of its training data bars commercial use")

    monkeypatch.setattr(face_recognition.api, "pose_predictor_68_point", forbidden)
    with pytest.raises(pytest.fail.Exception):
        face_recognition.face_encodings(
            pixels(hopper()), [tuple(engine.detect(pixels(hopper()))[0])], model="large"
        )
    assert encoding(hopper()).shape == (128,)
