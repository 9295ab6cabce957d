"""Who reads, and what the apps above know that the reading room shows.

The log holds codes; how a site is called, what a purpose is in words and which notice
somebody saw is told by the apps that own it, registered from `AppConfig.ready`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from audit.drafts import Act
from audit.say import Say

ROLES = ("reception", "manager", "compliance", "admin", "inspector")
ZONE = ZoneInfo("Asia/Shanghai")
"""The zone of days and times where no site has told its own."""

Panel = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """A site as people know it: its code in the log, its name, its zone."""

    code: str
    name: Say
    zone: ZoneInfo


@dataclass(frozen=True)
class Notice:
    """The published rules as somebody saw them, in the language they saw them in.

    Attributes:
        label: the version's name.
        url: of the public page that shows this version in this language.
        published_at: when it was published.
        titles: the title of each purpose, by its code.
        sentences: the one sentence that stood beside the title.
        retention: how long its data are kept, in the notice's words.
    """

    label: str
    url: str
    published_at: datetime
    titles: Mapping[str, str]
    sentences: Mapping[str, str]
    retention: Mapping[str, str]


Places = Callable[[], Sequence[Place]]
Notices = Callable[[str, str], Notice | None]

_PANELS: dict[str, Panel] = {}
_PLACES: list[Places] = []
_NOTICES: list[Notices] = []
_PURPOSES: dict[str, Say] = {}


def panel_register(name: str, panel: Panel) -> None:
    """Register what another app shows beside the events."""
    _PANELS[name] = panel


def panels() -> dict[str, Any]:
    """Return what the other apps show beside the events."""
    told: dict[str, Any] = {}
    for name in sorted(_PANELS):
        told.update(_PANELS[name]())
    return told


def places_register(provider: Places) -> None:
    """Register what names the operator's sites, oldest first."""
    _PLACES.append(provider)


def places() -> list[Place]:
    """Return the operator's sites, oldest first."""
    return [place for provider in _PLACES for place in provider()]


def notices_register(provider: Notices) -> None:
    """Register what finds a notice by the rules' SHA-256 and a language."""
    _NOTICES.append(provider)


def notice_find(*, sha256: str, language: str) -> Notice | None:
    """Return the notice of a version of the rules in a language, or None."""
    found = (provider(sha256, language) for provider in _NOTICES)
    return next((notice for notice in found if notice is not None), None)


def purposes_register(words: Mapping[str, Say]) -> None:
    """Register purposes in words, in the order of the published rules."""
    _PURPOSES.update(words)


def purposes() -> Mapping[str, Say]:
    """Return the purposes that are known in words."""
    return _PURPOSES


def purpose_words(code: str) -> Say:
    """Return a purpose in words; an unknown one as it is."""
    return _PURPOSES.get(code, Say(code, code))


def staff_act(user: Any) -> Act:
    """Return a signed-in member of staff as the one who acts: a code and a role."""
    names = set(user.groups.values_list("name", flat=True))
    role = next((one for one in ROLES if one in names), "reception")
    return Act(user.code, role)
