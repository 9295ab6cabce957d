"""Working days of the PRC: holidays, worked weekends, and years nobody knows yet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from consent.workdays import known, workday, workdays_after


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2025-01-01", False),
        ("2025-01-26", True),
        ("2025-02-03", False),
        ("2025-02-08", True),
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2026-01-02", False),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-05-09", True),
        ("2026-06-19", False),
        ("2026-09-20", True),
        ("2026-09-25", False),
        ("2026-10-10", True),
        ("2026-11-21", False),
        ("2026-11-25", True),
    ],
)
def test_a_day_is_worked_or_free(day: str, *, worked: bool) -> None:
    assert workday(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(("year", "days"), [(2025, 248), (2026, 248)])
def test_a_year_has_as_many_working_days_as_published(year: int, days: int) -> None:
    first = date(year, 1, 1)
    assert sum(workday(first + timedelta(n)) for n in range(365)) == days


def test_a_term_begins_on_the_next_working_day() -> None:
    assert workdays_after(date(2026, 11, 20), 1) == date(2026, 11, 23)
    # Over the Spring Festival: 13 worked, 14 worked (a Saturday), then the 24th.
    assert workdays_after(date(2026, 2, 12), 3) == date(2026, 2, 24)


def test_thirty_working_days_over_the_national_day() -> None:
    assert workdays_after(date(2026, 9, 18), 30) == date(2026, 11, 5)


def test_a_year_without_an_arrangement_is_counted_by_weekends() -> None:
    assert not known(date(2027, 1, 1))
    assert workday(date(2027, 1, 1))
    assert not workday(date(2027, 1, 2))
