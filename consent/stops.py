"""Whether the stop switch of a site is on, for readers and for the gate."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from django.db import connection
from django.urls import reverse

from audit.say import Say
from consent.duties import Duty
from consent.models import Site, SiteClosing, Stop
from consent.purposes import FACE, MARKETING

COVERS: dict[str, frozenset[str]] = {
    "face": frozenset(FACE),
    "marketing": frozenset(MARKETING),
    "all": frozenset(FACE | MARKETING),
}
"""Which purposes each scope of the switch stops. Nothing else ever stops: visits
without a face, a visitor's own page and withdrawing go on."""


def stop_of(*, site: Site, purpose: str) -> Stop | None:
    """Return the stop that is on for a purpose at a site, or None."""
    scopes = stop_scopes(purpose=purpose)
    if not scopes:
        return None
    return (
        Stop.objects.filter(site=site, scope__in=scopes, off_at=None)
        .order_by("on_at", "id")
        .first()
    )


def stop_scopes(*, purpose: str) -> list[str]:
    """Return the scopes of the switch that stop a purpose; none for most."""
    return [scope for scope, purposes in COVERS.items() if purpose in purposes]


def stop_share(*, site: Site, purpose: str) -> Stop | None:
    """As `stop_of`, and hold the switch as it is until this transaction commits.

    MUST be called inside a transaction, before its events: a press waits for it, and
    what is written under it stands before the press in the log. Publishing rules and
    approving a closing wait likewise, so this is for every purpose.
    """
    site_share(site=site)
    return stop_of(site=site, purpose=purpose)


def site_share(*, site: Site) -> None:
    """Hold the rules in force at a site, and its switch, until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM consent_site WHERE id = %s FOR SHARE", [str(site.id)]
        )


def sites_share(*, consents: Sequence[uuid.UUID]) -> None:
    """Hold the rules in force at the sites of some consents until the commit.

    MUST be called before asking whether they may be used (`consents_usable`), in the
    transaction that writes the use: a version that bars them waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM consent_site WHERE id IN (SELECT site_id FROM"
            " consent_consent WHERE id = ANY(%s)) ORDER BY id FOR SHARE",
            [list(consents)],
        )


def stops_on(*, site: Site) -> list[Stop]:
    """Return every stop that is on at a site, the oldest first."""
    return list(Stop.objects.filter(site=site, off_at=None).order_by("on_at", "id"))


def stops_past(*, site: Site, rows: int = 20) -> list[Stop]:
    """Return the last stops of a site that ended, newest first."""
    ended = Stop.objects.filter(site=site, off_at__isnull=False)
    return list(ended.order_by("-on_at", "-id")[:rows])


def stop_duties() -> Iterator[Duty]:
    """Tell the office of every stop that is on, until it is let go of.

    At a site that is closed nobody lets go of it.
    """
    closed = SiteClosing.objects.filter(approved_at__isnull=False).values("site")
    for found in Stop.objects.filter(off_at=None).exclude(site__in=closed):
        yield Duty(
            title=Say("停用开关按下了", "The stop switch is on"),
            url=reverse("consent:stop"),
            permission="consent.release_stop",
            since=found.on_at,
            detail=Say(
                "原因消除后，由合规负责人解除。",
                "Let go of it when its reason is gone.",
            ),
        )
