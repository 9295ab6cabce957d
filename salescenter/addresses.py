"""Where each page is, for the person who started the program."""

from __future__ import annotations

from django.conf import settings

from consent.models import Kiosk
from consent.services.places import kiosk_pairing_issue


def addresses() -> list[str]:
    """Return one line per page; a kiosk's ends with a code that pairs a browser."""
    site, public = settings.SITE_URL, settings.PUBLIC_URL
    kiosks = Kiosk.objects.filter(revoked_at=None).order_by("code")
    pairing = [
        f"kiosk       {site}/kiosk/pair/#{kiosk_pairing_issue(kiosk=kiosk)}"
        for kiosk in kiosks
    ]
    return [
        *(pairing or [f"kiosk       {site}/kiosk/"]),
        f"phone form  {public}/visit/  (opened by scanning the kiosk's code)",
        f"desk        {site}/desk/",
        f"dashboard   {site}/channels/",
        f"compliance  {site}/log/",
    ]
