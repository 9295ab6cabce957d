"""The rules linter finds what no published rules may say, and nothing else."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from consent.lint import CODES, Finding, rules_lint
from consent.rules import LANGUAGE_FIELDS, LANGUAGES, PURPOSE_FIELDS
from leads.demonstration.rules import document as demonstration

FACE = "purposes.face.checkin"
ZH = "languages.zh-hans"
EN = "languages.en"


@pytest.fixture
def draft() -> dict[str, Any]:
    day = datetime(2026, 11, 1, tzinfo=UTC)
    return copy.deepcopy(demonstration(label="2026-11", approved_at=day))


def _words(draft: dict[str, Any], purpose: str, language: str = "zh-hans") -> Any:
    return draft["languages"][language]["purposes"][purpose]


def _found(draft: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one.code, one.field) for one in rules_lint(document=draft)}


def test_the_demonstrations_rules_are_clean(draft: dict[str, Any]) -> None:
    assert rules_lint(document=draft) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", LANGUAGE_FIELDS)
@pytest.mark.parametrize("nothing", ["", "  ", [], None, ["", " "]])
def test_an_empty_field_is_found(
    draft: dict[str, Any], language: str, field: str, nothing: object
) -> None:
    draft["languages"][language][field] = nothing
    assert ("empty", f"languages.{language}.{field}") in _found(draft)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", PURPOSE_FIELDS)
def test_an_empty_field_of_a_purpose_is_found(
    draft: dict[str, Any], language: str, field: str
) -> None:
    _words(draft, "face.checkin", language)[field] = ""
    code = {
        "why": "no_necessity",
        "retention": "no_retention",
        "alternative": "no_alternative",
    }.get(field, "empty")
    assert _found(draft) == {(code, f"languages.{language}.{FACE}.{field}")}


@pytest.mark.parametrize("days", [0, -1, 36_501, True, "30", None, 1.5])
def test_a_purpose_without_a_term_is_found(draft: dict[str, Any], days: object) -> None:
    draft["purposes"]["contact"]["retention_days"] = days
    assert _found(draft) == {("no_retention", "purposes.contact.retention_days")}


def test_other_terms_are_asked_for(draft: dict[str, Any]) -> None:
    draft["purposes"]["contact"]["destroy_s"] = 86_401
    draft["purposes"]["contact"]["sensitive"] = "no"
    draft["purposes"]["face.checkin"]["sensitive"] = False
    draft["purposes"]["face.mood"] = {}
    assert _found(draft) == {
        ("no_destruction", "purposes.contact.destroy_s"),
        ("empty", "purposes.contact.sensitive"),
        ("not_sensitive", f"{FACE}.sensitive"),
        ("purpose_unknown", "purposes.face.mood"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "您的信息将永久保存。",
        "本授权不可撤销。",
        "本授权不可撤回。",
        "我们可任意转授权。",
        "最终解释权归本公司所有。",
        "保存期限为无限期。",
        "You grant a perpetual right.",
        "This consent is IRREVOCABLE.",
        "We may sub-license it.",
        "Kept indefinitely.",
        "The final interpretation is ours.",
    ],
)
def test_unlimited_terms_are_found_wherever_they_stand(
    draft: dict[str, Any], text: str
) -> None:
    draft["languages"]["zh-hans"]["security"].append(text)
    _words(draft, "contact", "en")["method"] += f" {text}"
    last = len(draft["languages"]["zh-hans"]["security"]) - 1
    assert _found(draft) == {
        ("unlimited", f"{ZH}.security.{last}"),
        ("unlimited", f"{EN}.purposes.contact.method"),
    }


def test_deleting_for_good_is_no_unlimited_term(draft: dict[str, Any]) -> None:
    draft["languages"]["zh-hans"]["security"].append("到期永久删除。")
    draft["languages"]["en"]["security"].append("Then permanently deleted.")
    assert _found(draft) == set()


@pytest.mark.parametrize(
    "text",
    [
        "登记更快。",
        "您必须选。",
        "同意才能入场。",
        "送礼品。",
        "享受优惠。",
        "优先看房。",
    ],
)
def test_words_that_press_or_lure_are_found_round_the_face(
    draft: dict[str, Any], text: str
) -> None:
    _words(draft, "face.checkin")["why"] += text
    assert _found(draft) == {("coercing", f"{ZH}.{FACE}.why")}


@pytest.mark.parametrize(
    "text",
    ["It is faster.", "You must agree.", "With a gift.", "With a Discount."],
)
def test_so_are_the_english_ones(draft: dict[str, Any], text: str) -> None:
    _words(draft, "face.checkin", "en")["title"] = text
    assert _found(draft) == {("coercing", f"{EN}.{FACE}.title")}


def test_a_lure_in_the_letter_is_found_when_its_sentence_names_a_face(
    draft: dict[str, Any],
) -> None:
    summary = draft["languages"]["zh-hans"]["summary"]
    summary.append("刷脸有礼品。")
    place = f"{ZH}.summary.{len(summary) - 1}"
    assert _found(draft) == {("coercing", place)}
    summary[-1] = "您必须满 14 周岁。人脸不参与判客。"
    assert _found(draft) == set()


@pytest.mark.parametrize(
    "text",
    ["点击即表示您同意。", "一并同意以下各项。", "未勾选视为同意。"],
)
def test_consent_in_a_bundle_or_by_silence_is_found(
    draft: dict[str, Any], text: str
) -> None:
    draft["languages"]["zh-hans"]["automated"] = text
    assert _found(draft) == {("bundled", f"{ZH}.automated")}


def test_english_bundles_are_found_too(draft: dict[str, Any]) -> None:
    for text in (
        "By entering the gallery you agree to the rules.",
        "You are deemed to consent.",
        "Tap to accept all.",
    ):
        draft["languages"]["en"]["automated"] = text
        assert _found(draft) == {("bundled", f"{EN}.automated")}


def test_a_face_among_the_data_of_another_purpose_is_a_bundle(
    draft: dict[str, Any],
) -> None:
    _words(draft, "contact")["data"].append("人脸照片")
    _words(draft, "attribution", "en")["data_optional"].append("Face picture")
    assert _found(draft) == {
        ("bundled", f"{ZH}.purposes.contact.data.3"),
        ("bundled", f"{EN}.purposes.attribution.data_optional.1"),
    }


@pytest.mark.parametrize("purpose", ["marketing.sms", "marketing.call"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_marketing_says_how_to_stop_it(
    draft: dict[str, Any], purpose: str, language: str
) -> None:
    _words(draft, purpose, language)["cancel"] = "由我们发送。 Sent by us."
    place = f"languages.{language}.purposes.{purpose}.cancel"
    assert _found(draft) == {("no_cancel", place)}


def test_the_way_without_a_face_is_no_face(draft: dict[str, Any]) -> None:
    _words(draft, "face.checkin")["alternative"] = "也可以请同事帮您刷脸。"
    assert _found(draft) == {("no_alternative", f"{ZH}.{FACE}.alternative")}


@pytest.mark.parametrize("part", ["code", "approved_at"])
def test_a_face_names_its_assessment(draft: dict[str, Any], part: str) -> None:
    draft["languages"]["en"]["assessment"][part] = ""
    assert _found(draft) == {("no_assessment", f"{EN}.assessment")}
    del draft["purposes"]["face.checkin"]
    assert _found(draft) == set()


def test_a_sentence_too_long_is_found_in_the_first_layer(
    draft: dict[str, Any],
) -> None:
    _words(draft, "contact")["sentence"] = "字" * 60 + "。" + "字" * 60
    _words(draft, "contact", "en")["sentence"] = " ".join(["word"] * 45) + "."
    assert _found(draft) == set()
    _words(draft, "contact")["sentence"] += "字"
    _words(draft, "contact", "en")["sentence"] = " ".join(["word"] * 46)
    assert _found(draft) == {
        ("hard", f"{ZH}.purposes.contact.sentence"),
        ("hard", f"{EN}.purposes.contact.sentence"),
    }


def test_so_it_is_in_the_letter_but_not_in_the_full_text(
    draft: dict[str, Any],
) -> None:
    draft["languages"]["zh-hans"]["summary"].append("字" * 61)
    draft["languages"]["zh-hans"]["security"].append("字" * 61)
    assert {code for code, _ in _found(draft)} == {"hard"}
    assert len(_found(draft)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"purposes": [], "languages": "no"},
        {"purposes": {"contact": 3}, "languages": {"en": [], "zh-hans": None}},
        {"purposes": {"a\tb\nc": {}}, "languages": {"en": {"purposes": 1}}},
    ],
)
def test_no_json_object_breaks_it(broken: dict[str, Any]) -> None:
    found = rules_lint(document=broken)
    assert Finding("empty", "label") in found
    assert all(one.field.isprintable() for one in found)


def _file(folder: Path, content: object) -> str:
    path = folder / "draft.json"
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return str(path)


def test_the_command_says_a_line_for_each_finding(
    draft: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("rules_lint", _file(tmp_path, draft))
    assert capsys.readouterr().out == ""
    _words(draft, "contact")["why"] = ""
    draft["languages"]["en"]["complaint"] = []
    with pytest.raises(SystemExit) as ended:
        call_command("rules_lint", _file(tmp_path, draft))
    assert ended.value.code == 1
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [
        ["no_necessity", f"{ZH}.purposes.contact.why"],
        ["empty", f"{EN}.complaint"],
    ]
    assert lines[0][2] == f"{CODES['no_necessity'].zh} / {CODES['no_necessity'].en}"


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, None])
def test_a_file_that_is_none_is_told_apart(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "draft.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        call_command("rules_lint", str(path))
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_in_the_catalogue_for_officers(code: str) -> None:
    page = (settings.BASE_DIR / "docs" / "compliance.md").read_text("utf-8")
    part = page.partition("## What the linter finds")[2].partition("\n## ")[0]
    assert part.count(f"\n| `{code}` | ") == 1


BARRED = {
    "unlimited": "永久保存 永远保存 无限期 不可撤销 不可撤回 不得撤销 不得撤回"
    " 任意转授权 可转授权 最终解释权|perpetual|irrevocable|irrevocably"
    "|in perpetuity|forever|indefinitely|sublicensing|sub-licence|final interpretation"
    "|final right of interpretation|permanently",
    "coercing": "更快 更方便 必须 才能 方可 礼品 赠品 优惠 折扣 抽奖 优先 免排队"
    "|faster|quicker|must|required|mandatory|only way|gift|gifts|discount|discounts"
    "|reward|rewards|priority|skip the queue|skip the line",
    "bundled": "同意全部 全部同意 一并同意 一揽子 视为同意 视同同意 即表示同意 默认同意"
    "|agree to all|accept all|deemed to consent|deemed agree|by using it you agree"
    "|by entering you consent|by continuing you agree",
}


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (code, word)
        for code, words in BARRED.items()
        for part in words.split("|")
        for word in (part.split() if not part.isascii() else [part])
    ],
)
def test_each_barred_word_is_found(draft: dict[str, Any], code: str, word: str) -> None:
    _words(draft, "face.checkin")["effect"] = f"写着 {word} 的一句话。"
    assert _found(draft) == {(code, f"{ZH}.{FACE}.effect")}


@pytest.mark.parametrize(
    "way",
    [
        *("退订", "停止", "拒绝", "不要再"),
        *("stop", "stopping", "unsubscribe", "cancel", "refuse", "opt out", "no more"),
    ],
)
def test_each_way_to_stop_is_known(draft: dict[str, Any], way: str) -> None:
    _words(draft, "marketing.sms")["cancel"] = f"写着 {way} 的一句话。"
    assert _found(draft) == set()
