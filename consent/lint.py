"""The rules linter: what a draft says that no published rules may say.

Pure: reads a document, touches no database. Each finding names its code, the path of
the field, and the reason in both languages; the catalogue is `CODES`, explained in
docs/compliance.md. Words are looked for as written: a sentence that denies one of them
("it is not 必须") is found too, and is better put another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.say import Say
from consent.assessments import Allowed
from consent.methods import FIELD, names_it
from consent.purposes import FACE, MARKETING, Purpose
from consent.rules import (
    DESTROY_MAX_SECONDS,
    DOCUMENT_FIELDS,
    LANGUAGE_FIELDS,
    LANGUAGES,
    PURPOSE_FIELDS,
    RETENTION_MAX_DAYS,
    between,
    empty,
    missing,
    shown,
)
from consent.structure import part_of, words_in

HARD_CHARACTERS = 60
"""汉字 that one sentence of the first layer may have, from one stop to the next."""

HARD_WORDS = 45
"""Words that one English sentence of the first layer may have."""

CODES: dict[str, Say] = {
    "empty": Say(
        "必填内容是空的",
        "a required field is empty",
    ),
    "purpose_unknown": Say(
        "程序里没有这个处理目的",
        "the program has no such purpose",
    ),
    "no_retention": Say(
        f"没有写明保存天数（1 至 {RETENTION_MAX_DAYS} 的整数）",
        f"no term in days, a whole number from 1 to {RETENTION_MAX_DAYS}",
    ),
    "no_destruction": Say(
        f"没有写明多少秒内销毁密钥（1 至 {DESTROY_MAX_SECONDS} 的整数）",
        "no time within which the key is destroyed, a whole number of seconds from 1"
        f" to {DESTROY_MAX_SECONDS}",
    ),
    "not_sensitive": Say(
        "人脸必须标为敏感个人信息",
        "a face purpose is not marked as sensitive",
    ),
    "no_necessity": Say(
        "没有写明为什么需要",
        "a purpose does not say why it is needed",
    ),
    "no_alternative": Say(
        "用人脸的目的没有写不用人脸的办法",
        "a face purpose names no way without a face",
    ),
    "no_assessment": Say(
        "用人脸的目的没有写影响评估的编号和批准日期",
        "a face purpose without the code and date of an approved assessment",
    ),
    "not_assessed": Say(
        "写的影响评估不是本案场现行有效、包含这个目的的",
        "the assessment it names is not approved and current for this purpose here",
    ),
    "over_assessment": Say(
        "超出了影响评估认可的保存期限或比对范围",
        "a term or a comparison beyond what the assessment allows",
    ),
    "method_unnamed": Say(
        "“用什么计算”没有写明这里装的比对方法的名称，连版本",
        "“computed by” does not name the method that is installed here, with its"
        " version",
    ),
    "unlimited": Say(
        "期限或权利没有边界，或者不能撤回；这样的条款无效",
        "unlimited or irrevocable terms, which are void",
    ),
    "coercing": Say(
        "说到人脸时有催促、强迫或利诱的字眼",
        "words round the face that press, force or lure",
    ),
    "bundled": Say(
        "把几项同意捆在一起，或者把沉默当作同意",
        "several consents in one, or silence taken as consent",
    ),
    "no_cancel": Say(
        "推销类目的没有写怎么退订或拒绝",
        "a marketing purpose does not say how to stop it",
    ),
    "recipient_unknown": Say(
        "写了一个收取方，但登记册里没有获批的这一方，或名称、联系方式、用途对不上",
        "names a recipient that the register of parties does not have approved, with"
        " this name, contact and purpose",
    ),
    "recipient_missing": Say(
        "登记册里获批的一方没有写进来",
        "leaves out a party that the register has approved for this purpose",
    ),
    "hard": Say(
        f"一句话太长：中文超过 {HARD_CHARACTERS} 字，或英文超过 {HARD_WORDS} 词",
        f"a sentence too long to take in: over {HARD_CHARACTERS} characters or"
        f" {HARD_WORDS} words",
    ),
}

_UNLIMITED = re.compile(
    "永久(?!删除|销毁)|永远保存|无限期|不可撤[销回]|不得撤[销回]|任意转授权|可转授权"
    "|最终解释权"
    r"|\b(?:perpetual|irrevocabl[ey]|in perpetuity|forever|indefinitely"
    r"|sub-?licen[cs]\w+|final (?:right of )?interpretation"
    r"|permanently(?! (?:delete|destroy)))",
    re.IGNORECASE,
)
_COERCING = re.compile(
    "更快|更方便|必须|才能|方可|礼品|赠品|优惠|折扣|抽奖|优先|免排队"
    r"|\b(?:faster|quicker|must|required|mandatory|only way|gifts?|discounts?|rewards?"
    r"|priority|skip the (?:queue|line))\b",
    re.IGNORECASE,
)
_FACE_NAMED = re.compile(r"人脸|刷脸|面部|面容|\bfac(?:e|es|ial)\b", re.IGNORECASE)
_BUNDLED = re.compile(
    "同意全部|全部同意|一并同意|一揽子|视为同意|视同同意|即表示.{0,4}同意|默认同意"
    r"|\b(?:agree to all|accept all|deemed (?:to )?(?:consent|agree)"
    r"|by (?:using|entering|continuing)[^.;]{0,60}\b(?:agree|consent))",
    re.IGNORECASE,
)
_CANCEL = re.compile(
    r"退订|停止|拒绝|不要再|\b(?:stop\w*|unsubscribe|cancel|refuse|opt out|no more)\b",
    re.IGNORECASE,
)
_STOPS = re.compile(r"[。；！？;!?\n]|\.(?=\s|$)")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_COLLECTED = ("data", "data_optional", "data_transient")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that keeps a draft from being published.

    `field` is a path of the document, as `languages.en.purposes.contact.why`; it and
    the code hold nothing of the draft's text.
    """

    code: str
    field: str

    @property
    def reason(self) -> Say:
        """Return what is wrong, for people."""
        return CODES[self.code]


