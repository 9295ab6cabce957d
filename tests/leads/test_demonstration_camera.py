"""The camera of a demonstration: two people, on this machine only."""

from __future__ import annotations

import io

import pytest
from django.test import override_settings
from PIL import Image

from tests.leads.browsers import KioskBrowser, Phone
from tests.leads.test_camera import compared, enrolled, kind

pytestmark = pytest.mark.vision


def test_the_demonstration_camera_is_for_demonstrations(kiosk: KioskBrowser) -> None:
    address = "/kiosk/demo-camera/0.jpg"
    assert kiosk.get(address).status_code == 404
    with override_settings(DEMO_CAMERA=True):
        for person in (0, 1):
            picture = kiosk.get(f"/kiosk/demo-camera/{person}.jpg")
            assert picture["Content-Type"] == "image/jpeg"
            with Image.open(io.BytesIO(picture.content)) as shown:
                assert shown.size == (640, 480)
        assert kiosk.get("/kiosk/demo-camera/2.jpg").status_code == 404
        assert kiosk.get(address, REMOTE_ADDR="10.0.0.9").status_code == 404


def test_the_demonstrations_people_can_enrol_and_differ(kiosk: KioskBrowser) -> None:
    with override_settings(DEMO_CAMERA=True):
        shots = [
            Image.open(io.BytesIO(kiosk.get(f"/kiosk/demo-camera/{n}.jpg").content))
            for n in (0, 1)
        ]
    assert kind(enrolled(kiosk, Phone(), shots[0])) == "enrolled"
    assert kind(compared(kiosk, "5678", shots[1])) == "no_match"
    assert kind(compared(kiosk, "5678", shots[0])) == "confirm"
