"""Build data as the program does: through its services, so no test starts illegal."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from PIL import Image

from audit import clock
from audit.drafts import Act
from consent import assessments
from consent.credit import check_digit
from consent.models import (
    Device,
    Draft,
    ImpactAssessment,
    Kiosk,
    Party,
    Rules,
    Site,
    Subject,
    Walk,
)
from consent.purposes import FACE, MARKETING, SWITCHES, Purpose
from consent.rules import (
    FACE_FIELDS,
    LANGUAGE_FIELDS,
    LANGUAGES,
    LISTS,
    MARKETING_FIELDS,
    PART_FIELDS,
    PURPOSE_FIELDS,
)
from consent.selectors import assessments_allowed
from consent.services import devices, drafting, parties, places, publishing, walks
from consent.services.parties import Terms
from faces.matching import METHOD

SETUP = Act("setup", "system")
ASKING, APPROVING = Act("st-asks", "compliance"), Act("st-approves", "compliance")
"""Two officers, for what nobody does alone."""


@dataclass(frozen=True)
class House:
    """One demonstration site that is ready for visitors."""

    site: Site
    rules: Rules
    kiosk: Kiosk
    kiosk_token: str


def rules_document(label: str = "2026-01", **days: int) -> dict[str, Any]:
    """Return a complete rules document with placeholder words."""
    names = [*SWITCHES, Purpose.FACE_CHECKIN]
    words: dict[str, Any] = {
        name: [f"{name}."] if name in LISTS else f"{name}." for name in LANGUAGE_FIELDS
    }
    words["purposes"] = {name: _rules_purpose(name) for name in names}
    for name, fields in PART_FIELDS.items():
        words[name] = dict.fromkeys(fields, "-")
    words["site"]["note"] = "-"
    words["operator"]["name"] = "Demo"
    words["assessment"] = {"code": "pia-1", "approved_at": "2026-01-01"}
    words["joint_operators"] = words["processors"] = []
    return {
        "label": label,
        "effective_from": "2026-01-01",
        "answer_days": 15,
        "proof_days": 1_826,
        "purposes": {
            name: {
                "retention_days": days.get(name.name, 30),
                "destroy_s": 60,
                "sensitive": name in FACE,
                **({"matching": "1:few"} if name in FACE else {}),
            }
            for name in names
        },
        "languages": dict.fromkeys(LANGUAGES, words),
    }


def presence_asked(document: dict[str, Any]) -> dict[str, Any]:
    """Return a rules document that asks for a presence check."""
    document["purposes"][Purpose.FACE_CHECKIN]["presence"] = True
    return document


def _rules_purpose(name: Purpose) -> dict[str, Any]:
    fields = [*PURPOSE_FIELDS]
    fields += FACE_FIELDS if name in FACE else ()
    fields += MARKETING_FIELDS if name in MARKETING else ()
    row: dict[str, Any] = {field: f"{name} {field}." for field in fields}
    row |= {field: [f"{name} {field}"] for field in fields if field in LISTS}
    row |= {"data_optional": [], "recipients": []}
    if name in FACE:
        row["engine"] = f"{METHOD}."
        row["alternative"] = "Desk."
    if name in MARKETING:
        row["cancel"] = "Stop."
    return row


def assessment_document(code: str = "pia-1", days: int = 365) -> dict[str, Any]:
    """Return a complete assessment with placeholder words."""
    words: dict[str, Any] = {name: f"{name}." for name in assessments.LANGUAGE_FIELDS}
    words["alternatives"] = ["Pass."]
    return {
        "code": code,
        "demonstration": True,
        "valid_days": days,
        "purposes": {
            Purpose.FACE_CHECKIN: {"retention_days": 365, "matching": "1:few"}
        },
        "languages": dict.fromkeys(LANGUAGES, words),
    }


def compares(document: dict[str, Any], matching: str) -> dict[str, Any]:
    """Return rules or an assessment that compare a face as widely as this."""
    told: dict[str, Any] = json.loads(json.dumps(document))
    told["purposes"][Purpose.FACE_CHECKIN]["matching"] = matching
    return told


def assessment_approved(
    *, site: Site, document: Mapping[str, Any] | None = None
) -> ImpactAssessment:
    """Let one person write an assessment and another approve it."""
    draft = _submitted(site, "assessment", document or assessment_document())
    return publishing.assessment_approve(draft=draft, act=APPROVING)


def rules_published(*, site: Site, document: Mapping[str, Any] | None = None) -> Rules:
    """Let one person draft rules and another publish them.

    A site without an assessment gets one first: rules with a face need it.
    """
    if not assessments_allowed(site=site):
        assessment_approved(site=site)
    draft = _submitted(site, "rules", document or rules_document())
    return publishing.rules_publish(draft=draft, act=APPROVING)


def _submitted(site: Site, kind: str, document: Mapping[str, Any]) -> Draft:
    draft = drafting.draft_begin(site=site, kind=kind, document=document, act=ASKING)
    return drafting.draft_submit(draft=draft, act=ASKING)


def house(*, demonstration_clock: bool = False, presence: bool = False) -> House:
    """Make operator, site, published rules, assessment and a paired kiosk.

    With `presence` the rules ask for a presence check.
    """
    operator = places.operator_create(
        code="demo-test",
        legal_name="Demo",
        demonstration_clock=demonstration_clock,
    )
    site = places.site_open(
        operator=operator, code="c-1", name_zh="示范", name_en="Demo", act=SETUP
    )
    document = rules_document()
    if presence:
        document = presence_asked(document)
    rules = rules_published(site=site, document=document)
    kiosk, token = kiosk_paired(site=site, code="k-1")
    return House(site=site, rules=rules, kiosk=kiosk, kiosk_token=token)


def kiosk_paired(*, site: Site, code: str) -> tuple[Kiosk, str]:
    """Make a kiosk with an approved camera, and pair it."""
    kiosk = places.kiosk_create(site=site, code=code, act=SETUP)
    devices.device_approve(device=device_asked(kiosk=kiosk).id, act=APPROVING)
    return places.kiosk_pair(pairing=places.kiosk_pairing_issue(kiosk=kiosk))


def device_asked(*, kiosk: Kiosk, code: str = "", **changed: Any) -> Device:
    """Ask for a kiosk's camera."""
    asked = {
        "kind": "browser",
        "place": "entrance",
        "zone": drawing(),
        "sign": drawing(),
        "until": None,
        "act": ASKING,
        **changed,
    }
    return devices.device_ask(code=code or f"cam-{kiosk.code}", kiosk=kiosk, **asked)


