"""Drafts as fields of a form: a document taken apart by its structure, and put back.

Pure. Every field has a path through the document, with `/` between its steps because
the names of purposes have dots; the linter's findings and the form name a field alike
but for that. What a form does not show (a mark of the demonstration) stays as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.say import Say
from consent import assessments, labels
from consent.errors import FieldsUnknown
from consent.purposes import FACE, MARKETING, Purpose
from consent.rules import (
    DOCUMENT_TERMS,
    FACE_FIELDS,
    JOINT_FIELDS,
    LANGUAGE_FIELDS,
    LANGUAGES,
    LISTS,
    MARKETING_FIELDS,
    MATCHING,
    PART_FIELDS,
    PARTY_FIELDS,
    PURPOSE_FIELDS,
)
from consent.structure import part_of, words_in

PURPOSES_FIELD = "purposes"
"""Name under which a form says which purposes a draft has, once for each."""

SHORT, LONG, LINES, ROWS, NUMBER, CHOICE = (
    *("short", "long", "lines", "rows"),
    *("number", "choice"),
)
BAR = "｜"
"""Stands between the columns of a row; `|` is read as well."""

_SHORT_FIELDS = frozenset(
    {"label", "effective_from", "title", "code", "approved_at", "name", "filing"}
)
_LINE_FIELDS = LISTS | {"data_optional", "alternatives"}
_COLUMNS: dict[str, tuple[str, ...]] = {
    "joint_operators": ("party", *JOINT_FIELDS),
    "processors": ("party", *PARTY_FIELDS),
    "recipients": ("party", *PARTY_FIELDS),
}
_NUMBERS = frozenset({*DOCUMENT_TERMS, "retention_days", "destroy_s", "valid_days"})

_CHOICES: dict[str, dict[str, Say]] = {
    "matching": {code: labels.MATCHING[code] for code in MATCHING},
    "presence": labels.PRESENCE,
}

ASSESSMENT_LABELS: dict[str, Say] = {
    "code": Say("编号", "Code"),
    "valid_days": Say("有效期（天）", "Valid for, in days"),
    "purpose_and_method": Say(
        "一、目的和方式是否合法、正当、必要",
        "1. Whether purpose and method are lawful, proper and necessary",
    ),
    "effect_on_rights": Say(
        "二、对个人权益的影响，减轻措施是否有效",
        "2. Effect on people's rights, and whether what lessens it works",
    ),
    "risk_and_harm": Say(
        "三、泄露、篡改、丢失或被非法取得的风险和危害",
        "3. Risk and harm of leak, change, loss or theft",
    ),
    "protection": Say(
        "四、保护措施是否合法、有效、与风险相称",
        "4. Whether protection is lawful, effective and in proportion",
    ),
    "alternatives": Say("考虑过的别的办法", "Alternatives that were considered"),
    "conclusion": Say("结论", "Conclusion"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its path, what it is called, its shape and its text as shown."""

    path: str
    label: Say
    shape: str
    value: str

    @property
    def place(self) -> str:
        """Return the path as findings and errors write it."""
        return self.path.replace("/", ".")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a draft: what has no language, then pairs in both languages."""

    title: Say
    name: str
    terms: list[Field] = field(default_factory=list)
    pairs: list[tuple[Field, Field]] = field(default_factory=list)

    def fields(self) -> Iterator[Field]:
        """Yield each of its fields."""
        yield from self.terms
        for pair in self.pairs:
            yield from pair


def sections(*, kind: str, document: Mapping[str, Any]) -> list[Section]:
    """Return a draft's fields, part by part, as many as its purposes ask for."""
    if kind == "assessment":
        return list(_assessment(document))
    return list(_rules(document))


def edited(
    *,
    kind: str,
    document: Mapping[str, Any],
    posted: Mapping[str, str],
    purposes: Sequence[str],
) -> dict[str, Any]:
    """Return a draft with what a form posted in it.

    Args:
        kind: "rules" or "assessment".
        document: the draft as it was.
        posted: text by the path of its field; those left out stay as they were.
        purposes: which purposes it has from now on.

    Raises:
        FieldsUnknown: a path or a purpose that such a draft does not have.
    """
    if set(purposes) - set(offered(kind)):
        raise FieldsUnknown
    result: dict[str, Any] = copy.deepcopy(dict(document))
    known = {
        one.path: one
        for part in sections(kind=kind, document=document)
        for one in part.fields()
    }
    if set(posted) - set(known):
        raise FieldsUnknown
    for path, text in posted.items():
        _put(result, path, _value(known[path], text))
    _purposes_set(result, kind, purposes)
    return result


def offered(kind: str) -> list[str]:
    """Return the purposes that a draft may have."""
    return [str(one) for one in Purpose if kind == "rules" or one in FACE]


def skeleton(*, kind: str, label: str = "") -> dict[str, Any]:
    """Return an empty draft, for a site that has nothing to go on from."""
    document: dict[str, Any] = {"purposes": {}, "languages": {}}
    for language in LANGUAGES:
        document["languages"][language] = {}
    if kind == "assessment":
        return {**document, "code": label, "demonstration": False, "valid_days": 365}
    for words in document["languages"].values():
        words.update({"purposes": {}, "joint_operators": [], "processors": []})
    return {**document, "label": label, "answer_days": 15, "proof_days": 1_826}


