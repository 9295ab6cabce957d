"""The demonstration's drawing of the camera's zone, and its sign: drawn, and said so.

A real site hands in its own plan and a photograph of the sign that hangs there.
"""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

INK, SOFT, ZONE, PAPER = "#1d1c19", "#5b574e", "#e6f0eb", "#fffefb"


def zone() -> bytes:
    """Return a plan of the entrance hall with what the kiosk's camera sees."""
    sheet, pen = _sheet(1200, 900)
    pen.rectangle((80, 140, 1120, 800), outline=INK, width=6)
    pen.rectangle((520, 130, 680, 150), fill=PAPER)
    pen.text((548, 92), "ENTRANCE", fill=INK, font=_type(26))
    pen.polygon(((420, 760), (330, 560), (510, 560)), fill=ZONE, outline=INK)
    pen.rectangle((390, 760, 450, 796), fill=INK)
    pen.text((470, 740), "KIOSK k-1, camera", fill=INK, font=_type(26))
    pen.text((530, 580), "seen: 0.4 to 1.2 m, one person", fill=INK, font=_type(26))
    pen.rectangle((820, 420, 1060, 500), outline=INK, width=4)
    pen.text((860, 444), "RECEPTION", fill=INK, font=_type(26))
    pen.rectangle((860, 150, 1116, 330), outline=SOFT, width=3)
    pen.text((880, 226), "talks: no camera", fill=SOFT, font=_type(24))
    pen.text((80, 836), "DEMONSTRATION PLAN, not to scale", fill=SOFT, font=_type(24))
    return _png(sheet)


def sign() -> bytes:
    """Return the sign that stands beside the kiosk."""
    sheet, pen = _sheet(900, 1200)
    pen.rectangle((40, 40, 860, 1160), outline=INK, width=8)
    pen.rounded_rectangle((250, 170, 650, 430), radius=40, outline=INK, width=14)
    pen.ellipse((370, 220, 530, 380), outline=INK, width=14)
    pen.rectangle((310, 130, 420, 170), fill=INK)
    for place, (size, words) in enumerate(
        (
            (64, "Camera of this kiosk"),
            (44, "Off until you press and agree"),
            (44, "No picture is kept"),
            (44, "The desk does the same for you"),
            (36, "Rules: scan the code on the screen"),
        )
    ):
        width = pen.textlength(words, font=_type(size))
        spot = ((900 - width) / 2, 540 + place * 105)
        pen.text(spot, words, fill=INK, font=_type(size))
    pen.text((330, 1100), "DEMONSTRATION SIGN", fill=SOFT, font=_type(24))
    return _png(sheet)


def _sheet(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("RGB", (width, height), PAPER)
    return sheet, ImageDraw.Draw(sheet)


def _type(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _png(sheet: Image.Image) -> bytes:
    made = io.BytesIO()
    sheet.save(made, "PNG", optimize=True)
    return made.getvalue()
