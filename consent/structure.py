"""JSON documents: their parts, whatever lies there, and their one byte form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def encoded(document: Mapping[str, Any]) -> bytes:
    """Return a document's bytes, complete or not: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def part_of(value: object) -> Mapping[str, Any]:
    """Return a value as a part with fields of its own; anything else has none."""
    return value if isinstance(value, Mapping) else {}


def words_in(document: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """Return what a document says in one language."""
    return part_of(part_of(document.get("languages")).get(language))
