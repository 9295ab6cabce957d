"""What a reader asks for, read with patience and answered in words."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from audit.catalogue import KINDS, SEQ_MAX
from audit.readers import ZONE, Place
from audit.reading.days import midnight
from audit.reading.logs import LogHead
from audit.reading.search import OPERATOR_WIDE, Search
from audit.say import Say

NO_DAY = Say("请写成 2026-11-23 这样的日期。", "Write a date like 2026-11-23.")
DAYS_REVERSED = Say("结束的日期早于开始。", "The last day lies before the first.")
NO_KIND = Say("没有这种类型，请从列表里选。", "There is no such kind; choose one.")
NO_SITE = Say("没有这个案场，请从列表里选。", "There is no such site; choose one.")
NO_PURPOSE = Say(
    "没有这个目的，请从列表里选。", "There is no such purpose; choose one."
)
NO_SUBJECT = Say(
    "代号是 s_ 加 32 位数字或 a 到 f 的字母，请整段粘贴。",
    "A pseudonym is s_ and 32 digits or letters a to f; paste all of it.",
)
NO_NUMBER = Say("请写一个序号，例如 57。", "Write a number, like 57.")
NO_ACTOR = Say(
    "代号由字母、数字、横线组成，最多 40 位。",
    "A code is letters, digits and dashes, at most 40.",
)
NO_RANGE = Say("请选一段范围。", "Choose a range.")
NO_MONTH = Say("请选一个月份。", "Choose a month.")
NO_DAYS = Say("请至少写一个日期。", "Give one date at least.")
NO_SITES = Say("请至少选一个案场。", "Choose one site at least.")
NO_REDACTION = Say("请选一种。", "Choose one of the two.")
NOTHING_THERE = Say("这段范围里没有事件。", "There are no events in this range.")
NO_LOG = Say("没有这份日志，请从列表里选。", "There is no such log; choose one.")

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_SUBJECT = re.compile(r"s_[0-9a-f]{32}")
_NUMBER = re.compile(r"(?:no\.?|#|第)?\s*(\d+)\s*号?", re.IGNORECASE)
_ACTOR = re.compile(r"[A-Za-z0-9_-]{1,40}")
_TYPED_MAX = 100
YEARS = range(2000, 2200)
"""Of days; the years of a log."""


def day_read(text: str) -> date | None:
    """Return the day that was typed in one of the usual ways, or None."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


class TypedField(forms.CharField):
    """What somebody typed or pasted: trimmed, and never without an answer."""

    def __init__(self) -> None:
        """Ask for nothing by force."""
        super().__init__(required=False)

    def to_python(self, value: Any) -> str:
        """Return the text; a NUL, which no database takes, becomes visible."""
        text = "" if value is None else str(value).strip()
        return text.replace("\0", "\ufffd")[:_TYPED_MAX]


class TypedForm(forms.Form):
    """A form whose answers are in the reader's language."""

    def __init__(self, data: Mapping[str, Any] | None, *, language: str) -> None:
        """Read what was typed."""
        super().__init__(data)
        self.language = language

    def _wrong(self, words: Say) -> forms.ValidationError:
        return forms.ValidationError(words.text(self.language))

    def _one_of(self, name: str, known: Container[str], words: Say) -> str:
        value = str(self.cleaned_data[name])
        if value and value not in known:
            raise self._wrong(words)
        return value

    def _day(self, name: str) -> date | None:
        text = str(self.cleaned_data[name])
        day = day_read(text)
        if text and (day is None or day.year not in YEARS):
            raise self._wrong(NO_DAY)
        return day

    def _day_after(self, name: str, since: date | None) -> date | None:
        until = self._day(name)
        if until and since and until < since:
            raise self._wrong(DAYS_REVERSED)
        return until


