"""Changes of the rules: which of them an old consent does not cover.

Pure. A consent covers what its person was shown. A new purpose, another method, a
further kind of data, a further recipient or a longer term was not shown to them (PIPL
14, NDR 22), so it is *material*: what was collected for that purpose is not used until
they are asked again. Whatever only narrows or explains (a shorter term, a kind of data
left out, a clearer reason, another telephone number of the officer) is *editorial*.

Words cannot be judged by a program, so every change of the words that describe a
purpose or its method counts as material; only width, case, spaces and punctuation are
looked past.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.purposes import Purpose
from consent.rules import LANGUAGES, MATCHING, within
from consent.structure import part_of, words_in

_UNSAID = re.compile(r"(?<!\d)[^\w%‰<>=≤≥±+]|[^\w%‰<>=≤≥±+](?!\d)|_")
"""What says nothing; a mark between two digits does (1.5 is not 15), and `<` too."""

_EXPLAINED = ("why", "retention", "effect", "refusal", "alternative", "cancel")
"""Words of a purpose that explain it; all its others say what is done, and how."""

_COLLECTED = ("data", "data_optional", "data_transient")
_RECEIVED = ("name", "purpose", "method", "categories")
_EVERYWHERE = ("storage", "transmission", "cross_border", "automated")
"""Words about every purpose that say where data lie, go and who decides."""

_PARTIES = ("joint_operators", "processors")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs between two versions.

    `field` is a path of the document; `purpose` is None for what concerns them all.
    """

    field: str
    purpose: str | None
    material: bool


def rules_changes(*, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two documents, in the order of the newer one."""
    found = [*_whole(old, new), *_terms(old, new)]
    for language in LANGUAGES:
        found += _language(language, old, new)
    return found


def purposes_changed(
    *, old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> list[str]:
    """Return the purposes of a newer version that no older consent covers, sorted.

    Empty for a site's first version.
    """
    if old is None:
        return []
    material = [one for one in rules_changes(old=old, new=new) if one.material]
    if any(one.purpose is None for one in material):
        return sorted(new["purposes"])
    return sorted({one.purpose for one in material if one.purpose is not None})


def _whole(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in ("label", "effective_from", "answer_days"):
        if old.get(name) != new.get(name):
            yield Change(name, None, material=False)
    if old.get("proof_days") != new.get("proof_days"):
        longer = _more(old.get("proof_days"), new.get("proof_days"))
        yield Change("proof_days", None, material=longer)


def _terms(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = part_of(old.get("purposes")), part_of(new.get("purposes"))
    for name in (purpose for purpose in Purpose if purpose in {*before, *after}):
        place = f"purposes.{name}"
        if name not in before or name not in after:
            yield Change(place, name, material=name in after)
            continue
        one, two = part_of(before[name]), part_of(after[name])
        for field in ("retention_days", "destroy_s"):
            if one.get(field) != two.get(field):
                longer = _more(one.get(field), two.get(field))
                yield Change(f"{place}.{field}", name, material=longer)
        if one.get("sensitive") != two.get("sensitive"):
            yield Change(f"{place}.sensitive", name, material=True)
        if one.get("matching") != two.get("matching"):
            wider = _wider(one.get("matching"), two.get("matching"))
            yield Change(f"{place}.matching", name, material=wider)
        if one.get("presence") != two.get("presence"):
            # On: more pictures than were agreed to. Off: a protection that was promised
            # is gone, and somebody else's photograph can stand for them.
            differs = bool(one.get("presence")) != bool(two.get("presence"))
            yield Change(f"{place}.presence", name, material=differs)


def _language(
    language: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    before = words_in(old, language)
    after = words_in(new, language)
    place = f"languages.{language}"
    for name in dict.fromkeys([*after, *before]):
        if name == "purposes" or before.get(name) == after.get(name):
            continue
        if name in _PARTIES:
            further = _further_parties(before.get(name), after.get(name))
        elif name == "operator":
            # Another operator is another recipient; another telephone is not.
            one, two = part_of(before.get(name)), part_of(after.get(name))
            further = _plain(one.get("name")) != _plain(two.get("name"))
        else:
            further = name in _EVERYWHERE and (
                _plain(before.get(name)) != _plain(after.get(name))
            )
        yield Change(f"{place}.{name}", None, material=further)
    both = part_of(old.get("purposes")).keys() & part_of(new.get("purposes")).keys()
    rows_before, rows_after = (
        part_of(before.get("purposes")),
        part_of(after.get("purposes")),
    )
    for name in (purpose for purpose in Purpose if purpose in both):
        yield from _purpose(
            name,
            part_of(rows_before.get(name)),
            part_of(rows_after.get(name)),
            f"{place}.purposes.{name}",
        )


def _purpose(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], place: str
) -> Iterator[Change]:
    for field in dict.fromkeys([*after, *before]):
        one, two = before.get(field), after.get(field)
        if one == two:
            continue
        if field in _COLLECTED:
            material = bool(_lines(two) - _lines(one))
        elif field == "recipients":
            material = _further_parties(one, two)
        else:
            material = field not in _EXPLAINED and _plain(one) != _plain(two)
        yield Change(f"{place}.{field}", name, material=material)


def _further_parties(old: object, new: object) -> bool:
    return bool(_received(new) - _received(old))


def _received(value: object) -> set[tuple[str, ...]]:
    rows = value if isinstance(value, list) else []
    return {tuple(_plain(part_of(row).get(one)) for one in _RECEIVED) for row in rows}


def _lines(value: object) -> set[str]:
    return {_plain(line) for line in value} if isinstance(value, list) else set()


def _plain(value: object) -> str:
    """Return what is said without width, case, spaces and punctuation."""
    if isinstance(value, Mapping):
        value = [value[name] for name in sorted(value)]
    if isinstance(value, list):
        return "|".join(map(_plain, value))
    text = unicodedata.normalize("NFKC", "" if value is None else str(value))
    return "".join(_UNSAID.sub("", text.casefold()).split())


def _more(old: object, new: object) -> bool:
    """Tell whether a term grew; one that was not stated before counts as grown."""
    return not (isinstance(old, int) and isinstance(new, int) and new <= old)


def _wider(old: object, new: object) -> bool:
    return new not in MATCHING or not within(str(new), old)
