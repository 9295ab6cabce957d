"""Taking a search away: bounded by it, logged before it is sent, chunk by chunk."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from audit.reading import search as searching
from tests import make
from tests.audit.room import bodies, numbers, reader
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


@pytest.fixture
def client(house: make.House) -> Client:
    return reader("inspector")


def test_a_file_holds_what_the_search_finds_oldest_first(
    client: Client, house: make.House
) -> None:
    subject = make.person(kiosk=house.kiosk)
    make.person(kiosk=house.kiosk)
    asked = {"subject": subject.pseudonym, "type": "consent.granted"}
    answer = client.get("/log/file/jsonl/", asked)
    lines = answer.getvalue().decode().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == numbers("consent.granted")[:1]
    whole = client.get("/log/file/csv/").getvalue().decode("utf-8-sig")
    # Everything before this reading, and the line of titles.
    assert len(whole.splitlines()) == len(bodies())


def test_its_name_and_type_tell_nothing_of_a_person(
    client: Client, house: make.House
) -> None:
    subject = make.person(kiosk=house.kiosk)
    answer = client.get("/log/file/csv/", {"subject": subject.pseudonym})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="log-[0-9a-f]{16}-\d{8}T\d{6}Z\.csv"',
        answer["Content-Disposition"],
    )


def test_each_chunk_is_logged_before_it_is_sent(
    client: Client, house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.person(kiosk=house.kiosk)
    monkeypatch.setattr(searching, "CHUNK", 4)
    size = len(bodies())
    answer = client.get("/log/file/jsonl/")
    got = 0
    for chunk in answer.streaming_content:  # type: ignore[attr-defined]
        got += chunk.count(b"\n")
        reads = [body for body in bodies()[size:] if body["type"] == "log.read"]
        assert {read["data"]["view"] for read in reads} == {"file"}
        assert sum(read["data"]["rows"] for read in reads) == got
    assert got == size


def test_an_empty_search_is_an_empty_file_and_logged(client: Client) -> None:
    answer = client.get("/log/file/csv/", {"type": "stop.on"})
    assert answer.getvalue().decode("utf-8-sig").count("\r\n") == 1
    assert bodies()[-1]["data"] == {"rows": 0, "view": "file"}


def test_no_log_no_file(client: Client, db: Database) -> None:
    with db.connect("superuser") as link:
        link.execute("REVOKE INSERT ON audit_body FROM salescenter_app")
    client.raise_request_exception = False
    answer = client.get("/log/file/csv/")
    assert answer.status_code == 500
    assert not answer.streaming


def test_what_cannot_be_read_is_answered_by_the_list(client: Client) -> None:
    size = len(bodies())
    answer = client.get("/log/file/csv/", {"since": "soon"})
    assert answer["Location"] == "/log/?since=soon"
    assert client.get("/log/file/pdf/").status_code == 404
    assert len(bodies()) == size
