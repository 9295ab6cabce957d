"""The verifier's page as it is served: the very file of the exports, and its CSP."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

PAGE = Path(__file__).with_name("verifier.html")
_INLINE = re.compile(rb"<(script|style)[^>]*>(.*?)</\1>", re.DOTALL)


@cache
def page() -> bytes:
    """Return the file's bytes."""
    return PAGE.read_bytes()


@cache
def policy() -> str:
    """Return a policy that lets its one script and one style in, and nothing else.

    Not even this program can be asked from there: what is checked stays in the browser.
    """
    found: dict[str, str] = {}
    for tag, inner in _INLINE.findall(page()):
        digest = base64.b64encode(hashlib.sha256(inner).digest()).decode()
        found[tag.decode()] = f"'sha256-{digest}'"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {found['script']}",
            f"style-src {found['style']}",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
