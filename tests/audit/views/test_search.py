"""The list: read only after it is logged, searched, paged, and patient."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Head
from audit.selectors import event_list
from tests import make
from tests.audit.room import bodies, numbers, reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


@pytest.fixture
def client(house: make.House) -> Client:
    return reader()


def test_the_reading_is_in_the_log_before_anything_is_shown(client: Client) -> None:
    size = len(bodies())
    page = client.get("/log/")
    assert page.status_code == 200
    read = bodies()[size]
    assert read["type"] == "log.read"
    assert read["data"] == {"rows": size, "view": "list"}
    assert read["act"]["role"] == "compliance"
    # Committed first, so that the page cannot be had without it; and not part of it.
    assert page.context["events"][0]["seq"] == size - 1


def test_nothing_is_shown_while_the_reading_cannot_be_logged(
    client: Client, db: Database
) -> None:
    with db.connect("superuser") as link:
        link.execute("REVOKE INSERT ON audit_body FROM salescenter_app")
    client.raise_request_exception = False
    page = client.get("/log/")
    assert page.status_code == 500
    assert "consent.granted" not in page.content.decode()


def test_conditions_are_shown_and_removed_one_by_one(
    client: Client, house: make.House
) -> None:
    subject = make.person(kiosk=house.kiosk)
    asked = {"type": "consent.granted", "subject": subject.pseudonym, "site": "c-1"}
    page = client.get("/log/", asked)
    assert [event["type"] for event in page.context["events"]] == ["consent.granted"]
    without = {one["title"].en: one["without"] for one in page.context["filters"]}
    assert set(without) == {"kind", "site", "pseudonym"}
    fewer = client.get(f"/log/?{without['kind']}")
    assert {event["type"] for event in fewer.context["events"]} == {
        "consent.granted",
        "key.created",
        "receipt.issued",
    }
    assert page.context["form"]["subject"].value() == subject.pseudonym


def test_pages_keep_the_conditions(client: Client, house: make.House) -> None:
    for _ in range(15):
        make.walk_finished(kiosk=house.kiosk)
    page = client.get("/log/", {"type": "consent.refused"})
    assert len(page.context["events"]) == 50
    assert "50 条，还有更多" in words_of(page)
    older = client.get(f"/log/?{page.context['older']}")
    expected = numbers("consent.refused")[::-1][50:100]
    assert [event["seq"] for event in older.context["events"]] == expected
    newer = client.get(f"/log/?{older.context['newer']}")
    assert [event["seq"] for event in newer.context["events"]] == (
        numbers("consent.refused")[::-1][:50]
    )


def test_what_cannot_be_read_loses_nothing_and_reads_nothing(client: Client) -> None:
    size = len(bodies())
    asked = {"since": "2026-99-01", "type": "key.created", "actor": "no body"}
    page = client.get("/log/", asked)
    assert page.status_code == 400
    assert len(bodies()) == size
    text = page.content.decode()
    assert 'value="2026-99-01"' in text
    assert 'value="no body"' in text
    assert 'value="key.created" selected' in text
    assert "请写成 2026-11-23 这样的日期" in words_of(page)
    assert page.context.get("events") is None


def test_a_search_without_a_result_says_so(client: Client) -> None:
    page = client.get("/log/", {"type": "stop.on"})
    assert "没有符合的事件" in words_of(page)
    assert event_list(kind="log.read")[0]["data"]["rows"] == 0


def test_before_there_is_a_log_the_page_says_so(db: Database) -> None:
    page = reader().get("/log/")
    assert page.status_code == 200
    assert "还没有日志" in words_of(page)


def test_an_earlier_log_is_chosen_and_named(
    client: Client, house: make.House, db: Database
) -> None:
    make.person(kiosk=house.kiosk)
    closed = Head.objects.get().log
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        link.execute("UPDATE audit_head SET closed_at = now()")
        link.execute(
            "INSERT INTO audit_head (log, operator, clock, size, frontier, last_at)"
            " VALUES ('0123456789abcdef', 'demo-test', 'system', 0, '', '')"
        )
    size = len(bodies())
    page = client.get("/log/", {"log": closed, "type": "consent.granted"})
    assert page.context["chosen"].log == closed
    assert page.context["events"]
    assert f"log={closed}" in page.content.decode()
    assert "已关闭的日志" in words_of(page)
    # That it was read stands in the open one.
    assert Head.objects.get(log=closed).size == size
    assert Head.objects.get(log="0123456789abcdef").size > 0
    assert client.get("/log/event/0/", {"log": closed}).status_code == 200
    assert client.get("/log/event/0/", {"log": "f" * 16}).status_code == 404


def test_the_open_log_is_recomputed_on_its_first_page_only(
    client: Client, db: Database
) -> None:
    assert client.get("/log/").context["in_order"] is True
    assert client.get("/log/", {"type": "log.read"}).context["in_order"] is None
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        link.execute("UPDATE audit_event SET leaf = sha256('x') WHERE seq = 2")
    page = client.get("/log/")
    assert page.context["in_order"] is False
    assert "对不上" in words_of(page)


@pytest.mark.parametrize(
    "path", ["/log/", "/log/event/1/", "/log/story/s_1/", "/log/open/"]
)
def test_the_room_is_complete_in_english(house: make.House, path: str) -> None:
    words = words_of(reader(lang="en").get(path))
    # A language names itself, and sites have names.
    assert [one for one in words if "一" <= one <= "鿿" and one not in "中文"] == []
