"""What the reading room of the log asks of consent: the sites, and the notices."""

from __future__ import annotations

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse

from audit.readers import Notice, Place
from audit.say import Say
from consent.models import Rules
from consent.rules import LANGUAGES, notice
from consent.selectors import sites


def places() -> list[Place]:
    """Return the operator's sites, oldest first."""
    return [
        Place(site.code, Say(site.name_zh, site.name_en), ZoneInfo(site.timezone))
        for site in sites()
    ]


def notice_seen(sha256: str, language: str) -> Notice | None:
    """Return a published version as it was shown in a language, or None."""
    published = Rules.objects.filter(sha256=sha256).first()
    if published is None or language not in LANGUAGES:
        return None
    purposes = notice(sha256=sha256, language=language)["purposes"]
    address = reverse("consent:rules_version", kwargs={"sha256": sha256})
    return Notice(
        label=published.label,
        url=f"{address}?{urlencode({'language': language})}",
        published_at=published.published_at,
        titles={row["id"]: row["title"] for row in purposes},
        sentences={row["id"]: row["sentence"] for row in purposes},
        retention={row["id"]: row["retention"] for row in purposes},
    )
