"""The camera step at the kiosk, on real photographs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from audit import clock
from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from consent import keys
from consent.models import CaptureSession, Consent, Subject, Use
from consent.services.consents import consents_withdraw
from faces import matching
from faces.models import FaceTemplate
from leads.models import Attempt, Visit
from tests import make as houses
from tests.faces.photographs import collins, encoded, flipped, hopper
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of

pytestmark = [pytest.mark.vision, pytest.mark.slow]

DETAILS = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}
JSON: dict[str, Any] = {"headers": {"accept": "application/json"}}


def kinds() -> list[str]:
    return [event["type"] for event in reversed(event_list(rows=200))]


def frames(picture: Image.Image, count: int = 3) -> dict[str, Any]:
    shot = encoded(picture, quality=92)
    return {
        "frame": [
            SimpleUploadedFile("frame.jpg", shot, "image/jpeg") for _ in range(count)
        ]
    }


def enrolled(kiosk: KioskBrowser, phone: Phone, picture: Image.Image) -> Any:
    """Walk with a phone, ask for the camera, and enrol at the kiosk."""
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    return shot(kiosk, started(kiosk, phone), picture)


def started(kiosk: KioskBrowser, phone: Phone) -> str:
    """Start the camera of a phone's guest; return the capture's path."""
    phone.post("/visit/camera/")
    address = kiosk.state()["next"]
    assert kiosk.get(address).status_code == 200
    name = address.rstrip("/").rsplit("/", 1)[1]
    answer = kiosk.post("/kiosk/camera/", {"id": name})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def shot(kiosk: KioskBrowser, path: str, picture: Image.Image) -> Any:
    """Show the page, give a hint frame and the burst; return the answer page."""
    page = kiosk.get(path)
    assert page.status_code == 200, page.content.decode()
    assert "camera=(self)" in page.headers["Permissions-Policy"]
    hint = kiosk.post(f"{path}hint/", frames(picture, 1), **JSON)
    assert hint.status_code == 200, hint.content.decode()
    answer = kiosk.post(f"{path}burst/", frames(picture), **JSON)
    assert answer.status_code == 200, answer.content.decode()
    assert answer.json()["next"] == "/kiosk/answer/"
    return kiosk.get("/kiosk/answer/")


def compared(kiosk: KioskBrowser, digits: str, picture: Image.Image) -> Any:
    """Come back by four digits and a face; return the answer page."""
    assert kiosk.get("/kiosk/return/").status_code == 200
    answer = kiosk.post("/kiosk/return/face/", {"digits": digits})
    assert answer.status_code == 302, words_of(answer)
    assert kiosk.get(answer["Location"]).status_code == 200
    tapped = kiosk.post(answer["Location"], {"answer": "compare"})
    return shot(kiosk, tapped["Location"], picture)


def kind(page: Any) -> str:
    return str(page.context["answer"]["kind"])


def test_enrol_then_come_back_by_face(kiosk: KioskBrowser) -> None:
    phone = Phone()
    assert kind(enrolled(kiosk, phone, collins())) == "enrolled"
    assert FaceTemplate.objects.count() == 1
    assert phone.get("/visit/done/").context["camera"] is False
    person = Consent.objects.get(purpose="face.checkin").subject
    page = compared(kiosk, "5678", collins())
    assert kind(page) == "confirm"
    assert Visit.objects.count() == 1
    kiosk.post("/kiosk/return/face/yes/")
    assert kind(kiosk.get("/kiosk/answer/")) == "welcome"
    latest = Visit.objects.order_by("-at").first()
    assert latest is not None
    assert (latest.subject, latest.verified_by) == (person, "face")
    kiosk.post("/kiosk/return/face/yes/")
    assert Visit.objects.count() == 2
    told = kinds()
    assert told.index("capture.started") < told.index("face.enrolled")
    assert told.index("face.compare.started") < told.index("face.compared")
    assert CaptureSession.objects.count() == 0
    assert list(log_faults()) == []


def test_an_impostor_matches_nobody_and_leaves_nothing(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    stored = set(keys.keys_stored())
    page = compared(kiosk, "5678", hopper())
    assert kind(page) == "no_match"
    probe = Consent.objects.get(once=True)
    assert (probe.state, probe.live) == ("expired", None)
    assert probe.key_event_id is not None
    assert keys.key_missing(consent=probe.id)
    assert set(keys.keys_stored()) == stored
    assert FaceTemplate.objects.exclude(subject=probe.subject).count() == 1
    assert not FaceTemplate.objects.filter(subject=probe.subject).exists()
    assert Visit.objects.count() == 1
    assert kiosk.post("/kiosk/return/face/yes/").status_code == 409
    assert Visit.objects.count() == 1
    assert Attempt.objects.count() == 1


def test_nobody_is_captured_before_their_own_tap(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    before = Use.objects.count()
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    page = kiosk.get("/kiosk/return/face/consent/")
    assert "camera.js" not in page.content.decode()
    assert Use.objects.count() == before
    answer = kiosk.post("/kiosk/return/face/consent/", {"answer": "yes"})
    assert answer.status_code == 400
    assert Use.objects.count() == before
    assert not Consent.objects.filter(once=True).exists()


def test_digits_of_nobody_open_no_camera(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    answer = kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    assert answer.status_code == 404
    assert "不需要开摄像头" in words_of(answer)
    assert Use.objects.count() == 0
    answer = kiosk.get("/kiosk/return/face/consent/")
    assert answer["Location"] == "/kiosk/return/"


def test_unusable_frames_are_told_and_tried_again(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    wall = Image.new("RGB", (640, 480), (120, 120, 120))
    page = shot(kiosk, path, wall)
    assert kind(page) == "discarded"
    assert "没有看到脸" in words_of(page)
    discarded = event_list(kind="capture.discarded")[0]
    assert discarded["data"]["reason"] == "none_found"
    assert FaceTemplate.objects.count() == 0
    again = kiosk.post("/kiosk/camera/again/")
    assert kind(shot(kiosk, again["Location"], collins())) == "enrolled"


def test_stopping_closes_the_capture(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    answer = kiosk.post(f"{path}stop/", **JSON)
    assert answer.json() == {"next": "/kiosk/answer/"}
    assert kind(kiosk.get("/kiosk/answer/")) == "stopped"
    assert kinds()[-1] == "capture.discarded"
    late = kiosk.post(f"{path}burst/", frames(collins()), **JSON)
    assert late.status_code == 410
    assert late.json()["next"] == "/kiosk/answer/"
    assert kiosk.get(path).status_code == 302
    assert FaceTemplate.objects.count() == 0


def test_walking_away_from_a_comparison_ends_its_consent(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    kiosk.post("/kiosk/return/face/consent/", {"answer": "compare"})
    probe = Consent.objects.get(once=True)
    answer = kiosk.post("/kiosk/forget/")
    assert answer["Location"] == "/kiosk/"
    assert answer["Clear-Site-Data"] == '"cache"'
    probe.refresh_from_db()
    assert probe.state == "withdrawn"
    assert keys.key_missing(consent=probe.id)
    assert not Use.objects.filter(closed_at=None).exists()
    assert kiosk.get("/kiosk/answer/")["Location"] == "/kiosk/"


def test_withdrawing_makes_the_kiosk_forget_the_person(kiosk: KioskBrowser) -> None:
    phone = Phone()
    enrolled(kiosk, phone, collins())
    consent = Consent.objects.get(purpose="face.checkin")
    phone.post("/me/stop/", {"purpose": "face.checkin"})
    assert FaceTemplate.objects.count() == 0
    assert keys.key_missing(consent=consent.id)
    answer = kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    assert answer.status_code == 404
    assert list(log_faults()) == []


def test_withdrawing_during_the_capture_stops_it(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    phone.post("/me/stop/all/")
    answer = kiosk.post(f"{path}burst/", frames(collins()), **JSON)
    assert answer.json() == {"next": "/kiosk/answer/"}
    assert kind(kiosk.get("/kiosk/answer/")) == "stopped"
    assert kinds()[-1] == "gate.refused"
    assert FaceTemplate.objects.count() == 0


def test_a_match_that_withdrew_before_saying_yes_is_not_recorded(
    kiosk: KioskBrowser,
) -> None:
    enrolled(kiosk, Phone(), collins())
    compared(kiosk, "5678", collins())
    person = Consent.objects.get(purpose="face.checkin", once=False).subject
    consents_withdraw(subject=person, purposes=None, act=VISITOR)
    kiosk.post("/kiosk/return/face/yes/")
    assert kind(kiosk.get("/kiosk/answer/")) == "unsure"
    assert Visit.objects.count() == 1


def test_an_uncertain_face_asks_and_the_visitor_has_the_last_word(
    kiosk: KioskBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(kiosk, Phone(), collins())
    # The same person's mirror image: near, and for this test not near enough.
    monkeypatch.setattr(matching, "MATCH_MIN_SCORE", 24.0)
    compared(kiosk, "5678", flipped(collins()))
    assert kind(kiosk.get("/kiosk/answer/")) == "ask"
    assert Visit.objects.count() == 1
    kiosk.post("/kiosk/return/face/yes/")
    assert kind(kiosk.get("/kiosk/answer/")) == "welcome"
    assert Visit.objects.filter(verified_by="face").count() == 1


def test_no_is_an_answer(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    compared(kiosk, "5678", collins())
    kiosk.post("/kiosk/return/face/no/")
    assert kind(kiosk.get("/kiosk/answer/")) == "unsure"
    assert kiosk.post("/kiosk/return/face/yes/").status_code == 409
    assert Visit.objects.count() == 1


def test_the_whole_visit_on_the_kiosks_screen(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.client = kiosk.client
    answer = kiosk.post("/kiosk/here/")
    assert answer["Location"] == "/visit/"
    page = phone.walk_on(yes=("contact",), face=True, details=DETAILS)
    assert page.context["base"] == "base_kiosk.html"
    assert page.context["camera"] is True
    assert "page_link" not in page.context
    answer = kiosk.post("/kiosk/camera/")
    assert kind(shot(kiosk, answer["Location"], collins())) == "enrolled"
    kiosk.post("/kiosk/forget/")
    assert kiosk.get("/visit/done/").status_code == 410
    assert kiosk.get("/me/")["Location"] == "/me/open/"


def test_a_refuser_never_loads_the_camera_script(kiosk: KioskBrowser) -> None:
    phone = Phone()
    page = phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    assert "camera.js" not in page.content.decode()
    assert phone.post("/visit/camera/").status_code == 302
    assert kiosk.state()["next"] is None
    phone.client.cookies["kiosk"] = kiosk.client.cookies["kiosk"].value
    assert phone.post("/kiosk/camera/").status_code == 409
    assert Use.objects.count() == 0


def test_another_kiosks_capture_is_refused(
    kiosk: KioskBrowser, office: make.Office
) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    _, token = houses.kiosk_paired(site=office.site, code="k-2")
    other = KioskBrowser(office.house, token=token)
    assert other.get(path).status_code == 403
    answer = other.post(f"{path}burst/", frames(collins()), **JSON)
    assert answer.status_code == 403
    assert answer.json()["text"]
    other.post(f"{path}stop/", **JSON)
    assert Use.objects.filter(closed_at=None).count() == 1
    assert [one["data"]["reason"] for one in event_list(kind="gate.refused")] == [
        "kiosk",
        "kiosk",
    ]


def test_another_kiosks_guest_is_refused(
    kiosk: KioskBrowser, office: make.Office
) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    phone.post("/visit/camera/")
    name = kiosk.state()["next"].rstrip("/").rsplit("/", 1)[1]
    _, token = houses.kiosk_paired(site=office.site, code="k-2")
    other = KioskBrowser(office.house, token=token)
    assert other.state()["next"] is None
    answer = other.post("/kiosk/camera/", {"id": name})
    assert answer.status_code == 409
    assert Use.objects.count() == 0


def _bomb() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (10_000, 5_000), 128).save(buffer, "JPEG", quality=20)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: encoded(collins())[:4_000], id="truncated"),
        pytest.param(_bomb, id="50-megapixel"),
        pytest.param(lambda: b"not a picture", id="text"),
        pytest.param(lambda: b"", id="empty"),
    ],
)
@pytest.mark.parametrize("step", ["hint", "burst"])
def test_what_is_no_picture_is_answered_clearly(
    kiosk: KioskBrowser, content: Any, step: str
) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    data = {"frame": SimpleUploadedFile("frame.jpg", content(), "image/jpeg")}
    answer = kiosk.post(f"{path}{step}/", data, **JSON)
    assert answer.status_code == 400
    assert "没有保存" in answer.json()["text"]
    assert answer.json()["next"].startswith("/kiosk/")
    assert FaceTemplate.objects.count() == 0
    if step == "burst":
        assert kind(kiosk.get("/kiosk/answer/")) == "discarded"
        path = kiosk.post("/kiosk/camera/again/")["Location"]
    assert kind(shot(kiosk, path, collins())) == "enrolled"


def test_frames_come_alone(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    with_more = {**frames(collins()), "subject": str(Subject.objects.get().id)}
    assert kiosk.post(f"{path}burst/", with_more, **JSON).status_code == 400
    assert kiosk.post(f"{path}hint/", frames(collins(), 2), **JSON).status_code == 400
    assert kiosk.post(f"{path}burst/", frames(collins(), 12), **JSON).status_code == 200


def test_faces_stay_on_the_sites_network(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    away: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.7"}
    assert kiosk.get(path, **away).status_code == 404
    assert kiosk.get("/kiosk/return/face/", **away).status_code == 404
    assert kiosk.post("/kiosk/camera/", **away).status_code == 404
    answer = kiosk.post(f"{path}burst/", frames(collins()), **JSON, **away)
    assert answer.status_code == 404
    assert kiosk.get("/kiosk/return/pass/", **away).status_code == 200


def test_no_transaction_and_no_frame_remain(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    assert clock.now()
    assert not Use.objects.filter(closed_at=None).exists()
    session = kiosk.client.session
    assert set(session["guest"]) <= {
        *("use", "walk", "answer", "matched", "nonce", "at")
    }
    assert "5678" not in str(dict(session))
