"""Browsers as people hold them, and everything they do watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
)

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 20_000
PHONE = (390, 844)
SCREEN = (1920, 1080)
PORTRAIT = (1080, 1920)

# Tells the test before a camera is asked for, and keeps what became of its tracks.
SPY = """
(() => {
  const devices = navigator.mediaDevices;
  window.tracks = [];
  if (!devices) return;
  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wish) => {
    await window.cameraAsked(location.pathname);
    const stream = await real(wish);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
  // Registered late, so that the page's own listeners have run before this one looks.
  addEventListener("load", () => addEventListener("pagehide", () => {
    const kept = JSON.parse(sessionStorage.getItem("ended") || "[]");
    kept.push(...window.tracks.map((track) => track.readyState));
    sessionStorage.setItem("ended", JSON.stringify(kept));
  }));
})();
"""


def launch(playwright: Playwright, *, camera: Path | None = None) -> Browser:
    """Start a Chromium; with a camera file, its camera plays that person."""
    flags = list(QUIET)
    if camera is not None:
        flags += [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ]
    return playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


@dataclass
class Device:
    """One browser window of one person or kiosk, and what was seen of it."""

    context: BrowserContext
    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    camera_asked: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def go(self, path: str) -> None:
        """Open a path of the house, or a whole address."""
        self.page.goto(path if "://" in path else self.url + path)

    def press(self, name: str) -> None:
        """Press the one visible button or link with this text."""
        button = self.page.get_by_role("button", name=name)
        link = self.page.get_by_role("link", name=name)
        button.or_(link).first.click()

    def at(self, pattern: str) -> None:
        """Wait until the page of this path is there."""
        self.page.wait_for_url(f"{self.url}{pattern}")

    def heading(self) -> str:
        """Return the page's first heading."""
        return self.page.locator("h1").first.inner_text()

    @property
    def path(self) -> str:
        """Return the path of the page that is open."""
        return urlsplit(self.page.url).path

    def ended_tracks(self) -> list[str]:
        """Return how each camera track of earlier pages stood when its page went."""
        found: list[str] = self.page.evaluate(
            "JSON.parse(sessionStorage.getItem('ended') || '[]')"
        )
        return found

    def live_tracks(self) -> int:
        """Return how many tracks of the present page are live."""
        count: int = self.page.evaluate(
            "window.tracks.filter((track) => track.readyState === 'live').length"
        )
        return count


def open_device(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int],
    touch: bool = False,
    on_camera: Callable[[Device, str], None] | None = None,
) -> Device:
    """Open a window and watch everything that it does."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        has_touch=touch,
        is_mobile=touch,
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    device = Device(context=context, page=page, url=url)

    def asked(path: str) -> None:
        device.camera_asked.append(path)
        if on_camera is not None:
            on_camera(device, path)

    context.expose_function("cameraAsked", asked)
    context.add_init_script(SPY)
    page.on("console", lambda message: _console(device, message))
    page.on("pageerror", lambda error: device.faults.append(f"error: {error}"))
    page.on("request", lambda request: _request(device, request))
    page.on(
        "framenavigated",
        lambda frame: (
            device.pages.append(urlsplit(frame.url).path)
            if frame == page.main_frame
            else None
        ),
    )
    return device


def _console(device: Device, message: ConsoleMessage) -> None:
    if message.type not in {"error", "warning"}:
        return
    text = message.text
    # A refused form is a 4xx, and the browser notes it; a test says which it expects.
    if any(f"status of {status}" in text for status in device.expected):
        return
    device.faults.append(f"{device.path}: {text}")


def _request(device: Device, request: Request) -> None:
    device.requested.append(request.url)
    if not request.url.startswith((device.url, "data:", "blob:")):
        device.faults.append(f"{device.path}: asked a stranger, {request.url}")


def qr_read(page: Page, selector: str = "[data-qr]") -> str:
    """Read a QR code as a phone does: from the picture of the screen."""
    picture = page.locator(selector).first.screenshot()
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    text, _, _ = cv2.QRCodeDetectorAruco().detectAndDecode(pixels)
    return text
