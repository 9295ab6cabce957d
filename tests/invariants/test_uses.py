"""Every use in the log stands on a consent that was live, as the format demands.

The judge below is written from the published format alone (docs/evidence.md): uses,
starts and ends, and what follows an end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.drafts import VISITOR
from audit.models import Body
from audit.selectors import log_faults
from consent.models import Consent, Walk
from consent.purposes import SWITCHES, Purpose
from consent.services import walks
from consent.services.consents import consents_withdraw
from faces.selectors import enrolled
from leads import arrivals
from leads.contacts import Details
from leads.models import Decision
from tests import make
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded, hopper
from tests.leads import make as make_leads

pytestmark = pytest.mark.usefixtures("db", "secrets_dir")

USES = {
    "contact.collected",
    "contact.viewed",
    "contact.corrected",
    "contact.disclosed",
    "capture.started",
    "face.enrolled",
    "face.compare.started",
    "face.compared",
    "message.allowed",
}
STARTS = {"capture.started", "face.compare.started"}
ENDS = {
    "face.enrolled",
    "face.compared",
    "capture.discarded",
    "gate.refused",
    "use.abandoned",
}


def bodies() -> list[dict[str, Any]]:
    """Return every event of the log, in order."""
    return [json.loads(bytes(row.body)) for row in Body.objects.order_by("seq")]


def violations(events: list[dict[str, Any]]) -> Iterator[str]:
    """Yield each rule of the format that a log breaks."""
    grants: dict[int, dict[str, Any]] = {}
    ended: dict[int, dict[str, Any]] = {}
    starts: dict[int, int] = {}
    followed: set[tuple[str, int]] = set()
    enrolled_under: set[int] = set()
    for event in events:
        seq, kind, data = event["seq"], event["type"], event["data"]
        if kind == "consent.granted":
            grants[seq] = event
        if kind in {"consent.withdrawn", "consent.expired"}:
            ended[event["consent"]] = event
        if kind in STARTS:
            starts[seq] = 0
        if kind in ENDS and data.get("start") is not None:
            starts[data["start"]] += 1
        if kind in {"key.destroyed", "face.template.destroyed"}:
            followed.add((kind, event["consent"]))
            yield from _late(event, ended, grants)
        if kind == "face.enrolled":
            enrolled_under.add(event["consent"])
        if kind in USES or (
            kind.startswith("decision.") and data["outcome"] == "channel"
        ):
            yield from _unfounded(event, grants, ended)
    yield from (
        f"start {seq} has {count} ends" for seq, count in starts.items() if count != 1
    )
    for consent in ended:
        if ("key.destroyed", consent) not in followed:
            yield f"the key of {consent} outlived it"
        if consent in enrolled_under and (
            ("face.template.destroyed", consent) not in followed
        ):
            yield f"the template of {consent} outlived it"


def _unfounded(
    event: dict[str, Any],
    grants: dict[int, dict[str, Any]],
    ended: dict[int, dict[str, Any]],
) -> Iterator[str]:
    grant = grants.get(event["consent"])
    named = f"{event['type']} {event['seq']}"
    if grant is None:
        yield f"{named} stands on no consent"
        return
    for key in ("subject", "purpose", "rules", "site"):
        if grant[key] != event[key]:
            yield f"{named} has another {key} than its consent"
    for seq in [event["consent"], *event["data"].get("candidates", [])]:
        if seq in ended or event["at"] >= grants[seq]["data"]["until"]:
            yield f"{named} names a consent that was over"
        if grants[seq]["purpose"] != event["purpose"]:
            yield f"{named} names a consent to something else"


def _late(
    event: dict[str, Any],
    ended: dict[int, dict[str, Any]],
    grants: dict[int, dict[str, Any]],
) -> Iterator[str]:
    end = ended.get(event["consent"])
    allowed = timedelta(seconds=grants[event["consent"]]["data"]["destroy_s"])
    if end is None or _at(event) - _at(end) > allowed:
        yield f"{event['type']} {event['seq']} came before the end, or too late"


def _at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])


def _visitor(office: make_leads.Office, phone: str) -> Walk:
    kiosk = office.house.kiosk
    _, token = walks.walk_issue(kiosk=kiosk)
    walk, _ = walks.walk_open(token=token, language="zh-hans")
    yes = {Purpose.CONTACT, Purpose.ATTRIBUTION}
    walk = walks.walk_choose(
        walk=walk,
        choices={name: name in yes for name in SWITCHES},
        under_14=False,
        language="zh-hans",
    )
    walk = walks.walk_face(walk=walk, answer=True, language="zh-hans")
    walk = arrivals.walk_details(
        walk=walk,
        details=Details.of(name="王某", phone=phone),
        referral_code="",
        language="zh-hans",
    )
    walk, _visit = arrivals.walk_arrive(walk=walk)
    return walk


def test_every_use_of_a_busy_day_stands_on_a_live_consent() -> None:
    office = make_leads.office()
    kiosk = office.house.kiosk
    make_leads.announced(office.broker)
    walk = _visitor(office, "13812345678")
    assert walk.subject is not None
    make_face.enrol(subject=walk.subject, kiosk=kiosk, frames=[encoded(collins())])
    candidates = enrolled(consents=list(Consent.objects.filter(subject=walk.subject)))
    for picture in (collins(), hopper()):
        make_face.compare(
            subject=make.person(kiosk=kiosk),
            kiosk=kiosk,
            frames=[encoded(picture)],
            candidates=candidates,
        )
    make.walk_finished(kiosk=kiosk)
    assert Decision.objects.get(visit__subject=walk.subject).outcome == "channel"
    consents_withdraw(subject=walk.subject, purposes=None, act=VISITOR)
    events = bodies()
    assert USES & {event["type"] for event in events} >= {
        "contact.collected",
        "contact.viewed",
        "face.enrolled",
        "face.compared",
    }
    assert list(violations(events)) == []
    assert list(log_faults()) == []


def test_the_judge_sees_each_kind_of_breach() -> None:
    office = make_leads.office()
    subject = make.person(kiosk=office.house.kiosk)
    make_face.enrol(
        subject=subject, kiosk=office.house.kiosk, frames=[encoded(collins())]
    )
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    events = bodies()
    assert list(violations(events)) == []
    kinds = {event["type"]: place for place, event in enumerate(events)}
    for dropped in (
        "consent.granted",
        "face.enrolled",
        "face.template.destroyed",
        "key.destroyed",
    ):
        place = kinds[dropped]
        broken = events[:place] + events[place + 1 :]
        try:
            assert list(violations(broken)), dropped
        except KeyError:
            continue
    late = json.loads(json.dumps(events))
    late[kinds["key.destroyed"]]["at"] = "2099-01-01T00:00:00.000Z"
    assert list(violations(late))
    moved = json.loads(json.dumps(events))
    moved.append({**moved[kinds["capture.started"]], "seq": len(moved)})
    assert list(violations(moved))
