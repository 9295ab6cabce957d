"""The camera is for who stands there now: not for who comes to the screen later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from audit import clock
from audit.selectors import log_faults
from consent import keys
from consent.models import Consent, Use, Walk
from faces.models import FaceTemplate
from leads import turns
from leads.models import Attempt
from tests.faces.photographs import collins, encoded, hopper
from tests.leads.browsers import KioskBrowser, Phone, words_of
from tests.leads.test_camera import (
    DETAILS,
    JSON,
    enrolled,
    frames,
    kind,
    shot,
    started,
)

pytestmark = pytest.mark.vision

AGAIN = "/kiosk/camera/again/"
WALL = Image.new("RGB", (640, 480), (120, 120, 120))


def later(seconds: int, *names: str) -> dict[str, Any]:
    """Return the moments of a row as they are when that much time has passed."""
    return {name: clock.now() - timedelta(seconds=seconds) for name in names}


def missed(kiosk: KioskBrowser) -> Phone:
    """Bring a guest whose first burst shows a wall."""
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    assert kind(shot(kiosk, started(kiosk, phone), WALL)) == "discarded"
    return phone


def on_screen(kiosk: KioskBrowser) -> None:
    """Walk a guest through on the kiosk's own screen, up to the camera."""
    here = Phone()
    here.client = kiosk.client
    kiosk.post("/kiosk/here/")
    here.walk_on(yes=("contact",), face=True, details=DETAILS)


def test_nobody_is_enrolled_under_the_consent_of_who_was_before(
    kiosk: KioskBrowser,
) -> None:
    enrolled(kiosk, Phone(), collins())
    assert kiosk.post(AGAIN)["Location"] == "/kiosk/answer/"
    assert kind(kiosk.get("/kiosk/answer/")) == "enrolled"
    assert Use.objects.count() == 1


