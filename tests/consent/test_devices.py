"""Cameras: two people, a sign, no private room; without one nothing is filmed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from audit import clock, demonstration
from audit.selectors import event_list
from consent import gate
from consent.errors import (
    ConsentEnded,
    DeviceRequired,
    LocalCameraTaken,
    LocalCameraUnset,
    PictureInvalid,
    PlaceForbidden,
    RegisterKnown,
    RegisterOwnApproval,
    RegisterSettled,
    UseClosed,
)
from consent.models import Consent, Device, Kiosk, Subject, Use
from consent.models.devices import FORBIDDEN_PLACES, PLACES
from consent.purposes import Purpose
from consent.registers import devices_waiting
from consent.selectors import device_live
from consent.services import places
from consent.services.devices import device_approve, device_revoke
from consent.services.renewing import _standing
from consent.services.walks import walk_issue
from tests import make
from tests.audit.room import reader
from tests.conftest import Database
from tests.leads import make as make_leads
from tests.leads.browsers import KioskBrowser, Phone, words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


@pytest.fixture
def kiosk(house: make.House) -> Kiosk:
    """Return a kiosk whose camera nobody registered yet."""
    return places.kiosk_create(site=house.site, code="k-2", act=make.SETUP)


def _begin(kiosk: Kiosk, subject: Subject) -> Use:
    return gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model="m",
        act=make.SETUP,
        kiosk=kiosk,
    )


def _refusals() -> list[str]:
    return [event["data"]["reason"] for event in event_list(kind="gate.refused")]


def _revoke(one: Device) -> None:
    device_revoke(device=one.id, act=make.APPROVING)


def test_a_device_is_asked_for_by_one_and_approved_by_another(kiosk: Kiosk) -> None:
    asked = make.device_asked(kiosk=kiosk)
    assert device_live(kiosk=kiosk) is None
    with pytest.raises(RegisterOwnApproval):
        device_approve(device=asked.id, act=make.ASKING)
    assert device_live(kiosk=kiosk) is None
    device_approve(device=asked.id, act=make.APPROVING)
    assert device_live(kiosk=kiosk) == asked
    approved, asking = event_list(rows=2)
    assert (approved["type"], approved["act"]["id"]) == (
        "device.approved",
        make.APPROVING.id,
    )
    assert approved["data"] == {
        "device": "cam-k-2",
        "zone": asked.zone_id,
        "sign": asked.sign_id,
        "until": None,
    }
    assert (asking["type"], asking["act"]["id"]) == ("device.asked", make.ASKING.id)


def test_a_device_is_approved_once_and_never_after_it_was_revoked(kiosk: Kiosk) -> None:
    asked = make.device_asked(kiosk=kiosk)
    device_approve(device=asked.id, act=make.APPROVING)
    with pytest.raises(RegisterSettled):
        device_approve(device=asked.id, act=make.APPROVING)
    _revoke(asked)
    with pytest.raises(RegisterSettled):
        _revoke(asked)
    again = make.device_asked(kiosk=kiosk, code="cam-9")
    _revoke(again)
    with pytest.raises(RegisterSettled):
        device_approve(device=again.id, act=make.APPROVING)


@pytest.mark.parametrize("place", [*FORBIDDEN_PLACES, "roof", ""])
def test_no_camera_stands_in_a_private_room(kiosk: Kiosk, place: str) -> None:
    with pytest.raises(PlaceForbidden):
        make.device_asked(kiosk=kiosk, place=place)
    assert not Device.objects.filter(kiosk=kiosk).exists()


def test_no_private_room_is_among_the_places() -> None:
    assert not set(FORBIDDEN_PLACES) & set(PLACES)


@pytest.mark.parametrize("name", ["zone", "sign"])
def test_both_pictures_are_asked_for(kiosk: Kiosk, name: str) -> None:
    handed: dict[str, Any] = {name: b"no picture"}
    with pytest.raises(PictureInvalid) as refused:
        make.device_asked(kiosk=kiosk, **handed)
    assert refused.value.args == (name, "format")


def test_a_kiosk_has_one_camera_and_a_code_is_used_once(kiosk: Kiosk) -> None:
    make.device_asked(kiosk=kiosk)
    with pytest.raises(RegisterKnown):
        make.device_asked(kiosk=kiosk, code="cam-other")
    third = places.kiosk_create(site=kiosk.site, code="k-3", act=make.SETUP)
    with pytest.raises(RegisterKnown):
        make.device_asked(kiosk=third, code="cam-k-2")


@pytest.mark.parametrize("state", ["none", "waiting", "revoked"])
def test_no_use_begins_without_an_approved_device(
    house: make.House, kiosk: Kiosk, state: str
) -> None:
    subject = make.person(kiosk=house.kiosk)
    if state != "none":
        asked = make.device_asked(kiosk=kiosk)
        if state == "revoked":
            device_approve(device=asked.id, act=make.APPROVING)
            _revoke(asked)
    with pytest.raises(DeviceRequired):
        _begin(kiosk, subject)
    assert _refusals() == ["device"]
    assert not Use.objects.exists()


def test_an_approval_ends_with_its_term(house: make.House, kiosk: Kiosk) -> None:
    until = clock.now() + timedelta(days=1)
    asked = make.device_asked(kiosk=kiosk, until=until)
    device_approve(device=asked.id, act=make.APPROVING)
    subject = make.person(kiosk=house.kiosk)
    gate.close(use=_begin(kiosk, subject), act=make.SETUP, reason="device")
    with demonstration.clock_shifted(days=2):
        assert device_live(kiosk=kiosk) is None
        with pytest.raises(DeviceRequired):
            _begin(kiosk, subject)


def test_nobody_approves_a_term_that_is_over(kiosk: Kiosk) -> None:
    asked = make.device_asked(kiosk=kiosk, until=clock.now() + timedelta(days=1))
    with demonstration.clock_shifted(days=2), pytest.raises(RegisterSettled):
        device_approve(device=asked.id, act=make.APPROVING)


def test_revoking_ends_an_open_capture_at_once(house: make.House) -> None:
    use = _begin(house.kiosk, make.person(kiosk=house.kiosk))
    _revoke(Device.objects.get(kiosk=house.kiosk))
    use.refresh_from_db()
    assert use.closed_at is not None
    assert _refusals() == ["device"]


def _without_closing(use: Use) -> None:
    """Revoke the camera as if the program died before it closed the open captures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "close", lambda **_: True)
        _revoke(Device.objects.get(kiosk=use.kiosk))


