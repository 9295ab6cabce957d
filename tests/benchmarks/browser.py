"""A browser without a screen: cookies, forms and their tokens, over real HTTP."""

from __future__ import annotations

import http.cookiejar
import json
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_ACTION = re.compile(r'action="([^"]*)"')
_HIDDEN = re.compile(r'type="hidden" name="(language|rules)" value="([^"]+)"')
_DATA_TOKEN = re.compile(r'data-csrf="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    url: str
    text: str

    @property
    def json(self) -> dict[str, Any]:
        """Return the body as an object."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class Browser:
    """One visitor's, or one kiosk's, browser."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.page = Page(0, site, "")

    def get(self, path: str) -> Page:
        """Open a page and stay on it."""
        return self._stay(urllib.request.Request(self._url(path)))

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form of the present page, follow, and stay there."""
        sent = {**self._hidden(path), **fields, "csrfmiddlewaretoken": self.token()}
        body = urllib.parse.urlencode(sent)
        return self._stay(
            urllib.request.Request(
                self._url(path), body.encode(), {"Referer": self.page.url}
            )
        )

    def _hidden(self, path: str) -> dict[str, str]:
        """Return the hidden fields of the page's forms that are sent there."""
        found: dict[str, str] = {}
        for attributes, inside in _FORM.findall(self.page.text):
            action = _ACTION.search(attributes)
            goes = urllib.parse.urljoin(self.page.url, action[1] if action else "")
            if goes == self._url(path):
                found |= dict(_HIDDEN.findall(inside))
        return found

    def send_frames(self, path: str, frames: Sequence[bytes]) -> Page:
        """Post frames as the camera script does, without leaving the page."""
        boundary = secrets.token_hex(16)
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="frame";'
            f' filename="frame.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
            + frame
            + b"\r\n"
            for frame in frames
        )
        request = urllib.request.Request(
            self._url(path),
            body + f"--{boundary}--\r\n".encode(),
            {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Accept": "application/json",
                "X-CSRFToken": self.token(),
                "Referer": self.page.url,
            },
        )
        return self._open(request)

    def token(self) -> str:
        """Return the page's token against forged requests."""
        found = _DATA_TOKEN.search(self.page.text) or _TOKEN.search(self.page.text)
        if found is None:
            message = f"no token on {urllib.parse.urlsplit(self.page.url).path}"
            raise LookupError(message)
        return found[1]

    def attribute(self, name: str) -> str:
        """Return a data attribute of the present page."""
        found = re.search(rf'data-{name}="([^"]*)"', self.page.text)
        if found is None:
            message = f"no data-{name} on {urllib.parse.urlsplit(self.page.url).path}"
            raise LookupError(message)
        return found[1]

    def _url(self, path: str) -> str:
        return urllib.parse.urljoin(self.page.url or self.site, path)

    def _stay(self, request: urllib.request.Request) -> Page:
        self.page = self._open(request)
        return self.page

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=60) as answer:
                return Page(answer.status, answer.url, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.code, error.url, error.read().decode())
