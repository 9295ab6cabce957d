from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import face_recognition
import numpy as np
import pytest
from PIL import Image

from faces import engine, matching, scoring
from faces.engine import preparing, weights
from faces.engine.choice import choice_read
from faces.engine.dlib_engine import DlibEngine
from faces.engine.encoders import FastEncoder, LibraryEncoder
from faces.engine.loading import engine_load
from faces.engine.preparing import photographs
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
ENGINE = engine_load()
BASE_DIR = Path(__file__).resolve().parents[2]


def pixels(picture: Image.Image) -> engine.RGBImage:
    return np.array(picture.convert("RGB"))


def fast_file() -> Path:
    path = choice_read().path
    assert path is not None
    return path


def encoding(picture: Image.Image) -> matching.Embedding:
    image = pixels(picture)
    (box,) = ENGINE.detect(image)
    return ENGINE.encode(image, box)


@pytest.fixture(scope="module")
def hopper_encoding() -> matching.Embedding:
    return encoding(hopper())


@pytest.fixture(scope="module")
def collins_encoding() -> matching.Embedding:
    return encoding(collins())


def test_one_face_is_found_where_it_is() -> None:
    (box,) = ENGINE.detect(pixels(hopper()))
    assert 240 < box.left < box.right < 430
    assert 90 < box.top < box.bottom < 290
    assert box.side_px == box.right - box.left + 1


def test_a_pattern_of_her_suit_is_not_a_second_face() -> None:
    # The library's own threshold finds two faces in this frame of one woman.
    frame = pixels(collins())
    assert len(face_recognition.face_locations(frame, 0)) == 2
    assert len(ENGINE.detect(frame)) == 1


def test_both_people_in_a_group_are_found() -> None:
    assert len(ENGINE.detect(pixels(side_by_side(collins(), hopper())))) == 2


def test_nobody_is_found_in_a_wall() -> None:
    assert ENGINE.detect(pixels(Image.new("RGB", (640, 480), (120, 120, 120)))) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (79, 79)])
def test_a_frame_smaller_than_any_face_is_no_trouble(size: tuple[int, int]) -> None:
    assert ENGINE.detect(pixels(Image.new("RGB", size))) == []


def test_a_face_too_far_away_is_still_found_in_a_small_frame() -> None:
    far_away = pixels(shrunk(0.28)(hopper()))
    assert face_recognition.face_locations(far_away, 0) == []
    (box,) = ENGINE.detect(far_away)
    assert 40 < box.side_px < 64


def test_a_large_frame_is_searched_once_only() -> None:
    far_away = shrunk(0.28)(hopper())
    assert ENGINE.detect(pixels(side_by_side(far_away, far_away))) == []


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
    found = scoring.score(encoding(frame), encoding(change(frame)))
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
    assert matching.distance(hopper_encoding, collins_encoding) > 0.6
    found = scoring.score(hopper_encoding, collins_encoding)
    assert matching.verdict(found) == "no_match"


def test_the_set_up_chose_the_fast_encoder() -> None:
    chosen = choice_read()
    assert (chosen.encoder, chosen.reason) == ("fast", None)
    assert chosen.difference is not None
    assert chosen.difference < 1e-4
    assert ENGINE.encoder == "fast"


@pytest.mark.parametrize("number", range(6))
def test_each_chip_is_encoded_as_by_the_library(number: int) -> None:
    image = list(photographs())[number]
    library = DlibEngine(LibraryEncoder())
    for box in library.detect(image):
        (reference,) = face_recognition.face_encodings(
            image, known_face_locations=[tuple(box)], num_jitters=1, model="small"
        )
        chips = library.looks(image, box)
        fast = FastEncoder(fast_file().read_bytes())
        assert np.abs(fast(chips[:1])[0] - reference).max() < 1e-4
        assert np.abs(fast(chips) - LibraryEncoder()(chips)).max() < 1e-4
        assert np.abs(ENGINE.encode(image, box) - library.encode(image, box)).max() < (
            1e-4
        )


def test_a_face_and_its_mirror_image_are_one_encoding(
    hopper_encoding: matching.Embedding,
) -> None:
    turned = pixels(flipped(hopper()))
    (box,) = ENGINE.detect(turned)
    assert matching.distance(hopper_encoding, ENGINE.encode(turned, box)) < 0.2


def test_five_points_lie_where_eyes_and_nose_are() -> None:
    image = pixels(hopper())
    (box,) = ENGINE.detect(image)
    points = ENGINE.landmarks(image, box)
    assert points.shape == (5, 2)
    right_eye, left_eye, nose = points[2:4].mean(0), points[:2].mean(0), points[4]
    assert right_eye[0] < nose[0] < left_eye[0]
    assert nose[1] > max(right_eye[1], left_eye[1])


@pytest.mark.parametrize("told", ["", "[]", '{"encoder": "fast", "file": "none.onnx"}'])
def test_without_a_prepared_encoder_it_is_the_library(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "encoder.json").write_text(told)
    monkeypatch.setattr("faces.engine.choice.CHOICE_FILE", tmp_path / "encoder.json")
    assert choice_read().encoder == "library"
    assert choice_read().reason in ("not_prepared", "file_missing")
    assert engine_load().encoder == "library"


def test_a_damaged_encoder_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, whole = choice_read(), fast_file().read_bytes()
    monkeypatch.setattr("faces.engine.choice.FOLDER", tmp_path)
    for content, encoder in ((whole, "fast"), (whole[:-1], "library")):
        (tmp_path / str(chosen.file)).write_bytes(content)
        assert choice_read().encoder == encoder
        assert engine_load().encoder == encoder
    assert choice_read().reason == "file_damaged"


def test_the_encoder_is_read_once_and_what_was_checked_is_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[Path] = []
    read_bytes = Path.read_bytes

    def watched(path: Path) -> bytes:
        reads.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", watched)
    assert engine_load().encoder == "fast"
    assert [one for one in reads if one.suffix == ".onnx"] == [fast_file()]


def test_an_encoder_that_differs_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "FOLDER", tmp_path)
    monkeypatch.setattr("faces.engine.network.SCALE", 255.0)
    found = preparing.prepared()
    assert (found.encoder, found.reason, found.file) == ("library", "differs", None)
    assert found.difference is not None
    assert found.difference > 1e-4
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_kind_are_not_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.dat").write_bytes(weights.weights_file().read_bytes()[:99_999])
    monkeypatch.setattr(weights, "weights_file", lambda: tmp_path / "other.dat")
    with pytest.raises(weights.WeightsUnreadable):
        weights.weights_read()
    assert preparing.prepared().reason == "weights_unreadable"


def test_the_68_point_predictor_is_neither_loaded_nor_called() -> None:
    """Its training data bars commercial use; `face_recognition` loads it at import."""
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADED],
        capture_output=True,
        text=True,
        check=True,
        cwd=BASE_DIR,
    ).stdout
    modules, files = json.loads(told)
    assert "dlib_engine" in modules
    assert "face_recognition" not in modules
    assert any("5_face_landmarks" in file for file in files)
    assert not any("68_face_landmarks" in file for file in files)


# Each file that Python's own hook or dlib's constructors are given, by name.
LOADED = """
import json, sys
import dlib
files = []
for name in ("shape_predictor", "face_recognition_model_v1"):
    def load(file, make=getattr(dlib, name)):
        files.append(file)
        return make(file)
    setattr(dlib, name, load)
import faces.pixels.__main__ as worker
engine = worker._warm_up()
print(json.dumps([[name.split(".")[-1] for name in sys.modules], files]))
"""