def test_no_request_of_a_capture_goes_on_at_a_revoked_camera(
    house: make.House,
) -> None:
    use = _begin(house.kiosk, make.person(kiosk=house.kiosk))
    _without_closing(use)
    with pytest.raises(ConsentEnded):
        with gate.resume(use=use.id, act=make.SETUP, kiosk=house.kiosk):
            pytest.fail("a permit without a camera")
    assert _refusals() == ["device"]
    with pytest.raises(UseClosed):
        with gate.resume(use=use.id, act=make.SETUP, kiosk=house.kiosk):
            pytest.fail("a permit of a closed use")


def test_no_result_is_released_of_a_camera_revoked_meanwhile(
    house: make.House,
) -> None:
    use = _begin(house.kiosk, make.person(kiosk=house.kiosk))
    with gate.resume(use=use.id, act=make.SETUP, kiosk=house.kiosk) as permit:
        _without_closing(use)
        with pytest.raises(ConsentEnded), permit.settle():
            pytest.fail("a result of a revoked camera")
    assert _refusals() == ["device"]


def test_without_a_camera_a_guest_is_not_asked_for_a_face(house: make.House) -> None:
    _revoke(Device.objects.get(kiosk=house.kiosk))
    assert not make.walk_finished(kiosk=house.kiosk).face_offered


