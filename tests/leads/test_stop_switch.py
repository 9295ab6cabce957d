"""Every address of a face answers 503 while the switch is on, and no other does."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from audit.drafts import Act
from consent.models import Use
from consent.services.stops import stop_press
from tests.audit.room import reader
from tests.invariants.test_urls import ADDRESSES, _paths
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of

OFFICER = Act("st-1", "compliance")

FACE_POST = {
    "leads:camera_start",
    "leads:camera_again",
    "leads:capture_hint",
    "leads:capture_burst",
    "leads:confirm_yes",
    "leads:confirm_no",
    "leads:return_search",
}
FACE_GET = {
    "leads:capture",
    "leads:capture_frame",
    "leads:demo_frame",
    "leads:kiosk_guest",
    "leads:return_face",
    "leads:return_consent",
}
WALK_FACE = {"consent:face", "leads:camera_request"}
OFF_SWITCH = {"leads:capture_stop"}
"""Stopping a camera is never refused."""


def press(office: make.Office, scope: str = "face") -> None:
    stop_press(site=office.site, scope=scope, reason="operator", act=OFFICER)


def test_the_table_names_every_address_with_a_face_in_it() -> None:
    marked = {
        name
        for name in ADDRESSES
        if any(word in name for word in ("camera", "capture", "face", "confirm"))
    } | {"leads:demo_frame", "leads:kiosk_guest", "leads:return_consent"}
    marked |= {"leads:return_search"}
    marked -= {"leads:faces_report"}  # figures, and no face
    assert marked == FACE_POST | FACE_GET | WALK_FACE | OFF_SWITCH


def test_only_the_addresses_of_a_face_answer_503(
    office: make.Office, kiosk: KioskBrowser
) -> None:
    phone = Phone()
    phone.open(kiosk.code())
    phone.post("/visit/", {"contact": "on", "age": "adult"})
    press(office)
    staff = [reader(), reader("reception", "r"), reader("manager", "m")]
    for name, path in _paths().items():
        if name == "logout":
            continue
        for browser in (kiosk.client, phone.client, *staff):
            for method in ("get", "post"):
                answer = getattr(browser, method)(path)
                faces = name in FACE_POST | FACE_GET and browser is kiosk.client
                faces = faces or (name in WALK_FACE and browser is phone.client)
                if answer.status_code == 405:
                    continue
                assert (answer.status_code == 503) is faces, (name, method)


def test_the_page_says_so_and_shows_the_way_without_a_face(
    office: make.Office, kiosk: KioskBrowser
) -> None:
    press(office)
    page = kiosk.get("/kiosk/return/face/")
    assert "人脸登记已停用" in words_of(page)
    assert b'href="/kiosk/return/"' in page.content
    told = kiosk.post(
        reverse("leads:camera_again"), headers={"accept": "application/json"}
    )
    assert told.status_code == 503
    assert told.json()["error"] == "purpose_stopped"
    assert told.json()["next"] == "/kiosk/return/"


def test_the_kiosk_says_so_and_goes_on(
    office: make.Office, kiosk: KioskBrowser
) -> None:
    assert kiosk.state()["face_off"] is False
    assert b"data-face-off hidden" in kiosk.get("/kiosk/").content
    press(office)
    assert kiosk.state()["face_off"] is True
    assert b"data-face-off>" in kiosk.get("/kiosk/").content
    ways = kiosk.get("/kiosk/return/")
    assert "/kiosk/return/face/" not in ways.content.decode()
    assert "人脸登记已停用" in words_of(ways)


def test_a_guest_who_stands_at_the_face_page_goes_on(
    office: make.Office, kiosk: KioskBrowser
) -> None:
    phone = Phone()
    phone.open(kiosk.code())
    answer = phone.post("/visit/", {"contact": "on", "age": "adult"})
    assert answer["Location"] == "/visit/face/"
    press(office)
    page = phone.get("/visit/face/")
    assert page.status_code == 503
    assert b'href="/visit/"' in page.content
    assert phone.get("/visit/")["Location"] == "/visit/details/"
    done = phone.post(
        "/visit/details/",
        {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""},
    )
    assert done["Location"] == "/visit/done/"
    assert phone.get("/visit/done/").status_code == 200


def test_the_camera_of_a_finished_walk_is_not_offered(
    office: make.Office, kiosk: KioskBrowser
) -> None:
    phone = Phone()
    page = phone.walk(kiosk.code(), face=True)
    assert page.context["camera"] is True
    press(office)
    assert phone.get("/visit/done/").context["camera"] is False
    phone.post("/visit/camera/")
    assert kiosk.state()["next"] is None
    assert not Use.objects.exists()


def staff_page(client: Any) -> Any:
    page = client.get("/office/stop/")
    assert page.status_code == 200
    return page


def test_one_press_on_and_a_confirmed_release(office: make.Office) -> None:
    manager = reader("manager", "m")
    assert "没有停用" in words_of(staff_page(manager))
    sent = {"site": office.site.code, "scope": "face", "reason": "operator"}
    assert manager.post("/office/stop/on/", sent).status_code == 302
    page = staff_page(manager)
    assert "人脸登记已停用" in words_of(page)
    (row,) = page.context["places"][0]["on"]
    path = reverse("consent:stop_off", args=[row["stop"].id])
    assert manager.post(path, {"confirmed": "on"}).status_code == 403
    officer = reader()
    officer.post(path)
    assert "人脸登记已停用" in words_of(staff_page(officer))
    officer.post(path, {"confirmed": "on"})
    assert "没有停用" in words_of(staff_page(officer))


@pytest.mark.parametrize("scope", ["face", "marketing", "all"])
def test_what_is_stopped_is_said(office: make.Office, scope: str) -> None:
    press(office, scope)
    words = words_of(staff_page(reader(lang="en")))
    assert ("Face check-in is off" in words) is (scope != "marketing")
