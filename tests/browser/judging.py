"""What every page must be: open to all, never wider than the screen, and looked at.

A page is judged as it stands, at every width that the house has; its picture goes
where SCREENSHOTS_DIR says, for somebody to open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

from tests.browser.stage import PHONE, PORTRAIT, SCREEN, Device

NARROWEST = (320, 640)
GRAVE = {"serious", "critical"}
WIDER = """
() => [...document.querySelectorAll("body *")].filter((one) =>
  one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
  && !one.closest(".scroll, .visually-hidden, .skip"))
  .slice(0, 3).map((one) => one.tagName + "." + one.className)
"""

SQUEEZED = """
() => [...document.querySelectorAll("main :is(b, small, p, h1, h2, dd, span, a)")]
  .filter((one) => one.innerText.trim().length > 11 && one.getClientRects().length
  && one.offsetWidth < 60 && !one.closest(".visually-hidden, svg"))
  .slice(0, 3).map((one) => one.tagName + ": " + one.innerText.slice(0, 30))
"""


@dataclass
class Judge:
    """Looks at pages and remembers what is wrong with them."""

    folder: Path
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    axe: Axe = field(default_factory=Axe)

    def look(
        self, device: Device, name: str, *, kiosk: bool = False, english: bool = True
    ) -> None:
        """Judge the page that is open, at every width.

        Args:
            device: where it is open.
            name: of its pictures.
            kiosk: it is seen on an upright screen too.
            english: it may be loaded again, in English.
        """
        page = device.page
        before = page.viewport_size
        self.seen.append(name)
        for size in (PHONE, SCREEN):
            self._resize(device, size)
            self._axe(device, f"{name} at {size[0]} px")
            self._picture(device, f"{name}@{size[0]}", whole=size == PHONE)
        if kiosk:
            self._resize(device, PORTRAIT)
            self._picture(device, f"{name}@portrait", whole=False)
        self._narrow(device, name)
        if english:
            self._language(device, "en")
            self._narrow(device, f"{name} in English")
            self._resize(device, PORTRAIT if kiosk else PHONE)
            self._picture(device, f"{name}@en", whole=not kiosk)
            self._language(device, "zh-hans")
        if before is not None:
            page.set_viewport_size(before)

    def glance(self, device: Device, name: str, *, size: tuple[int, int]) -> None:
        """Judge the page that is open at one width, in both languages."""
        self.seen.append(name)
        self._resize(device, size)
        for language in ("en", "zh-hans"):
            self._language(device, language)
            told = f"{name}@{size[0]}-{language}"
            self._axe(device, told)
            self._picture(device, told, whole=True)
            width = device.page.evaluate("document.scrollingElement.scrollWidth")
            if width > size[0]:
                wider = device.page.evaluate(WIDER)
                self.faults.append(f"{told}: {width} px wide, {wider}")
            if squeezed := device.page.evaluate(SQUEEZED):
                self.faults.append(f"{told}: too narrow to read, {squeezed}")

    def _narrow(self, device: Device, name: str) -> None:
        self._resize(device, NARROWEST)
        width = device.page.evaluate("document.scrollingElement.scrollWidth")
        if width > NARROWEST[0]:
            wider = device.page.evaluate(WIDER)
            self.faults.append(f"{name}: {width} px wide at 320 px, {wider}")

    def _axe(self, device: Device, name: str) -> None:
        for found in self.axe.run(device.page).response["violations"]:
            if found["impact"] in GRAVE:
                where = [node["target"] for node in found["nodes"]][:3]
                self.faults.append(f"{name}: {found['id']} {where}")

    def _picture(self, device: Device, name: str, *, whole: bool) -> None:
        device.page.screenshot(path=self.folder / f"{name}.png", full_page=whole)

    def _language(self, device: Device, language: str) -> None:
        device.context.add_cookies(
            [{"name": "lang", "value": language, "url": device.url}]
        )
        device.page.reload()

    def _resize(self, device: Device, size: tuple[int, int]) -> None:
        device.page.set_viewport_size({"width": size[0], "height": size[1]})
