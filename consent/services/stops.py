"""Pressing the stop switch of a site, and letting go of it."""

from __future__ import annotations

import uuid

from audit import clock
from audit.drafts import Act, Ref
from consent import gate, journal
from consent.closings import site_require_open
from consent.errors import StopOwnRelease
from consent.models import Site, Stop, Use
from consent.models.stops import ORDERED
from consent.services.consents import consent_expire
from consent.stops import COVERS


def stop_press(*, site: Site, scope: str, reason: str, act: Act) -> Stop:
    """Stop a scope at a site at once; a second press keeps the first.

    From its commit on the gate and the database refuse what it covers; captures that
    are under way are closed right after, as `gate.refused`.

    Args:
        site: where.
        scope: "face", "marketing" or "all", which is both.
        reason: "authority", "court", "incident" or "operator".
        act: who presses.
    """
    with journal.unit(act=act, site=site) as unit:
        site_lock(site)
        found = Stop.objects.filter(site=site, scope=scope, off_at=None).first()
        if found is None:
            pressed = unit.event("stop.on", data={"scope": scope, "reason": reason})
            found = Stop.objects.create(
                site=site,
                scope=scope,
                reason=reason,
                on_at=clock.now(),
                on_by=act.id,
                on_event_id=pressed.eid,
            )
    _uses_close(site, scope, act)
    return found


def stop_release(*, stop: uuid.UUID, act: Act) -> Stop:
    """Let go of one press of the switch; twice is once.

    Raises:
        SiteClosed: the site is closed for good.
        StopOwnRelease: an authority or a court asked for it, and the same person
            pressed it.
    """
    found = Stop.objects.select_related("site__operator").get(id=stop)
    with journal.unit(act=act, site=found.site) as unit:
        site_lock(found.site)
        site_require_open(site=found.site)
        locked = Stop.objects.select_for_update(of=("self",)).get(id=stop)
        if locked.off_at is not None:
            return locked
        if locked.reason in ORDERED and locked.on_by == act.id:
            raise StopOwnRelease
        ended = unit.event(
            "stop.off", data={"scope": locked.scope, "stop": Ref(locked.on_event_id)}
        )
        locked.off_at = clock.now()
        locked.off_by = act.id
        locked.off_event_id = ended.eid
        locked.save(update_fields=["off_at", "off_by", "off_event"])
    return locked


def site_lock(site: Site) -> None:
    """Wait for uses and consents that are being written at a site; let none begin.

    The weaker lock, because commits of other rows of the site wait for their key.
    """
    list(Site.objects.select_for_update(no_key=True).filter(id=site.id))


def _uses_close(site: Site, scope: str, act: Act) -> None:
    uses = Use.objects.select_related(
        "subject", "consent__rules", "consent__site", "consent__subject", "site"
    )
    for use in uses.filter(site=site, closed_at=None, purpose__in=COVERS[scope]):
        closed = gate.close(use=use, act=act, reason="stop")
        if closed and use.consent.once:
            consent_expire(use.consent, reason="used")
