"""A covered face is told so, and an open one is not: on real pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from consent.challenges import Step
from faces import quality
from faces.engine import Cover, covering
from faces.engine.dlib_engine import DlibEngine
from faces.engine.loading import engine_load
from faces.errors import FaceUnusable, Reason
from faces.pixels import Asked, PixelPool
from faces.presence import STRAIGHT
from tests.faces.covering import COVERS, OPEN, Paint, laid
from tests.faces.photographs import (
    Change,
    blurred,
    brightened,
    camera,
    collins,
    encoded,
    flipped,
    hopper,
    turned,
)
from tests.faces.presenting import COLLINS_BOX, HOPPER_BOX
from tests.faces.test_smoke import OFFICIALS

pytestmark = pytest.mark.vision

Take = Callable[[], Image.Image]
ENGINE = engine_load()
DARK = COVERS["dark glasses"]
GREY = (120, 120, 120)


def wearing(paint: Paint, person: Take) -> Image.Image:
    picture = person()
    image = np.array(picture)
    (box,) = ENGINE.detect(image)
    return laid(paint, picture, ENGINE.landmarks(image, box))


def cover(picture: Image.Image) -> Cover:
    image = np.array(picture.convert("RGB"))
    (box,) = ENGINE.detect(image)
    assert quality.assess(image, [box], ENGINE.landmarks(image, box)).reasons == ()
    return ENGINE.cover(image, box)


def chip(person: Take) -> covering.Chip:
    image = np.array(person())
    (box,) = ENGINE.detect(image)
    assert isinstance(ENGINE, DlibEngine)
    return np.asarray(ENGINE.looks(image, box)[0], dtype=np.uint8)


def official() -> Image.Image:
    return camera(Image.open(OFFICIALS / "obama.jpg").convert("RGB"))


@pytest.mark.parametrize("person", [collins, hopper])
@pytest.mark.parametrize(
    "change",
    [lambda frame: frame, flipped, brightened(0.35), brightened(1.25), blurred(0.7)],
    ids=["as it is", "flipped", "dim", "bright", "soft"],
)
def test_an_open_face_is_not_covered(person: Take, change: Change) -> None:
    assert not quality.is_covered(cover(change(person())))


@pytest.mark.parametrize(
    ("person", "box"), [(collins, COLLINS_BOX), (hopper, HOPPER_BOX)]
)
def test_a_head_that_is_turned_a_little_is_not_covered(
    person: Take, box: tuple[int, int, int, int]
) -> None:
    assert not quality.is_covered(cover(turned(12, box)(person())))


@pytest.mark.parametrize("person", [collins, hopper])
@pytest.mark.parametrize("name", OPEN)
def test_beards_glasses_and_scarves_round_the_face_cover_nothing(
    person: Take, name: str
) -> None:
    for change in (flipped, brightened(0.4)):
        assert not quality.is_covered(cover(change(wearing(OPEN[name], person))))


@pytest.mark.parametrize("person", [collins, hopper])
@pytest.mark.parametrize("name", ["black", "small", "brown"])
def test_dark_glasses_are_seen_by_the_eyes(person: Take, name: str) -> None:
    for change in (flipped, brightened(0.5)):
        found = cover(change(wearing(DARK[name], person)))
        assert found.eyes < quality.COVER_MAX_EYES
        assert found.mouth > quality.COVER_MAX_MOUTH
        assert quality.is_covered(found)


@pytest.mark.parametrize(("person", "side"), [(collins, "left"), (hopper, "right")])
def test_a_hand_before_the_mouth_is_seen_by_the_mouth(person: Take, side: str) -> None:
    found = cover(wearing(COVERS["hand"][side], person))
    assert found.mouth < quality.COVER_MAX_MOUTH
    assert found.eyes > quality.COVER_MAX_EYES
    assert quality.is_covered(found)


@pytest.mark.skipif(not OFFICIALS.is_dir(), reason="their pictures are not here")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("mask", "beige"),
        ("mask", "flowered"),
        ("scarf", "red"),
        ("scarf", "grey, plain"),
        ("hand", "high"),
        ("paper", "white"),
    ],
)
def test_what_hides_a_mouth_is_seen(kind: str, name: str) -> None:
    found = cover(wearing(COVERS[kind][name], official))
    assert found.mouth < quality.COVER_MAX_MOUTH


@pytest.mark.parametrize("person", [collins, hopper])
def test_eyes_in_the_shadow_of_a_cap_are_not_hidden(person: Take) -> None:
    open_ = chip(person)
    shaded = open_.copy()
    shaded[:66] //= 3
    assert covering.eyes_light(shaded) == pytest.approx(
        covering.eyes_light(open_), rel=0.25
    )
    only_eyes = open_.copy()
    only_eyes[38:64] //= 4
    assert covering.eyes_light(only_eyes) < quality.COVER_MAX_EYES


def test_painting_a_mouth_over_leaves_the_rest_of_a_face() -> None:
    before = chip(hopper)
    after = covering.mouth_painted(before)
    changed = (before != after).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert (rows.min() >= 93, rows.max() <= 136) == (True, True)
    assert (columns.min() >= 33, columns.max() <= 117) == (True, True)
    inside = after[103:126, 43:107].reshape(-1, 3)
    assert (inside == inside[0]).all()
    flat = np.full_like(before, 90)
    assert (covering.mouth_painted(flat) == flat).all()


# In the worker


@pytest.fixture(scope="module")
def in_dark_glasses() -> bytes:
    return encoded(wearing(DARK["black"], hopper))


def test_a_hint_says_that_a_face_is_covered_and_where_it_is(
    workers: PixelPool, in_dark_glasses: bytes
) -> None:
    hint = workers.hint(in_dark_glasses)
    assert hint.reasons == (Reason.COVERED,)
    assert hint.box is not None
    straight = workers.hint(in_dark_glasses, asked=Asked(what=STRAIGHT))
    assert (straight.reasons, straight.seen) == ((Reason.COVERED,), None)


def test_whatever_else_is_wrong_is_told_first(workers: PixelPool) -> None:
    covered = wearing(DARK["black"], hopper)
    dark = encoded(brightened(0.15)(covered))
    assert workers.hint(dark).reasons == (Reason.TOO_DARK,)
    soft = encoded(blurred(4.0)(covered))
    assert workers.hint(soft).reasons == (Reason.BLURRED,)


def test_a_turned_head_is_not_asked_whether_it_is_covered(
    workers: PixelPool, in_dark_glasses: bytes
) -> None:
    hint = workers.hint(in_dark_glasses, asked=Asked(what=Step.LEFT))
    assert hint.reasons == ()


@pytest.fixture(scope="module")
def bursts(in_dark_glasses: bytes) -> list[list[bytes]]:
    open_ = encoded(hopper())
    return [[in_dark_glasses] * 3, [open_, open_, in_dark_glasses]]


def test_a_covered_face_is_not_kept_in_any_frame_that_counts(
    workers: PixelPool, bursts: list[list[bytes]]
) -> None:
    for burst in bursts:
        with pytest.raises(FaceUnusable) as caught:
            workers.encode(burst, kept=True)
        assert caught.value.reasons == (Reason.COVERED,)
    assert workers.encode([encoded(hopper())] * 3, kept=True).frames_used == 3


def test_what_is_not_kept_is_not_asked(
    workers: PixelPool, bursts: list[list[bytes]]
) -> None:
    assert workers.encode(bursts[0]).frames_used == 3