def test_a_yes_after_the_camera_was_revoked_is_none(house: make.House) -> None:
    phone = Phone()
    phone.open(_code(house))
    assert phone.post("/visit/", {"age": "adult"})["Location"] == "/visit/face/"
    _revoke(Device.objects.get(kiosk=house.kiosk))
    assert phone.post("/visit/face/", {"answer": "face"}).status_code == 403
    assert _refusals() == ["device"]
    assert not Consent.objects.exists()
    phone.post("/visit/face/", {"answer": "plain"})
    assert not Consent.objects.exists()


def _code(house: make.House) -> str:
    _, token = walk_issue(kiosk=house.kiosk)
    return f"/s/{token}/"


def test_without_a_camera_the_kiosk_offers_the_other_ways(house: make.House) -> None:
    browser = KioskBrowser(house)
    assert "用尾号和脸" in words_of(browser.get("/kiosk/return/"))
    _revoke(Device.objects.get(kiosk=house.kiosk))
    page = browser.get("/kiosk/return/")
    assert "用尾号和脸" not in words_of(page)
    assert "用通行码" in words_of(page)
    assert browser.get("/kiosk/return/face/").status_code == 403


@pytest.mark.usefixtures("told_pages")
def test_a_guest_whose_camera_was_revoked_is_told_of_the_other_ways(
    house: make.House,
) -> None:
    make_leads.attribution_published(house)
    browser, phone = KioskBrowser(house), Phone()
    phone.walk(browser.code(), face=True)
    phone.post("/visit/camera/")
    _revoke(Device.objects.get(kiosk=house.kiosk))
    name = browser.state()["next"].rstrip("/").rsplit("/", 1)[1]
    answer = browser.post("/kiosk/camera/", {"id": name})
    assert answer.status_code == 403
    assert "摄像头没有启用" in words_of(answer)


def test_approved_devices_stand_in_another_log(house: make.House) -> None:
    one = Device.objects.get(kiosk=house.kiosk)
    assert one.approved_event_id in _standing()
    _revoke(one)
    assert one.approved_event_id not in _standing()


def test_who_may_approve_is_told_what_waits(kiosk: Kiosk) -> None:
    assert list(devices_waiting()) == []
    asked = make.device_asked(kiosk=kiosk)
    (duty,) = devices_waiting()
    assert duty.permission == "consent.keep_registers"
    assert str(asked.id) in duty.url
    device_approve(device=asked.id, act=make.APPROVING)
    assert list(devices_waiting()) == []


# A camera of the machine's own


def _approved_local(kiosk: Kiosk) -> Device:
    with override_settings(LOCAL_CAMERA=0):
        asked = make.device_asked(kiosk=kiosk, kind="local")
        return device_approve(device=asked.id, act=make.APPROVING)


def test_no_camera_of_the_machine_is_registered_where_none_is_set(kiosk: Kiosk) -> None:
    with pytest.raises(LocalCameraUnset):
        make.device_asked(kiosk=kiosk, kind="local")
    assert not Device.objects.filter(kiosk=kiosk).exists()
    assert event_list(kind="device.asked", rows=1)[0]["data"]["device"] == "cam-k-1"
    with override_settings(LOCAL_CAMERA=0):
        assert make.device_asked(kiosk=kiosk, kind="local").kind == "local"


def test_the_machine_s_camera_is_for_one_kiosk(kiosk: Kiosk) -> None:
    first = _approved_local(kiosk)
    third = places.kiosk_create(site=kiosk.site, code="k-3", act=make.SETUP)
    with override_settings(LOCAL_CAMERA=0):
        with pytest.raises(LocalCameraTaken):
            make.device_asked(kiosk=third, kind="local")
        _revoke(first)
        assert make.device_asked(kiosk=third, kind="local").kiosk == third


