"""对外提供清单: that the rules and the register of parties say the same, exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from audit import clock
from consent.lint import Finding
from consent.models import Party
from consent.rules import LANGUAGES
from consent.selectors import parties
from consent.structure import part_of, words_in

UNKNOWN, MISSING = "recipient_unknown", "recipient_missing"


@dataclass(frozen=True)
class Named:
    """One row of a draft that names somebody who gets data.

    Attributes:
        path: of the row in the document.
        role: what the place in the document makes of them.
        language: the row is written in.
        purpose: the row is for; None when the place does not say.
        row: as written.
    """

    path: str
    role: str
    language: str
    purpose: str | None
    row: Mapping[str, Any]


def recipients_lint(*, document: Mapping[str, Any]) -> list[Finding]:
    """Return where a draft and the register of approved parties differ; [] when not.

    A row has to carry the `party` code of a party that is approved and within its
    contract, of that role and for that purpose, under its registered name and contact;
    and each such party whose purposes the draft publishes has to be named by it.
    """
    known = {party.code: party for party in parties() if _live(party)}
    rows = list(_named(document))
    found = [Finding(UNKNOWN, one.path) for one in rows if not _registered(one, known)]
    asked = set(part_of(document.get("purposes")))
    for language in LANGUAGES:
        for party in known.values():
            for purpose in sorted(asked.intersection(party.purposes)):
                if not any(_names(one, party, purpose, language) for one in rows):
                    place = f"languages.{language}.{_place(party.role, purpose)}"
                    found.append(Finding(MISSING, place))
    return list(dict.fromkeys(found))


def _live(party: Party) -> bool:
    """Tell whether a party gets data now, or will when its contract begins."""
    return (
        party.approved_at is not None
        and party.ended_at is None
        and party.until > clock.now()
    )


def _named(document: Mapping[str, Any]) -> Iterator[Named]:
    for language in LANGUAGES:
        words = words_in(document, language)
        place = f"languages.{language}"
        for name, role in (("joint_operators", "joint"), ("processors", "processor")):
            for number, row in enumerate(_rows(words.get(name))):
                yield Named(f"{place}.{name}.{number}", role, language, None, row)
        for purpose, terms in part_of(words.get("purposes")).items():
            for number, row in enumerate(_rows(part_of(terms).get("recipients"))):
                path = f"{place}.purposes.{purpose}.recipients.{number}"
                yield Named(path, "recipient", language, purpose, row)


def _registered(one: Named, known: Mapping[str, Party]) -> bool:
    code = one.row.get("party")
    party = known.get(code) if isinstance(code, str) else None
    if party is None or party.role != one.role:
        return False
    if one.purpose is not None and one.purpose not in party.purposes:
        return False
    name = party.name_en if one.language == "en" else party.name_zh
    return one.row.get("name") == name and one.row.get("contact") == party.contact


def _names(one: Named, party: Party, purpose: str, language: str) -> bool:
    return (
        one.language == language
        and one.row.get("party") == party.code
        and one.purpose in (None, purpose)
    )


def _place(role: str, purpose: str) -> str:
    if role == "recipient":
        return f"purposes.{purpose}.recipients"
    return "processors" if role == "processor" else "joint_operators"


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [part_of(row) for row in value] if isinstance(value, list) else []
