"""What awaits an officer: soonest due first, and only what they may do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit import clock
from audit.say import Say
from consent import duties
from consent.duties import Duty
from tests import make
from tests.audit.room import reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")
PAGE = "/office/"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Duty]:
    found: list[Duty] = []
    monkeypatch.setattr(duties, "_PROVIDERS", {"a": lambda: found})
    return found


def _duty(
    name: str, *, days: int | None = None, may: str = "consent.view_office"
) -> Duty:
    now = clock.now()
    return Duty(
        title=Say(name, name),
        url="/office/",
        permission=may,
        since=now - timedelta(days=100),
        due=None if days is None else now + timedelta(days=days),
        warn=now if days == 1 else None,
    )


def test_the_soonest_is_first_and_what_has_no_day_is_last(
    db: Database, told: list[Duty]
) -> None:
    make.house()
    told += [_duty("ohne"), _duty("spät", days=9), _duty("über", days=-1)]
    found = duties.awaiting(may=lambda _: True)
    assert [duty.title.en for duty in found] == ["über", "spät", "ohne"]
    now = clock.now()
    assert [duty.overdue(now) for duty in found] == [True, False, False]


def test_nobody_is_shown_what_they_may_not_do(db: Database, told: list[Duty]) -> None:
    make.house()
    told += [_duty("one"), _duty("two", may="consent.nothing")]
    found = duties.awaiting(may=lambda name: name == "consent.view_office")
    assert [duty.title.en for duty in found] == ["one"]


def test_the_page_says_how_each_stands(db: Database, told: list[Duty]) -> None:
    make.house()
    client = reader()
    assert "现在没有要处理的事" in words_of(client.get(PAGE))
    told += [_duty("过期的", days=-2), _duty("快到的", days=1), _duty("没有日子")]
    words = words_of(client.get(PAGE))
    assert "已过期" in words
    assert words.index("过期的") < words.index("快到的") < words.index("没有日子")
    assert "chip-look" in client.get(PAGE).content.decode()
