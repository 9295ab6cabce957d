"""The page that asks: small over the wire, and whole without scripts."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Response

from consent.models import Consent
from tests.browser import walking
from tests.browser.conftest import Stage
from tests.browser.stage import PHONE, qr_read

pytestmark = pytest.mark.browser

WIRE_MAX = 100_000
"""Bytes of the consent page and everything it loads, compressed."""


def wire(response: Response) -> int:
    """Return the bytes of an answer as they went, or as gzip would send them."""
    sizes = response.request.sizes()
    body = response.body()
    sent = sizes["responseBodySize"] or len(body)
    headers = sizes["responseHeadersSize"]
    encoded = "content-encoding" in response.headers
    return headers + (sent if encoded else max(sent, len(gzip.compress(body, 1))))


def test_the_consent_page_is_under_100_kb(stage: Stage) -> None:
    kiosk, phone = stage.kiosk(), stage.phone()
    walking.scan(kiosk, phone)
    answers: list[Response] = []
    phone.page.on("response", lambda answer: answers.append(answer))
    phone.page.goto(phone.url + "/visit/", wait_until="networkidle")
    total = sum(wire(one) for one in answers)
    assert any(one.url.endswith("/visit/") for one in answers)
    assert any(".css" in one.url for one in answers)
    assert any(".js" in one.url for one in answers)
    assert 5_000 < total < WIRE_MAX, total


def test_the_whole_form_works_without_scripts(stage: Stage) -> None:
    kiosk = stage.kiosk()
    address = qr_read(kiosk.page)
    context = stage.plain.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, java_script_enabled=False
    )
    stage.closing.callback(context.close)
    page = context.new_page()
    page.goto(address)
    page.click("main form button")
    page.wait_for_url("**/visit/")
    assert page.locator("[data-read-start]").is_hidden()
    page.click(".reading form button")
    assert "type-large" in (page.locator("html").get_attribute("class") or "")
    page.check("input[name=attribution]", force=True)
    page.check("input[name=age][value=adult]", force=True)
    page.click(".forward button")
    page.wait_for_url("**/visit/face/")
    page.click("button[value=plain]")
    page.wait_for_url("**/visit/details/")
    page.click(".forward button")
    page.wait_for_url("**/visit/done/")
    assert Consent.objects.get().purpose == "attribution"
    code = page.locator("section[aria-labelledby=mine] b").inner_text()
    # The link's fragment needs a script; its 12 characters do not.
    context.clear_cookies()
    page.goto(kiosk.url + "/me/open/")
    page.fill("#code", code)
    page.click("[data-hash-else] button")
    page.wait_for_url("**/me/")
