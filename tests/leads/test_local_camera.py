"""The preview of the machine's own camera: only inside a permitted capture."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from PIL import Image

from audit import clock
from audit.demonstration import clock_shifted
from audit.selectors import event_list, log_faults
from consent import gate
from consent.errors import UseClosed
from consent.models import Device, Use
from consent.services import devices
from consent.services.stops import stop_press
from consent.services.sweeping import OFTEN
from faces import local_camera, pixels, services
from faces.models import FaceTemplate
from leads.kiosks import kiosk_act
from tests import make as houses
from tests.conftest import Database
from tests.faces.filming import StandIn, process_behind
from tests.faces.photographs import collins, encoded
from tests.faces.processes import until
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of
from tests.leads.make import Office
from tests.leads.test_camera import DETAILS, JSON, frames, kind, started

pytestmark = pytest.mark.slow

PICTURE = encoded(collins(), quality=92)


@pytest.fixture
def office(db: Database, secrets_dir: Path) -> Office:
    """An office whose clock a test may move."""
    return make.office(demonstration_clock=True)


@pytest.fixture
def set_up() -> Iterator[None]:
    with override_settings(LOCAL_CAMERA=0):
        yield


@pytest.fixture
def local(office: Office, set_up: None) -> Device:
    """The kiosk's camera, which is one of this machine now."""
    browsers = Device.objects.get(kiosk=office.house.kiosk)
    devices.device_revoke(device=browsers.id, act=houses.APPROVING)
    asked = houses.device_asked(
        kiosk=office.house.kiosk, code="cam-local", kind="local"
    )
    return devices.device_approve(device=asked.id, act=houses.APPROVING)


@pytest.fixture
def plugged(local: Device, secrets_dir: Path, tmp_path: Path) -> Iterator[StandIn]:
    one = StandIn(name=local_camera.socket_name(secrets_dir), folder=tmp_path)
    one.plug(PICTURE)
    yield one
    one.end()


def path_of_a_capture(kiosk: KioskBrowser) -> str:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    return started(kiosk, phone)


def seen(kiosk: KioskBrowser, path: str) -> Any:
    return kiosk.get(f"{path}frame.jpg")


