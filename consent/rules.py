"""The rules document: structured fields per language, and its canonical bytes.

A document is a JSON object; its canonical form (sorted keys, no spaces, UTF-8) is what
is hashed, published and exported. Fields N1 to N22 are those of the law register
(docs/compliance.md); publishing refuses a document in which one is empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from audit.documents import document_get
from consent.errors import RulesInvalid
from consent.purposes import FACE, MARKETING, Purpose
from consent.structure import encoded, part_of, words_in

LANGUAGES = ("zh-hans", "en")

DOCUMENT_FIELDS = ("label", "effective_from", "purposes", "languages")
DOCUMENT_TERMS = ("answer_days", "proof_days")
LANGUAGE_FIELDS = (
    "changes",
    "operator",
    "site",
    "summary",
    "purposes",
    "storage",
    "expiry",
    "transmission",
    "cross_border",
    "automated",
    "human_review",
    "rights",
    "withdraw",
    "proof",
    "minors",
    "security",
    "complaint",
    "assessment",
    "accessibility",
)
PURPOSE_FIELDS = (
    "title",
    "sentence",
    "why",
    "where",
    "method",
    "data",
    "retention",
    "effect",
    "refusal",
    "alternative",
    "legal_basis",
)
FACE_FIELDS = ("engine", "data_transient")
"""Asked of a face purpose besides: what computes, and what is seen but not kept."""

MARKETING_FIELDS = ("channel", "frequency", "cancel")
"""Asked of a marketing purpose besides."""

PART_FIELDS = {
    "operator": ("name", "address", "contact", "privacy_contact"),
    "site": ("name",),
    "assessment": ("code", "approved_at"),
}
JOINT_FIELDS = ("name", "contact", "duties")
PARTY_FIELDS = ("name", "contact", "purpose", "method", "categories")
"""What is said of each recipient and of each processor."""

LISTS = frozenset(
    {"summary", "rights", "withdraw", "security", "complaint", "data", "data_transient"}
)
"""Fields that are a list of lines."""

PARTS = frozenset({"purposes", "languages", *PART_FIELDS})
"""Fields that are a part with fields of its own; all the others are one text."""

TERM_FIELDS = ("retention_days", "destroy_s", "sensitive")
MATCHING = ("1:1", "1:few", "1:n")
"""With whom a face is compared: one named, a few who fit, or everybody."""

MATCHING_UNSTATED = "1:few"
"""What an assessment allows that was approved before its width was asked for."""

RETENTION_MAX_DAYS = 36_500
DESTROY_MAX_SECONDS = 86_400
ANSWER_MAX_DAYS = 30
PROOF_MIN_DAYS = 1_095
"""Records of processing are kept for three years at least (PIPL 56)."""


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one byte form of a rules document.

    Raises:
        RulesInvalid: a field that has to be published is missing or empty; the
            error's first argument is the path of the field.
    """
    for path in missing(document):
        raise RulesInvalid(path)
    return encoded(document)


def _minors_fit(document: Mapping[str, Any]) -> bool:
    """Tell whether the part about under 14, which may be left out, is one."""
    said = document["minors"]
    if not isinstance(said, dict) or set(said) != {"contact"}:
        return False
    return said["contact"] is False or (
        said["contact"] is True and Purpose.CONTACT in part_of(document.get("purposes"))
    )


