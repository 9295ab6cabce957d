"""The page of one event."""

from __future__ import annotations

import html

import pytest

from audit.models import Body
from tests import make
from tests.audit.room import bodies, compared_with, enrolled_person, numbers, reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def test_it_shows_the_exact_bytes_and_says_what_they_mean(house: make.House) -> None:
    compared_with(house, enrolled_person(house))
    client = reader("inspector")
    seq = numbers("face.compared")[0]
    page = client.get(f"/log/event/{seq}/")
    raw = bytes(Body.objects.get(seq=seq).body).decode()
    assert html.escape(raw) in page.content.decode()
    assert page.context["event"].leaf in page.content.decode()
    assert "对不上" in words_of(page)
    body = bodies()[seq]
    for number in (body["consent"], body["data"]["start"]):
        assert f'href="/log/event/{number}/"' in page.content.decode()
    read = bodies()[-1]
    assert (read["type"], read["data"]) == ("log.read", {"rows": 1, "view": "list"})
    assert read["act"]["role"] == "inspector"


def test_every_kind_that_a_day_writes_can_be_opened(house: make.House) -> None:
    compared_with(house, enrolled_person(house))
    client = reader()
    for body in bodies():
        page = client.get(f"/log/event/{body['seq']}/")
        assert page.status_code == 200, body
        assert page.context["row"]["type"] == body["type"]


def test_a_number_that_is_none_is_answered_without_a_reading(
    house: make.House,
) -> None:
    client = reader()
    size = len(bodies())
    assert client.get("/log/event/99999/").status_code == 404
    assert client.get("/log/event/9999999999999999999999/").status_code == 404
    assert len(bodies()) == size
