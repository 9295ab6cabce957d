"""Whom the pseudonyms of an identified export stand for (`audit.bundle`)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.db.models import QuerySet

from audit import clock
from audit.bundle import Scope
from audit.drafts import SYSTEM
from audit.selectors import subjects_between
from consent import journal
from consent.errors import KeyMissing
from consent.models import Site
from leads.contacts import contact_open, seen
from leads.models import Contact

AT_ONCE = 200


def contacts_lines(scope: Scope) -> Iterator[bytes]:
    """Yield pseudonym, name and phone of the people whom the range is about.

    Of those whose contact still stands: what was withdrawn stays what it is, a
    pseudonym that nobody can resolve. That each is read is in the log, under its own
    consent, before it is handed over.
    """
    people = subjects_between(log=scope.log, first=scope.first, last=scope.last)
    sites = Site.objects.all()
    if scope.sites is not None:
        sites = sites.filter(code__in=scope.sites)
    for site in sites.order_by("id"):
        living = Contact.objects.filter(site=site, live__until__gt=clock.now())
        for place in range(0, len(people), AT_ONCE):
            some = people[place : place + AT_ONCE]
            found = living.filter(subject__pseudonym__in=some)
            if found.exists():
                yield from _lines(site, found)


def _lines(site: Site, living: QuerySet[Contact]) -> list[bytes]:
    contacts = list(living.select_related("live", "subject").order_by("id"))
    with journal.unit(act=SYSTEM, site=site) as unit:
        whose = set(
            seen(
                unit=unit,
                consents=[contact.live.id for contact in contacts],
                reason="export",
            )
        )
        lines = []
        for contact in contacts:
            if contact.subject_id not in whose:
                continue
            try:
                details = contact_open(contact=contact)
            except KeyMissing:
                continue  # the sweep ends its consent
            told = {
                "subject": contact.subject.pseudonym,
                "name": details.name,
                "phone": details.phone,
            }
            line = json.dumps(told, sort_keys=True, separators=(",", ":"))
            lines.append(line.encode("ascii"))
    return lines
