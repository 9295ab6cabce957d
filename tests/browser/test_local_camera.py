"""A kiosk that films with the machine's own camera, from two web processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from consent.models import Device
from consent.services import devices
from faces import local_camera
from tests import make
from tests.browser.conftest import Stage
from tests.browser.test_kiosk import start_here
from tests.conftest import LiveServer
from tests.faces.filming import StandIn
from tests.faces.photographs import collins, encoded
from tests.faces.processes import until

pytestmark = pytest.mark.browser


@pytest.fixture
def live_server(serve: Callable[..., LiveServer]) -> LiveServer:
    return serve(LOCAL_CAMERA="0", WEB_PROCESSES="2")


@pytest.fixture
def camera(stage: Stage, secrets_dir: Path, tmp_path: Path) -> Iterator[StandIn]:
    """The camera of the kiosk, plugged into the server."""
    for one in Device.objects.all():
        devices.device_revoke(device=one.id, act=make.APPROVING)
    with override_settings(LOCAL_CAMERA=0):
        asked = make.device_asked(
            kiosk=stage.house.kiosk, code="cam-local", kind="local"
        )
        devices.device_approve(device=asked.id, act=make.APPROVING)
    folder = tmp_path / "plugged"
    folder.mkdir()
    stand_in = StandIn(name=local_camera.socket_name(secrets_dir), folder=folder)
    yield stand_in
    stand_in.end()


def test_a_guest_enrols_before_the_machine_s_camera(
    stage: Stage, camera: StandIn
) -> None:
    camera.plug(encoded(collins(), quality=92))
    kiosk = stage.kiosk()
    start_here(kiosk)
    kiosk.at("/kiosk/answer/")
    assert "只留下加密的特征" in kiosk.page.inner_text("main")
    assert camera.events() == ["open", "close"]
    # The browser's own camera was not asked for.
    assert kiosk.camera_asked == []


def test_a_guest_whose_camera_is_unplugged_is_shown_another_way(
    stage: Stage, camera: StandIn
) -> None:
    # Nobody is seen, so the page goes on looking.
    camera.plug(encoded(collins().crop((0, 0, 60, 60)).resize((640, 480))))
    kiosk = stage.kiosk()
    kiosk.expected = {503}
    start_here(kiosk)
    kiosk.page.wait_for_selector('[data-lens][data-live="on"]')
    camera.unplug()
    kiosk.page.wait_for_selector("[data-trouble]:not([hidden])")
    assert kiosk.page.inner_text("[data-trouble-text]") == "摄像头断开了。"
    assert until(lambda: camera.events() == ["open", "close"])
    kiosk.page.click("[data-trouble-stop] button")
    kiosk.at("/kiosk/answer/")


def test_stopping_switches_the_machine_s_camera_off(
    stage: Stage, camera: StandIn
) -> None:
    camera.plug(encoded(collins().crop((0, 0, 60, 60)).resize((640, 480))))
    kiosk = stage.kiosk()
    start_here(kiosk)
    kiosk.page.wait_for_selector('[data-lens][data-live="on"]')
    kiosk.page.click("[data-stop] button")
    kiosk.at("/kiosk/answer/")
    assert camera.events() == ["open", "close"]
