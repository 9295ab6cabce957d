"""The own page opens for a right code, however many wrong ones were tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from consent.views import links
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of

DETAILS = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}


@pytest.fixture(autouse=True)
def _counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_guessing_passes_keeps_nobody_from_their_page(
    office: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "WRONG_MAX", 3)
    kiosk = KioskBrowser(office.house)
    page = Phone().walk(kiosk.code(), yes=("contact",), details=DETAILS)
    code = page.context["pass_code"]
    token = page.context["page_link"].partition("#")[2]
    wrong = {"code": "0000-0000"}
    for _ in range(3):
        assert Phone().post("/me/open/", wrong).status_code == 404
    stopped = Phone().post("/me/open/", wrong)
    assert stopped.status_code == 429
    assert "试的次数太多" in words_of(stopped)
    elsewhere = Phone().post("/me/open/", wrong, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 404
    for right in ({"code": code}, {"token": token}):
        assert Phone().post("/me/open/", right)["Location"] == "/me/"
