"""Where each page is, for the person who started the program."""

from __future__ import annotations

from django.conf import settings


def addresses() -> list[str]:
    """Return one line per page."""
    site, public = settings.SITE_URL, settings.PUBLIC_URL
    return [
        f"kiosk       {site}/kiosk/",
        f"phone form  {public}/s/",
        f"desk        {site}/desk/",
        f"dashboard   {site}/channels/",
        f"compliance  {site}/log/",
    ]
