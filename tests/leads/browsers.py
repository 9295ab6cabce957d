"""A guest's phone and a kiosk's browser, as Django's test client drives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.test import Client

from consent.models import Rules
from tests.make import House

SWITCHES = ("contact", "attribution", "marketing_sms", "marketing_call")


class Browser:
    """One browser, which remembers cookies and counts the pages it submitted."""

    def __init__(self, **cookies: str) -> None:
        self.client = Client(SERVER_NAME="127.0.0.1")
        self.client.cookies.load(cookies)
        self.steps: list[str] = []

    def get(self, path: str, **extra: Any) -> Any:
        return self.client.get(path, **extra)

    def post(
        self, path: str, data: Mapping[str, Any] | None = None, **extra: Any
    ) -> Any:
        self.steps.append(path)
        sent = {**self._hidden(path), **(data or {})}
        if path == "/visit/details/" and not sent.get("referral_code"):
            # A page that does not ask for a code has no field that would send one.
            sent.pop("referral_code", None)
        return self.client.post(path, sent, **extra)

    def _hidden(self, path: str) -> dict[str, str]:
        """Return what the page's form carries beside what the person chose."""
        if path in ("/visit/", "/visit/face/", "/visit/ask/"):
            spoken = self.client.cookies.get("lang")
            return {"language": spoken.value if spoken else "zh-hans"}
        if path == "/kiosk/return/face/consent/":
            told = self.client.session.get("guest", {})
            return {
                "rules": Rules.objects.get(retired_at=None).sha256,
                "matching": str(told.get("matching", "")),
            }
        return {}


class KioskBrowser(Browser):
    """The browser at the door."""

    def __init__(self, house: House, *, token: str | None = None) -> None:
        super().__init__(kiosk=token or house.kiosk_token)

    def code(self) -> str:
        """Return the path that the code on the screen opens."""
        response = self.get("/kiosk/")
        assert response.status_code == 200, response.content.decode()
        return str(response.context["code"]["url"]).removeprefix(
            "http://127.0.0.1:8000"
        )

    def state(self, have: str = "") -> dict[str, Any]:
        response = self.post("/kiosk/state/", {"have": have})
        assert response.status_code == 200
        told: dict[str, Any] = response.json()
        return told


class Phone(Browser):
    """A guest's own phone."""

    def open(self, path: str) -> HttpResponse:
        """Scan a code and open it."""
        seen = self.get(path)
        assert seen.status_code == 200, seen.content.decode()
        response: HttpResponse = self.post(path)
        return response

    def walk(
        self,
        path: str,
        *,
        yes: tuple[str, ...] = (),
        face: bool = False,
        details: dict[str, str] | None = None,
        age: str = "adult",
    ) -> Any:
        """Walk through every page and return the last one."""
        response = self.open(path)
        assert response["Location"] == "/visit/"
        return self.walk_on(yes=yes, face=face, details=details, age=age)

    def walk_on(
        self,
        *,
        yes: tuple[str, ...] = (),
        face: bool = False,
        details: dict[str, str] | None = None,
        age: str = "adult",
    ) -> Any:
        """Answer the form, the face page and the details, and return the last page."""
        page = self.get("/visit/")
        assert page.status_code == 200
        answers = {**dict.fromkeys(yes, "on"), "age": age}
        response = self.post("/visit/", answers)
        if response["Location"] == "/visit/face/":
            assert self.get("/visit/face/").status_code == 200
            answer = {"answer": "face" if face else "plain"}
            response = self.post("/visit/face/", answer)
        assert response["Location"] == "/visit/details/", response["Location"]
        page = self.get("/visit/details/")
        assert page.status_code == 200
        if (details or {}).get("referral_code") and page.context["withheld"]:
            self.post("/visit/ask/", {"purpose": "attribution"})
        response = self.post("/visit/details/", details or {})
        assert response.status_code == 302, response.content.decode()
        return self.get(response["Location"])


def words_of(response: Any) -> str:
    """Return the visible words of a page."""
    text = re.sub(r"<(script|style|template)\b.*?</\1>", "", response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())