def test_a_stopped_camera_is_not_opened_again(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    kiosk.post(f"{started(kiosk, phone)}stop/")
    assert kiosk.post(AGAIN)["Location"] == "/kiosk/answer/"
    assert Use.objects.count() == 1


def test_once_more_is_for_a_moment(
    kiosk: KioskBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed(kiosk)
    monkeypatch.setattr(turns, "AGAIN_SPAN", timedelta(0))
    assert kiosk.post(AGAIN)["Location"] == "/kiosk/answer/"
    assert kind(kiosk.get("/kiosk/answer/")) == "late"
    assert Use.objects.count() == 1


def test_once_more_needs_the_walk_under_way(kiosk: KioskBrowser) -> None:
    missed(kiosk)
    Walk.objects.filter(opened_at__isnull=False).update(**later(1, "finish_until"))
    assert kiosk.post(AGAIN)["Location"] == "/kiosk/answer/"
    assert Use.objects.count() == 1


def test_once_more_is_twice_at_most(kiosk: KioskBrowser) -> None:
    missed(kiosk)
    for _ in range(2):
        again = kiosk.post(AGAIN)["Location"]
        assert kind(shot(kiosk, again, WALL)) == "discarded"
    assert kiosk.post(AGAIN)["Location"] == "/kiosk/answer/"
    assert Use.objects.count() == 3


def test_a_comparison_is_not_made_twice_under_one_tap(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    tap = kiosk.post("/kiosk/return/face/consent/", {"answer": "compare"})
    assert kind(shot(kiosk, tap["Location"], WALL)) == "discarded"
    probe = Consent.objects.get(once=True)
    assert probe.state == "expired"
    assert probe.key_event_id is not None
    assert keys.key_missing(consent=probe.id)
    again = kiosk.post(AGAIN)
    assert again["Location"] == "/kiosk/return/face/consent/"
    assert Use.objects.filter(mode="compare").count() == 1
    tap = kiosk.post(again["Location"], {"answer": "compare"})
    assert kind(shot(kiosk, tap["Location"], collins())) == "confirm"
    assert Consent.objects.filter(once=True).count() == 2
    assert list(log_faults()) == []


def test_what_is_no_picture_ends_a_comparison(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    tap = kiosk.post("/kiosk/return/face/consent/", {"answer": "compare"})
    kiosk.post(f"{tap['Location']}burst/", {"frame": b""}, **JSON)
    none = frames(collins(), 13)
    assert kiosk.post(f"{tap['Location']}burst/", none, **JSON).status_code == 400
    bad = {"frame": frames(collins(), 1)["frame"]}
    bad["frame"][0].file.truncate(100)
    kiosk.post(f"{tap['Location']}burst/", bad, **JSON)
    probe = Consent.objects.get(once=True)
    assert (probe.state, keys.key_missing(consent=probe.id)) == ("expired", True)


def test_a_phone_is_believed_for_two_minutes(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    phone.post("/visit/camera/")
    address = kiosk.state()["next"]
    Walk.objects.filter(camera_asked_at__isnull=False).update(
        **later(121, "camera_asked_at")
    )
    assert kiosk.get(address)["Location"] == "/kiosk/"
    name = address.rstrip("/").rsplit("/", 1)[1]
    answer = kiosk.post("/kiosk/camera/", {"id": name})
    assert answer["Location"] == "/kiosk/answer/"
    assert "摄像头没有打开" in words_of(kiosk.get("/kiosk/answer/"))
    assert Use.objects.count() == 0
    phone.post("/visit/camera/")
    assert kiosk.post("/kiosk/camera/", {"id": name})["Location"] != "/kiosk/answer/"


def test_the_shared_screen_is_believed_for_a_minute(kiosk: KioskBrowser) -> None:
    on_screen(kiosk)
    assert kiosk.get("/visit/done/").context["camera"] is True
    Walk.objects.update(**later(61, "finished_at"))
    assert kiosk.get("/visit/done/").context["camera"] is False
    assert kiosk.post("/kiosk/camera/")["Location"] == "/kiosk/answer/"
    assert kind(kiosk.get("/kiosk/answer/")) == "late"
    assert Use.objects.count() == 0


def test_the_shared_screen_opens_no_second_camera(kiosk: KioskBrowser) -> None:
    on_screen(kiosk)
    path = kiosk.post("/kiosk/camera/")["Location"]
    kiosk.post(f"{path}stop/")
    assert kiosk.post("/kiosk/camera/")["Location"] == "/kiosk/answer/"
    assert Use.objects.count() == 1


def test_who_stopped_may_ask_again_on_their_own_phone(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    kiosk.post(f"{started(kiosk, phone)}stop/")
    assert kind(shot(kiosk, started(kiosk, phone), collins())) == "enrolled"


def test_who_is_enrolled_is_not_enrolled_over(kiosk: KioskBrowser) -> None:
    phone = Phone()
    enrolled(kiosk, phone, collins())
    phone.post("/visit/camera/")
    walk = Walk.objects.get(subject__isnull=False)
    answer = kiosk.post("/kiosk/camera/", {"id": walk.id})
    assert answer.status_code == 409
    assert FaceTemplate.objects.count() == Use.objects.count() == 1


def test_the_screen_forgets_on_the_server_too(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    assert kind(kiosk.get("/kiosk/answer/")) == "enrolled"
    session = kiosk.client.session
    session["guest"] = {**session["guest"], "at": session["guest"]["at"] - 151}
    session.save()
    assert kiosk.get("/kiosk/answer/")["Location"] == "/kiosk/"
    kiosk.get("/kiosk/return/")
    assert "use" not in kiosk.client.session["guest"]


def test_looking_back_at_the_camera_keeps_the_answer(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    assert kind(shot(kiosk, path, hopper())) == "enrolled"
    assert kiosk.get(path)["Location"] == "/kiosk/answer/"
    assert kiosk.post(f"{path}hint/", frames(hopper(), 1), **JSON).status_code == 410
    assert kind(kiosk.get("/kiosk/answer/")) == "enrolled"


def test_no_hint_is_given_after_the_burst(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    Use.objects.update(seized_at=clock.now())
    answer = kiosk.post(f"{path}hint/", frames(hopper(), 1), **JSON)
    assert answer.status_code == 410


def test_a_place_taken_in_a_comparison_is_an_attempt_and_in_an_enrolment_none(
    kiosk: KioskBrowser,
) -> None:
    def taken(path: str) -> list[str]:
        shots = [encoded(collins()), encoded(hopper())]
        files = [SimpleUploadedFile("frame.jpg", one, "image/jpeg") for one in shots]
        answer = kiosk.post(f"{path}burst/", {"frame": files}, **JSON)
        return list(answer.json()["reasons"])

    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    assert taken(started(kiosk, phone)) == ["not_one_person"]
    assert Attempt.objects.count() == 0
    shot(kiosk, kiosk.post("/kiosk/camera/again/")["Location"], collins())
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    kiosk.get("/kiosk/return/face/consent/")
    tapped = kiosk.post("/kiosk/return/face/consent/", {"answer": "compare"})
    # As an impostor would who holds up a picture, and then shows their own head.
    assert taken(tapped["Location"]) == ["not_one_person"]
    assert Attempt.objects.count() == 1
