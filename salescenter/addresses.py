"""Where each page is, for the person who started the program."""

from __future__ import annotations

from django.conf import settings

from consent.models import Kiosk
from consent.services.places import kiosk_pairing_issue


def addresses() -> list[str]:
    """Return one line per page.

    The line of a kiosk that no browser is paired with ends with a code that pairs one;
    a paired one keeps its browser, and no code lies about that would take it over.
    """
    site, public = settings.SITE_URL, settings.PUBLIC_URL
    kiosks = Kiosk.objects.filter(revoked_at=None).order_by("code")
    return [
        *([_line(kiosk) for kiosk in kiosks] or [f"kiosk       {site}/kiosk/"]),
        f"phone form  {public}/visit/  (opened by scanning the kiosk's code)",
        f"desk        {site}/desk/",
        f"dashboard   {site}/channels/",
        f"compliance  {site}/log/",
    ]


def pairing_address(*, kiosk: Kiosk) -> str:
    """Return the address that pairs a browser with a kiosk, once, within an hour."""
    code = kiosk_pairing_issue(kiosk=kiosk)
    return f"{settings.SITE_URL}/kiosk/pair/#{code}"


def _line(kiosk: Kiosk) -> str:
    if kiosk.token_hash is None:
        return f"kiosk       {pairing_address(kiosk=kiosk)}"
    again = f"(paired; another browser: manage.py kiosk_pairing {kiosk.code})"
    return f"kiosk       {settings.SITE_URL}/kiosk/  {again}"
