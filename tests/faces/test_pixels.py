"""What goes in and what comes out; how workers live and die is test_pixels_workers."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from faces import matching, pixels, scoring
from faces.errors import FaceUnusable, FrameFault, FrameInvalid, Reason
from faces.pixels import Encoding, PixelPool, limits
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

ORIENTATION_TAG = 0x0112
GROUP = encoded(side_by_side(collins(), hopper()))
HOPPER = encoded(hopper())
COLLINS = encoded(collins())


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


def fault_of(workers: PixelPool, frame: bytes) -> FrameFault:
    with pytest.raises(FrameInvalid) as hint:
        workers.hint(frame)
    with pytest.raises(FrameInvalid) as burst:
        workers.encode([frame])
    assert hint.value.fault == burst.value.fault
    assert str(hint.value) == hint.value.fault.value
    return hint.value.fault


# Hints


def test_a_good_frame_is_usable_and_its_face_is_pointed_out(workers: PixelPool) -> None:
    hint = workers.hint(HOPPER)
    assert hint.usable
    assert hint.reasons == ()
    assert hint.box is not None
    assert hint.box.left == pytest.approx(261 / 640, abs=0.02)
    assert hint.box.top == pytest.approx(112 / 480, abs=0.02)
    assert hint.box.width == pytest.approx(150 / 640, abs=0.02)
    assert hint.box.height == pytest.approx(150 / 480, abs=0.02)


def test_a_face_that_cannot_be_used_yet_is_pointed_out_too(workers: PixelPool) -> None:
    hint = workers.hint(encoded(brightened(0.15)(hopper())))
    assert (hint.usable, hint.reasons) == (False, (Reason.TOO_DARK,))
    assert hint.box is not None


def test_a_face_half_out_of_the_frame_is_pointed_out_inside_it(
    workers: PixelPool,
) -> None:
    hint = workers.hint(encoded(hopper().crop((300, 0, 640, 480))))
    assert hint.reasons == (Reason.CUT_OFF,)
    assert hint.box is not None
    assert hint.box.left == 0.0
    assert hint.box.width < 0.5


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (GROUP, Reason.MORE_THAN_ONE),
        (encoded(Image.new("RGB", (640, 480))), Reason.NONE_FOUND),
    ],
    ids=["group", "nobody"],
)
def test_nobody_is_pointed_out_where_there_is_not_one_face(
    workers: PixelPool, frame: bytes, reason: Reason
) -> None:
    hint = workers.hint(frame)
    assert (hint.reasons, hint.box) == ((reason,), None)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_three_formats_are_read_in_colour_or_without(
    workers: PixelPool, file_format: str, mode: str
) -> None:
    assert workers.hint(encoded(hopper().convert(mode), file_format)).usable


@pytest.mark.parametrize(
    "frame",
    [
        encoded(hopper(), progressive=True, comment=b"c", dpi=(72, 72)),
        encoded(hopper().convert("CMYK")),
        encoded(hopper().convert("P"), "PNG"),
        encoded(hopper().convert("RGBA"), "PNG"),
        encoded(hopper().convert("RGBA"), "WEBP"),
        encoded(hopper(), "MPO", save_all=True, append_images=[hopper()]),
        encoded(hopper(), "WEBP", save_all=True, append_images=[collins()]),
        encoded(hopper(), exif=b"Exif\0\0MM\0*nonsense"),
    ],
    ids=["progressive", "cmyk", "palette", "alpha", "webp", "mpo", "film", "bad exif"],
)
def test_unusual_pictures_are_read_by_a_worker_that_can_open_nothing_more(
    workers: PixelPool, frame: bytes
) -> None:
    assert workers.hint(frame).usable


def test_a_telephone_s_sideways_frame_is_put_upright(workers: PixelPool) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6  # the camera was turned; show it clockwise by 90 degrees
    sideways = hopper().transpose(Image.Transpose.ROTATE_90)
    turned = workers.hint(encoded(sideways, exif=exif))
    assert turned.box is not None
    assert turned.box.left == pytest.approx(261 / 640, abs=0.05)
    assert turned.usable


def test_a_large_frame_is_scaled_down_and_its_fractions_stay(
    workers: PixelPool,
) -> None:
    large = hopper().resize((4032, 3024), Image.Resampling.BILINEAR)
    hint = workers.hint(encoded(large, quality=60))
    assert hint.usable
    assert hint.box is not None
    assert hint.box.left == pytest.approx(261 / 640, abs=0.05)


# What is no frame


@pytest.mark.parametrize("file_format", ["GIF", "BMP", "TIFF", "PPM", "ICO", "TGA"])
def test_other_formats_are_not_opened(workers: PixelPool, file_format: str) -> None:
    frame = encoded(hopper().convert("RGB"), file_format)
    assert fault_of(workers, frame) == FrameFault.NOT_AN_IMAGE


@pytest.mark.parametrize(
    "frame",
    [b"x", b"\xff\xd8\xff", b"%PDF-1.7", b"<svg/>", HOPPER[100:], b"\0" * 100_000],
    ids=["byte", "marker", "pdf", "svg", "headless", "zeros"],
)
def test_bytes_that_are_no_picture_are_refused(
    workers: PixelPool, frame: bytes
) -> None:
    assert fault_of(workers, frame) == FrameFault.NOT_AN_IMAGE


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_truncated_frame_is_refused(
    workers: PixelPool, file_format: str, share: float
) -> None:
    # face_recognition switches Pillow to completing them in grey.
    frame = encoded(hopper(), file_format)
    fault = fault_of(workers, frame[: int(len(frame) * share)])
    # A WebP says how long it is, so half of one is not even opened.
    assert fault in {FrameFault.TRUNCATED, FrameFault.NOT_AN_IMAGE}
    if file_format == "JPEG":
        assert fault == FrameFault.TRUNCATED


def test_a_frame_of_fifty_megapixels_is_refused_from_its_header(
    workers: PixelPool,
) -> None:
    frame = encoded(Image.new("RGB", (10_000, 5_000), (90, 90, 90)))
    assert len(frame) < limits.FRAME_MAX_BYTES
    assert fault_of(workers, frame) == FrameFault.TOO_LARGE_PIXELS


@pytest.mark.parametrize(
    "size", [(12 * 1024, 1025), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_header_claiming_too_much_is_refused_whatever_follows(
    workers: PixelPool, size: tuple[int, int]
) -> None:
    assert fault_of(workers, png_claiming(*size)) == FrameFault.TOO_LARGE_PIXELS


@pytest.mark.parametrize("turned", [False, True])
def test_a_thin_frame_is_refused_however_few_its_pixels(
    workers: PixelPool, turned: bool
) -> None:
    # The shape that takes most memory for its size: every row is an object.
    size = (1, limits.FRAME_MAX_LENGTH_PX + 1)
    frame = encoded(Image.new("RGB", size[::-1] if turned else size), "PNG")
    assert fault_of(workers, frame) == FrameFault.TOO_LARGE_PIXELS


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([], FrameFault.EMPTY),
        ([b""], FrameFault.EMPTY),
        ([HOPPER, b""], FrameFault.EMPTY),
        ([HOPPER] * 13, FrameFault.TOO_MANY_FRAMES),
        ([b"x" * 2_000_001], FrameFault.TOO_LARGE_BYTES),
        ([b"x" * 1_600_000] * 4, FrameFault.TOO_LARGE_BYTES),
    ],
    ids=["none", "empty", "one empty", "thirteen", "one large", "together large"],
)
def test_too_much_or_nothing_is_refused_before_a_worker_is_troubled(
    frames: list[bytes], fault: FrameFault
) -> None:
    idle = PixelPool()
    with pytest.raises(FrameInvalid) as caught:
        idle.encode(frames)
    assert caught.value.fault == fault
    assert idle.worker_pids() == []


# Encodings


@pytest.fixture(scope="module")
def hopper_encoding(workers: PixelPool) -> Encoding:
    return workers.encode([HOPPER])


def test_an_encoding_is_128_numbers_in_double_precision(
    hopper_encoding: Encoding,
) -> None:
    assert hopper_encoding.mean.shape == (128,)
    assert hopper_encoding.mean.dtype == np.float64
    assert hopper_encoding.model == matching.MODEL
    assert (hopper_encoding.frames_given, hopper_encoding.frames_used) == (1, 1)
    assert hopper_encoding.spread == 0.0


def test_an_encoding_does_not_show_its_numbers_in_an_error_report(
    hopper_encoding: Encoding,
) -> None:
    assert "mean" not in repr(hopper_encoding)
    assert "array" not in repr(hopper_encoding)


@pytest.mark.parametrize(
    "change",
    [brightened(1.3), brightened(0.6), flipped, tilted(6), blurred(0.8)],
    ids=["brightened", "darkened", "flipped", "tilted", "blurred"],
)
@pytest.mark.parametrize("person", [hopper, collins])
def test_the_same_person_matches_herself(
    workers: PixelPool, person: object, change: Change
) -> None:
    assert callable(person)
    before = workers.encode([encoded(person())])
    after = workers.encode([encoded(change(person()))])
    assert matching.verdict(scoring.score(before.mean, after.mean)) == "match"


def test_two_people_are_apart(workers: PixelPool, hopper_encoding: Encoding) -> None:
    other = workers.encode([COLLINS, encoded(brightened(1.1)(collins()))])
    found = scoring.score(hopper_encoding.mean, other.mean)
    assert matching.verdict(found) == "no_match"


def test_a_burst_is_the_mean_of_its_frames(workers: PixelPool) -> None:
    frames = [HOPPER, encoded(brightened(0.7)(hopper())), encoded(flipped(hopper()))]
    singles = [workers.encode([frame]).mean for frame in frames]
    burst = workers.encode(frames)
    assert burst.frames_used == 3
    assert burst.mean == pytest.approx(np.mean(singles, axis=0))
    assert burst.spread == pytest.approx(matching.spread(singles))
    assert 0 < burst.spread < limits.BURST_MAX_DISTANCE


def test_the_sharpest_frames_of_a_burst_are_used(
    workers: PixelPool, hopper_encoding: Encoding
) -> None:
    softer = encoded(blurred(1.0)(hopper()))
    burst = workers.encode([softer, softer, HOPPER, softer], use=1)
    assert (burst.frames_given, burst.frames_used) == (4, 1)
    assert burst.mean == pytest.approx(hopper_encoding.mean)


def test_no_more_frames_than_three_are_encoded_unless_asked(
    workers: PixelPool,
) -> None:
    assert workers.encode([HOPPER] * 12).frames_used == 3
    assert workers.encode([HOPPER] * 5, use=4).frames_used == 4


def test_two_people_taking_turns_are_refused(workers: PixelPool) -> None:
    with pytest.raises(FaceUnusable) as caught:
        workers.encode([HOPPER, COLLINS])
    assert caught.value.reasons == (Reason.NOT_ONE_PERSON,)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_somebody_else_in_one_frame_discards_the_burst(
    workers: PixelPool, position: int
) -> None:
    frames = [HOPPER, encoded(brightened(0.15)(hopper()))]
    frames.insert(position, GROUP)
    with pytest.raises(FaceUnusable) as caught:
        workers.encode(frames)
    assert caught.value.reasons == (Reason.MORE_THAN_ONE,)


def test_one_unusable_frame_refuses_the_burst_with_every_reason(
    workers: PixelPool,
) -> None:
    dark = encoded(brightened(0.15)(hopper()))
    small = encoded(shrunk(0.28)(hopper()))
    with pytest.raises(FaceUnusable) as caught:
        workers.encode([HOPPER, dark, small, HOPPER])
    assert caught.value.reasons == (Reason.TOO_SMALL, Reason.TOO_DARK)
    assert caught.value.code == "too_small"


def test_one_broken_frame_refuses_the_burst(workers: PixelPool) -> None:
    with pytest.raises(FrameInvalid) as caught:
        workers.encode([HOPPER, HOPPER[:5000]])
    assert caught.value.fault == FrameFault.TRUNCATED


# The process's own pool


@pytest.fixture
def own_pool() -> Iterator[None]:
    before = pixels._pool.size
    yield
    pixels._pool.close()
    pixels.workers_allow(before)


@pytest.mark.usefixtures("own_pool")
def test_the_functions_use_one_pool_of_the_process() -> None:
    pixels.workers_allow(2)
    pixels.warm()
    with pytest.raises(RuntimeError):
        pixels.workers_allow(1)
    pids = pixels._pool.worker_pids()
    assert len(pids) == 2
    assert pixels.hint(HOPPER).usable
    assert pixels.encode([HOPPER, HOPPER], use=1).frames_used == 1
    assert pixels._pool.worker_pids() == pids
