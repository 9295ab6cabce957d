"""Units of work of the apps above the log: the rules in force are filled in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from audit import log
from audit.drafts import Act
from audit.log import Unit
from consent.models import Rules, Site


def rules_in_force(*, site: Site | None) -> Rules | None:
    """Return the rules in force at a site, or the operator's latest for None."""
    published = Rules.objects.filter(retired_at=None)
    if site is not None:
        published = published.filter(site=site)
    return published.order_by("-published_at", "-id").first()


def rules_last(*, site: Site | None = None) -> Rules | None:
    """Return the version that was published last, in force or not."""
    published = Rules.objects.all() if site is None else Rules.objects.filter(site=site)
    return published.order_by("-published_at", "-id").first()


@contextmanager
def unit(*, act: Act, site: Site | None, rules: str | None = None) -> Iterator[Unit]:
    """Open a unit of work (`audit.log.unit`) under the rules in force at the site.

    A site that has published none yet stands under the operator's latest; one that is
    closed, under those it had last when no other site has any.

    Args:
        act: who acts.
        site: where.
        rules: the hash of those that its events stand under instead, where a caller
            knows them.
    """
    with log.unit(
        act=act,
        site=site.code if site else None,
        rules=rules or _rules_of_units(site),
    ) as opened:
        yield opened


def _rules_of_units(site: Site | None) -> str | None:
    if site is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sha256 FROM consent_rules WHERE site_id = %s"
                " AND retired_at IS NULL ORDER BY published_at DESC, id DESC LIMIT 1",
                [site.id],
            )
            for (sha256,) in cursor.fetchall():
                return str(sha256)
    rules = rules_in_force(site=None) or rules_last()
    return rules.sha256 if rules else None