def rules_lint(
    *, document: Mapping[str, Any], assessments: Sequence[Allowed] | None = None
) -> list[Finding]:
    """Return every finding of a draft, in the order of the document; [] when clean.

    Args:
        document: any JSON object: a part of the wrong kind counts as empty.
        assessments: the current ones of the site; None for a draft of no known site,
            of which only the code and date are asked.
    """
    found = [*_whole(document), *_terms(document)]
    for language in LANGUAGES:
        found.extend(_language(document, language))
    if assessments is not None:
        found.extend(_assessed(document, assessments))
    # Whatever else publishing would refuse is named here too.
    told = {finding.field for finding in found}
    for path in missing(document):
        if not any(path == one or path.startswith(f"{one}.") for one in told):
            found.append(Finding("empty", path))
    return list(dict.fromkeys(found))


def _whole(document: Mapping[str, Any]) -> Iterator[Finding]:
    for name in DOCUMENT_FIELDS:
        if empty(document.get(name)):
            yield Finding("empty", name)


def _terms(document: Mapping[str, Any]) -> Iterator[Finding]:
    for name, given in part_of(document.get("purposes")).items():
        place = f"purposes.{shown(name)}"
        if name not in list(Purpose):
            yield Finding("purpose_unknown", place)
            continue
        terms = part_of(given)
        if not between(terms.get("retention_days"), RETENTION_MAX_DAYS):
            yield Finding("no_retention", f"{place}.retention_days")
        if not between(terms.get("destroy_s"), DESTROY_MAX_SECONDS):
            yield Finding("no_destruction", f"{place}.destroy_s")
        sensitive = terms.get("sensitive")
        if not isinstance(sensitive, bool):
            yield Finding("empty", f"{place}.sensitive")
        elif name in FACE and not sensitive:
            yield Finding("not_sensitive", f"{place}.sensitive")


