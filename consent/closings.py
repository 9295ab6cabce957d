"""Whether a site is closed, and what is still held there."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from audit.say import Say
from consent import keys, tallies
from consent.duties import Duty
from consent.errors import SiteClosed
from consent.models import Consent, Kiosk, Pass, Rules, Site, SiteClosing, Use


def closing_of(*, site: Site) -> SiteClosing | None:
    """Return the request to close a site that was not dropped, or None."""
    return SiteClosing.objects.filter(site=site, dropped_at=None).first()


def site_closed(*, site: Site) -> bool:
    """Tell whether a site's closing was approved: nothing new begins there."""
    return SiteClosing.objects.filter(site=site, approved_at__isnull=False).exists()


def site_require_open(*, site: Site) -> None:
    """Return when a site is open.

    Raises:
        SiteClosed: its closing was approved.
    """
    if site_closed(site=site):
        raise SiteClosed


def held(*, site: Site) -> dict[str, int]:
    """Return how much of each kind is held at a site; every number ends at zero."""
    stored = list(keys.keys_stored())
    return {
        **tallies.counts(site=site),
        "kiosks": Kiosk.objects.filter(site=site, revoked_at=None).count(),
        "live_consents": Consent.objects.filter(site=site, state="active").count(),
        "living_passes": Pass.objects.filter(site=site, revoked_at=None).count(),
        "open_uses": Use.objects.filter(site=site, closed_at=None).count(),
        "rules_in_force": Rules.objects.filter(site=site, retired_at=None).count(),
        "stored_keys": Consent.objects.filter(site=site, id__in=stored).count(),
    }


def closing_duties() -> Iterator[Duty]:
    """Tell the office of each closing that waits for a second person, or is at work."""
    for found in SiteClosing.objects.filter(dropped_at=None, finished_at=None):
        waits = found.approved_at is None
        yield Duty(
            title=Say("关闭售楼处：等第二人批准", "Closing a site: awaits approval")
            if waits
            else Say("正在关闭售楼处", "A site is being closed"),
            url=reverse("consent:close"),
            permission="consent.close_site",
            since=found.approved_at or found.asked_at,
        )
