"""The append path: one unit of work is one transaction, its events written last.

```python
with log.unit(act=Act("k-1", "kiosk"), site="c-1", rules=sha256) as unit:
    granted = unit.event("consent.granted", purpose=…, subject=…, consent=SELF, data=…)
    Consent.objects.create(granted_event_id=granted.eid, …)
```
Rows that need their event hold its `eid`, chosen when the event is drafted. Numbers,
times and bytes are made at the end, while the head row is locked: the lock is short,
and taken after every other one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from django.db import transaction

from audit.appending import append, tell_time
from audit.catalogue import KINDS
from audit.drafts import Act, Draft, Ref
from audit.errors import EventInvalid, LogOpen, Refused
from audit.models import Head


class Unit:
    """The events of one transaction, in the order they were drafted."""

    def __init__(self, *, act: Act, site: str | None, rules: str | None) -> None:
        """Start with no events; the defaults serve those that do not say otherwise."""
        self.act = act
        self.site = site
        self.rules = rules
        self.drafts: list[Draft] = []

    def draft(
        self,
        kind: str,
        *,
        clause: str | None = None,
        purpose: str | None = None,
        subject: str | None = None,
        consent: Ref | None = None,
        rules: str | None = None,
        data: Mapping[str, object] | None = None,
    ) -> Draft:
        """Return an event without buffering it, for a refusal that is raised.

        Raises:
            EventInvalid: the catalogue does not know the kind, or it has no clause.
        """
        entry = KINDS.get(kind)
        stands_on = clause or (entry.clause if entry else None) or purpose
        if entry is None or stands_on is None:
            message = f"{kind}: not in the catalogue, or no clause to stand on"
            raise EventInvalid(message)
        return Draft(
            kind=kind,
            clause=stands_on,
            act=self.act,
            site=self.site,
            rules=rules or self.rules,
            purpose=purpose,
            subject=subject,
            consent=consent,
            data=dict(data or {}),
        )

    def event(
        self,
        kind: str,
        *,
        clause: str | None = None,
        purpose: str | None = None,
        subject: str | None = None,
        consent: Ref | None = None,
        rules: str | None = None,
        data: Mapping[str, object] | None = None,
    ) -> Draft:
        """Buffer one event and return it, with its eid.

        Raises:
            EventInvalid: the catalogue does not know the kind, or it has no clause.
        """
        return self.add(
            self.draft(
                kind,
                clause=clause,
                purpose=purpose,
                subject=subject,
                consent=consent,
                rules=rules,
                data=data,
            )
        )

    def grant(
        self,
        *,
        purpose: str,
        subject: str,
        rules: str,
        data: Mapping[str, object],
    ) -> Draft:
        """Buffer a `consent.granted`, which names itself as the consent relied on."""
        drafted = self.draft(
            "consent.granted",
            purpose=purpose,
            subject=subject,
            rules=rules,
            data=data,
        )
        return self.add(replace(drafted, consent=drafted.ref))

    def add(self, draft: Draft) -> Draft:
        """Buffer a drafted event."""
        self.drafts.append(draft)
        return draft


@contextmanager
def unit(*, act: Act, site: str | None, rules: str | None) -> Iterator[Unit]:
    """Open one transaction whose events are appended just before it commits.

    MUST NOT be opened inside another transaction. A failed append fails the change.
    A `Refused` that leaves the block rolls it back; its refusal is then committed by
    itself, and the error goes on.

    Raises:
        LogClosed: no log is open yet.
        EventInvalid: an event breaks the grammar or the catalogue.
    """
    try:
        with transaction.atomic(durable=True):
            tell_time()
            opened = Unit(act=act, site=site, rules=rules)
            yield opened
            append(opened.drafts, commit=True)
    except Refused as refused:
        if refused.refusal is not None:
            refuse(refused.refusal)
            refused.refusal = None
        raise


def refuse(refusal: Draft) -> None:
    """Commit the event of a refusal by itself, before the error is raised.

    MUST NOT be called inside a transaction.
    """
    with transaction.atomic(durable=True):
        tell_time()
        append([refusal], commit=True)


def log_open(*, operator: str, demonstration_clock: bool = False) -> str:
    """Open this database's log and return its random id.

    MUST be called inside a transaction; the first unit writes `log.opened`.

    Raises:
        LogOpen: there is one already.
    """
    if Head.objects.filter(closed_at=None).exists():
        raise LogOpen
    head = Head.objects.create(
        log=secrets.token_hex(8),
        operator=operator,
        clock="demo" if demonstration_clock else "system",
    )
    return head.log
