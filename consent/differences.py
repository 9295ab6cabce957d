"""What differs between two versions of the rules: by structure, and word by word.

Pure: reads two documents, touches no database. `rules_structure` speaks no language:
which purposes came or went, which terms changed, and in which fields the words differ
in any language. `rules_difference` is what a reader of one language is shown. Both bear
any published document, those from before a field was asked for included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from audit.say import Say
from consent.labels import (
    FIELDS,
    PURPOSE_FIELDS,
    TERMS,
    Scalar,
    field_title,
    term_said,
    term_title,
)
from consent.purposes import Purpose
from consent.structure import part_of, words_in

ALIKE = 0.4
"""Below this share of common words two lines are told as one struck, one new."""

_TOKEN = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)
_APART = frozenset({"purposes", "languages"})


class Kind(StrEnum):
    """How something stands to the older version."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Term:
    """A number or code that the program keeps to; None where it is not stated."""

    name: str
    old: Scalar
    new: Scalar

    @property
    def title(self) -> Say:
        """Return what it is called."""
        return term_title(self.name)

    @property
    def was(self) -> Say | Scalar:
        """Return the older value as a reader is told it."""
        return term_said(self.name, self.old)

    @property
    def now(self) -> Say | Scalar:
        """Return the newer value as a reader is told it."""
        return term_said(self.name, self.new)


