"""Working days of the PRC, for terms that the law counts in them.

Saturdays and Sundays are free, but for the days that the State Council's yearly
arrangement turns into working days; its holidays are free whatever day they fall on.

Sources, as the news agency Xinhua printed them:
国务院办公厅关于2025年部分节假日安排的通知 (2024-11-12),
国务院办公厅关于2026年部分节假日安排的通知 (2025-11-04). The next one comes out
in the autumn before its year: add it here. Until then a year is
counted by weekends only, and `known` says so.
"""

from __future__ import annotations

from datetime import date, timedelta

_HOLIDAYS: dict[int, tuple[tuple[str, str], ...]] = {
    2025: (
        ("01-01", "01-01"),
        ("01-28", "02-04"),
        ("04-04", "04-06"),
        ("05-01", "05-05"),
        ("05-31", "06-02"),
        ("10-01", "10-08"),
    ),
    2026: (
        ("01-01", "01-03"),
        ("02-15", "02-23"),
        ("04-04", "04-06"),
        ("05-01", "05-05"),
        ("06-19", "06-21"),
        ("09-25", "09-27"),
        ("10-01", "10-07"),
    ),
}
_WORKED: dict[int, tuple[str, ...]] = {
    2025: ("01-26", "02-08", "04-27", "09-28", "10-11"),
    2026: ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10"),
}
SATURDAY = 5


def known(day: date) -> bool:
    """Tell whether the arrangement of a day's year is in this calendar."""
    return day.year in _HOLIDAYS


def workday(day: date) -> bool:
    """Tell whether a day is worked; in a year that is not known, by weekends only."""
    short = f"{day:%m-%d}"
    if short in _WORKED.get(day.year, ()):
        return True
    holidays = _HOLIDAYS.get(day.year, ())
    if any(first <= short <= last for first, last in holidays):
        return False
    return day.weekday() < SATURDAY


def workdays_after(day: date, count: int) -> date:
    """Return the day on which a term of so many working days ends.

    The day itself does not count: a term begins on the next working day.
    """
    while count:
        day += timedelta(days=1)
        count -= workday(day)
    return day
