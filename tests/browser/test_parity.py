"""The twins: whoever reads the page from two metres cannot tell which one we'd like."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import walking
from tests.browser.conftest import Stage
from tests.browser.stage import PORTRAIT, SCREEN, Device
from tests.faces.photographs import collins

pytestmark = pytest.mark.browser

HALF_A_PIXEL = 0.5
LETTERS = 2

# Everything by which one of two buttons could shout.
LOOK = """
(twins) => twins.map((twin) => {
  const look = (element) => {
    const style = getComputedStyle(element);
    return ["color", "backgroundColor", "backgroundImage", "border", "borderRadius",
      "boxShadow", "outline", "font", "letterSpacing", "textDecoration", "textAlign",
      "opacity", "padding", "margin", "cursor", "animationName", "transform"]
      .map((name) => `${name}: ${style[name]}`).join("; ");
  };
  const box = twin.getBoundingClientRect();
  return {
    width: box.width, height: box.height, top: box.top, left: box.left,
    looks: [twin, ...twin.querySelectorAll("*")].map(look),
    tags: [twin, ...twin.querySelectorAll("*")].map((one) => one.tagName),
    words: [...twin.querySelectorAll("*")].map((one) => one.textContent.length),
    lines: [...twin.querySelectorAll("*")].map((one) => one.getClientRects().length),
  };
})
"""


def are_twins(device: Device) -> None:
    device.page.mouse.move(0, 0)
    one, other = looks(device)
    # The second stands beside or under the first, on the same line.
    assert one["left"] == other["left"] or one["top"] == other["top"]
    for name in ("width", "height"):
        assert abs(one[name] - other[name]) < HALF_A_PIXEL
    for name in ("looks", "tags", "lines"):
        assert one[name] == other[name], name
    # As many words, so that neither is the longer promise.
    for words, others in zip(one["words"], other["words"], strict=True):
        assert abs(words - others) <= LETTERS
    focused: list[object] = []
    for twin in device.page.locator(".twin").all():
        twin.focus()
        focused.append(looks(device)[len(focused)]["looks"])
    assert focused[0] == focused[1]


def looks(device: Device) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = device.page.locator(".twin").evaluate_all(LOOK)
    assert len(found) == 2
    return found


def in_both_languages(device: Device) -> None:
    are_twins(device)
    device.page.get_by_role("button", name="English").click()
    device.page.wait_for_selector("html[lang=en]")
    are_twins(device)
    device.page.get_by_role("button", name="中文").click()
    device.page.wait_for_selector("html[lang=zh-Hans]")


@pytest.mark.parametrize("size", [(390, 844), (320, 640)])
def test_on_the_phone(stage: Stage, size: tuple[int, int]) -> None:
    kiosk, phone = stage.kiosk(), stage.phone(size)
    walking.scan(kiosk, phone)
    walking.choose(phone)
    phone.at("/visit/face/")
    in_both_languages(phone)


@pytest.mark.parametrize("size", [PORTRAIT, SCREEN])
def test_on_the_kiosk(stage: Stage, size: tuple[int, int]) -> None:
    kiosk = stage.kiosk(size=size)
    kiosk.page.click("form[action$='/kiosk/here/'] button")
    walking.choose(kiosk)
    kiosk.at("/visit/face/")
    in_both_languages(kiosk)


@pytest.mark.vision
def test_before_and_after_a_comparison(stage: Stage) -> None:
    kiosk, phone = stage.kiosk("collins", collins()), stage.phone()
    walking.enrol(kiosk, phone)
    walking.forget(kiosk)
    walking.come_back(kiosk, "face")
    walking.type_keys(kiosk, walking.ENDING)
    kiosk.at("/kiosk/return/face/consent/")
    in_both_languages(kiosk)
    kiosk.page.click("button[name=answer][value=compare]")
    kiosk.at("/kiosk/answer/")
    are_twins(kiosk)