def _rules(document: Mapping[str, Any]) -> Iterator[Section]:
    terms = [
        _field(document, name, labels.TERMS[name])
        for name in ("label", "effective_from", *DOCUMENT_TERMS)
    ]
    paths = ["changes"]
    yield Section(
        Say("版本", "This version"),
        "version",
        terms,
        _pairs(document, "", paths, labels.FIELDS),
    )
    asked = part_of(document.get("purposes"))
    for name in (one for one in Purpose if one in asked):
        terms = [
            _field(document, f"purposes/{name}/{term}", labels.TERMS[term])
            for term in ("retention_days", "destroy_s")
        ]
        fields: list[str] = list(PURPOSE_FIELDS)
        if name in FACE:
            terms += [
                _field(document, f"purposes/{name}/{term}", labels.TERMS[term])
                for term in ("matching", "presence")
            ]
            fields += FACE_FIELDS
        if name in MARKETING:
            fields += MARKETING_FIELDS
        fields += ["data_optional", "recipients"]
        title = part_of(words_in(document, "zh-hans").get("purposes"))
        english = part_of(words_in(document, "en").get("purposes"))
        yield Section(
            Say(
                str(part_of(title.get(name)).get("title") or name),
                str(part_of(english.get(name)).get("title") or name),
            ),
            name,
            terms,
            _pairs(document, f"purposes/{name}/", fields, labels.PURPOSE_FIELDS),
        )
    yield Section(
        Say("关于我们和整份规则", "About us, and the rules as a whole"),
        "whole",
        [],
        _pairs(document, "", list(_whole_paths()), labels.FIELDS),
    )


def _whole_paths() -> Iterator[str]:
    for name in LANGUAGE_FIELDS:
        if name in {"purposes", "changes"}:
            continue
        if name in PART_FIELDS:
            yield from (f"{name}/{inner}" for inner in PART_FIELDS[name])
        else:
            yield name
    yield from ("assessment/filing", "joint_operators", "processors")


def _assessment(document: Mapping[str, Any]) -> Iterator[Section]:
    terms = [
        _field(document, name, ASSESSMENT_LABELS[name])
        for name in ("code", "valid_days")
    ]
    for name in (one for one in Purpose if one in part_of(document.get("purposes"))):
        for term in ("retention_days", "matching"):
            label = labels.TERMS[term]
            named = Say(f"{label.zh}：{name}", f"{label.en}: {name}")
            terms.append(_field(document, f"purposes/{name}/{term}", named))
    yield Section(
        Say("这份评估", "This assessment"),
        "assessment",
        terms,
        _pairs(document, "", list(assessments.LANGUAGE_FIELDS), ASSESSMENT_LABELS),
    )


def _pairs(
    document: Mapping[str, Any],
    below: str,
    names: Sequence[str],
    called: Mapping[str, Say],
) -> list[tuple[Field, Field]]:
    return [
        (
            _field(document, f"languages/zh-hans/{below}{name}", label),
            _field(document, f"languages/en/{below}{name}", label),
        )
        for name in names
        for label in [called[name.replace("/", ".")]]
    ]


def _field(document: Mapping[str, Any], path: str, label: Say) -> Field:
    value: Any = document
    for step in path.split("/"):
        value = part_of(value).get(step)
    name = path.rpartition("/")[2]
    return Field(path, label, _shape(name), _text(name, value))


def _shape(name: str) -> str:
    if name in _COLUMNS:
        return ROWS
    if name in _NUMBERS:
        return NUMBER
    if name in _CHOICES:
        return CHOICE
    if name in _LINE_FIELDS:
        return LINES
    return SHORT if name in _SHORT_FIELDS else LONG


def _text(name: str, value: Any) -> str:
    if name == "presence" and not isinstance(value, str):
        return "yes" if value else "no"
    if value is None:
        return ""
    if name in _COLUMNS and isinstance(value, list):
        rows = [
            [str(part_of(row).get(column) or "") for column in _COLUMNS[name]]
            for row in value
        ]
        return "\n".join(f" {BAR} ".join(row) for row in rows)
    if isinstance(value, list):
        return "\n".join(str(line) for line in value)
    return str(value)


def _value(given: Field, text: str) -> Any:
    """Return what a text says; a number that is none stays as it was typed."""
    text = text.replace("\r\n", "\n").strip()
    if given.shape == NUMBER:
        return int(text) if text.isascii() and text.isdigit() else text
    if given.path.endswith("/presence"):
        return {"yes": True, "no": False}.get(text, text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if given.shape == LINES:
        return lines
    if given.shape == ROWS:
        names = _COLUMNS[given.path.rpartition("/")[2]]
        return [_row(names, line) for line in lines]
    return text


def _row(names: Sequence[str], line: str) -> dict[str, str]:
    cells = [cell.strip() for cell in line.replace("|", BAR).split(BAR)]
    return {
        name: cell
        for name, cell in zip(names, cells, strict=False)
        # Without a code the row has none, rather than an empty one.
        if cell or name != "party"
    }


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split("/")
    part = document
    for step in way:
        inner = part.get(step)
        part[step] = inner if isinstance(inner, dict) else {}
        part = part[step]
    # What is not said and what is not asked for have no field at all.
    if (value == "" and last == "filing") or (value is False and last == "presence"):
        part.pop(last, None)
    else:
        part[last] = value


def _purposes_set(document: dict[str, Any], kind: str, purposes: Sequence[str]) -> None:
    asked = document.setdefault("purposes", {})
    for name in [one for one in asked if one not in purposes]:
        del asked[name]
        for words in document.get("languages", {}).values():
            words.get("purposes", {}).pop(name, None)
    for name in purposes:
        terms = asked.setdefault(name, {})
        if kind != "rules":
            continue
        terms.setdefault("sensitive", name in FACE)
        terms.setdefault("destroy_s", 60)
        for words in document.get("languages", {}).values():
            row = words.setdefault("purposes", {}).setdefault(name, {})
            row.setdefault("data_optional", [])
            row.setdefault("recipients", [])


def choices(name: str) -> list[tuple[str, Say]]:
    """Return what a field of one choice offers, by the last step of its path."""
    return list(_CHOICES.get(name, {}).items())