@cache
def drawing(width: int = 240, height: int = 220, form: str = "PNG") -> bytes:
    """Return a small picture of nothing."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(made, form)
    return made.getvalue()


def party_terms(**changed: Any) -> Terms:
    """Return what is agreed with a recipient of somebody's name and visit."""
    agreed: dict[str, Any] = {
        "role": "recipient",
        "name_zh": "示范物业",
        "name_en": "Demo Estate",
        "credit_code": CREDIT,
        "contact": "privacy@party.invalid",
        "contract_number": "HT-1",
        "contract_sha256": "c" * 64,
        "scope_zh": "约看",
        "scope_en": "appointments",
        "purposes": [Purpose.CONTACT],
        "categories": ["name", "visit"],
        "sub_entrusting": False,
        "since": clock.now() - timedelta(days=1),
        "until": clock.now() + timedelta(days=300),
    }
    return Terms(**{**agreed, **changed})


def party(code: str = "r-9", **changed: Any) -> Party:
    """Add a party, and approve it as somebody else."""
    added = parties.party_add(code=code, terms=party_terms(**changed), act=ASKING)
    return parties.party_approve(party=added.id, act=APPROVING)


def named(document: dict[str, Any], *found: Party) -> dict[str, Any]:
    """Return a rules document that names recipients, as the register has them."""
    told: dict[str, Any] = json.loads(json.dumps(document))
    for language in LANGUAGES:
        for one in found:
            row = {
                "party": one.code,
                "name": one.name_en if language == "en" else one.name_zh,
                "contact": one.contact,
                "purpose": "appointments",
                "method": "by hand",
                "categories": "name",
            }
            for purpose in one.purposes:
                rows = told["languages"][language]["purposes"][purpose]["recipients"]
                rows.append(row)
    return told


CREDIT = f"91310000MA1FL0000{check_digit('91310000MA1FL0000')}"


def walk_finished(
    *,
    kiosk: Kiosk,
    yes: Mapping[Purpose, bool] | None = None,
    face: bool = False,
    language: str = "zh-hans",
) -> Walk:
    """Walk one guest through form, face page and receipt."""
    _, token = walks.walk_issue(kiosk=kiosk)
    walk, _ = walks.walk_open(token=token, language=language)
    answers = {name: bool((yes or {}).get(name)) for name in SWITCHES}
    walk = walks.walk_choose(
        walk=walk, choices=answers, under_14=False, language=language
    )
    if walk.face_offered:
        walk = walks.walk_face(walk=walk, answer=face, language=language)
    return walks.walk_finish(walk=walk)


def person(
    *, kiosk: Kiosk, yes: Mapping[Purpose, bool] | None = None, face: bool = True
) -> Subject:
    """Return somebody who walked through and said yes to something."""
    walk = walk_finished(kiosk=kiosk, yes=yes, face=face)
    assert walk.subject is not None
    return walk.subject
