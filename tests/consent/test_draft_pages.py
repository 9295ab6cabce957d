"""The pages of drafts, clicked through by two officers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit import clock
from audit.selectors import event_list
from consent.editing import choices, edited, sections
from consent.errors import FieldsUnknown
from consent.models import Draft, ImpactAssessment, Rules
from consent.purposes import Purpose
from consent.selectors import assessment_live
from leads.demonstration import assessment, rules
from tests import make
from tests.audit.room import reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir", "static_files")
LIST = "/office/rules/"


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


@pytest.fixture
def author(house: make.House) -> Client:
    return reader(name="author")


@pytest.fixture
def approver(house: make.House) -> Client:
    return reader(name="approver")


def begun(client: Client, kind: str = "rules") -> str:
    return str(client.post(f"{LIST}new/", {"kind": kind})["Location"])


def posted(draft: Draft, **changed: str) -> dict[str, object]:
    document = draft.document
    values: dict[str, object] = {
        one.path: one.value
        for part in sections(kind=draft.kind, document=document)
        for one in part.fields()
    }
    values["purposes"] = list(document["purposes"])
    return {**values, **changed}


def test_a_version_goes_from_one_officer_to_the_other(
    author: Client, approver: Client, house: make.House
) -> None:
    place = begun(author)
    draft = Draft.objects.get(outcome=None)
    assert "还不能公布" in words_of(author.get(place))  # no summary of changes yet
    values = posted(
        draft,
        **{
            "label": "2026-02",
            "languages/zh-hans/changes": "保存期限改长。",
            "languages/en/changes": "A longer term.",
            "purposes/contact/retention_days": "45",
        },
    )
    saved = author.post(f"{place}write/", {**values, "then": "save"}, follow=True)
    assert "已保存" in words_of(saved)
    assert "没有发现问题" in words_of(saved)
    sent = author.post(f"{place}write/", {**values, "then": "submit"}, follow=True)
    assert "等另一个人批准" in words_of(sent)
    assert author.post(f"{place}decide/", {"then": "publish"}).status_code == 403
    assert "一版规则等您批准" in words_of(approver.get("/office/"))
    for odd in ({}, {"then": "x"}):
        assert approver.post(f"{place}decide/", odd).status_code == 400
    page = words_of(approver.get(place))
    assert "保存期限（天）" in page
    assert "先停用" in page
    done = approver.post(f"{place}decide/", {"then": "publish"}, follow=True)
    assert "已公布" in words_of(done)
    newest = Rules.objects.get(retired_at=None)
    assert (newest.label, newest.material) == ("2026-02", ["contact"])
    assert event_list(kind="rules.published")[0]["data"]["material"] == ["contact"]


def test_what_is_wrong_is_kept_and_named(author: Client, house: make.House) -> None:
    place = begun(author)
    draft = Draft.objects.get(outcome=None)
    values = posted(
        draft,
        **{
            "label": "2026-02",
            "purposes/contact/retention_days": "for ever",
            "languages/zh-hans/purposes/face.checkin/why": "必须刷脸，更快。",
        },
    )
    page = author.post(f"{place}write/", {**values, "then": "submit"}, follow=True)
    words = words_of(page)
    assert "还不能提交" in words
    assert "说到人脸时有催促、强迫或利诱的字眼" in words
    assert 'value="for ever"' in page.content.decode()
    assert "必须刷脸，更快。" in words
    draft.refresh_from_db()
    assert draft.submitted_at is None


def test_whoever_is_no_party_is_marked_where_they_are_named(
    author: Client, house: make.House
) -> None:
    place = begun(author)
    values = posted(
        Draft.objects.get(outcome=None),
        **{
            "label": "2026-02",
            "languages/zh-hans/changes": "更清楚。",
            "languages/en/changes": "Clearer.",
            "languages/en/purposes/contact/recipients": "r-9 | A | a@b | p | m | c",
        },
    )
    page = author.post(f"{place}write/", {**values, "then": "submit"}, follow=True)
    assert "还不能提交" in words_of(page)
    assert 'href="#languages/en/purposes/contact/recipients"' in page.content.decode()
    assert "nothing found" not in words_of(page)


def test_a_draft_is_returned_with_a_reason_and_gone_on_from(
    author: Client, approver: Client, house: make.House
) -> None:
    place = begun(author)
    values = posted(
        Draft.objects.get(outcome=None),
        **{
            "label": "2026-02",
            "languages/zh-hans/changes": "更清楚。",
            "languages/en/changes": "Clearer.",
        },
    )
    author.post(f"{place}write/", {**values, "then": "submit"})
    silent = approver.post(f"{place}decide/", {"then": "return"}, follow=True)
    assert "请写明为什么退回" in words_of(silent)
    approver.post(f"{place}decide/", {"then": "return", "note": "请写短一点"})
    page = words_of(author.get(place))
    assert "请写短一点" in page
    assert "从它另起一份" in page
    first = Draft.objects.get(outcome="returned")
    author.post(f"{LIST}new/", {"kind": "rules", "source": str(first.id)})
    again = Draft.objects.get(outcome=None)
    assert bytes(again.content) == bytes(first.content)
    author.post(f"/office/rules/{again.id}/drop/")
    again.refresh_from_db()
    assert again.outcome == "discarded"


def test_an_assessment_is_written_approved_and_suspended(
    author: Client, approver: Client, house: make.House
) -> None:
    place = begun(author, "assessment")
    draft = Draft.objects.get(outcome=None)
    values = posted(draft, code="pia-2", **{"languages/en/conclusion": ""})
    page = author.post(f"{place}write/", {**values, "then": "submit"}, follow=True)
    assert "还不能提交" in words_of(page)
    values["languages/en/conclusion"] = "May be used."
    author.post(f"{place}write/", {**values, "then": "submit"})
    approver.post(f"{place}decide/", {"then": "publish"})
    found = ImpactAssessment.objects.get(code="pia-2")
    assert assessment_live(site=house.site, purpose=Purpose.FACE_CHECKIN) == found
    for one in ImpactAssessment.objects.all():
        approver.post(f"/office/assessments/{one.id}/suspend/", {"reason": "incident"})
    assert assessment_live(site=house.site, purpose=Purpose.FACE_CHECKIN) is None
    assert "已失效" in words_of(approver.get(LIST))


def test_a_form_with_other_fields_is_refused(author: Client, house: make.House) -> None:
    place = begun(author)
    values = posted(Draft.objects.get(outcome=None))
    for extra in ({"languages/fr/why": "x"}, {"purposes": ["face.everywhere"]}):
        answer = author.post(f"{place}write/", {**values, **extra, "then": "save"})
        assert answer.status_code == 400


def test_nobody_writes_in_another_s_draft(
    author: Client, approver: Client, house: make.House
) -> None:
    place = begun(author)
    values = posted(Draft.objects.get(outcome=None))
    answer = approver.post(f"{place}write/", {**values, "then": "save"})
    assert answer.status_code == 403
    assert "<textarea" not in approver.get(place).content.decode()


def test_the_demonstration_survives_its_own_form() -> None:
    for kind, document in (
        ("rules", rules.document(label="x", approved_at=clock.now())),
        ("assessment", assessment.document()),
    ):
        fields = [
            one
            for part in sections(kind=kind, document=document)
            for one in part.fields()
        ]
        back = edited(
            kind=kind,
            document=document,
            posted={one.path: one.value for one in fields},
            purposes=list(document["purposes"]),
        )
        assert back == document
        with pytest.raises(FieldsUnknown):
            edited(kind=kind, document=document, posted={"x": ""}, purposes=[])


def test_a_purpose_comes_and_goes_with_its_fields(house: make.House) -> None:
    document = make.rules_document("2026-02")
    names = list(document["purposes"])
    less = edited(kind="rules", document=document, posted={}, purposes=names[1:])
    assert names[0] not in less["purposes"]
    assert names[0] not in less["languages"]["en"]["purposes"]
    more = edited(kind="rules", document=less, posted={}, purposes=names)
    assert more["languages"]["zh-hans"]["purposes"][names[0]]["recipients"] == []


def test_a_presence_check_is_chosen_in_the_form_and_left_out_when_not() -> None:
    path = "purposes/face.checkin/presence"
    document = make.rules_document()

    def written(text: str) -> dict[str, Any]:
        found: dict[str, Any] = edited(
            kind="rules",
            document=document,
            posted={path: text},
            purposes=list(document["purposes"]),
        )["purposes"]["face.checkin"]
        return found

    assert written("yes")["presence"] is True
    assert "presence" not in written("no")
    assert written("perhaps")["presence"] == "perhaps"
    (field,) = [
        one
        for part in sections(kind="rules", document=make.presence_asked(document))
        for one in part.fields()
        if one.path == path
    ]
    assert (field.shape, field.value) == ("choice", "yes")
    assert [code for code, _ in choices("presence")] == ["no", "yes"]
    assert "not certified" in field.label.en
