"""Rules of attribution: drafted by one, published with notice by another, for ever."""

from __future__ import annotations

import copy
import hashlib
from datetime import timedelta
from typing import Any

import pytest

from audit import clock
from audit.documents import document_get
from audit.selectors import event_list
from consent.errors import (
    DraftNotSubmitted,
    DraftOfAnother,
    DraftOwnApproval,
    DraftSettled,
)
from leads import rulemaking
from leads.attribution.terms import day_of, differences
from leads.channels import rulebook
from leads.errors import AttributionDraftUnfit
from leads.models import AttributionDraft, AttributionRules
from tests.conftest import Database
from tests.invariants.guards import refused_until
from tests.leads import make
from tests.leads.make import PUBLISHING, WRITING


def begun(office: make.Office, **terms: Any) -> AttributionDraft:
    """Begin a draft that differs from what is in force."""
    draft = rulemaking.attribution_draft_begin(site=office.site, act=WRITING)
    document = draft.document
    document["defaults"] |= terms or {"protection_days": 45}
    return rulemaking.attribution_draft_save(
        draft=draft, document=document, act=WRITING
    )


def submitted(office: make.Office, **terms: Any) -> AttributionDraft:
    draft = begun(office, **terms)
    return rulemaking.attribution_draft_submit(draft=draft, act=WRITING)


def test_a_draft_goes_on_from_what_is_in_force_and_leaves_the_notice(
    office: make.Office,
) -> None:
    draft = rulemaking.attribution_draft_begin(site=office.site, act=WRITING)
    prior = AttributionRules.objects.get().document
    assert differences(prior, draft.document) == []
    day = day_of(draft.document)
    assert day is not None
    assert draft.document["version"] == f"v-{day}"
    ahead = rulebook_time(draft) - clock.now()
    assert timedelta(days=7) <= ahead <= timedelta(days=8)
    found = [one.code for one in rulemaking.draft_findings(draft=draft)]
    assert found == ["unchanged"]


def rulebook_time(draft: AttributionDraft) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(draft.document["effective_from"])


def test_what_another_person_publishes_takes_effect_on_its_day(
    office: make.Office,
) -> None:
    draft = submitted(office)
    rules = rulemaking.attribution_publish(draft=draft, act=PUBLISHING)
    assert rules.document == draft.document
    assert rules.effective_from == rulebook_time(draft)
    book = rulebook(site=office.site)
    assert book.at(clock.now()).version == "t-2026-01"
    assert book.at(rules.effective_from).defaults.protection == timedelta(days=45)
    event = event_list(kind="attribution.published")[0]
    assert event["act"]["id"] == PUBLISHING.id
    assert event["data"] == {
        "version": rules.version,
        "sha256": hashlib.sha256(bytes(draft.content)).hexdigest(),
        "prior": "t-2026-01",
        "author": WRITING.id,
        "effective_from": clock.stamp(rules.effective_from),
    }
    assert document_get(sha256=event["data"]["sha256"]) == bytes(draft.content)


def test_a_visit_on_the_day_is_decided_by_the_new_version(
    db: Database, secrets_dir: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.leads.test_decisions import arrives, outcome, reasons, visitor

    office = make.office(demonstration_clock=True)
    rulemaking.attribution_publish(
        draft=submitted(office, min_lead_minutes=30), act=PUBLISHING
    )
    make.announced(office.broker)
    before = arrives(office, visitor(office))
    assert outcome(before) == ("channel", "A5", "b-1")
    monkeypatch.setattr(clock, "_offset", timedelta(days=9))
    make.announced(office.broker, phone="13911112222")
    after = arrives(office, visitor(office, phone="13911112222"))
    assert reasons(after) == ["late"]
    assert after.version != before.version


def test_nobody_publishes_alone(office: make.Office) -> None:
    draft = submitted(office)
    with pytest.raises(DraftOwnApproval):
        rulemaking.attribution_publish(draft=draft, act=WRITING)
    with pytest.raises(DraftOwnApproval):
        rulemaking.attribution_draft_return(draft=draft, note="-", act=WRITING)


def test_only_what_was_submitted_is_decided_and_only_once(office: make.Office) -> None:
    draft = begun(office)
    with pytest.raises(DraftNotSubmitted):
        rulemaking.attribution_publish(draft=draft, act=PUBLISHING)
    with pytest.raises(DraftOfAnother):
        rulemaking.attribution_draft_submit(draft=draft, act=PUBLISHING)
    rulemaking.attribution_draft_submit(draft=draft, act=WRITING)
    with pytest.raises(DraftSettled):
        rulemaking.attribution_draft_save(draft=draft, document={}, act=WRITING)
    returned = rulemaking.attribution_draft_return(
        draft=draft, note="too long", act=PUBLISHING
    )
    assert (returned.outcome, returned.note) == ("returned", "too long")
    with pytest.raises(DraftSettled):
        rulemaking.attribution_publish(draft=draft, act=PUBLISHING)
    again = rulemaking.attribution_draft_begin(
        site=office.site, act=WRITING, source=returned
    )
    assert again.document["defaults"]["protection_days"] == 45


def test_ones_own_draft_can_be_let_go(office: make.Office) -> None:
    draft = begun(office)
    with pytest.raises(DraftOfAnother):
        rulemaking.attribution_draft_discard(draft=draft, act=PUBLISHING)
    dropped = rulemaking.attribution_draft_discard(draft=draft, act=WRITING)
    assert dropped.outcome == "discarded"


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"defaults": {"protection_days": "many"}}, {"number"}),
        ({"defaults": {"protection_days": 0}}, {"bounds"}),
        ({"defaults": {"family": "clan"}}, {"choice"}),
        ({"notice_days": 0}, {"bounds"}),
        ({"effective_from": "soon"}, {"day"}),
        ({"effective_from": "2026-11-01T00:00:00+08:00"}, {"too_soon"}),
        ({"kinds": {"broker": {"quota_per_agent_per_day": "x"}}}, {"number"}),
    ],
)
def test_what_is_not_fit_is_not_submitted(
    office: make.Office, change: dict[str, Any], codes: set[str]
) -> None:
    draft = begun(office)
    document = copy.deepcopy(draft.document)
    for key, value in change.items():
        if isinstance(value, dict):
            document.setdefault(key, {}).update(value)
        else:
            document[key] = value
    rulemaking.attribution_draft_save(draft=draft, document=document, act=WRITING)
    with pytest.raises(AttributionDraftUnfit) as refused:
        rulemaking.attribution_draft_submit(draft=draft, act=WRITING)
    assert set(refused.value.reasons) == codes


