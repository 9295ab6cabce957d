"""The steps of a visit, as a person makes them."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import expect

from tests.browser.stage import Device, qr_read

NAME = "Guest"
NUMBER = "13900005678"
ENDING = NUMBER[-4:]


def address(kiosk: Device) -> str:
    """Return what the kiosk's code says, read as a phone reads it."""
    kiosk.page.wait_for_selector("[data-qr] svg")
    found = qr_read(kiosk.page)
    assert found.startswith(f"{kiosk.url}/s/")
    return found


def scan(kiosk: Device, phone: Device) -> str:
    """Open with a phone what the kiosk's code says; return the guest's short code."""
    phone.go(address(kiosk))
    phone.at("/visit/")
    short = phone.page.locator(".short").inner_text().split()[-1]
    # The screen shows the next guest's code at once; nobody scans this one again.
    expect(kiosk.page.locator("[data-short]")).not_to_have_text(short, timeout=20_000)
    return short


def choose(device: Device, yes: Sequence[str] = (), *, age: str = "adult") -> None:
    """Answer the switches and the question of age."""
    for name in yes:
        device.page.check(f"input[name={name}]")
    device.page.check(f"input[name=age][value={age}]")
    device.page.click("form[novalidate] .button-next")


def answer_face(device: Device, answer: str) -> None:
    """Press one of the twins."""
    device.at("/visit/face/")
    device.page.click(f"button[name=answer][value={answer}]")


def leave_details(device: Device, *, name: str = NAME, phone: str = NUMBER) -> None:
    """Leave name and number where they are asked for."""
    device.at("/visit/details/")
    if device.page.locator("#name").count():
        device.page.fill("#name", name)
        device.page.fill("#phone", phone)
    device.page.click("form[novalidate] .button-next")
    device.at("/visit/done/")


def start_camera(kiosk: Device, phone: Device) -> None:
    """Say "I am at the screen" on the phone, and start at the kiosk."""
    phone.page.click("form.forward .button-next")
    kiosk.at("/kiosk/guest/**")
    kiosk.page.click("form[action$='/kiosk/camera/'] button")
    kiosk.at("/kiosk/capture/**")


def type_keys(kiosk: Device, text: str) -> None:
    """Type on the glass."""
    for key in text:
        kiosk.page.click(f"[data-key='{key}']")
    kiosk.page.click("form.typed .button-next")


def come_back(kiosk: Device, way: str) -> None:
    """Choose a way of coming back on the kiosk's first screen."""
    kiosk.at("/kiosk/")
    kiosk.page.click("a[href='/kiosk/return/']")
    kiosk.page.click(f"main a[href='/kiosk/return/{way}/']")


def compare(kiosk: Device, digits: str) -> None:
    """Give four digits, and tap for one comparison."""
    come_back(kiosk, "face")
    type_keys(kiosk, digits)
    kiosk.at("/kiosk/return/face/consent/")
    kiosk.page.click("button[name=answer][value=compare]")


def forget(kiosk: Device) -> None:
    """Finish at the kiosk."""
    kiosk.page.click("form.forget button[type=submit]")
    kiosk.at("/kiosk/")


def enrol(kiosk: Device, phone: Device) -> None:
    """Walk one guest with contact, attribution and face to the end."""
    scan(kiosk, phone)
    choose(phone, ["contact", "attribution"])
    answer_face(phone, "face")
    leave_details(phone)
    start_camera(kiosk, phone)
    kiosk.at("/kiosk/answer/")