def _language(document: Mapping[str, Any], language: str) -> Iterator[Finding]:
    words = words_in(document, language)
    place = f"languages.{language}"
    for name in LANGUAGE_FIELDS:
        if empty(words.get(name)):
            yield Finding("empty", f"{place}.{name}")
    asked = [
        name for name in part_of(document.get("purposes")) if name in list(Purpose)
    ]
    rows = part_of(words.get("purposes"))
    for name in asked:
        yield from _purpose(name, part_of(rows.get(name)), f"{place}.purposes.{name}")
    if FACE.intersection(asked):
        assessment = part_of(words.get("assessment"))
        if empty(assessment.get("code")) or empty(assessment.get("approved_at")):
            yield Finding("no_assessment", f"{place}.assessment")
    # What every page shows first has to be understood at one reading.
    yield from _hard(words.get("summary"), f"{place}.summary")
    yield from _wording(words, place)


def _assessed(
    document: Mapping[str, Any], assessments: Sequence[Allowed]
) -> Iterator[Finding]:
    """Hold a draft's face purposes against the assessments that it names."""
    known = {one.code: one for one in assessments}
    asked = part_of(document.get("purposes"))
    for name in sorted(FACE.intersection(asked)):
        for language in LANGUAGES:
            words = words_in(document, language)
            code = part_of(words.get("assessment")).get("code")
            found = known.get(code) if isinstance(code, str) else None
            if found is None or name not in found.terms:
                place = f"languages.{language}.assessment.code"
                yield Finding("not_assessed", place)
                continue
            said = part_of(part_of(words.get("purposes")).get(name))
            terms = part_of(asked[name])
            if not names_it(said, matching=terms.get("matching")):
                place = f"languages.{language}.purposes.{name}.{FIELD}"
                yield Finding("method_unnamed", place)
            if found.too_long(name, terms.get("retention_days")):
                yield Finding("over_assessment", f"purposes.{name}.retention_days")
            if found.too_wide(name, terms.get("matching")):
                yield Finding("over_assessment", f"purposes.{name}.matching")


_WITHOUT = {"why": "no_necessity", "retention": "no_retention"}


def _purpose(name: str, row: Mapping[str, Any], place: str) -> Iterator[Finding]:
    for field in PURPOSE_FIELDS:
        if empty(row.get(field)):
            code = _WITHOUT.get(field, "empty")
            if field == "alternative" and name in FACE:
                code = "no_alternative"
            yield Finding(code, f"{place}.{field}")
    if name in FACE:
        yield from _worded("coercing", _COERCING, row, place)
        # A way without a face that is a face again is none.
        alternative = row.get("alternative")
        way = f"{place}.alternative"
        yield from _worded("no_alternative", _FACE_NAMED, alternative, way)
    else:
        for field in _COLLECTED:
            # A face has a consent of its own, and is no part of another one.
            collected = row.get(field)
            yield from _worded("bundled", _FACE_NAMED, collected, f"{place}.{field}")
    if name in MARKETING and not any(
        _CANCEL.search(text) for _, text in _texts(row.get("cancel"), place)
    ):
        yield Finding("no_cancel", f"{place}.cancel")
    yield from _hard(row.get("sentence"), f"{place}.sentence")


def _wording(words: Mapping[str, Any], place: str) -> Iterator[Finding]:
    for path, text in _texts(words, place):
        yield from _worded("unlimited", _UNLIMITED, text, path)
        yield from _worded("bundled", _BUNDLED, text, path)
        if any(
            _FACE_NAMED.search(one) and _COERCING.search(one)
            for one in _STOPS.split(text)
        ):
            yield Finding("coercing", path)


def _worded(
    code: str, words: re.Pattern[str], value: object, place: str
) -> Iterator[Finding]:
    """Find each text below a value in which one of the words stands."""
    for path, text in _texts(value, place):
        if words.search(text):
            yield Finding(code, path)


def _hard(value: object, place: str) -> Iterator[Finding]:
    for path, text in _texts(value, place):
        for one in _STOPS.split(text):
            if len(_HAN.findall(one)) > HARD_CHARACTERS or (
                len(one.split()) > HARD_WORDS
            ):
                yield Finding("hard", path)
                break


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text below a value with its path."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(part, f"{place}.{shown(name)}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _texts(part, f"{place}.{number}")