def test_two_versions_do_not_take_effect_at_once(office: make.Office) -> None:
    rulemaking.attribution_publish(draft=submitted(office), act=PUBLISHING)
    first = AttributionRules.objects.latest("effective_from")
    draft = begun(office, protection_days=20)
    # It goes on from the one to come, a day later, and may take no day of another's.
    assert rulebook_time(draft) - first.effective_from == timedelta(days=1)
    told = draft.document
    assert told["defaults"] == {**first.document["defaults"], "protection_days": 20}
    same = {**told, "effective_from": first.document["effective_from"]}
    named = rulemaking.attribution_named(document=same, site=office.site)
    assert named["version"] == f"{first.version}-2"
    draft = rulemaking.attribution_draft_save(draft=draft, document=named, act=WRITING)
    with pytest.raises(AttributionDraftUnfit) as refused:
        rulemaking.attribution_draft_submit(draft=draft, act=WRITING)
    assert refused.value.reasons == ("taken",)


def test_a_draft_that_waited_too_long_is_not_published(
    db: Database, secrets_dir: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make.office(demonstration_clock=True)
    draft = submitted(office)
    monkeypatch.setattr(clock, "_offset", timedelta(days=3))
    with pytest.raises(AttributionDraftUnfit) as refused:
        rulemaking.attribution_publish(draft=draft, act=PUBLISHING)
    assert refused.value.reasons == ("too_soon",)
    assert AttributionRules.objects.count() == 1


def test_the_notice_is_the_one_of_the_rules_in_force(office: make.Office) -> None:
    draft = begun(office)
    document = {**draft.document, "notice_days": 1}
    rulemaking.attribution_draft_save(draft=draft, document=document, act=WRITING)
    rulemaking.attribution_draft_submit(draft=draft, act=WRITING)
    rulemaking.attribution_publish(draft=draft, act=PUBLISHING)
    # It asks for one day; until it is in force, seven are asked for.
    later = rulemaking.attribution_draft_begin(site=office.site, act=WRITING)
    assert rulebook_time(later) - clock.now() >= timedelta(days=7)


# What the database refuses by itself.

COLUMNS = (
    "INSERT INTO leads_attributionrules (id, site_id, version, effective_from,"
    " document, draft_id, published_at, event_id) SELECT gen_random_uuid(), site_id,"
)
BARE = "draft_id, audit_now(), event_id FROM leads_attributionrules"


def ahead(days: str, version: str = "v-x") -> str:
    """Return the SQL that writes a version taking effect so many days from now."""
    moment = f"date_trunc('second', audit_now() + {days} * interval '24 hours')"
    return (
        f"{COLUMNS} '{version}', {moment}, document || jsonb_build_object('version',"
        f" '{version}', 'effective_from', {moment}), NULL, audit_now(), NULL"
        " FROM leads_attributionrules LIMIT 1"
    )


@pytest.mark.parametrize("days", ["-1", "0", "6.99"])
def test_the_database_refuses_a_version_without_its_notice(
    db: Database, office: make.Office, days: str
) -> None:
    refused_until(
        db,
        ahead(days),
        "DROP TRIGGER leads_attributionrules_ahead ON leads_attributionrules",
        ["DROP TRIGGER leads_attributionrules_by_two ON leads_attributionrules"],
    )


def test_the_database_refuses_a_version_that_nobody_else_published(
    db: Database, office: make.Office
) -> None:
    refused_until(
        db,
        ahead("8"),
        "DROP TRIGGER leads_attributionrules_by_two ON leads_attributionrules",
    )


def test_the_database_refuses_a_publication_by_the_drafter(
    db: Database, office: make.Office
) -> None:
    submitted(office)
    refused_until(
        db,
        "UPDATE leads_attributiondraft SET outcome = 'published', decided_at = now(),"
        " decided_by = author WHERE outcome IS NULL",
        "ALTER TABLE leads_attributiondraft"
        " DROP CONSTRAINT leads_attributiondraft_two_people",
    )


def test_the_database_refuses_another_document_than_was_submitted(
    db: Database, office: make.Office
) -> None:
    submitted(office)
    refused_until(
        db,
        "UPDATE leads_attributiondraft SET content = content || ' ' WHERE outcome IS"
        " NULL",
        "DROP TRIGGER leads_attributiondraft_fixed ON leads_attributiondraft",
    )
