"""The day-close sheet."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from audit import signing
from audit.models import Checkpoint
from audit.reading.days import today
from audit.signer import Signer
from tests import make
from tests.audit.room import bodies, reader
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")
DAY = "/log/day/"


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with signer_in(tmp_path / "signer") as made:
        yield made


def now() -> str:
    return today(ZoneInfo("Asia/Shanghai")).isoformat()


def test_the_sheet_tells_the_day_before_it_was_opened(
    house: make.House, signer: Signer
) -> None:
    client = reader()
    signer.look(now=True)
    size = len(bodies())
    page = client.get(f"{DAY}{now()}/")
    note = Checkpoint.objects.get().note
    text = page.content.decode()
    assert html.escape(note) in text
    assert page.context["day"].count == size
    assert page.context["day"].uncovered == 0
    said = words_of(page)
    for told in ("演示数据", "Demo", "c-1", page.context["vkey"], "姓名、签字", "日期"):
        assert html.escape(told) in said, told
    assert page.context["vkey"].startswith("salescenter/demo-test/")
    assert "现在签名" not in said
    assert bodies()[size]["data"] == {"rows": size, "view": "day"}


def test_what_is_not_covered_is_said_and_can_be_signed(
    house: make.House, signer: Signer
) -> None:
    client = reader()
    size = len(bodies())
    page = client.get(f"{DAY}{now()}/")
    assert f"{size} 条事件还没有检查点" in words_of(page)
    assert "这份日志还没有检查点" in words_of(page)
    assert 'action="/log/day/sign/"' in page.content.decode()
    answer = client.post("/log/day/sign/", {"day": now()})
    assert answer["Location"] == f"{DAY}{now()}/"
    signed = client.get(answer["Location"])
    assert signed.context["day"].uncovered == 0
    assert signed.context["checkpoint"].size == size + 1
    assert client.post("/log/day/sign/", {"day": "x"})["Location"] == DAY


def test_an_inspector_sees_and_does_not_sign(house: make.House, signer: Signer) -> None:
    client = reader("inspector")
    page = client.get(f"{DAY}{now()}/")
    assert "还没有检查点" in words_of(page)
    assert "现在签名" not in words_of(page)
    assert client.post("/log/day/sign/", {"day": now()}).status_code == 403
    assert not Checkpoint.objects.exists()


def test_a_signer_that_does_not_answer_is_said_so(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "ANSWER_MAX_SECONDS", 0.1)
    monkeypatch.setattr(signing, "_STARTERS", [])
    client = reader()
    answer = client.post("/log/day/sign/", {"day": now()})
    assert answer["Location"] == f"{DAY}{now()}/"
    assert "签名程序没有回应，没有签名" in words_of(client.get(answer["Location"]))
    assert not Checkpoint.objects.exists()


def test_open_questions_stand_on_the_sheet(house: make.House) -> None:
    said = words_of(reader(lang="en").get(f"{DAY}{now()}/"))
    assert "the signer is silent" in said


def test_the_days_are_listed_and_asked_for_in_usual_ways(house: make.House) -> None:
    client = reader()
    page = client.get(DAY)
    assert f'href="{DAY}{now()}/"' in page.content.decode()
    assert bodies()[-1]["data"] == {"rows": 1, "view": "day"}
    year, month, day = now().split("-")
    asked = client.get(DAY, {"day": f"{year}年{int(month)}月{int(day)}日"})
    assert asked["Location"] == f"{now()}/"
    size = len(bodies())
    wrong = client.get(DAY, {"day": "yesterday"})
    assert wrong.status_code == 400
    assert 'value="yesterday"' in wrong.content.decode()
    assert "请写成 2026-11-23 这样的日期" in words_of(wrong)
    assert len(bodies()) == size + 1


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "2026-1-1", "0001-01-01"])
def test_what_is_no_day_has_no_sheet(house: make.House, day: str) -> None:
    client = reader()
    size = len(bodies())
    assert client.get(f"{DAY}{day}/").status_code == 404
    assert len(bodies()) == size


def test_a_day_to_come_and_one_before_the_log_say_so(house: make.House) -> None:
    client = reader()
    zone = ZoneInfo("Asia/Shanghai")
    for days, said in ((1, "这一天还没有到"), (-1, "这一天没有事件")):
        day = today(zone) + timedelta(days=days)
        page = client.get(f"{DAY}{day.isoformat()}/")
        assert said in words_of(page)


@pytest.mark.parametrize("path", [DAY, f"{DAY}2026-01-01/"])
def test_the_sheets_are_complete_in_english(house: make.House, path: str) -> None:
    words = words_of(reader(lang="en").get(path))
    assert [one for one in words if "一" <= one <= "鿿" and one not in "中文"] == []
