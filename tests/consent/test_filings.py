"""Thresholds for the whole operator, the tasks they open, and the pack to hand in."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from audit import clock, demonstration
from audit.drafts import VISITOR, Act
from audit.selectors import event_list
from consent import assessments, tallies
from consent.duties import awaiting
from consent.errors import FilingInvalid
from consent.filing_pack import DEVICE_KINDS, DEVICE_PLACES, filing_pack
from consent.filings import (
    CHINA,
    THRESHOLDS,
    Threshold,
    counted,
    crossed,
    due_after,
    due_certain,
)
from consent.models import Device, Filing, Subject
from consent.models.devices import KINDS, PLACES
from consent.purposes import Purpose
from consent.services import places
from consent.services.consents import consents_withdraw
from consent.services.filings import filing_made, filings_open_due
from tests import make
from tests.audit.room import enrolled_person, reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")

OFFICER = Act("st-1", "compliance")
FEW = (
    Threshold("face", "notice", 1),
    Threshold("face", "task", 2),
    Threshold("officer", "task", 3),
)


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    told = [0]
    monkeypatch.setitem(tallies._TALLIES, tallies.TEMPLATES, lambda _: told[0])
    return told


def people(house: make.House, count: int) -> list[Subject]:
    return [
        make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
        for _ in range(count)
    ]


def opened() -> set[tuple[str, str]]:
    return set(Filing.objects.values_list("kind", "step"))


def test_the_thresholds_are_those_of_the_law() -> None:
    assert [(one.kind, one.step, one.number) for one in THRESHOLDS] == [
        ("face", "notice", 80_000),
        ("face", "task", 100_000),
        ("officer", "task", 1_000_000),
    ]


@pytest.mark.parametrize(
    ("face", "officer", "expected"),
    [
        (79_999, 999_999, []),
        (80_000, 0, [80_000]),
        (99_999, 0, [80_000]),
        (100_000, 0, [80_000, 100_000]),
        (0, 1_000_000, [1_000_000]),
    ],
)
def test_a_threshold_is_reached_at_its_number(
    face: int, officer: int, expected: list[int]
) -> None:
    found = crossed({"face": face, "officer": officer})
    assert [one.number for one in found] == expected


def test_the_term_is_thirty_working_days_in_china() -> None:
    moment = datetime(2026, 9, 18, 23, 30, tzinfo=CHINA)
    assert due_after(moment) == datetime(2026, 11, 6, tzinfo=CHINA)
    # The same moment is another day in London: the term is counted in China.
    there = moment.astimezone(ZoneInfo("Europe/London"))
    assert due_after(there) == due_after(moment)


def test_persons_are_counted_once_and_while_a_consent_lives(
    house: make.House, templates: list[int]
) -> None:
    one, _ = people(house, 2)
    assert counted()["officer"] == 2
    consents_withdraw(subject=one, purposes=[Purpose.CONTACT], act=VISITOR)
    assert counted()["officer"] == 2
    consents_withdraw(subject=one, purposes=None, act=VISITOR)
    assert counted()["officer"] == 1


@pytest.mark.vision
def test_templates_are_counted_over_all_sites(house: make.House) -> None:
    enrolled_person(house)
    other = places.site_open(
        operator=house.site.operator,
        code="c-2",
        name_zh="二",
        name_en="Two",
        act=OFFICER,
    )
    assert counted()["face"] == 1
    assert tallies.count(tallies.TEMPLATES, site=house.site) == 1
    assert tallies.count(tallies.TEMPLATES, site=other) == 0


def test_each_threshold_opens_once_and_stays(
    house: make.House, templates: list[int]
) -> None:
    assert filings_open_due(FEW) == 0
    templates[0] = 1
    assert filings_open_due(FEW) == 1
    assert opened() == {("face", "notice")}
    templates[0] = 2
    assert filings_open_due(FEW) == 1
    templates[0] = 0
    assert filings_open_due(FEW) == 0
    assert opened() == {("face", "notice"), ("face", "task")}
    task = Filing.objects.get(step="task")
    assert task.counted == 2
    assert task.due == due_after(task.since)
    (_, due) = reversed(event_list(kind="filing.due"))
    assert due["clause"] == "frm-15-file"
    assert due["data"]["count"] == 2
    assert task.due is not None
    assert due["data"]["until"] == clock.stamp(task.due)


def test_many_persons_call_for_an_officer(
    house: make.House, templates: list[int]
) -> None:
    people(house, 3)
    assert filings_open_due(FEW) == 1
    assert opened() == {("officer", "task")}
    assert event_list(kind="filing.due")[0]["clause"] == "pipl-52-53"


def test_the_sweep_holds_the_numbers_of_the_law(
    house: make.House, templates: list[int]
) -> None:
    from consent.services.sweeping import sweep_seldom

    templates[0] = 99_999
    assert sweep_seldom()["filings_opened"] == 1
    templates[0] = 100_000
    assert sweep_seldom()["filings_opened"] == 1
    assert opened() == {("face", "notice"), ("face", "task")}


def test_a_task_awaits_the_officer_until_it_is_filed(
    house: make.House, templates: list[int]
) -> None:
    templates[0] = 2
    filings_open_due(FEW)
    (duty,) = awaiting(may=lambda _: True)
    task = Filing.objects.get(step="task")
    assert duty.due == task.due
    today = clock.now().astimezone(CHINA).date()
    filing_made(filing=task.id, on=today, receipt="网信备 2026-17", act=OFFICER)
    assert awaiting(may=lambda _: True) == []
    (made,) = event_list(kind="filing.made")
    assert made["data"] == {"filing": str(task.id), "kind": "face", "days": 0}
    with pytest.raises(FilingInvalid):
        filing_made(filing=task.id, on=today, receipt="x", act=OFFICER)


def test_a_filing_cannot_be_of_a_day_that_has_not_come_or_before_the_task(
    house: make.House, templates: list[int]
) -> None:
    templates[0] = 2
    filings_open_due(FEW)
    task = Filing.objects.get(step="task")
    today = clock.now().astimezone(CHINA).date()
    for day in (today + timedelta(days=1), today - timedelta(days=1)):
        with pytest.raises(FilingInvalid):
            filing_made(filing=task.id, on=day, receipt="x", act=OFFICER)
    notice = Filing.objects.get(step="notice")
    with pytest.raises(FilingInvalid):
        filing_made(filing=notice.id, on=today, receipt="x", act=OFFICER)


def test_a_term_into_an_unknown_year_says_that_it_is_uncertain() -> None:
    since = datetime(2026, 11, 1, tzinfo=CHINA)
    sure = Filing(since=since, due=datetime(2027, 1, 1, tzinfo=CHINA))
    unsure = Filing(since=since, due=datetime(2027, 1, 2, tzinfo=CHINA))
    assert due_certain(sure)
    assert not due_certain(unsure)


def test_the_page_shows_counts_and_takes_the_filing(
    house: make.House, templates: list[int]
) -> None:
    templates[0] = 2
    filings_open_due(FEW)
    officer = reader(lang="en")
    page = officer.get("/office/filings/")
    assert "upper bound" in words_of(page)
    task = Filing.objects.get(step="task")
    path = f"/office/filings/{task.id}/"
    assert officer.post(path, {"on": "soon", "receipt": "7"}).status_code == 400
    today = clock.now().astimezone(CHINA).date()
    sent = {"on": today.isoformat(), "receipt": "CAC-17"}
    assert officer.post(path, sent).status_code == 302
    assert "CAC-17" in words_of(officer.get("/office/filings/"))
    with demonstration.clock_shifted(days=90):
        late = Filing.objects.get(step="task")
        assert late.filed_on == today


def test_the_pack_has_every_part_and_is_the_same_bytes_each_time(
    house: make.House, templates: list[int]
) -> None:
    make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    templates[0] = 4321
    pack = filing_pack()
    assert pack == filing_pack()
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        names = archive.namelist()
        texts = {name: archive.read(name).decode("utf-8-sig") for name in names}
    assert names == sorted(names)
    assert {name.split("-")[0] for name in names} == {f"0{n}" for n in range(8)}
    assert "授权委托书" in texts["00-材料清单与须自行补充的材料.txt"]
    assert "4321" in texts["03-数量与安全保护.txt"]
    assert "上限" in texts["03-数量与安全保护.txt"]
    assert f"04-处理规则/c-1-{house.rules.sha256}.json" in names
    assert "k-1" in texts["07-设备清单.csv"]
    assessed = assessments.canonical(make.assessment_document()).decode()
    assert texts["06-影响评估/c-1-pia-1"] == assessed
    assert "face.checkin" in texts["02-处理目的和方式.txt"]
    pseudonyms = Subject.objects.values_list("pseudonym", flat=True)
    assert not any(name in text for name in pseudonyms for text in texts.values())


def test_the_packs_devices_are_the_approved_ones_of_the_register(
    house: make.House,
) -> None:
    device = Device.objects.get(approved_at__isnull=False)
    other = places.kiosk_create(site=house.site, code="k-2", act=make.SETUP)
    make.device_asked(kiosk=other, code="d-waits")
    with zipfile.ZipFile(io.BytesIO(filing_pack())) as archive:
        text = archive.read("07-设备清单.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["设备"], row["登记屏"], row["位置"]) == (device.code, "k-1", "入口")
    assert row["种类"] == "登记屏自带摄像头"
    assert device.approved_at is not None
    assert row["批准日期"] == device.approved_at.astimezone(CHINA).date().isoformat()
    assert row["拍摄范围图 SHA-256"] == device.zone_id
    assert row["提示标识照片 SHA-256"] == device.sign_id
    assert "d-waits" not in text
    assert set(DEVICE_PLACES) == set(PLACES)
    assert set(DEVICE_KINDS) == set(KINDS)


def test_the_pack_is_downloaded(house: make.House) -> None:
    answer = reader("inspector").get("/office/filings/pack.zip")
    assert answer["Content-Type"] == "application/zip"
    assert zipfile.is_zipfile(io.BytesIO(answer.content))


ROW = (
    "INSERT INTO consent_filing (id, kind, step, threshold, counted, since, due,"
    " event_id) SELECT gen_random_uuid(), '{kind}', '{step}', 1, 1, now(), {due},"
    " (SELECT eid FROM audit_event ORDER BY seq LIMIT 1)"
)
FORBIDDEN = {
    "an unknown kind": (
        ROW.format(kind="tax", step="task", due="now()"),
        "ALTER TABLE consent_filing DROP CONSTRAINT consent_filing_kind",
    ),
    "a task without a day": (
        ROW.format(kind="officer", step="task", due="NULL"),
        "ALTER TABLE consent_filing DROP CONSTRAINT consent_filing_task_due",
    ),
    "the same task twice": (
        ROW.format(kind="face", step="task", due="now()"),
        "ALTER TABLE consent_filing DROP CONSTRAINT consent_filing_once",
    ),
    "a cancelled face without the site it is of": (
        ROW.format(kind="face_cancel", step="task", due="now()"),
        "ALTER TABLE consent_filing DROP CONSTRAINT consent_filing_site",
    ),
    "half a filing": (
        "UPDATE consent_filing SET filed_on = '2026-11-25' WHERE step = 'task'",
        "ALTER TABLE consent_filing DROP CONSTRAINT consent_filing_filed_whole",
    ),
    "a later day": (
        "UPDATE consent_filing SET due = due + interval '1 year' WHERE step = 'task'",
        "DROP TRIGGER consent_filing_fixed ON consent_filing",
    ),
}


@pytest.mark.parametrize("act", sorted(FORBIDDEN))
def test_raw_sql_cannot_until_that_guard_is_gone(
    db: Database, house: make.House, templates: list[int], act: str
) -> None:
    statement, drop = FORBIDDEN[act]
    templates[0] = 2
    filings_open_due(FEW)
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute(statement)
    with db.connect("owner") as owner:
        owner.execute(drop)
    with db.connect("app", autocommit=False) as link:
        link.execute(statement)
        link.rollback()


def test_a_filing_opens_and_closes_in_the_log_too(
    db: Database, house: make.House
) -> None:
    statement = ROW.format(kind="face", step="task", due="now()")
    with db.connect("app", autocommit=False) as link:
        link.execute(statement)
        with pytest.raises(psycopg.Error, match="in the log too"):
            link.commit()
    with db.connect("owner") as owner:
        owner.execute("DROP TRIGGER consent_filing_in_log ON consent_filing")
    with db.connect("app") as link:
        link.execute(statement)


def test_a_filing_stays_in_the_table(
    db: Database, house: make.House, templates: list[int]
) -> None:
    templates[0] = 2
    filings_open_due(FEW)
    with db.connect("app") as link, pytest.raises(psycopg.Error):
        link.execute("DELETE FROM consent_filing")
    with db.connect("owner") as owner:
        with pytest.raises(psycopg.Error, match="only grows"):
            owner.execute("DELETE FROM consent_filing")
        owner.execute("DROP TRIGGER consent_filing_stays ON consent_filing")
        owner.execute("DELETE FROM consent_filing")
