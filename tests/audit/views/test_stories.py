"""The page of one person's story."""

from __future__ import annotations

import pytest

from audit.drafts import VISITOR
from consent.services.consents import consents_withdraw
from tests import make
from tests.audit.room import bodies, compared_with, enrolled_person, numbers, reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def test_the_story_is_told_with_the_notice_they_saw(house: make.House) -> None:
    subject = enrolled_person(house)
    stranger = compared_with(house, subject)
    consents_withdraw(subject=subject, purposes=["face.checkin"], act=VISITOR)
    page = reader("inspector").get(f"/log/story/{subject.pseudonym}/")
    text = words_of(page)
    assert page.status_code == 200
    for said in (
        "该跟上的都跟上了",
        "face.checkin title.",
        "face.checkin sentence.",
        house.rules.label,
        house.rules.sha256,
        "人脸模板已删除",
        "规定 60 秒内完成",
        "别人在比对，此人是候选之一",
    ):
        assert said in text, said
    # Another person's story is not told here.
    assert stranger.pseudonym not in page.content.decode()
    assert f"/rules/{house.rules.sha256}/?language=zh-hans" in page.content.decode()


def test_reading_it_is_logged_with_the_pseudonym_first(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    client = reader()
    count = sum(body["subject"] == subject.pseudonym for body in bodies())
    client.get(f"/log/story/{subject.pseudonym}/")
    read = bodies()[-1]
    assert read["type"] == "log.read"
    assert read["data"] == {"rows": count, "view": "story"}
    assert read["subject"] == subject.pseudonym
    again = client.get(f"/log/story/{subject.pseudonym}/")
    assert again.context["counts"]["readings"] == 1
    # A reading is no line of the story, but is counted below it.
    assert "log.read" not in [entry["kind"] for entry in again.context["entries"]]


def test_an_unknown_pseudonym_is_answered_without_a_reading(house: make.House) -> None:
    client = reader()
    size = len(bodies())
    for subject in ("s_" + "0" * 32, "s_12", "nobody"):
        page = client.get(f"/log/story/{subject}/")
        assert page.status_code == 404
        assert "日志里没有这个代号" in words_of(page)
    assert len(bodies()) == size


def test_what_is_wrong_stands_on_top(house: make.House, db: Database) -> None:
    subject = make.person(kiosk=house.kiosk)
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        link.execute(
            "UPDATE audit_body SET body = overlay(body placing '2099-01-01'::bytea"
            ' from position(\'"at":"\'::bytea in body) + 6) WHERE seq = %s',
            [numbers("key.destroyed")[0]],
        )
    page = reader(lang="en").get(f"/log/story/{subject.pseudonym}/")
    assert "Not as it must be: 1" in words_of(page)
    assert "came too late" in words_of(page)
    assert "Everything that had to follow did" not in words_of(page)


def test_the_rules_open_in_the_language_that_was_seen(house: make.House) -> None:
    client = reader()
    address = f"/rules/{house.rules.sha256}/"
    seen = client.get(address, {"language": "en"})
    assert 'lang="en"' in seen.content.decode()
    assert seen["Content-Language"] == "en"
    assert 'name="next" value="' + address + '"' in seen.content.decode()
    assert 'lang="zh-Hans"' in client.get(address, {"language": "xx"}).content.decode()
