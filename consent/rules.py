"""The rules document: structured fields per language, and its canonical bytes.

A document is a JSON object; its canonical form (sorted keys, no spaces, UTF-8) is what
is hashed, published and exported. Fields N1 to N22 are those of the law register
(docs/compliance.md); publishing refuses a document in which one is empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from audit.documents import document_get
from consent.errors import RulesInvalid
from consent.purposes import FACE, Purpose

LANGUAGES = ("zh-hans", "en")

DOCUMENT_FIELDS = ("label", "effective_from", "purposes", "languages")
LANGUAGE_FIELDS = (
    "operator",
    "site",
    "summary",
    "purposes",
    "storage",
    "transmission",
    "automated",
    "rights",
    "withdraw",
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
    "method",
    "data",
    "retention",
    "effect",
    "refusal",
    "alternative",
    "legal_basis",
)
TERM_FIELDS = ("retention_days", "destroy_s", "sensitive")
RETENTION_MAX_DAYS = 36_500
DESTROY_MAX_SECONDS = 86_400


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one byte form of a rules document.

    Raises:
        RulesInvalid: a field that has to be published is missing or empty; the
            error's first argument is the path of the field.
    """
    _require(document, DOCUMENT_FIELDS, "")
    terms = document["purposes"]
    for name in terms:
        if name not in list(Purpose):
            raise RulesInvalid(f"purposes.{name}")
        _require_terms(terms[name], f"purposes.{name}.")
        if (name in FACE) and not terms[name]["sensitive"]:
            raise RulesInvalid(f"purposes.{name}.sensitive")
    for language in LANGUAGES:
        words = document["languages"].get(language) or {}
        _require(words, LANGUAGE_FIELDS, f"languages.{language}.")
        for name in terms:
            place = f"languages.{language}.purposes.{name}"
            _require(words["purposes"].get(name) or {}, PURPOSE_FIELDS, f"{place}.")
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def _require(part: Mapping[str, Any], fields: tuple[str, ...], place: str) -> None:
    for name in fields:
        if not part.get(name):
            raise RulesInvalid(f"{place}{name}")


def _require_terms(part: Mapping[str, Any], place: str) -> None:
    """Refuse terms that no consent could be given under."""
    fine = {
        "retention_days": between(part.get("retention_days"), RETENTION_MAX_DAYS),
        "destroy_s": between(part.get("destroy_s"), DESTROY_MAX_SECONDS),
        "sensitive": isinstance(part.get("sensitive"), bool),
    }
    for name in TERM_FIELDS:
        if not fine[name]:
            raise RulesInvalid(f"{place}{name}")


def between(value: object, most: int) -> bool:
    """Tell whether a term is a whole number from 1 to `most`."""
    return type(value) is int and 1 <= value <= most


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
        "sha256": sha256,
        "sha256_short": sha256[:8],
    }


def terms(*, sha256: str, purpose: str) -> dict[str, Any] | None:
    """Return a purpose's terms in a published version; None when it has none."""
    found: dict[str, Any] | None = document(sha256=sha256)["purposes"].get(purpose)
    return found


_ORDER = {name: place for place, name in enumerate(Purpose)}
