"""Whoever reads the log, at their browser; and a log busy enough to be read."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from audit.models import Body
from consent.models import Consent, Subject
from consent.purposes import Purpose
from faces.selectors import enrolled
from salescenter.roles import roles_sync, staff_create
from tests import make
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded, hopper


def reader(role: str = "compliance", name: str = "reader", lang: str = "") -> Client:
    """Return the browser of somebody of a role, signed in."""
    roles_sync()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(staff_create(username=name, password="x" * 20, role=role))
    if lang:
        client.cookies.load({"lang": lang})
    return client


def bodies() -> list[dict[str, Any]]:
    """Return every event of the database's one log, in order."""
    return [json.loads(bytes(row.body)) for row in Body.objects.order_by("seq")]


def numbers(kind: str) -> list[int]:
    """Return the numbers of a kind's events."""
    return [body["seq"] for body in bodies() if body["type"] == kind]


def enrolled_person(house: make.House) -> Subject:
    """Return somebody who agreed to contact and face, and enrolled."""
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    return subject


def compared_with(house: make.House, subject: Subject) -> Subject:
    """Return a stranger who was compared with an enrolled person, without a match."""
    stranger = make.person(kiosk=house.kiosk)
    make_face.compare(
        subject=stranger,
        kiosk=house.kiosk,
        frames=[encoded(hopper())],
        candidates=enrolled(consents=list(Consent.objects.filter(subject=subject))),
    )
    return stranger
