"""Closings of a site, as far as two officers and the sweeps bring them."""

from __future__ import annotations

from audit.drafts import Act
from consent.models import SiteClosing
from consent.services.closing import (
    closing_approve,
    closing_ask,
    closing_finish,
    closing_go_on,
)
from tests import make

FIRST = Act("st-1", "compliance")
SECOND = Act("st-2", "compliance")


def approved(house: make.House) -> SiteClosing:
    asked = closing_ask(site=house.site, act=FIRST)
    closing_approve(closing=asked.id, act=SECOND)
    return SiteClosing.objects.select_related("site__operator").get(id=asked.id)


def closed(house: make.House) -> SiteClosing:
    closing = approved(house)
    while closing_go_on(closing=closing):
        pass
    return closing_finish(closing=closing)
