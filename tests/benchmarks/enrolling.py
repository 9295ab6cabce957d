"""Many enrolled people, and the program over them, for measuring what ends one.

Everybody has a consent, a key in the store and a sealed template of random numbers,
past every guard of the database. All of them, the measured ones too, are enrolled in
units of many, because a hundred thousand walks take hours: the same service for
consent and key and the same events, but no walk, no receipt, and no pixel of anybody.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
import numpy as np

from tests.benchmarks.program import Program, running

AT_ONCE = 100


@contextmanager
def house() -> Iterator[Program]:
    """Run the program with its demonstration, with this process on its database."""
    with running() as program:
        os.environ["SALESCENTER_DATA"] = str(program.data)
        os.environ["DJANGO_SETTINGS_MODULE"] = "salescenter.settings"
        django.setup()
        from django.db import connections

        from salescenter import embedded

        with embedded.ensure():
            yield program
            connections.close_all()


def people_enrol(count: int, *, tell: Callable[[int], None]) -> list[uuid.UUID]:
    """Enrol so many people, and return their subjects."""
    made: list[uuid.UUID] = []
    while len(made) < count:
        made += _many(min(AT_ONCE, count - len(made)))
        tell(len(made))
    return made


def _many(count: int) -> list[uuid.UUID]:
    from audit import clock
    from audit.drafts import VISITOR
    from consent import journal
    from consent.models import Consent, Kiosk, Subject
    from consent.purposes import Purpose
    from consent.selectors import rules_get
    from consent.services.consents import consent_grant
    from faces.matching import MODEL
    from faces.models import FaceTemplate
    from faces.templates import template_seal

    site = Kiosk.objects.select_related("site")[0].site
    rules = rules_get(site=site)
    subjects = Subject.objects.bulk_create([Subject() for _ in range(count)])
    with journal.unit(act=VISITOR, site=site) as unit:
        for subject in subjects:
            consent: Consent = consent_grant(
                unit=unit,
                subject=subject,
                purpose=Purpose.FACE_CHECKIN,
                site=site,
                rules=rules,
                language="zh-hans",
            )
            named: dict[str, Any] = {
                "purpose": consent.purpose,
                "subject": subject.pseudonym,
                "consent": consent.granted_ref,
                "rules": rules.sha256,
            }
            start = unit.event("capture.started", data={"model": MODEL}, **named)
            enrolled = unit.event(
                "face.enrolled",
                data={"start": start.ref, "model": MODEL, "frames": 1},
                **named,
            )
            FaceTemplate.objects.create(
                live=consent.key,
                subject=subject,
                purpose=consent.purpose,
                model=MODEL,
                sealed=template_seal(
                    consent=consent, model=MODEL, embedding=random_encoding()
                ),
                enrolled_at=clock.now(),
                enrolled_event_id=enrolled.eid,
            )
    return [subject.id for subject in subjects]


def random_encoding() -> Any:
    """Return numbers of an encoding's shape and length, of nobody."""
    drawn = np.random.default_rng().normal(size=128)
    return drawn / np.linalg.norm(drawn)
