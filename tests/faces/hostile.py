"""Pictures that want something else than to be looked at, all made here.

`hostile()` gives each a name. None is a file: bombs, cuts at many places, other
formats, lies in headers, metadata of all kinds, and what is odd but honest.
"""

from __future__ import annotations

import functools
import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageCms, PngImagePlugin

from faces.pixels.limits import FRAME_MAX_BYTES, FRAME_MAX_PIXELS
from tests.faces.photographs import collins, encoded, hopper

SECRET = b"GPS 31.2304N 121.4737E"
"""What metadata carries; it must come out nowhere."""

_ORIENTATION, _DESCRIPTION = 0x0112, 0x010E
_CUTS = 12
_FLIPS = 8
_GREY = (120, 120, 120)
_PNG = b"\x89PNG\r\n\x1a\n"


@functools.cache
def hostile() -> dict[str, bytes]:
    """Return at least 200 of them, each at most as large as a frame may be."""
    made = {
        name: frame
        for part in (
            _cut,
            _damaged,
            _bombs,
            _large_png_headers,
            _jpeg_lies,
            _scans,
            _metadata,
            _other_formats,
            _polyglots,
            _odd_but_honest,
        )
        for name, frame in part()
    }
    assert all(0 < len(frame) <= FRAME_MAX_BYTES for frame in made.values())
    return made


