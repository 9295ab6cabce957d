"""What differs between two versions of the rules, by structure and in words."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from consent.differences import (
    Kind,
    Piece,
    PurposeChange,
    Structure,
    Term,
    pieces,
    rules_difference,
    rules_structure,
)
from consent.labels import FIELDS, MATCHING, NO, PURPOSE_FIELDS, TERMS, YES
from consent.purposes import Purpose
from consent.rules import MATCHING as MATCHINGS
from consent.rules import missing
from leads.demonstration import rules as demonstration
from tests.make import rules_document

START = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Structure(added=(), removed=(), purposes=(), terms=(), fields=())


@pytest.fixture
def old() -> dict[str, Any]:
    """Return a complete document whose languages can be changed one by one."""
    return deepcopy(rules_document())


def words(document: dict[str, Any], language: str = "zh-hans") -> dict[str, Any]:
    """Return the words of one language, apart from those of the other."""
    document["languages"] = deepcopy(document["languages"])
    found: dict[str, Any] = deepcopy(document["languages"][language])
    document["languages"][language] = found
    return found


def text(line: tuple[Piece, ...], *kinds: Kind) -> str:
    """Return what one version said of a line."""
    return "".join(piece.text for piece in line if piece.kind in kinds)


def test_a_version_does_not_differ_from_itself(old: dict[str, Any]) -> None:
    assert rules_structure(old, deepcopy(old)) == NOTHING
    assert rules_difference(old, deepcopy(old), "en").none


def test_a_term_is_told_by_its_two_numbers(old: dict[str, Any]) -> None:
    new = deepcopy(old)
    new["purposes"][Purpose.CONTACT]["retention_days"] = 60
    new["answer_days"] = 10
    structure = rules_structure(old, new)
    retention = Term("retention_days", 30, 60)
    assert structure.purposes == (PurposeChange(Purpose.CONTACT, (retention,), ()),)
    assert structure.terms == (Term("answer_days", 15, 10),)
    shown = rules_difference(old, new, "en")
    assert shown.terms == (Term("answer_days", 15, 10),)
    assert [row.terms for row in shown.purposes] == [(retention,)]
    assert shown.purposes[0].kind == Kind.CHANGED
    assert not shown.none


def test_one_and_true_are_not_the_same_term(old: dict[str, Any]) -> None:
    new = deepcopy(old)
    old["purposes"][Purpose.CONTACT]["sensitive"] = 1
    new["purposes"][Purpose.CONTACT]["sensitive"] = True
    (change,) = rules_structure(old, new).purposes
    assert change.terms == (Term("sensitive", 1, True),)


def test_a_purpose_comes_and_goes_with_all_its_words(old: dict[str, Any]) -> None:
    new = deepcopy(old)
    del new["purposes"][Purpose.MARKETING_CALL]
    for language in ("zh-hans", "en"):
        del words(new, language)["purposes"][Purpose.MARKETING_CALL]
    structure = rules_structure(old, new)
    assert structure.removed == (Purpose.MARKETING_CALL,)
    assert structure.added == ()
    assert structure.purposes == ()
    assert rules_structure(new, old).added == (Purpose.MARKETING_CALL,)
    (gone,) = rules_difference(old, new, "en").purposes
    assert gone.kind == Kind.REMOVED
    assert gone.title == "marketing.call title."
    assert {field.kind for field in gone.fields} == {Kind.REMOVED}
    assert Term("retention_days", 30, None) in gone.terms
    (come,) = rules_difference(new, old, "en").purposes
    assert come.kind == Kind.ADDED
    assert come.title == gone.title
    assert Term("retention_days", None, 30) in come.terms


def test_words_of_a_purpose_are_marked_one_by_one(old: dict[str, Any]) -> None:
    row = words(old)["purposes"][Purpose.FACE_CHECKIN]
    row["retention"] = "30 天，到期删除。"
    new = deepcopy(old)
    changed = new["languages"]["zh-hans"]["purposes"][Purpose.FACE_CHECKIN]
    changed["retention"] = "60 天，到期删除。"
    changed["method"] = "别的办法。"
    (change,) = rules_structure(old, new).purposes
    assert change.fields == ("method", "retention")
    (shown,) = rules_difference(old, new, "zh-hans").purposes
    (line,) = {field.name: field for field in shown.fields}["retention"].lines
    assert line == (
        Piece(Kind.REMOVED, "30"),
        Piece(Kind.ADDED, "60"),
        Piece(Kind.SAME, " 天，到期删除。"),
    )


def test_lines_of_a_list_come_and_go_alone(old: dict[str, Any]) -> None:
    words(old)["rights"] = ["查看。", "更正。", "删除。"]
    new = deepcopy(old)
    new["languages"]["zh-hans"]["rights"] = ["查看。", "删除。", "要求解释规则。"]
    (field,) = rules_difference(old, new, "zh-hans").fields
    assert (field.name, field.kind) == ("rights", Kind.CHANGED)
    assert field.lines == (
        (Piece(Kind.SAME, "查看。"),),
        (Piece(Kind.REMOVED, "更正。"),),
        (Piece(Kind.SAME, "删除。"),),
        (Piece(Kind.ADDED, "要求解释规则。"),),
    )


def test_a_recipient_is_one_line_with_all_that_is_said(old: dict[str, Any]) -> None:
    new = deepcopy(old)
    words(new)["purposes"][Purpose.CONTACT]["recipients"] = [
        {"name": "甲公司", "contact": "a@demo.invalid", "categories": ["电话", "姓名"]}
    ]
    (change,) = rules_structure(old, new).purposes
    assert change.fields == ("recipients",)
    (shown,) = rules_difference(old, new, "zh-hans").purposes
    (field,) = shown.fields
    assert field.kind == Kind.ADDED
    assert field.lines == (
        (Piece(Kind.ADDED, "甲公司 · a@demo.invalid · 电话 · 姓名"),),
    )


def test_parts_are_told_by_their_paths_in_the_order_of_the_notice(
    old: dict[str, Any],
) -> None:
    new = deepcopy(old)
    changed = words(new)
    changed["operator"]["contact"] = "somewhere else"
    changed["complaint"] = ["12345"]
    changed["assessment"]["demonstration"] = True
    changed["assessment"]["filing"] = ""
    structure = rules_structure(old, new)
    assert structure.fields == (
        "operator.contact",
        "complaint",
        "assessment.demonstration",
    )
    shown = rules_difference(old, new, "zh-hans")
    assert tuple(field.name for field in shown.fields) == structure.fields
    assert shown.fields[2].lines == ((Piece(Kind.ADDED, "✓"),),)


def test_a_change_of_another_language_is_not_kept_back(old: dict[str, Any]) -> None:
    new = deepcopy(old)
    words(new)["storage"] = "换了地方。"
    new["languages"]["zh-hans"]["purposes"][Purpose.CONTACT]["method"] = "换了办法。"
    assert rules_structure(old, new).fields == ("storage",)
    shown = rules_difference(old, new, "en")
    assert not shown.fields
    assert not shown.purposes
    assert [(one.purpose, one.name) for one in shown.elsewhere] == [
        ("", "storage"),
        ("contact title.", "method"),
    ]
    assert not shown.none
    assert rules_difference(old, new, "zh-hans").elsewhere == ()


def test_documents_from_before_a_field_was_asked_for_are_compared(
    old: dict[str, Any],
) -> None:
    before = deepcopy(old)
    del before["answer_days"]
    del words(before)["cross_border"]
    del before["languages"]["zh-hans"]["purposes"][Purpose.CONTACT]["where"]
    shown = rules_difference(before, old, "zh-hans")
    assert shown.terms == (Term("answer_days", None, 15),)
    (field,) = shown.fields
    assert (field.name, field.kind) == ("cross_border", Kind.ADDED)
    (purpose,) = shown.purposes
    assert [one.name for one in purpose.fields] == ["where"]


@pytest.mark.parametrize("broken", [{}, {"purposes": [], "languages": "x"}])
def test_nothing_that_was_published_breaks_a_comparison(
    old: dict[str, Any], broken: dict[str, Any]
) -> None:
    assert set(rules_structure(broken, old).added) == set(old["purposes"])
    assert set(rules_structure(old, broken).removed) == set(old["purposes"])
    assert not rules_difference(broken, old, "en").none


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("保存 30 天，到期删除。", "保存 60 天，到期删除并销毁密钥。"),
        ("We keep it for 30 days.", "We keep it for 60 days and a night."),
        ("一句话", "something else entirely"),
        ("甲乙丙", "甲丁丙"),
        ("", "新的"),
        ("旧的", ""),
    ],
)
def test_both_versions_can_be_read_back(was: str, now: str) -> None:
    line = tuple(pieces(was, now))
    assert text(line, Kind.SAME, Kind.REMOVED) == was
    assert text(line, Kind.SAME, Kind.ADDED) == now
    assert all(piece.text or not (was and now) for piece in line)


def test_a_single_sign_between_two_changes_is_no_anchor() -> None:
    found = pieces("我们保存在甲的乙那里三十天", "我们保存在丙的丁那里三十天")
    assert found == [
        Piece(Kind.SAME, "我们保存在"),
        Piece(Kind.REMOVED, "甲的乙"),
        Piece(Kind.ADDED, "丙的丁"),
        Piece(Kind.SAME, "那里三十天"),
    ]


def test_what_is_hardly_alike_is_struck_whole() -> None:
    assert pieces("甲乙丙丁戊己", "子丑寅卯戊己") == [
        Piece(Kind.REMOVED, "甲乙丙丁戊己"),
        Piece(Kind.ADDED, "子丑寅卯戊己"),
    ]


def test_terms_are_told_in_words_of_the_reader() -> None:
    matching = Term("matching", "1:few", "1:n")
    assert (matching.was, matching.now) == (MATCHING["1:few"], MATCHING["1:n"])
    sensitive = Term("sensitive", False, True)
    assert (sensitive.was, sensitive.now) == (NO, YES)
    assert Term("retention_days", 30, None).now is None
    assert Term("retention_days", 30, 60).title == TERMS["retention_days"]
    assert Term("unheard_of", 1, 2).title.text("en") == "unheard_of"


def test_every_field_that_rules_have_is_called_something(old: dict[str, Any]) -> None:
    for document in (old, demonstration.document(label="1", approved_at=START)):
        assert not list(missing(document))
        empty: dict[str, Any] = {}
        structure = rules_structure(empty, document)
        assert {term.name for term in structure.terms} <= set(TERMS)
        assert set(structure.fields) <= {*FIELDS, "site.note"}
        for language in ("zh-hans", "en"):
            shown = rules_difference(empty, document, language)
            for purpose in shown.purposes:
                assert {one.name for one in purpose.fields} <= set(PURPOSE_FIELDS)
                assert {one.name for one in purpose.terms} <= set(TERMS)
    assert tuple(MATCHING) == MATCHINGS