def missing(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of each field that is missing, empty or of the wrong kind.

    Any JSON object may be given. What has no path here can be published and read.
    """
    yield from _empty_of(document, DOCUMENT_FIELDS, "")
    if not between(document.get("answer_days"), ANSWER_MAX_DAYS):
        yield "answer_days"
    if "minors" in document and not _minors_fit(document):
        yield "minors"
    if not between(document.get("proof_days"), RETENTION_MAX_DAYS, PROOF_MIN_DAYS):
        yield "proof_days"
    asked = part_of(document.get("purposes"))
    for name, terms in asked.items():
        yield from _terms_missing(name, part_of(terms), f"purposes.{shown(name)}")
    for language in LANGUAGES:
        words = words_in(document, language)
        yield from _words_missing(words, asked, f"languages.{language}.")


def _terms_missing(name: str, part: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield the terms that no consent could be given under."""
    if name not in list(Purpose):
        yield place
        return
    if not between(part.get("retention_days"), RETENTION_MAX_DAYS):
        yield f"{place}.retention_days"
    if not between(part.get("destroy_s"), DESTROY_MAX_SECONDS):
        yield f"{place}.destroy_s"
    sensitive = part.get("sensitive")
    if not isinstance(sensitive, bool) or (name in FACE and not sensitive):
        yield f"{place}.sensitive"
    if name in FACE and part.get("matching") not in MATCHING:
        yield f"{place}.matching"
    # May be left out, and is then not asked for.
    if "presence" in part and not (name in FACE and isinstance(part["presence"], bool)):
        yield f"{place}.presence"


def _words_missing(
    words: Mapping[str, Any], asked: Mapping[str, Any], place: str
) -> Iterator[str]:
    yield from _empty_of(words, LANGUAGE_FIELDS, place)
    for name, fields in PART_FIELDS.items():
        if name != "assessment" or FACE.intersection(asked):
            yield from _empty_of(part_of(words.get(name)), fields, f"{place}{name}.")
    yield from _rows_missing(words, "joint_operators", JOINT_FIELDS, place)
    yield from _rows_missing(words, "processors", PARTY_FIELDS, place)
    rows = part_of(words.get("purposes"))
    for name in asked:
        if name not in list(Purpose):
            continue
        row, there = part_of(rows.get(name)), f"{place}purposes.{name}."
        yield from _empty_of(row, PURPOSE_FIELDS, there)
        if name in FACE:
            yield from _empty_of(row, FACE_FIELDS, there)
        if name in MARKETING:
            yield from _empty_of(row, MARKETING_FIELDS, there)
        optional = row.get("data_optional")
        if not isinstance(optional, list) or any(map(empty, optional)):
            yield f"{there}data_optional"
        yield from _rows_missing(row, "recipients", PARTY_FIELDS, there)


def _rows_missing(
    part: Mapping[str, Any], name: str, fields: tuple[str, ...], place: str
) -> Iterator[str]:
    """Ask for a list that may be empty, because "nobody" has to be said too."""
    rows = part.get(name)
    if not isinstance(rows, list):
        yield f"{place}{name}"
        return
    for number, row in enumerate(rows):
        yield from _empty_of(part_of(row), fields, f"{place}{name}.{number}.")


def _empty_of(
    part: Mapping[str, Any], fields: tuple[str, ...], place: str
) -> Iterator[str]:
    for name in fields:
        if not _said(name, part.get(name)):
            yield f"{place}{name}"


def _said(name: str, value: object) -> bool:
    """Tell whether a field is there and of its kind: a part, lines or a text."""
    if empty(value):
        return False
    if name in PARTS:
        return isinstance(value, Mapping)
    if name in LISTS:
        return isinstance(value, list) and all(
            isinstance(line, str) and line.strip() for line in value
        )
    return isinstance(value, str)


def empty(value: object) -> bool:
    """Tell whether nothing is said: no value, blanks, or parts that are all empty."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Mapping):
        return not value
    if isinstance(value, list):
        return all(empty(part) for part in value)
    return value is None


def between(value: object, most: int, least: int = 1) -> bool:
    """Tell whether a term is a whole number from `least` to `most`."""
    return type(value) is int and least <= value <= most


def shown(name: str) -> str:
    """Return a name of the draft's own as one word of a line."""
    return name if name.isprintable() and " " not in name else ascii(name)


def document(*, sha256: str) -> dict[str, Any]:
    """Return a published document by its hash.

    Raises:
        RulesInvalid: the log holds no such text.
    """
    content = document_get(sha256=sha256)
    if content is None:
        raise RulesInvalid(sha256)
    loaded: dict[str, Any] = json.loads(content)
    return loaded


@lru_cache(maxsize=64)
def purpose_words(*, sha256: str, purpose: str) -> tuple[Mapping[str, Any], ...]:
    """Return what a published document says of a purpose, in each language.

    The text of a hash never changes, so it is read once. MUST NOT be changed.
    """
    whole = document(sha256=sha256)
    return tuple(
        part_of(part_of(words_in(whole, language).get("purposes")).get(purpose))
        for language in LANGUAGES
    )


def presence_asked(*, sha256: str, purpose: str) -> bool:
    """Tell whether a published document asks for a presence check for a face."""
    return (terms(sha256=sha256, purpose=purpose) or {}).get("presence") is True


def notice(*, sha256: str, language: str) -> dict[str, Any]:
    """Return the published notice in one language, for a page or a print.

    The terms (days, sensitivity) are merged into each purpose's words, so that what
    is shown is what the program does.
    """
    whole = document(sha256=sha256)
    words = whole["languages"][language]
    purposes = [
        {
            "id": name,
            "recipients": [],
            "data_optional": [],
            "data_transient": [],
            **words["purposes"][name],
            **terms,
            "separate": name in FACE,
        }
        for name, terms in whole["purposes"].items()
    ]
    return {
        **words,
        "purposes": sorted(purposes, key=lambda row: _ORDER[row["id"]]),
        "label": whole["label"],
        "effective_from": whole["effective_from"],
        # Absent from versions that were published before these terms were asked for.
        "answer_days": whole.get("answer_days"),
        "proof_days": whole.get("proof_days"),
        "sha256": sha256,
        "sha256_short": sha256[:8],
    }


def purpose_notice(*, words: Mapping[str, Any], purpose: str) -> dict[str, Any]:
    """Return what a notice (`notice`) says of one purpose, with its terms.

    Raises:
        RulesInvalid: the version does not publish it.
    """
    for row in words["purposes"]:
        if row["id"] == purpose:
            found: dict[str, Any] = row
            return found
    raise RulesInvalid(purpose)


@lru_cache(maxsize=64)
def terms(*, sha256: str, purpose: str) -> Mapping[str, Any] | None:
    """Return a purpose's terms in a published version; None when it has none.

    The text of a hash never changes, so it is read once. MUST NOT be changed.
    """
    found: Mapping[str, Any] | None = document(sha256=sha256)["purposes"].get(purpose)
    return found


def within(matching: str, most: object) -> bool:
    """Tell whether a comparison is no wider than the widest that is allowed.

    Args:
        matching: one of `MATCHING`.
        most: another; nothing is allowed by anything else.
    """
    return most in MATCHING and MATCHING.index(matching) <= MATCHING.index(str(most))


_ORDER = {name: place for place, name in enumerate(Purpose)}
