"""Pictures that officers hand in: checked, and made anew without what they carry along.

Pure: bytes in, bytes out. A photograph tells where and when it was taken, and by which
telephone; decoding and encoding it again leaves the pixels only.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from consent.errors import PictureInvalid

FORMATS = ("PNG", "JPEG", "WEBP")
BYTES_MAX = 3_000_000
PIXELS_MAX = 24_000_000
SIDE_MIN = 200
SIDE_KEPT = 2_000
"""Larger pictures are scaled down to this; a sheet of paper shows no more."""

QUALITY = 88


@dataclass(frozen=True)
class Clean:
    """A picture as it is kept."""

    sha256: str
    media: str
    width: int
    height: int
    content: bytes


def picture_clean(*, content: bytes) -> Clean:
    """Return a picture made anew: a drawing (PNG) as PNG, anything else as JPEG.

    Raises:
        PictureInvalid: `size`, `format`, `pixels` (too many, or a side too short) or
            `broken`.
    """
    if not content or len(content) > BYTES_MAX:
        raise PictureInvalid("size")
    # Process-wide, and face_recognition turns it on: half a picture is none here.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        # Reads the header only: nothing is decoded before its size is known.
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > PIXELS_MAX or min(width, height) < SIDE_MIN:
                raise PictureInvalid("pixels")
            drawing = opened.format == "PNG"
            upright = ImageOps.exif_transpose(opened)
            whole = _on_white(upright)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise PictureInvalid("format") from None
    except (OSError, SyntaxError, ValueError):
        raise PictureInvalid("broken") from None
    whole.thumbnail((SIDE_KEPT, SIDE_KEPT))
    if drawing:
        return _encoded(whole, "PNG", "image/png")
    return _encoded(whole, "JPEG", "image/jpeg")


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the pixels alone, as they look on paper."""
    colours = picture.convert("RGBA")
    white = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(white, colours).convert("RGB")


def _encoded(picture: Image.Image, form: str, media: str) -> Clean:
    made = io.BytesIO()
    picture.save(made, form, quality=QUALITY, optimize=True)
    content = made.getvalue()
    return Clean(
        sha256=hashlib.sha256(content).hexdigest(),
        media=media,
        width=picture.width,
        height=picture.height,
        content=content,
    )
