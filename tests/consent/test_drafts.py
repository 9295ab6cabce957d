"""Drafts: one person writes, another publishes; and the database holds both to it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError

from audit import clock, demonstration
from audit.selectors import event_list
from consent.errors import (
    AssessmentInvalid,
    DraftNotSubmitted,
    DraftOfAnother,
    DraftOwnApproval,
    DraftSettled,
    RulesInvalid,
    RulesUnfit,
)
from consent.models import Draft, ImpactAssessment, Rules
from consent.purposes import Purpose
from consent.selectors import assessment_live, rules_get
from consent.services import drafting, publishing
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def begun(house: make.House, label: str = "2026-02", kind: str = "rules") -> Draft:
    document = make.rules_document(label)
    if kind == "assessment":
        document = make.assessment_document(label)
    return drafting.draft_begin(
        site=house.site, kind=kind, document=document, act=make.ASKING
    )


def submitted(house: make.House, label: str = "2026-02", kind: str = "rules") -> Draft:
    return drafting.draft_submit(draft=begun(house, label, kind), act=make.ASKING)


def test_a_draft_may_lack_anything_until_it_is_submitted(house: make.House) -> None:
    empty: dict[str, Any] = {}
    draft = drafting.draft_begin(
        site=house.site, kind="rules", document=empty, act=make.ASKING
    )
    with pytest.raises(RulesInvalid):
        drafting.draft_submit(draft=draft, act=make.ASKING)
    drafting.draft_save(
        draft=draft, document=make.rules_document("2026-02"), act=make.ASKING
    )
    drafting.draft_submit(draft=draft, act=make.ASKING)
    rules = publishing.rules_publish(draft=draft, act=make.APPROVING)
    draft.refresh_from_db()
    assert rules.sha256 == hashlib.sha256(bytes(draft.content)).hexdigest()
    assert (draft.outcome, draft.decided_by) == ("published", make.APPROVING.id)
    told = event_list(kind="rules.published")[0]
    assert (told["act"]["id"], told["data"]["author"]) == (
        make.APPROVING.id,
        make.ASKING.id,
    )


def test_nobody_approves_what_they_wrote(house: make.House) -> None:
    for kind, publish in (
        ("rules", publishing.rules_publish),
        ("assessment", publishing.assessment_approve),
    ):
        draft = submitted(house, kind=kind)
        with pytest.raises(DraftOwnApproval):
            publish(draft=draft, act=make.ASKING)
    assert rules_get(site=house.site) == house.rules
    assert ImpactAssessment.objects.count() == 1


def test_what_is_not_submitted_or_is_decided_cannot_be_published(
    house: make.House,
) -> None:
    with pytest.raises(DraftNotSubmitted):
        publishing.rules_publish(draft=begun(house), act=make.APPROVING)
    with pytest.raises(DraftNotSubmitted):
        drafting.draft_return(draft=begun(house), note="", act=make.APPROVING)
    draft = submitted(house)
    drafting.draft_return(draft=draft, note="Shorter.", act=make.APPROVING)
    with pytest.raises(DraftSettled):
        publishing.rules_publish(draft=draft, act=make.APPROVING)
    with pytest.raises(DraftSettled):
        publishing.assessment_approve(draft=submitted(house), act=make.APPROVING)
    draft.refresh_from_db()
    assert (draft.outcome, draft.note) == ("returned", "Shorter.")


def test_what_is_submitted_is_not_changed_and_nobody_changes_another_s(
    house: make.House,
) -> None:
    draft = begun(house)
    for act in (make.APPROVING, make.SETUP):
        with pytest.raises(DraftOfAnother):
            drafting.draft_save(draft=draft, document={}, act=act)
        with pytest.raises(DraftOfAnother):
            drafting.draft_submit(draft=draft, act=act)
        with pytest.raises(DraftOfAnother):
            drafting.draft_discard(draft=draft, act=act)
    drafting.draft_submit(draft=draft, act=make.ASKING)
    with pytest.raises(DraftSettled):
        drafting.draft_save(draft=draft, document={}, act=make.ASKING)
    drafting.draft_discard(draft=draft, act=make.ASKING)
    with pytest.raises(DraftSettled):
        drafting.draft_discard(draft=draft, act=make.ASKING)


def test_the_same_text_is_published_once(house: make.House) -> None:
    draft = begun(house, "2026-01")
    with pytest.raises(RulesInvalid, match="label"):
        drafting.draft_submit(draft=draft, act=make.ASKING)


def test_an_assessment_lacks_no_part(house: make.House) -> None:
    document = make.assessment_document("pia-2")
    words = {**document["languages"]["en"], "risk_and_harm": " "}
    document["languages"] = {**document["languages"], "en": words}
    draft = drafting.draft_begin(
        site=house.site, kind="assessment", document=document, act=make.ASKING
    )
    with pytest.raises(AssessmentInvalid, match=r"languages\.en\.risk_and_harm"):
        drafting.draft_submit(draft=draft, act=make.ASKING)


def test_rules_with_a_face_need_an_assessment_that_allows_them(
    house: make.House,
) -> None:
    other = make.rules_document("2026-02")
    other["languages"] = {
        name: {**words, "assessment": {"code": "pia-9", "approved_at": "2026-01-01"}}
        for name, words in other["languages"].items()
    }
    longer = make.rules_document("2026-02", FACE_CHECKIN=366)
    wider = make.rules_document("2026-02")
    wider["purposes"][Purpose.FACE_CHECKIN]["matching"] = "1:n"
    for document, finding in (
        (other, "not_assessed languages.zh-hans.assessment.code"),
        (longer, "over_assessment purposes.face.checkin.retention_days"),
        (wider, "over_assessment purposes.face.checkin.matching"),
    ):
        with pytest.raises(RulesUnfit) as refused:
            make.rules_published(site=house.site, document=document)
        assert finding in refused.value.args
    # What went stale between submitting and approving is found by the second person.
    draft = submitted(house)
    assessment = ImpactAssessment.objects.get()
    publishing.assessment_go_stale(
        assessment=assessment, reason="incident", act=make.APPROVING
    )
    with pytest.raises(RulesUnfit):
        publishing.rules_publish(draft=draft, act=make.APPROVING)


def _method_changed(label: str) -> dict[str, Any]:
    document = make.rules_document(label)
    words = document["languages"]["en"]
    face = {**words["purposes"]["face.checkin"], "method": "By another way."}
    changed = {**words, "purposes": {**words["purposes"], "face.checkin": face}}
    document["languages"] = {**document["languages"], "en": changed}
    return document


def test_a_changed_face_purpose_sets_its_assessment_to_stale(
    house: make.House,
) -> None:
    face = Purpose.FACE_CHECKIN
    rules = make.rules_published(site=house.site, document=_method_changed("2026-02"))
    assert rules.material == ["face.checkin"]
    assert assessment_live(site=house.site, purpose=face) is None
    assert event_list(kind="pia.stale")[0]["data"] == {"reason": "purpose"}


def test_one_that_was_assessed_for_the_change_stays(house: make.House) -> None:
    face = Purpose.FACE_CHECKIN
    made_for_it = make.assessment_approved(
        site=house.site, document=make.assessment_document("pia-2")
    )
    document = _method_changed("2026-02")
    document["languages"] = {
        name: {**words, "assessment": {"code": "pia-2", "approved_at": "2026-02-01"}}
        for name, words in document["languages"].items()
    }
    make.rules_published(site=house.site, document=document)
    assert assessment_live(site=house.site, purpose=face) == made_for_it
    assert ImpactAssessment.objects.get(code="pia-1").stale_at is not None


def test_what_ran_out_is_told_to_the_log_once(house: make.House) -> None:
    assert publishing.assessments_expire_due() == 0
    with demonstration.clock_shifted(days=366):
        assert publishing.assessments_expire_due() == 1
        assert publishing.assessments_expire_due() == 0
        assert event_list(kind="pia.stale")[0]["data"] == {"reason": "expired"}


ROW = (
    "INSERT INTO consent_rules (id, site_id, label, sha256, published_at,"
    " published_event_id, material, draft_id)"
    " SELECT gen_random_uuid(), site_id, 'x', %s, now(), published_event_id, '[]', %s"
    " FROM consent_rules LIMIT 1"
)


@pytest.mark.parametrize("which", ["none", "submitted", "returned"])
def test_the_database_publishes_nothing_that_two_people_did_not(
    house: make.House, db: Database, which: str
) -> None:
    draft = None if which == "none" else submitted(house)
    if draft is not None and which == "returned":
        drafting.draft_return(draft=draft, note="", act=make.APPROVING)
    sha256 = "0" * 64
    if draft is not None:
        sha256 = hashlib.sha256(bytes(draft.content)).hexdigest()
    values = (sha256, draft and draft.id)
    with db.connect("app") as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(ROW, values)
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with db.connect("owner") as connection:
        connection.execute("DROP TRIGGER consent_rules_by_two ON consent_rules")
        connection.execute(ROW, values)
    assert Rules.objects.filter(label="x").count() == 1


@pytest.mark.parametrize("what", ["material", "published_at"])
def test_the_database_lets_no_version_bar_less_than_its_event_says(
    house: make.House, db: Database, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The service is made to write another row than its event tells."""
    create = Rules.objects.create

    def other(**values: Any) -> Rules:
        wrong = {"material": [], "published_at": house.rules.published_at}
        return create(**{**values, what: wrong[what]})

    def publish(label: str) -> None:
        document = make.rules_document(label, CONTACT=31 + int(label[-1]))
        make.rules_published(site=house.site, document=document)

    monkeypatch.setattr(Rules.objects, "create", other)
    said = {"material": "what its event says", "published_at": "later than all"}
    with pytest.raises(DatabaseError, match=said[what]):
        publish("2026-02")
    with db.connect("owner") as connection:
        connection.execute("DROP TRIGGER consent_rules_by_two ON consent_rules")
    publish("2026-03")
    assert Rules.objects.filter(label="2026-03").exists()