def test_a_camera_that_is_set_no_more_is_not_live(kiosk: Kiosk) -> None:
    one = _approved_local(kiosk)
    officer = reader()
    page = f"/office/devices/{one.id}/"
    assert device_live(kiosk=kiosk) is None
    assert "本机没有设置摄像头" in words_of(officer.get(page))
    with override_settings(LOCAL_CAMERA=0):
        assert device_live(kiosk=kiosk) == one
        assert "可以用" in words_of(officer.get(page))
    assert officer.post(f"{page}revoke/").status_code == 302
    one.refresh_from_db()
    assert one.revoked_at is not None


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (None, "这台机器没有设置摄像头"),
        (0, "接在本机上的摄像头已经登记给一块登记屏"),
    ],
)
def test_the_page_says_why_the_machine_s_camera_is_refused(
    kiosk: Kiosk, setting: int | None, said: str
) -> None:
    third = places.kiosk_create(site=kiosk.site, code="k-3", act=make.SETUP)
    _approved_local(third)
    with override_settings(LOCAL_CAMERA=setting):
        answer = reader().post(NEW, _form(kind="local"))
    assert answer.status_code == 400
    assert said in words_of(answer)
    assert not Device.objects.filter(kiosk=kiosk).exists()


NEW = "/office/devices/new/"
FORM = {"code": "cam-2", "kiosk": "k-2", "kind": "browser", "place": "entrance"}


def _form(**changed: Any) -> dict[str, Any]:
    pictures = {
        name: SimpleUploadedFile(f"{name}.png", make.drawing(), "image/png")
        for name in ("zone", "sign")
    }
    return {**FORM, "until": "", **pictures, **changed}


def test_two_officers_register_and_approve_on_the_pages(kiosk: Kiosk) -> None:
    one, other = reader(name="one"), reader(name="other")
    assert one.get(NEW).status_code == 200
    assert one.post(NEW, _form()).status_code == 302
    asked = Device.objects.get(code="cam-2")
    page = f"/office/devices/{asked.id}/"
    assert "要由另一位同事批准" in words_of(one.get(page))
    one.post(f"{page}approve/")
    assert device_live(kiosk=kiosk) is None
    shown = other.get(page)
    assert asked.zone_id in shown.content.decode()
    assert other.post(f"{page}approve/").status_code == 302
    assert device_live(kiosk=kiosk) == asked
    one.post(f"{page}revoke/")
    assert device_live(kiosk=kiosk) is None
    assert "停用" in words_of(one.get("/office/devices/"))


def test_a_picture_is_shown_to_officers_as_it_is_kept(house: make.House) -> None:
    one = Device.objects.select_related("sign").get(kiosk=house.kiosk)
    answer = reader().get(f"/office/pictures/{one.sign_id}/")
    assert answer.content == bytes(one.sign.bytes)
    assert answer["Content-Type"] == "image/png"
    assert reader(name="b").get(f"/office/pictures/{'0' * 64}/").status_code == 404


WRONG: dict[str, Callable[[], dict[str, Any]]] = {
    "a code that no log can carry": lambda: _form(code="Camera 王"),
    "a code like a telephone number": lambda: _form(code="k13812345678"),
    "a private room": lambda: _form(place="toilet"),
    "a stream": lambda: _form(kind="rtsp"),
    "another kiosk": lambda: _form(kiosk="k-9"),
    "a day that is over": lambda: _form(until="2020-01-01"),
    "no day": lambda: _form(until="soon"),
    "no sign": lambda: {k: v for k, v in _form().items() if k != "sign"},
    "a sign that is none": lambda: _form(sign=SimpleUploadedFile("s.png", b"x")),
    "a code that is taken": lambda: _form(code="cam-k-1"),
    "another file": lambda: _form(more=SimpleUploadedFile("m.png", b"x")),
    "another field": lambda: _form(approved_by="me"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_form_that_is_wrong_registers_nothing(kiosk: Kiosk, what: str) -> None:
    answer = reader().post(NEW, WRONG[what]())
    assert answer.status_code == 400, words_of(answer)
    assert not Device.objects.filter(kiosk=kiosk).exists()


def test_an_inspector_looks_and_changes_nothing(kiosk: Kiosk) -> None:
    asked = make.device_asked(kiosk=kiosk)
    inspector = reader("inspector")
    page = words_of(inspector.get("/office/devices/"))
    assert "登记一台" not in page
    assert inspector.post(NEW, _form()).status_code == 403
    for act in ("approve", "revoke"):
        path = f"/office/devices/{asked.id}/{act}/"
        assert inspector.post(path).status_code == 403
