"""Operator, sites and kiosks: who asks, and where."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction

from audit import clock, log
from audit.drafts import Act
from consent import journal
from consent.closings import site_require_open
from consent.errors import KioskUnknown, OperatorExists
from consent.models import Kiosk, Operator, Site
from consent.selectors import token_hash

PAIRING = timedelta(hours=1)
"""How long a pairing code of a kiosk may be used, once."""


def operator_create(
    *, code: str, legal_name: str, demonstration_clock: bool = False
) -> Operator:
    """Create this database's operator and open its log.

    Args:
        code: `[a-z0-9-]`, at most 32; beginning with `demo-` for a demonstration.
        legal_name: as registered.
        demonstration_clock: let the clock be shifted; for demonstrations only.

    Raises:
        OperatorExists: one database serves one operator.
    """
    with transaction.atomic(durable=True):
        if Operator.objects.exists():
            raise OperatorExists
        log.log_open(operator=code, demonstration_clock=demonstration_clock)
        return Operator.objects.create(
            code=code, legal_name=legal_name, created_at=clock.now()
        )


def site_open(
    *, operator: Operator, code: str, name_zh: str, name_en: str, act: Act
) -> Site:
    """Open a sales center."""
    with log.unit(act=act, site=code, rules=_latest_rules()) as unit:
        opened = unit.event("site.opened")
        return Site.objects.create(
            operator=operator,
            code=code,
            name_zh=name_zh,
            name_en=name_en,
            opened_event_id=opened.eid,
        )


def _latest_rules() -> str | None:
    rules = journal.rules_in_force(site=None)
    return rules.sha256 if rules else None


def kiosk_create(*, site: Site, code: str, act: Act) -> Kiosk:
    """Make a kiosk; a coin decides, once, where its twins stand."""
    site_require_open(site=site)
    order = secrets.choice(["face_first", "plain_first"])
    with journal.unit(act=act, site=site) as unit:
        unit.event("kiosk.layout", data={"kiosk": code, "order": order})
        return Kiosk.objects.create(site=site, code=code, order=order)


def kiosk_pairing_issue(*, kiosk: Kiosk) -> str:
    """Return a new pairing code of a kiosk, good for an hour and one browser.

    The browser that is paired now stays so until the code is used.
    """
    token = secrets.token_urlsafe(16)
    Kiosk.objects.filter(id=kiosk.id).update(
        pairing_hash=token_hash(token), pairing_until=clock.now() + PAIRING
    )
    return token


def kiosk_pair(*, pairing: str) -> tuple[Kiosk, str]:
    """Pair the browser that has a pairing code; return its device token, told once.

    Raises:
        KioskUnknown: the code is unknown, used or too old.
    """
    found = (
        Kiosk.objects.select_related("site")
        .filter(
            pairing_hash=token_hash(pairing),
            pairing_until__gt=clock.now(),
            revoked_at=None,
        )
        .first()
    )
    if found is None:
        raise KioskUnknown
    token = secrets.token_urlsafe(32)
    with journal.unit(act=Act(found.code, "kiosk"), site=found.site) as unit:
        taken = Kiosk.objects.filter(
            id=found.id, pairing_hash=token_hash(pairing)
        ).update(token_hash=token_hash(token), pairing_hash=None, pairing_until=None)
        if not taken:
            raise KioskUnknown
        unit.event("kiosk.paired", data={"kiosk": found.code})
    return found, token


def kiosk_revoke(*, kiosk: Kiosk, act: Act) -> None:
    """Take a kiosk out of service for good."""
    with journal.unit(act=act, site=kiosk.site) as unit:
        unit.event("kiosk.revoked", data={"kiosk": kiosk.code})
        Kiosk.objects.filter(id=kiosk.id).update(
            revoked_at=clock.now(), token_hash=None, pairing_hash=None
        )
