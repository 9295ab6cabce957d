"""A covered face at the kiosk: told in words, never kept, and there are other ways."""

from __future__ import annotations

import numpy as np
import pytest
from django.template.loader import render_to_string
from PIL import Image

from audit.selectors import event_list
from faces.engine.loading import engine_load
from faces.models import FaceTemplate
from leads.models import Attempt
from tests.faces.covering import COVERS, laid
from tests.faces.photographs import collins, hopper
from tests.leads.browsers import KioskBrowser, Phone, words_of
from tests.leads.test_camera import DETAILS, JSON, frames, kind, kinds, shot, started

pytestmark = [pytest.mark.vision, pytest.mark.slow]

AGAIN = "/kiosk/camera/again/"


def in_dark_glasses(picture: Image.Image) -> Image.Image:
    engine, image = engine_load(), np.array(picture)
    (box,) = engine.detect(image)
    points = engine.landmarks(image, box)
    return laid(COVERS["dark glasses"]["black"], picture, points)


def test_nobody_is_enrolled_in_dark_glasses(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    covered = in_dark_glasses(hopper())
    hint = kiosk.post(f"{path}hint/", frames(covered, 1), **JSON).json()
    assert hint["reasons"] == ["covered"]
    assert "脸被遮住了" in hint["text"]
    burst = kiosk.post(f"{path}burst/", frames(covered), **JSON).json()
    assert burst["reasons"] == ["covered"]
    page = words_of(kiosk.get("/kiosk/answer/"))
    assert "摘下口罩、墨镜" in page
    assert "到前台办理" in page
    assert event_list(kind="capture.discarded")[0]["data"]["reason"] == "covered"
    assert FaceTemplate.objects.count() == 0
    again = kiosk.post(AGAIN)["Location"]
    assert kind(shot(kiosk, again, hopper())) == "enrolled"


def test_a_covered_face_is_compared_and_is_nobody_s(kiosk: KioskBrowser) -> None:
    # Who sends a burst without heeding the hints: it is one comparison, and an attempt.
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    shot(kiosk, started(kiosk, phone), collins())
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    kiosk.get("/kiosk/return/face/consent/")
    path = kiosk.post("/kiosk/return/face/consent/", {"answer": "compare"})["Location"]
    hint = kiosk.post(f"{path}hint/", frames(in_dark_glasses(hopper()), 1), **JSON)
    assert hint.json()["reasons"] == ["covered"]
    kiosk.post(f"{path}burst/", frames(in_dark_glasses(hopper())), **JSON)
    assert kind(kiosk.get("/kiosk/answer/")) == "no_match"
    assert "face.compared" in kinds()
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize(
    ("lang", "covered", "nobody"),
    [
        ("zh-hans", "脸被遮住了，请摘下口罩、墨镜，放下手", "戴着口罩请先摘下"),
        (
            "en",
            "Your face is covered. No mask, dark glasses or hand",
            "take off a mask",
        ),
    ],
)
def test_the_words_are_there_in_both_languages(
    lang: str, covered: str, nobody: str
) -> None:
    def words(reason: str) -> str:
        return render_to_string("leads/_reason.html", {"reason": reason, "lang": lang})

    assert covered in words("covered")
    # A mask often leaves so little that no face is found at all.
    assert nobody in words("none_found")
