"""What a reader types is read with patience, and refused in words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from audit.forms import SearchForm, day_read
from audit.readers import Place
from audit.reading.logs import LogHead
from audit.say import Say

OPEN = LogHead("a" * 16, "demo-test", 9, "", None)
CLOSED = LogHead("b" * 16, "demo-test", 4, "", datetime(2026, 1, 1, tzinfo=UTC))
PLACES = [
    Place("c-1", Say("一", "One"), ZoneInfo("Asia/Shanghai")),
    Place("c-2", Say("二", "Two"), ZoneInfo("Asia/Urumqi")),
]
PERSON = "s_" + "0f" * 16


def form(language: str = "en", **data: str) -> SearchForm:
    return SearchForm(
        data,
        language=language,
        logs=[OPEN, CLOSED],
        places=PLACES,
        purposes=["contact", "face.checkin"],
    )


@pytest.mark.parametrize(
    "typed",
    ["2026-11-23", " 2026/11/23 ", "2026.11.23", "2026年11月23日", "2026-11-23日"],
)
def test_a_day_may_be_written_in_the_usual_ways(typed: str) -> None:
    found = day_read(typed)
    assert found is not None
    assert found.isoformat() == "2026-11-23"


@pytest.mark.parametrize("typed", ["", "23.11.2026", "2026-13-01", "2026-11", "soon"])
def test_what_is_no_day_is_none(typed: str) -> None:
    assert day_read(typed) is None


def test_days_are_the_sites_days_the_last_one_included() -> None:
    asked = form(since="2026-11-23", until="2026-11-23")
    assert asked.is_valid()
    search = asked.search()
    assert search.since == "2026-11-22T16:00:00.000Z"
    assert search.until == "2026-11-23T16:00:00.000Z"
    there = form(since="2026-11-23", site="c-2")
    assert there.is_valid()
    assert there.search().since == "2026-11-22T18:00:00.000Z"


def test_numbers_and_pseudonyms_may_be_pasted_as_they_are_spoken() -> None:
    asked = form(consent="第 1,057 号", event="No. 12", subject=f" {PERSON.upper()} ")
    assert asked.is_valid(), asked.errors
    search = asked.search()
    assert (search.consent, search.event) == (1057, 12)
    assert search.subject == PERSON


def test_nothing_asked_is_everything_in_the_open_log() -> None:
    asked = form()
    assert asked.is_valid()
    search = asked.search()
    assert search.log == OPEN.log
    assert (search.since, search.kind, search.consent, search.actor) == (
        "",
        "",
        None,
        "",
    )


def test_a_closed_log_may_be_chosen() -> None:
    asked = form(log=CLOSED.log)
    assert asked.is_valid()
    assert asked.search().log == CLOSED.log


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("log", "c" * 16),
        ("since", "yesterday"),
        ("until", "2026-02-30"),
        ("until", "0001-01-01"),
        ("until", "9999-12-31"),
        ("type", "no.such"),
        ("type", "\0"),
        ("site", "c-9"),
        ("purpose", "no.such"),
        ("subject", "s_12"),
        ("subject", "s_\0"),
        ("consent", "-1"),
        ("consent", "1.5"),
        ("consent", "9" * 20),
        ("event", "x"),
        ("actor", "two words"),
        ("actor", "x" * 41),
    ],
)
def test_what_cannot_be_read_is_answered_beside_its_field(
    field: str, value: str
) -> None:
    for language, word in (("en", "."), ("zh-hans", "。")):
        asked = form(language, **{field: value})
        assert not asked.is_valid()
        assert set(asked.errors) == {field}
        assert str(asked.errors[field][0]).endswith(word)


def test_days_in_the_wrong_order_are_said_to_be_so() -> None:
    asked = form(since="2026-11-24", until="2026-11-23")
    assert set(asked.errors) == {"until"}