def test_the_database_opens_no_face_that_two_people_did_not_assess(
    house: make.House, db: Database
) -> None:
    row = (
        "INSERT INTO consent_impactassessment (id, site_id, code, sha256, purposes,"
        " demonstration, approved_at, until, approved_event_id)"
        " SELECT gen_random_uuid(), site_id, 'x', sha256, purposes, demonstration,"
        " approved_at, until, approved_event_id FROM consent_impactassessment"
    )
    with db.connect("app") as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(row)
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with db.connect("owner") as connection:
        connection.execute(
            "DROP TRIGGER consent_assessment_by_two ON consent_impactassessment"
        )
        connection.execute(row)
    assert ImpactAssessment.objects.filter(code="x").count() == 1


@pytest.mark.parametrize("what", ["purposes", "until"])
def test_the_database_lets_no_assessment_open_more_than_its_event_says(
    house: make.House, db: Database, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The service is made to write another row than its event tells."""
    create = ImpactAssessment.objects.create

    def other(**values: Any) -> ImpactAssessment:
        later = values["until"] + timedelta(days=1)
        wrong = {"purposes": ["contact", *values["purposes"]], "until": later}
        return create(**{**values, what: wrong[what]})

    def approve(code: str) -> None:
        document = make.assessment_document(code)
        make.assessment_approved(site=house.site, document=document)

    monkeypatch.setattr(ImpactAssessment.objects, "create", other)
    with pytest.raises(DatabaseError, match="bars or opens what its event says"):
        approve("pia-2")
    with db.connect("owner") as connection:
        connection.execute(
            "DROP TRIGGER consent_assessment_by_two ON consent_impactassessment"
        )
    approve("pia-3")
    assert ImpactAssessment.objects.filter(code="pia-3").exists()


DECIDED = (
    "UPDATE consent_draft SET outcome = 'published', decided_at = now(),"
    " decided_by = author WHERE outcome IS NULL"
)
GUARDED = [
    (DECIDED, "CheckViolation", "consent_draft_two_people"),
    (
        "UPDATE consent_draft SET outcome = 'returned' WHERE outcome IS NULL",
        "CheckViolation",
        "consent_draft_decided_whole",
    ),
]


@pytest.mark.parametrize(("statement", "error", "name"), GUARDED)
def test_the_database_lets_no_draft_be_decided_so(
    house: make.House, db: Database, statement: str, error: str, name: str
) -> None:
    submitted(house)
    with db.connect("app") as connection:
        with pytest.raises(getattr(psycopg.errors, error), match=name):
            connection.execute(statement)
    with db.connect("owner") as connection:
        connection.execute(f"ALTER TABLE consent_draft DROP CONSTRAINT {name}")
        assert connection.execute(statement).rowcount == 1


def test_the_database_keeps_an_unknown_kind_of_draft_out(
    house: make.House, db: Database
) -> None:
    statement = (
        "INSERT INTO consent_draft (id, site_id, kind, content, author, begun_at,"
        " changed_at, note) SELECT gen_random_uuid(), id, 'poem', '', 'a', now(),"
        " now(), '' FROM consent_site"
    )
    with db.connect("app") as connection:
        with pytest.raises(psycopg.errors.CheckViolation, match="consent_draft_kind"):
            connection.execute(statement)
    with db.connect("owner") as connection:
        connection.execute(
            "ALTER TABLE consent_draft DROP CONSTRAINT consent_draft_kind"
        )
        assert connection.execute(statement).rowcount == 1


REWRITES = [
    "UPDATE consent_draft SET content = 'x' WHERE outcome IS NULL",
    "UPDATE consent_draft SET submitted_at = NULL WHERE outcome IS NULL",
    "UPDATE consent_draft SET author = 'x' WHERE outcome IS NULL",
    "UPDATE consent_draft SET note = 'x' WHERE outcome IS NOT NULL",
    "UPDATE consent_draft SET outcome = NULL, decided_at = NULL, decided_by = NULL"
    " WHERE outcome IS NOT NULL",
]


@pytest.mark.parametrize("statement", REWRITES)
def test_the_database_keeps_what_was_submitted_and_decided(
    house: make.House, db: Database, statement: str
) -> None:
    submitted(house)
    with db.connect("app") as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(statement)
    with db.connect("owner") as connection:
        connection.execute("DROP TRIGGER consent_draft_fixed ON consent_draft")
        assert connection.execute(statement).rowcount > 0


def test_the_database_keeps_drafts(house: make.House, db: Database) -> None:
    begun(house)
    statement = "DELETE FROM consent_draft WHERE outcome IS NULL"
    with db.connect("app") as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    with db.connect("owner") as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(statement)
    with db.connect("owner") as connection:
        connection.execute("DROP TRIGGER consent_draft_stays ON consent_draft")
        assert connection.execute(statement).rowcount == 1


def test_nothing_published_is_edited_or_deleted_by_anybody(
    house: make.House, db: Database
) -> None:
    for statement in (
        "UPDATE consent_rules SET label = 'x'",
        "UPDATE consent_rules SET material = '[\"contact\"]'",
        "UPDATE consent_rules SET draft_id = NULL",
    ):
        for role in ("app", "owner"):
            with db.connect(role) as connection:
                with pytest.raises(psycopg.errors.RestrictViolation):
                    connection.execute(statement)
    with db.connect("owner") as connection:
        connection.execute("DROP TRIGGER consent_rules_fixed ON consent_rules")
        connection.execute("UPDATE consent_rules SET label = 'x'")
    assert clock.now() > house.rules.published_at
