"""The impact assessment (影响评估, PIA): its legal parts, and what it allows.

A document is a JSON object of structured fields. The four parts are those of the face
measures, article 9 (docs/compliance.md): purpose and method; effect on people's rights
and what lessens it; risk and harm; protection. Besides, the alternatives that were
considered and the conclusion, and, for each purpose, the longest term and the widest
comparison that it found necessary: rules may ask for less, never for more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from audit.documents import document_get
from consent.errors import AssessmentInvalid
from consent.purposes import FACE, Purpose
from consent.rules import (
    LANGUAGES,
    MATCHING,
    RETENTION_MAX_DAYS,
    between,
    empty,
    shown,
    within,
)
from consent.structure import encoded, part_of, words_in

PARTS = ("purpose_and_method", "effect_on_rights", "risk_and_harm", "protection")
LANGUAGE_FIELDS = (*PARTS, "alternatives", "conclusion")
VALID_MAX_DAYS = 1_095
"""After three years at the latest it is done again."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a current assessment allows: by purpose, days and comparison."""

    code: str
    terms: Mapping[str, Mapping[str, Any]]

    def too_long(self, purpose: str, days: object) -> bool:
        """Tell whether a term exceeds what was found necessary."""
        most = self.terms.get(purpose, {}).get("retention_days")
        # An assessment of before terms were asked for states none.
        return isinstance(most, int) and isinstance(days, int) and days > most

    def too_wide(self, purpose: str, matching: object) -> bool:
        """Tell whether a comparison is wider than was found necessary."""
        most = self.terms.get(purpose, {}).get("matching")
        if most not in MATCHING or matching not in MATCHING:
            return False
        return not within(str(matching), most)


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one byte form of a complete assessment.

    Raises:
        AssessmentInvalid: a part is missing; the first argument is its path.
    """
    for path in missing(document):
        raise AssessmentInvalid(path)
    return encoded(document)


def missing(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of each field that is missing, empty or of the wrong kind."""
    code = document.get("code")
    if not isinstance(code, str) or not code.strip():
        yield "code"
    if not isinstance(document.get("demonstration"), bool):
        yield "demonstration"
    if not between(document.get("valid_days"), VALID_MAX_DAYS):
        yield "valid_days"
    purposes = part_of(document.get("purposes"))
    if not purposes:
        yield "purposes"
    for name, terms in purposes.items():
        place = f"purposes.{shown(name)}"
        if name not in list(Purpose):
            yield place
            continue
        if not between(part_of(terms).get("retention_days"), RETENTION_MAX_DAYS):
            yield f"{place}.retention_days"
        if name in FACE and part_of(terms).get("matching") not in MATCHING:
            yield f"{place}.matching"
    for language in LANGUAGES:
        words = words_in(document, language)
        for name in LANGUAGE_FIELDS:
            wanted = list if name == "alternatives" else str
            if empty(words.get(name)) or not isinstance(words.get(name), wanted):
                yield f"languages.{language}.{name}"


def document(*, sha256: str) -> dict[str, Any]:
    """Return an approved assessment by its hash; {} when its text is no such object.

    Those approved before there was a structure are texts of their own. MUST NOT be
    changed.
    """
    try:
        return _read(sha256)
    except LookupError:
        return {}


@lru_cache(maxsize=64)
def _read(sha256: str) -> dict[str, Any]:
    """Read a text once: what a hash names never changes, and may only be missing.

    Raises:
        LookupError: the log holds no such text.
    """
    content = document_get(sha256=sha256)
    if content is None:
        raise LookupError(sha256)
    try:
        loaded = json.loads(content)
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def allowed(*, code: str, sha256: str, purposes: Sequence[str]) -> Allowed:
    """Return what an approved assessment allows for the purposes it opens."""
    terms = part_of(document(sha256=sha256).get("purposes"))
    return Allowed(code, {name: part_of(terms.get(name)) for name in purposes})
