"""A hint that is answered after something else was told at the same screen."""

from __future__ import annotations

from typing import Any

import pytest

from faces import pixels
from tests.faces.photographs import collins
from tests.leads.browsers import KioskBrowser, Phone
from tests.leads.test_camera import DETAILS, JSON, frames, kind, started

pytestmark = [pytest.mark.vision, pytest.mark.slow]


def test_a_hint_that_waits_puts_back_nothing_that_stop_told(
    kiosk: KioskBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guest presses stop while a frame of theirs stands in line."""
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    hint = pixels.hint

    def waits(frame: bytes, **asked: Any) -> Any:
        found = hint(frame, **asked)
        assert kiosk.post(f"{path}stop/", **JSON).status_code == 200
        return found

    monkeypatch.setattr(pixels, "hint", waits)
    kiosk.post(f"{path}hint/", frames(collins(), 1), **JSON)
    assert kind(kiosk.get("/kiosk/answer/")) == "stopped"


def test_a_hint_after_the_end_still_tells_that_it_ended(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    phone.post("/me/stop/all/")
    answer = kiosk.post(f"{path}hint/", frames(collins(), 1), **JSON)
    assert (answer.status_code, answer.json()["next"]) == (410, "/kiosk/answer/")
    assert kind(kiosk.get("/kiosk/answer/")) == "stopped"
