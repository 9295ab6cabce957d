"""Pictures of the registers: what is taken, and what of it is kept."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image, ImageFile

from consent.errors import PictureInvalid
from consent.pictures import BYTES_MAX, SIDE_KEPT, picture_clean
from tests.make import drawing

SECRET = b"31.2304N 121.4737E"


def _photograph() -> bytes:
    """Return a JPEG that tells where it was taken, and hangs sideways."""
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6
    Image.new("RGB", (400, 300), "red").save(
        made, "JPEG", exif=exif.tobytes(), comment=SECRET
    )
    return made.getvalue()


def test_what_a_photograph_carries_along_is_dropped() -> None:
    taken = _photograph()
    assert SECRET in taken
    kept = picture_clean(content=taken)
    assert SECRET not in kept.content
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert not dict(opened.getexif())
        assert opened.format == "JPEG"
    assert (kept.width, kept.height) == (300, 400)
    assert kept.sha256 == hashlib.sha256(kept.content).hexdigest()


@pytest.mark.parametrize(
    ("form", "media"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/jpeg")],
)
def test_three_formats_are_taken_and_two_are_kept(form: str, media: str) -> None:
    assert picture_clean(content=drawing(form=form)).media == media


def test_a_large_drawing_is_scaled_down() -> None:
    kept = picture_clean(content=drawing(4_000, 300))
    assert (kept.width, kept.height) == (SIDE_KEPT, 150)


def test_what_is_seen_through_is_white_on_paper() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (240, 240), (0, 0, 0, 0)).save(made, "PNG")
    kept = picture_clean(content=made.getvalue())
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert opened.getpixel((0, 0)) == (255, 255, 255)


REFUSED = {
    "nothing": (b"", "size"),
    "too many bytes": (b"x" * (BYTES_MAX + 1), "size"),
    "words": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "format"),
    "another format": (drawing(form="GIF"), "format"),
    "too small": (drawing(240, 199), "pixels"),
    "too many pixels": (drawing(6_000, 4_100), "pixels"),
    "cut off": (drawing(form="JPEG")[:-200], "broken"),
}


def test_half_a_picture_is_none_whatever_a_library_says() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        with pytest.raises(PictureInvalid, match="broken"):
            picture_clean(content=REFUSED["cut off"][0])


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_usable_picture_is_refused(what: str) -> None:
    content, reason = REFUSED[what]
    with pytest.raises(PictureInvalid) as refused:
        picture_clean(content=content)
    assert refused.value.args == (reason,)