@dataclass(frozen=True, slots=True)
class PurposeChange:
    """What changed of a purpose that both versions have."""

    purpose: str
    terms: tuple[Term, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """What changed, without a word of either version.

    `fields` are paths below a language, as `operator.name`; those of a purpose are
    names, as `method`. A field is in it when it differs in any language.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    purposes: tuple[PurposeChange, ...]
    terms: tuple[Term, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stayed, came or went."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field in one language; each line is a row of pieces."""

    name: str
    kind: Kind
    lines: tuple[tuple[Piece, ...], ...]

    @property
    def title(self) -> Say:
        """Return what it is called."""
        return field_title(self.name)


@dataclass(frozen=True, slots=True)
class PurposeDifference:
    """One purpose; `title` is the newer one where there is one."""

    purpose: str
    title: str
    kind: Kind
    terms: tuple[Term, ...]
    fields: tuple[FieldDifference, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A field, and the title of its purpose where it is one of a purpose."""

    name: str
    purpose: str = ""

    @property
    def title(self) -> Say:
        """Return what the field is called."""
        return field_title(self.name)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a reader of one language is shown.

    `elsewhere` are the fields whose words differ in another language only.
    """

    terms: tuple[Term, ...]
    purposes: tuple[PurposeDifference, ...]
    fields: tuple[FieldDifference, ...]
    elsewhere: tuple[Place, ...]

    @property
    def none(self) -> bool:
        """Tell whether the two versions say the same in every language."""
        return not (self.terms or self.purposes or self.fields or self.elsewhere)


def rules_structure(old: Mapping[str, Any], new: Mapping[str, Any]) -> Structure:
    """Return what changed from one document to another, in no language."""
    before, after = _purposes(old), _purposes(new)
    languages = [
        *dict.fromkeys([*part_of(old.get("languages")), *part_of(new.get("languages"))])
    ]
    spoken = [(words_in(old, one), words_in(new, one)) for one in languages]
    changes = []
    for name in _ordered([*before, *after]):
        if name not in before or name not in after:
            continue
        terms = _terms(part_of(before[name]), part_of(after[name]))
        fields = _differing(
            [(_row(was, name), _row(is_, name)) for was, is_ in spoken], PURPOSE_FIELDS
        )
        if terms or fields:
            changes.append(PurposeChange(name, terms, fields))
    return Structure(
        added=tuple(name for name in _ordered(after) if name not in before),
        removed=tuple(name for name in _ordered(before) if name not in after),
        purposes=tuple(changes),
        terms=_terms(_whole(old), _whole(new)),
        fields=_differing([(_flat(a), _flat(b)) for a, b in spoken], FIELDS),
    )


def rules_difference(
    old: Mapping[str, Any], new: Mapping[str, Any], language: str
) -> Difference:
    """Return what changed from one document to another, in the words of a language."""
    was, is_ = words_in(old, language), words_in(new, language)
    before, after = _purposes(old), _purposes(new)
    purposes = []
    for name in _ordered([*before, *after]):
        kind = Kind.CHANGED
        if name not in before:
            kind = Kind.ADDED
        elif name not in after:
            kind = Kind.REMOVED
        rows = _row(was, name), _row(is_, name)
        terms = _terms(part_of(before.get(name)), part_of(after.get(name)))
        fields = _fields(*rows, PURPOSE_FIELDS)
        if kind == Kind.CHANGED and not terms and not fields:
            continue
        title = _title(name, *rows)
        purposes.append(PurposeDifference(name, title, kind, terms, fields))
    terms = _terms(_whole(old), _whole(new))
    fields = _fields(_flat(was), _flat(is_), FIELDS)
    structure = rules_structure(old, new)
    told = {field.name for field in fields}
    elsewhere = [Place(name) for name in structure.fields if name not in told]
    for change in structure.purposes:
        rows = _row(was, change.purpose), _row(is_, change.purpose)
        told = {field.name for field in _fields(*rows, PURPOSE_FIELDS)}
        title = _title(change.purpose, *rows)
        elsewhere += [Place(name, title) for name in change.fields if name not in told]
    return Difference(
        terms=terms,
        purposes=tuple(purposes),
        fields=fields,
        elsewhere=tuple(elsewhere),
    )


def _title(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    return str(new.get("title") or old.get("title") or name)


def _purposes(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return part_of(document.get("purposes"))


def _row(words: Mapping[str, Any], purpose: str) -> Mapping[str, Any]:
    return part_of(part_of(words.get("purposes")).get(purpose))


def _whole(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in document.items() if name not in _APART}


def _ordered(names: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """Return names once, in the order of the notice; unknown ones last."""
    known: dict[str, int] = {name: place for place, name in enumerate(Purpose)}
    return sorted(dict.fromkeys(names), key=lambda name: (known.get(name, 99), name))


def _flat(part: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Return the leaves of a part by their paths, without its purposes."""
    found: dict[str, Any] = {}
    for name, value in part.items():
        if name in _APART:
            continue
        if isinstance(value, Mapping):
            found |= _flat(value, f"{place}{name}.")
        else:
            found[f"{place}{name}"] = value
    return found


def _names(
    before: Mapping[str, Any], after: Mapping[str, Any], known: Mapping[str, Any]
) -> list[str]:
    """Return the names in either part, in the order of the notice."""
    places = {name: place for place, name in enumerate(known)}
    return sorted(
        {*before, *after}, key=lambda name: (places.get(name, len(places)), name)
    )


def _terms(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Term, ...]:
    old, new = _flat(before), _flat(after)
    return tuple(
        Term(name, _scalar(old.get(name)), _scalar(new.get(name)))
        for name in _names(old, new, TERMS)
        # 1 and True are equal in Python, and not the same term.
        if repr(old.get(name)) != repr(new.get(name))
    )


def _scalar(value: object) -> Scalar:
    return value if value is None or isinstance(value, str | int) else str(value)


def _differing(
    pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    known: Mapping[str, Any],
) -> tuple[str, ...]:
    """Return the names whose lines differ in one of the pairs, each once."""
    found = {
        name: None
        for before, after in pairs
        for name in _names(before, after, known)
        if _lines(before.get(name)) != _lines(after.get(name))
    }
    return tuple(_names(found, {}, known))


def _fields(
    before: Mapping[str, Any], after: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[FieldDifference, ...]:
    found = []
    for name in _names(before, after, known):
        old, new = _lines(before.get(name)), _lines(after.get(name))
        if old == new:
            continue
        kind = Kind.CHANGED if old and new else Kind.ADDED if new else Kind.REMOVED
        found.append(FieldDifference(name, kind, tuple(_aligned(old, new))))
    return tuple(found)


def _lines(value: object) -> list[str]:
    """Return a field as lines; nothing at all and an empty one are the same."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, Mapping):
        told = [line for part in value.values() for line in _lines(part)]
        return [" · ".join(told)] if told else []
    if isinstance(value, list):
        return [line for part in value for line in _lines(part)]
    if isinstance(value, bool):
        return ["✓"] if value else []
    return [] if value is None else [str(value)]


def _aligned(old: list[str], new: list[str]) -> Iterator[tuple[Piece, ...]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
            yield from ((Piece(Kind.SAME, line),) for line in old[i:j])
        elif what == "replace" and j - i == m - k:
            for was, is_ in zip(old[i:j], new[k:m], strict=True):
                yield tuple(pieces(was, is_))
        else:
            yield from ((Piece(Kind.REMOVED, line),) for line in old[i:j])
            yield from ((Piece(Kind.ADDED, line),) for line in new[k:m])


def pieces(old: str, new: str) -> list[Piece]:
    """Return one text turned into another: a 汉字, a word or a number at a time.

    What is left without the added ones is `old`, and without the removed ones `new`.
    """
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [Piece(Kind.REMOVED, old), Piece(Kind.ADDED, new)]
    found: list[Piece] = []
    gone, come = "", ""
    codes = matcher.get_opcodes()
    for number, (what, i, j, k, m) in enumerate(codes):
        same = "".join(before[i:j])
        # One character that happened to stay between two changes is no anchor.
        lonely = 0 < number < len(codes) - 1 and len(same) < 2
        if what == "equal" and not lonely:
            found += _turned(gone, come)
            gone, come = "", ""
            found.append(Piece(Kind.SAME, same))
        else:
            gone += same
            come += "".join(after[k:m])
    return found + _turned(gone, come)


def _turned(gone: str, come: str) -> list[Piece]:
    words = ((Kind.REMOVED, gone), (Kind.ADDED, come))
    return [Piece(kind, text) for kind, text in words if text]