def test_a_frame_is_shown_while_the_capture_is_live(
    kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    page = kiosk.get(path)
    assert f'data-local-camera="{path}frame.jpg"' in page.content.decode()
    # The kiosk's browser films nothing: its own camera was not approved.
    assert "camera=()" in page.headers["Permissions-Policy"]
    assert plugged.events() == []
    told = len(event_list(rows=200))
    answer = seen(kiosk, path)
    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert len(event_list(rows=200)) == told
    assert until(lambda: plugged.events() == ["open"])


def test_who_films_with_the_machine_s_camera_is_enrolled_like_others(
    kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    shots = [seen(kiosk, path).content for _ in range(3)]
    files = [SimpleUploadedFile("frame.jpg", shot, "image/jpeg") for shot in shots]
    answer = kiosk.post(f"{path}burst/", {"frame": files}, **JSON)
    assert answer.json() == {"next": "/kiosk/answer/"}
    assert kind(kiosk.get("/kiosk/answer/")) == "enrolled"
    assert FaceTemplate.objects.count() == 1
    assert plugged.went_off()
    assert list(log_faults()) == []


def test_the_camera_is_off_before_the_burst_is_looked_at(
    kiosk: KioskBrowser, plugged: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of_a_capture(kiosk)
    seen(kiosk, path)
    off: list[bool] = []
    encode = pixels.encode

    def looked(frames: Any, **asked: Any) -> Any:
        off.append(plugged.went_off())
        return encode(frames, **asked)

    monkeypatch.setattr(pixels, "encode", looked)
    kiosk.post(f"{path}burst/", frames(collins()), **JSON)
    assert off == [True]


def _stop(kiosk: KioskBrowser, path: str) -> None:
    kiosk.post(f"{path}stop/", **JSON)


def _forget(kiosk: KioskBrowser, path: str) -> None:
    kiosk.post("/kiosk/forget/")


def _useless(kiosk: KioskBrowser, path: str) -> None:
    wall = Image.new("RGB", (640, 480), (120, 120, 120))
    kiosk.post(f"{path}burst/", frames(wall), **JSON)


def _late(kiosk: KioskBrowser, path: str) -> None:
    with clock_shifted(seconds=gate.CAPTURE_SECONDS + 1):
        assert OFTEN["uses_abandoned"]() == 1


def _revoked(kiosk: KioskBrowser, path: str) -> None:
    one = Device.objects.get(kind="local")
    devices.device_revoke(device=one.id, act=houses.APPROVING)


def _switched_off(kiosk: KioskBrowser, path: str) -> None:
    site = Use.objects.get(closed_at=None).site
    stop_press(site=site, scope="face", reason="incident", act=houses.APPROVING)


@pytest.mark.parametrize(
    "end", [_stop, _forget, _useless, _late, _revoked, _switched_off]
)
def test_every_end_of_a_capture_switches_it_off(
    kiosk: KioskBrowser, plugged: StandIn, end: Any
) -> None:
    path = path_of_a_capture(kiosk)
    assert seen(kiosk, path).status_code == 200
    assert until(lambda: plugged.events() == ["open"])
    end(kiosk, path)
    assert until(lambda: plugged.events() == ["open", "close"], 5)
    answer = seen(kiosk, path)
    assert answer.status_code in {404, 410, 503}
    assert answer.content != PICTURE
    assert plugged.events() == ["open", "close"]


def test_withdrawing_ends_the_preview(kiosk: KioskBrowser, plugged: StandIn) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    assert seen(kiosk, path).status_code == 200
    phone.post("/me/stop/all/")
    answer = seen(kiosk, path)
    assert (answer.status_code, answer.json()["next"]) == (410, path)
    assert until(lambda: plugged.events() == ["open", "close"])
    assert event_list(rows=1)[0]["type"] == "gate.refused"


def test_there_is_no_preview_after_the_burst(
    kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    Use.objects.filter(closed_at=None).update(seized_at=clock.now())
    assert seen(kiosk, path).status_code == 410
    assert plugged.events() == []


def test_a_frame_that_comes_after_the_end_is_seen_by_nobody(
    office: Office, kiosk: KioskBrowser, plugged: StandIn, monkeypatch: Any
) -> None:
    """The capture ends in another request while the camera looks."""
    path_of_a_capture(kiosk)
    use = Use.objects.get(closed_at=None)
    film = local_camera.film

    def slow(**asked: Any) -> bytes:
        act = kiosk_act(office.house.kiosk)
        gate.discard(use=use.id, act=act, reason="stopped")
        # The process that was told is gone, and this is another one.
        return film(use=Device.objects.get(kind="local").id, seconds=60)

    monkeypatch.setattr(local_camera, "film", slow)
    released: list[Any] = []
    monkeypatch.setattr(local_camera, "release", released.append)
    with (
        gate.resume(
            use=use.id, act=kiosk_act(office.house.kiosk), kiosk=office.house.kiosk
        ) as permit,
        pytest.raises(UseClosed),
    ):
        services.frame(permit=permit)
    assert released == [use.id]


def test_the_preview_does_not_touch_the_session(
    kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    before = list(Session.objects.values_list())
    assert seen(kiosk, path).status_code == 200
    _stop(kiosk, path)
    told = list(Session.objects.values_list())
    assert told != before
    assert seen(kiosk, path).status_code == 410
    assert list(Session.objects.values_list()) == told


def test_an_unplugged_camera_is_told_and_the_capture_can_be_left(
    kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    assert seen(kiosk, path).status_code == 200
    plugged.unplug()
    answer = seen(kiosk, path)
    assert answer.status_code == 503
    assert answer.json() == {"error": "camera_unavailable", "why": "lost"}
    assert until(lambda: plugged.events() == ["open", "close"])
    page = kiosk.get(path)
    assert "摄像头断开了。" in words_of(page)
    assert kiosk.post(f"{path}stop/", **JSON).json() == {"next": "/kiosk/answer/"}


def test_an_absent_camera_is_told_by_the_real_process(
    kiosk: KioskBrowser, local: Device, secrets_dir: Path
) -> None:
    path = path_of_a_capture(kiosk)
    with override_settings(LOCAL_CAMERA=63):
        answer = seen(kiosk, path)
    assert answer.status_code == 503
    assert answer.json() == {"error": "camera_unavailable", "why": "missing"}
    assert process_behind(local_camera.socket_name(secrets_dir)) is not None


def test_nobody_else_is_shown_a_frame(
    office: Office, kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    assert kiosk.get(f"{path}frame.jpg", REMOTE_ADDR="10.0.0.9").status_code == 404
    assert kiosk.post(f"{path}frame.jpg").status_code == 405
    assert Phone().get(f"{path}frame.jpg").status_code == 403
    other, token = houses.kiosk_paired(site=office.site, code="k-2")
    assert other.id != office.house.kiosk.id
    second = KioskBrowser(office.house, token=token)
    # Its own camera is its browser's.
    assert second.get(f"{path}frame.jpg").status_code == 404
    assert plugged.events() == []


def test_a_kiosk_whose_browser_films_has_no_such_page(
    kiosk: KioskBrowser, set_up: None
) -> None:
    path = path_of_a_capture(kiosk)
    page = kiosk.get(path)
    assert "camera=(self)" in page.headers["Permissions-Policy"]
    assert "data-local-camera" not in page.content.decode()
    assert seen(kiosk, path).status_code == 404


def test_without_the_setting_there_is_neither_preview_nor_capture(
    kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    with override_settings(LOCAL_CAMERA=None):
        assert seen(kiosk, path).status_code == 404
        # Nor is the browser's camera taken in its place.
        assert kiosk.get(path).status_code == 302
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "device"
    assert plugged.events() == []


def test_a_camera_stays_on_no_longer_than_its_capture(
    kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    with clock_shifted(seconds=gate.CAPTURE_SECONDS - 2):
        assert seen(kiosk, path).status_code == 200
    # Nobody tells it, and its own process ends it.
    assert until(lambda: plugged.process.poll() is not None, 10)


def test_a_shown_frame_is_a_picture_of_the_page_s_size(
    kiosk: KioskBrowser, plugged: StandIn
) -> None:
    path = path_of_a_capture(kiosk)
    with Image.open(io.BytesIO(seen(kiosk, path).content)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (640, 480))