class SearchForm(TypedForm):
    """What is looked for in a log. Fields it does not know are left alone."""

    log = TypedField()
    since = TypedField()
    until = TypedField()
    type = TypedField()
    site = TypedField()
    purpose = TypedField()
    subject = TypedField()
    consent = TypedField()
    event = TypedField()
    actor = TypedField()

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        language: str,
        logs: Sequence[LogHead],
        places: Sequence[Place],
        purposes: Sequence[str],
    ) -> None:
        """Read what was asked for.

        Args:
            data: of the address.
            language: of the answers.
            logs: that there are, the open one first; at least one.
            places: the sites that there are.
            purposes: the purposes that there are.
        """
        super().__init__(data, language=language)
        self.logs = {head.log: head for head in logs}
        self.places = {place.code: place for place in places}
        self.purposes = set(purposes)

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone of the days: of the site asked for, or the first one's."""
        named = self.places.get(str(self.data.get("site", "")))
        place = named or next(iter(self.places.values()), None)
        return place.zone if place else ZONE

    @property
    def log_shown(self) -> LogHead:
        """Return the log that is asked for, the open one where none can be read."""
        chosen = self.logs.get(str(self.data.get("log", "")).strip())
        return chosen or next(iter(self.logs.values()))

    def clean_log(self) -> str:
        """Take a log that there is."""
        return self._one_of("log", self.logs, NO_LOG)

    def clean_since(self) -> date | None:
        """Take a day."""
        return self._day("since")

    def clean_until(self) -> date | None:
        """Take a day, not before the first one."""
        return self._day_after("until", self.cleaned_data.get("since"))

    def clean_type(self) -> str:
        """Take a kind of the catalogue."""
        return self._one_of("type", KINDS, NO_KIND)

    def clean_site(self) -> str:
        """Take a site, or none in particular."""
        return self._one_of("site", {*self.places, OPERATOR_WIDE}, NO_SITE)

    def clean_purpose(self) -> str:
        """Take a purpose."""
        return self._one_of("purpose", self.purposes, NO_PURPOSE)

    def clean_subject(self) -> str:
        """Take a whole pseudonym, however it was written."""
        subject = str(self.cleaned_data["subject"]).casefold()
        if subject and not _SUBJECT.fullmatch(subject):
            raise self._wrong(NO_SUBJECT)
        return subject

    def clean_consent(self) -> int | None:
        """Take a number."""
        return self._number("consent")

    def clean_event(self) -> int | None:
        """Take a number."""
        return self._number("event")

    def clean_actor(self) -> str:
        """Take a code."""
        actor = str(self.cleaned_data["actor"])
        if actor and not _ACTOR.fullmatch(actor):
            raise self._wrong(NO_ACTOR)
        return actor

    def search(self) -> Search:
        """Return what is asked for; MUST be called on a valid form only."""
        told = self.cleaned_data
        since: date | None = told["since"]
        until: date | None = told["until"]
        return Search(
            log=self.log_shown.log,
            since=midnight(since, self.zone) if since else "",
            until=midnight(until + timedelta(days=1), self.zone) if until else "",
            kind=told["type"],
            site=told["site"],
            purpose=told["purpose"],
            subject=told["subject"],
            consent=told["consent"],
            event=told["event"],
            actor=told["actor"],
        )

    def _number(self, name: str) -> int | None:
        text = str(self.cleaned_data[name]).replace(",", "").replace("，", "")
        if not text:
            return None
        found = _NUMBER.fullmatch(text)
        if found is None or int(found[1]) > SEQ_MAX:
            raise self._wrong(NO_NUMBER)
        return int(found[1])


class ExportForm(TypedForm):
    """What a sealed export is of: a stretch, some sites, and how much of people."""

    log = TypedField()
    range = TypedField()
    month = TypedField()
    since = TypedField()
    until = TypedField()
    which = TypedField()
    redaction = TypedField()

    def __init__(
        self,
        data: QueryDict | None,
        *,
        language: str,
        logs: Sequence[LogHead],
        sites: Sequence[str],
        months: Sequence[str],
    ) -> None:
        """Read what was asked for.

        Args:
            data: what was posted, or None.
            language: of the answers.
            logs: that there are.
            sites: codes of the sites that there are.
            months: that there are, as `YYYY-MM`.
        """
        super().__init__(data, language=language)
        self.logs = {head.log for head in logs}
        self.known = set(sites)
        self.months = set(months)
        self.sites: list[str] = data.getlist("sites") if data is not None else []

    def clean_log(self) -> str:
        """Take a log that there is."""
        return self._one_of("log", self.logs, NO_LOG)

    def clean_range(self) -> str:
        """Take one of the three."""
        value = self._one_of("range", ("all", "month", "days"), NO_RANGE)
        if not value:
            raise self._wrong(NO_RANGE)
        return value

    def clean_month(self) -> str:
        """Take a month, when a month is asked for."""
        if self.cleaned_data.get("range") != "month":
            return ""
        value = self._one_of("month", self.months, NO_MONTH)
        if not value:
            raise self._wrong(NO_MONTH)
        return value

    def clean_since(self) -> date | None:
        """Take a day, when days are asked for."""
        return self._day("since") if self.cleaned_data.get("range") == "days" else None

    def clean_until(self) -> date | None:
        """Take a day, not before the first; one of the two must be given."""
        if self.cleaned_data.get("range") != "days":
            return None
        since = self.cleaned_data.get("since")
        until = self._day_after("until", since)
        if since is None and until is None and "since" not in self.errors:
            raise self._wrong(NO_DAYS)
        return until

    def clean_which(self) -> str:
        """Take some of the sites, when not all are asked for."""
        value = self._one_of("which", ("all", "some"), NO_SITES)
        if value == "some" and not (self.sites and set(self.sites) <= self.known):
            raise self._wrong(NO_SITES)
        return value

    def clean_redaction(self) -> str:
        """Take one of the two; neither is chosen beforehand for anybody."""
        value = self._one_of("redaction", ("pseudonymous", "identified"), NO_REDACTION)
        if not value:
            raise self._wrong(NO_REDACTION)
        return value

    def stretch(self, zone: ZoneInfo) -> tuple[str | None, str | None]:
        """Return the moments from which and before which; None for an open end."""
        told = self.cleaned_data
        first: date | None = told["since"]
        last: date | None = told["until"]
        if told["month"]:
            year, month = (int(part) for part in told["month"].split("-"))
            first = date(year, month, 1)
            last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return (
            midnight(first, zone) if first else None,
            midnight(last + timedelta(days=1), zone) if last else None,
        )

    @property
    def sites_asked(self) -> list[str] | None:
        """Return the sites that are asked for; None for all."""
        return self.sites if self.cleaned_data["which"] == "some" else None
