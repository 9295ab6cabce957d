"""From a stranger's bytes to pixels, in the worker only."""

from __future__ import annotations

import io
import re
import struct
import zlib

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from faces.engine import RGBImage
from faces.errors import FrameFault, FrameInvalid
from faces.pixels.limits import (
    FRAME_MAX_LENGTH_PX,
    FRAME_MAX_PIXELS,
    FRAME_MAX_SIDE_PX,
    JPEG_MAX_SCANS,
)

FORMATS = ("JPEG", "PNG", "WEBP")
# What Pillow's readers raise on damaged files, seen and documented; anything else ends
# the worker, which is safe as well.
_DAMAGE = (
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

# The next marker of a JPEG; escaped bytes and restarts are part of a scan.
_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd8\xff])")
_SCAN, _END = b"\xda", b"\xd9"


def decode_prepare() -> None:
    """Load the readers now instead of with the first frame."""
    Image.init()


def frame_decode(data: bytes) -> RGBImage:
    """Return the pixels of one frame, upright, without its metadata.

    The size is read from the header and refused there; nothing is inflated before. A
    frame larger than `FRAME_MAX_SIDE_PX` is scaled down to it.

    Returns:
        uint8, shape (height, width, 3), RGB, contiguous. MUST NOT be written anywhere.

    Raises:
        FrameInvalid: `not_an_image` (also: a picture of another format), `truncated`
            (also: damaged), `too_large_pixels` (also: too long a side, and a JPEG that
            passes over its pixels too often).
    """
    # A library may switch this on for the whole process (face_recognition does).
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise FrameInvalid(FrameFault.TOO_LARGE_PIXELS) from None
    except (UnidentifiedImageError, *_DAMAGE):
        raise FrameInvalid(FrameFault.NOT_AN_IMAGE) from None
    with picture:
        if (
            picture.width * picture.height > FRAME_MAX_PIXELS
            or max(picture.size) > FRAME_MAX_LENGTH_PX
            or (data.startswith(b"\xff\xd8") and _scans(data) > JPEG_MAX_SCANS)
        ):
            raise FrameInvalid(FrameFault.TOO_LARGE_PIXELS)
        try:
            return _upright(picture)
        except _DAMAGE:
            raise FrameInvalid(FrameFault.TRUNCATED) from None


def _scans(jpeg: bytes) -> int:
    """Count the scans of a JPEG as its reader comes to them, up to one too many."""
    scans, place = 0, 2
    while scans <= JPEG_MAX_SCANS and (found := _MARKER.search(jpeg, place)):
        marker, place = found[1], found.end()
        if marker == _END:
            break
        scans += marker == _SCAN
        # A segment says its length, which counts its own two bytes.
        place += max(int.from_bytes(jpeg[place : place + 2], "big"), 2)
    return scans


def _upright(picture: Image.Image) -> RGBImage:
    side = max(picture.size)
    if side > FRAME_MAX_SIDE_PX:
        # A JPEG can be decoded at half or a quarter of its size, never below this one.
        scale = FRAME_MAX_SIDE_PX / side
        picture.draft(
            "RGB", (round(picture.width * scale), round(picture.height * scale))
        )
    picture.load()
    frame = ImageOps.exif_transpose(picture).convert("RGB")
    frame.thumbnail((FRAME_MAX_SIDE_PX, FRAME_MAX_SIDE_PX), Image.Resampling.BILINEAR)
    return np.array(frame, dtype=np.uint8)
