"""A house with its demonstration data, a kiosk, and the people who come to it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import Image
from playwright.sync_api import Browser, Playwright, sync_playwright

from consent.models import Kiosk
from consent.services import places
from tests.browser.cameras import motion_jpeg
from tests.browser.stage import PHONE, PORTRAIT, Device, launch, open_device
from tests.conftest import LiveServer


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, once a session."""
    # Its loop runs in this thread, and Django would refuse the database beside it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as started:
            yield started


@pytest.fixture(scope="session")
def plain_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser without a camera: phones, and the staff's machines."""
    browser = launch(playwright)
    yield browser
    browser.close()


@dataclass(frozen=True)
class House:
    """The demonstration, served; with the passwords it printed."""

    url: str
    kiosk: Kiosk
    passwords: dict[str, str]
    server: LiveServer


@pytest.fixture
def house(live_server: LiveServer) -> House:
    """The demonstration as `./run` seeds it, served on this test's database."""
    return seeded(live_server)


def seeded(live_server: LiveServer) -> House:
    """Seed the demonstration and return it."""
    printed = io.StringIO()
    call_command("demo_seed", stdout=printed)
    passwords = dict(re.findall(r"^ {2}(\w+) +(\S+)$", printed.getvalue(), re.M))
    return House(
        url=live_server.url,
        kiosk=Kiosk.objects.get(),
        passwords=passwords,
        server=live_server,
    )


OnCamera = Callable[[Device, str], None]


@dataclass
class Stage:
    """Opens windows for people; all of them are closed and judged at the end."""

    house: House
    playwright: Playwright
    plain: Browser
    folder: Path
    closing: ExitStack
    devices: list[Device]
    on_camera: OnCamera | None = None

    def phone(self, size: tuple[int, int] = PHONE) -> Device:
        """Return a guest's phone with nothing in it yet."""
        return self._watched(self.plain, size, touch=True)

    def desk(self, size: tuple[int, int] = (1280, 800)) -> Device:
        """Return a browser of the staff."""
        return self._watched(self.plain, size)

    def screen(
        self,
        name: str = "",
        picture: Image.Image | None = None,
        size: tuple[int, int] = PORTRAIT,
        *,
        film: Path | None = None,
    ) -> Device:
        """Return the kiosk's browser, with somebody in front of its camera."""
        if picture is None and film is None:
            return self._watched(self.plain, size)
        file = film
        if picture is not None:
            file = motion_jpeg(self.folder, name, picture)
        browser = launch(self.playwright, camera=file)
        self.closing.callback(browser.close)
        return self._watched(browser, size)

    def kiosk(
        self,
        name: str = "",
        picture: Image.Image | None = None,
        size: tuple[int, int] = PORTRAIT,
    ) -> Device:
        """Return the kiosk, paired by its real page."""
        device = self.screen(name, picture, size)
        self.pair(device)
        return device

    def pair(self, device: Device) -> None:
        """Make a browser the kiosk, with a code that an administrator issued."""
        device.go("/kiosk/pair/")
        device.page.fill("#token", places.kiosk_pairing_issue(kiosk=self.house.kiosk))
        device.page.click("[data-hash-else] button")
        device.at("/kiosk/")

    def before(
        self,
        kiosk: Device,
        name: str,
        picture: Image.Image | None = None,
        *,
        film: Path | None = None,
        size: tuple[int, int] = PORTRAIT,
    ) -> Device:
        """Return the same kiosk with another person in front of its camera."""
        device = self.screen(name, picture, size, film=film)
        device.context.add_cookies(
            [
                {"name": one["name"], "value": one["value"], "url": device.url}
                for one in kiosk.context.cookies()
                if one["name"] == "kiosk"
            ]
        )
        device.go("/kiosk/")
        return device

    def _watched(
        self, browser: Browser, size: tuple[int, int], *, touch: bool = False
    ) -> Device:
        device = open_device(
            browser, self.house.url, size=size, touch=touch, on_camera=self._asked
        )
        self.closing.callback(device.context.close)
        self.devices.append(device)
        return device

    def _asked(self, device: Device, path: str) -> None:
        if self.on_camera is not None:
            self.on_camera(device, path)


@pytest.fixture
def stage(
    house: House, playwright: Playwright, plain_browser: Browser, tmp_path: Path
) -> Iterator[Stage]:
    """People and browsers; no page of theirs may complain of anything."""
    with ExitStack() as closing:
        made = Stage(house, playwright, plain_browser, tmp_path, closing, [])
        yield made
        faults = [fault for device in made.devices for fault in device.faults]
    assert faults == []
    # What a page asked for and did not get would be told there.
    assert "Traceback" not in house.server.log.read_text()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages go; SCREENSHOTS_DIR, to look at them."""
    chosen = os.environ.get("SCREENSHOTS_DIR")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
