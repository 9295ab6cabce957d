"""The rules of attribution: published versions and the one in force at a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from leads.attribution.errors import FactsMalformed
from leads.attribution.reading import Entry, quoted
from leads.phones import DEFAULT_REGION

Family = Literal["same_customer", "separate"]

MINUTES_MAX = 100 * 366 * 24 * 60
DAYS_MAX = 100 * 366
COUNT_MAX = 1_000_000
_LIMITS = {
    "min_lead_minutes": MINUTES_MAX,
    "protection_days": DAYS_MAX,
    "lookback_days": DAYS_MAX,
    "ownership_days": DAYS_MAX,
    "quota_per_agent_per_day": COUNT_MAX,
    "masked_min_visible": COUNT_MAX,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The numbers of one version for one kind of channel. A day is 24 hours."""

    min_lead: timedelta
    protection: timedelta
    lookback: timedelta
    ownership: timedelta
    quota_per_day: int
    masked_min_visible: int
    family: Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One published version of the rules."""

    version: str
    effective_from: datetime
    timezone: ZoneInfo
    region: str
    defaults: Terms
    kinds: Mapping[str, Terms]

    def terms(self, kind: str | None) -> Terms:
        """Return the terms for a kind of channel, the defaults where none are."""
        return self.kinds.get(kind, self.defaults) if kind else self.defaults


class Rulebook:
    """All versions, in the order in which they took effect; at least one."""

    __slots__ = ("_starts", "versions")

    def __init__(self, versions: tuple[Version, ...]) -> None:
        """Sort the versions; MUST NOT be empty."""
        if not versions:
            text = "rules: no version"
            raise FactsMalformed(text)
        ordered = sorted(versions, key=lambda v: (v.effective_from, v.version))
        self.versions = tuple(ordered)
        self._starts = [version.effective_from for version in ordered]

    def at(self, moment: datetime) -> Version:
        """Return the version in force; before the first version, the first."""
        return self.versions[(bisect_right(self._starts, moment) or 1) - 1]


def _terms(entry: Entry, known: Mapping[str, object]) -> Terms:
    merged = Entry(entry.where, {**known, **entry.data})
    numbers = {name: merged.count(name, most) for name, most in _LIMITS.items()}
    family = merged.choice("family", ("same_customer", "separate"))
    return Terms(
        min_lead=timedelta(minutes=numbers["min_lead_minutes"]),
        protection=timedelta(hours=24 * numbers["protection_days"]),
        lookback=timedelta(hours=24 * numbers["lookback_days"]),
        ownership=timedelta(hours=24 * numbers["ownership_days"]),
        quota_per_day=numbers["quota_per_agent_per_day"],
        masked_min_visible=numbers["masked_min_visible"],
        family="same_customer" if family == "same_customer" else "separate",
    )


def _zone(entry: Entry) -> ZoneInfo:
    name = entry.text("timezone")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise entry.wrong("timezone", "is no known time zone") from None


def _version(position: int, document: object) -> Version:
    entry = Entry.of(f"rules {position + 1}", document)
    name = entry.text("version")
    entry = Entry(f"rules {quoted(name)}", entry.data)
    defaults = Entry.of(f"{entry.where} defaults", entry.value("defaults"))
    terms = _terms(defaults, {})
    kinds: dict[str, Terms] = {}
    overrides = entry.data.get("kinds") or {}
    for kind, changed in Entry.of(f"{entry.where} kinds", overrides).data.items():
        override = Entry.of(f"{entry.where} kinds {quoted(kind)}", changed)
        for setting in override.data:
            # A misspelt override would silently leave the default in force.
            if setting not in defaults.data:
                raise override.wrong(quoted(setting), "is not one of the defaults")
        kinds[kind] = _terms(override, defaults.data)
    region = entry.text("region") if "region" in entry.data else DEFAULT_REGION
    return Version(
        version=name,
        effective_from=entry.instant("effective_from"),
        timezone=_zone(entry),
        region=region,
        defaults=terms,
        kinds=kinds,
    )


def parse_rules(documents: object) -> Rulebook:
    """Read the list of rules documents (attribution.md, section 2).

    Raises:
        FactsMalformed: with one line that says where and what.
    """
    if not isinstance(documents, list):
        text = "rules: not a list"
        raise FactsMalformed(text)
    versions = tuple(_version(i, document) for i, document in enumerate(documents))
    names = [version.version for version in versions]
    for name in names:
        if names.count(name) > 1:
            text = f"rules: duplicate version {quoted(name)}"
            raise FactsMalformed(text)
    return Rulebook(versions)
