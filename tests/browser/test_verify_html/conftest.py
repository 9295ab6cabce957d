"""A phone with verify.html open from its disk, and two logs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import packs
from tests.browser.stage import WAIT_MS, Device
from tests.browser.test_verify_html.inspecting import HTML, PHONE, Inspector
from tests.packs.log import Log


@pytest.fixture
def inspector(plain_browser: Browser, tmp_path: Path) -> Iterator[Inspector]:
    context = plain_browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    context.set_offline(True)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    device = Device(context=context, page=page, url=HTML.as_uri())
    # A refused inline script, style or request of the page is told there.
    page.on("console", lambda one: device.faults.append(f"{one.type}: {one.text}"))
    page.on("pageerror", lambda one: device.faults.append(f"error: {one}"))
    page.on("request", lambda one: device.requested.append(one.url))
    page.goto(device.url)
    yield Inspector(page, tmp_path, device)
    context.close()
    assert device.faults == []
    assert set(device.requested) == {device.url}


@pytest.fixture(scope="session")
def log() -> Log:
    return packs.build_log(seed=3, consents=14)


@pytest.fixture(scope="session")
def turned() -> Log:
    """A log whose key was changed in the middle."""
    return packs.build_log(seed=4, consents=14, rotate=True, log="fedcba9876543210")