def png(
    width: int,
    height: int,
    data: bytes,
    *,
    depth: int = 8,
    colour: int = 2,
    interlace: int = 0,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"".join(
        [
            _PNG,
            chunk(b"IHDR", head),
            before,
            chunk(b"IDAT", data),
            after,
            chunk(b"IEND", b""),
        ]
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + checksum


def _inside_png(picture: bytes, extra: bytes) -> bytes:
    """Put chunks behind the header of a good PNG."""
    return picture[:33] + extra + picture[33:]


def _inside_jpeg(picture: bytes, *segments: tuple[int, bytes]) -> bytes:
    added = b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body
        for marker, body in segments
    )
    return picture[:2] + added + picture[2:]


def _kinds() -> dict[str, bytes]:
    face = hopper()
    return {
        "jpeg": encoded(face),
        "jpeg-progressive": encoded(face, progressive=True),
        "png": encoded(face, "PNG"),
        "webp": encoded(face, "WEBP"),
        "webp-lossless": encoded(face, "WEBP", lossless=True),
    }


def _cut() -> Iterator[tuple[str, bytes]]:
    for kind, good in _kinds().items():
        for number in range(_CUTS):
            end = 1 + len(good) * number // _CUTS
            yield f"cut-{kind}-{number}", good[:end]
        yield f"cut-{kind}-last", good[:-1]


def _damaged() -> Iterator[tuple[str, bytes]]:
    chance = random.Random(5)
    for kind, good in _kinds().items():
        for number in range(_FLIPS):
            bad = bytearray(good)
            for _ in range(1 + 8 * number):
                bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            yield f"damaged-{kind}-{number}", bytes(bad)
        early = bytearray(good)
        for place in range(12, 60, 3):
            early[place] ^= 0xFF
        yield f"damaged-{kind}-header", bytes(early)
    for size in (1, 2, 16, 4096, 1_000_000):
        yield f"noise-{size}", chance.randbytes(size)


def _bombs() -> Iterator[tuple[str, bytes]]:
    for width, height in (
        (FRAME_MAX_PIXELS // 4096, 4096),
        (1, FRAME_MAX_PIXELS),
        (FRAME_MAX_PIXELS, 1),
        (2, FRAME_MAX_PIXELS // 2),
        (16, FRAME_MAX_PIXELS // 16),
        (120, FRAME_MAX_PIXELS // 120),
        (10_000, 10_000),
        (20_000, 5_000),
        (65_535, 65_535),
        (2**31 - 1, 1),
    ):
        rows = zlib.compress(bytes(min((width * 3 + 1) * height, 40_000_000)), 9)
        yield f"bomb-png-{width}x{height}", png(width, height, rows)
    # Much more than the header claims, behind it.
    flood = zlib.compress(bytes(500_000_000), 9)
    yield "bomb-png-more-than-claimed", png(64, 64, flood)
    sixteen = zlib.compress(bytes((8 * 3500 + 1) * 3500), 9)
    yield "bomb-png-16-bit-rgba", png(3500, 3500, sixteen, depth=16, colour=6)
    yield (
        "bomb-png-interlaced",
        png(3500, 3500, zlib.compress(bytes(37_000_000), 9), interlace=1),
    )
    yield (
        "bomb-png-one-bit",
        png(3500, 3500, zlib.compress(bytes(1_600_000), 9), depth=1, colour=0),
    )
    for size in ((3500, 3500), (768, 16_383), (16_383, 768)):
        flat = Image.new("RGB", size, _GREY)
        name = f"{size[0]}x{size[1]}"
        yield f"bomb-webp-lossless-{name}", encoded(flat, "WEBP", lossless=True)
        yield f"bomb-webp-{name}", encoded(flat, "WEBP")
        yield f"bomb-jpeg-{name}", encoded(flat)
        yield f"bomb-jpeg-progressive-{name}", encoded(flat, progressive=True)
    yield "bomb-jpeg-100-megapixel", encoded(Image.new("L", (10_000, 10_000)))
    yield (
        "bomb-webp-claims",
        _webp(b"VP8L", b"\x2f" + struct.pack("<I", 0x3FFF | 0x3FFF << 14)),
    )
    film = Image.new("RGB", (3000, 3000), _GREY)
    other = Image.new("RGB", (3000, 3000), (9, 9, 9))
    frames = [other, film, other, film]
    yield (
        "bomb-webp-film",
        encoded(film, "WEBP", save_all=True, append_images=frames),
    )
    yield "bomb-apng", encoded(film, "PNG", save_all=True, append_images=frames)


def _webp(kind: bytes, body: bytes) -> bytes:
    whole = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def _large_png_headers() -> Iterator[tuple[str, bytes]]:
    row = zlib.compress(bytes(1000))
    for width, height in ((0, 10), (10, 0), (0, 0), (2**32 - 1, 2**32 - 1)):
        yield f"png-size-{width}x{height}", png(width, height, row)
    for depth, colour in ((3, 2), (16, 3), (0, 0), (255, 255), (8, 5)):
        yield f"png-mode-{depth}-{colour}", png(10, 10, row, depth=depth, colour=colour)
    good = encoded(hopper(), "PNG")
    bomb = zlib.compress(bytes(200_000_000), 9)
    text = zlib.compress(bytes(50_000), 9)
    yield "png-ztxt-bomb", _inside_png(good, chunk(b"zTXt", b"a\0\0" + bomb))
    yield "png-itxt-bomb", _inside_png(good, chunk(b"iTXt", b"a\0\1\0\0\0" + bomb))
    yield "png-iccp-bomb", _inside_png(good, chunk(b"iCCP", b"a\0\0" + bomb))
    yield "png-text-many", _inside_png(good, chunk(b"zTXt", b"a\0\0" + text) * 5000)
    yield "png-text-long", _inside_png(good, chunk(b"tEXt", b"a\0" + b"x" * 1_000_000))
    yield "png-chunks-empty", _inside_png(good, chunk(b"abCd", b"") * 50_000)
    yield "png-chunk-endless", good[:33] + struct.pack(">I", 2**31 - 1) + b"IDATx"
    yield "png-palette-short", png(10, 10, row, colour=3)
    yield "png-idat-none", png(10, 10, b"")
    yield "png-two-headers", _inside_png(good, good[8:33])
    yield "png-crc", good[:29] + b"\0\0\0\0" + good[33:]


def _jpeg_lies() -> Iterator[tuple[str, bytes]]:
    good = encoded(hopper())
    start = good.index(b"\xff\xc0")
    for height, width in ((65_500, 65_500), (0, 640), (480, 0), (1, 65_500)):
        size = struct.pack(">HH", height, width)
        lie = good[: start + 5] + size + good[start + 9 :]
        yield f"jpeg-size-{width}x{height}", lie
    for components in (0, 1, 2, 5, 255):
        lie = good[: start + 9] + bytes([components]) + good[start + 10 :]
        yield f"jpeg-components-{components}", lie
    yield "jpeg-marker-padding", good[:2] + b"\xff" * 500_000 + good[2:]
    yield "jpeg-two-starts", good[:2] + good
    yield "jpeg-segments-many", _inside_jpeg(good, *[(0xFE, b"")] * 100_000)
    yield "jpeg-comment-huge", _inside_jpeg(good, *[(0xFE, b"x" * 65_000)] * 25)
    yield "jpeg-restarts", _inside_jpeg(good, (0xDD, b"\0\1"))
    yield "jpeg-no-end", good[:-2]
    yield "jpeg-arithmetic", good[:start] + b"\xff\xc9" + good[start + 2 :]
    yield "jpeg-lossless", good[:start] + b"\xff\xc3" + good[start + 2 :]


def _scans() -> Iterator[tuple[str, bytes]]:
    """Progressive pictures whose scans are said again: each costs a whole pass."""
    for side, times in ((640, 1000), (3400, 100), (3400, 1000), (3400, 20_000)):
        good = encoded(Image.new("L", (side, side), 99), progressive=True)
        last = good.rindex(b"\xff\xda")
        before = max(good.rfind(b"\xff\xc4", 0, last), 0)
        scan = good[before:-2] if before > 4 else good[last:-2]
        times = min(times, (FRAME_MAX_BYTES - len(good)) // len(scan))
        name = f"jpeg-scans-{side}-{times}"
        yield name, good[:-2] + scan * times + good[-2:]


def _metadata() -> Iterator[tuple[str, bytes]]:
    face = hopper()
    for orientation in (*range(10), 255, 65_535):
        exif = Image.Exif()
        exif[_ORIENTATION] = orientation
        exif[_DESCRIPTION] = SECRET.decode()
        for kind in ("JPEG", "PNG", "WEBP"):
            yield f"exif-{kind}-{orientation}", encoded(face, kind, exif=exif)
    good = encoded(face)
    tiff = b"Exif\0\0II*\0\x08\0\0\0"
    entries = {
        # The directory that follows is this one again.
        "loop": struct.pack("<H", 0) + struct.pack("<I", 8),
        "many": struct.pack("<H", 65_535),
        "far": struct.pack("<HHHII", 1, _ORIENTATION, 3, 2**31, 2**31),
        "type": struct.pack("<HHHII", 1, _ORIENTATION, 99, 1, 6),
        "text": struct.pack("<HHHII", 1, _ORIENTATION, 2, 4, 0x36363636),
        "ratio": struct.pack("<HHHII", 1, _ORIENTATION, 5, 1, 8),
    }
    for name, entry in entries.items():
        yield f"exif-{name}", _inside_jpeg(good, (0xE1, tiff + entry))
    thumbnail = encoded(collins().resize((200, 150)))
    yield "exif-thumbnail", _inside_jpeg(good, (0xE1, tiff + b"\0\0" + thumbnail))
    yield (
        "exif-thumbnails-huge",
        _inside_jpeg(good, *[(0xE1, tiff + b"x" * 65_000)] * 25),
    )
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name, icc in (
        ("good", profile),
        ("junk", b"junk" * 10_000),
        ("cut", profile[:100]),
        ("size", b"\xff" * 4 + profile[4:]),
    ):
        for kind in ("JPEG", "PNG", "WEBP"):
            yield f"icc-{name}-{kind}", encoded(face, kind, icc_profile=icc)
    yield "xmp", encoded(face, "WEBP", xmp=b"<x>" + SECRET * 1000 + b"</x>")
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", SECRET.decode(), zip=True)
    told.add_itxt("XML:com.adobe.xmp", "<!ENTITY a 'b'>" * 1000)
    yield "png-texts", encoded(face, "PNG", pnginfo=told)
    yield "photoshop", _inside_jpeg(good, (0xED, b"Photoshop 3.0\0" + b"8BIM" * 9000))
    yield "mpf", _inside_jpeg(good, (0xE2, b"MPF\0II*\0\x08\0\0\0" + b"\xff" * 200))


def _other_formats() -> Iterator[tuple[str, bytes]]:
    face = hopper()
    for kind in ("GIF", "BMP", "TIFF", "PPM", "ICO", "TGA", "PCX", "SGI", "DDS"):
        yield f"format-{kind}", encoded(face, kind)
    yield "format-JPEG2000", encoded(face.resize((64, 48)), "JPEG2000")
    yield (
        "format-gif-film",
        encoded(face, "GIF", save_all=True, append_images=[collins()]),
    )
    yield "format-pdf", encoded(face, "PDF")
    yield "format-eps", encoded(face.resize((64, 48)), "EPS")
    for name, start in {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///"/></svg>',
        "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 1000,
        "avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + b"\0" * 1000,
        "html": b"<!doctype html><img src=x>",
        "zip": b"PK\3\4" + b"\0" * 100,
        "gzip": b"\x1f\x8b\x08" + b"\0" * 100,
        "elf": b"\x7fELF" + b"\0" * 100,
        "mp4": b"\0\0\0\x18ftypisom" + b"\0" * 100,
        "playlist": b"#EXTM3U\nhttp://127.0.0.1/\n",
        "mvg": b"push graphic-context\nfill 'url(https://127.0.0.1/)'\n",
        "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///">]>',
        "text": "名单".encode(),
        "zeros": bytes(1_000_000),
    }.items():
        yield f"format-{name}", start


def _polyglots() -> Iterator[tuple[str, bytes]]:
    for kind, good in _kinds().items():
        yield f"polyglot-{kind}-zip", good + b"PK\3\4" + b"x" * 1000 + b"PK\5\6"
        yield f"polyglot-{kind}-script", good + b"<script>alert(1)</script>"
        yield f"polyglot-{kind}-behind-pdf", b"%PDF-1.7\n" + good
        yield f"polyglot-{kind}-behind-gif", b"GIF89a" + good
        yield f"polyglot-{kind}-twice", good + good
    script = b"*/=1;alert(1)/*"
    yield "polyglot-jpeg-script-inside", _inside_jpeg(encoded(hopper()), (0xFE, script))


def _odd_but_honest() -> Iterator[tuple[str, bytes]]:
    face = hopper()
    for kind in ("JPEG", "PNG", "WEBP"):
        for size in ((1, 1), (1, 2), (2, 1), (3, 3), (1, 5000), (5000, 1)):
            flat = Image.new("RGB", size, _GREY)
            yield f"size-{kind}-{size[0]}x{size[1]}", encoded(flat, kind)
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        shown = face.convert("I" if mode == "I;16" else mode)
        yield f"mode-png-{mode}", encoded(shown.convert(mode), "PNG")
    yield "mode-png-transparent", encoded(face.convert("P"), "PNG", transparency=0)
    for mode in ("1", "L", "CMYK", "YCbCr"):
        yield f"mode-jpeg-{mode}", encoded(face.convert(mode))
    for mode in ("L", "RGBA", "P"):
        yield f"mode-webp-{mode}", encoded(face.convert(mode), "WEBP")
    for sampling in (0, 1, 2):
        yield f"jpeg-sampling-{sampling}", encoded(face, subsampling=sampling)
    for quality in (1, 100):
        yield f"jpeg-quality-{quality}", encoded(face, quality=quality)
    yield "mpo", encoded(face, "MPO", save_all=True, append_images=[collins()])
    yield (
        "webp-film",
        encoded(face, "WEBP", save_all=True, append_images=[collins()] * 20),
    )
    yield "apng", encoded(face, "PNG", save_all=True, append_images=[collins()] * 3)
    sensor = random.Random(9).randbytes(640 * 480 * 3)
    yield "noise-picture", encoded(Image.frombytes("RGB", (640, 480), sensor), "PNG")
    buffer = io.BytesIO()
    face.save(buffer, "PNG", bits=8, optimize=True)
    yield "png-optimised", buffer.getvalue()
