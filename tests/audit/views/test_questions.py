"""The page of open questions: calm, or loud."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from audit.models import Head
from audit.signer import Keeper, Signer
from tests import make
from tests.audit.reading.test_story import tampered
from tests.audit.room import bodies, enrolled_person, reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def signed(folder: Path, *, separated: bool = True) -> None:
    Signer(Keeper(folder), separated=separated).look(now=True)


def refused(db: Database) -> None:
    log = Head.objects.get().log
    tampered(
        db,
        "UPDATE audit_signer SET refused = true",
        "INSERT INTO audit_refusal (id, log, reason, signed_log, signed_size,"
        " signed_root, found_size, found_root, at)"
        f" VALUES ('{uuid.uuid4()}', '{log}', 'forked', '{log}', 12,"
        f" '{'a' * 64}', 13, '{'b' * 64}', now())",
    )


def test_a_good_day_is_calm(house: make.House, tmp_path: Path) -> None:
    enrolled_person(house)
    client = reader()
    signed(tmp_path)
    page = client.get("/log/open/")
    assert page.context["calm"] is True
    assert "没有未结的问题" in words_of(page)
    assert 'role="alert"' not in page.content.decode()
    assert bodies()[-1]["data"] == {"rows": 0, "view": "open"}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_signer SET seen_at = now() - interval '3 minutes'", "没有动静"),
        ("DELETE FROM audit_signer", "它还从来没有查看过日志"),
        ("UPDATE audit_signer SET separated = false", "签名程序没有分开"),
        (
            "UPDATE audit_body SET body = body || ' '::bytea WHERE seq = 2",
            "日志本身对不上",
        ),
        (
            "UPDATE audit_index SET type = 'clock.behind' WHERE seq = 2",
            "时钟落后过",
        ),
        (
            "DELETE FROM audit_checkpoint; UPDATE audit_index"
            " SET at = '2026-01-01T00:00:00.000Z' WHERE seq = 0",
            "条还没有签名",
        ),
        (
            "UPDATE audit_index SET at = '2026-01-01T00:00:00.000Z'"
            " WHERE type = 'capture.started'; DELETE FROM audit_index"
            " WHERE type = 'face.enrolled'",
            "开始了，没有结束",
        ),
    ],
)
def test_what_is_open_ends_the_calm(
    house: make.House, db: Database, tmp_path: Path, statement: str, said: str
) -> None:
    enrolled_person(house)
    client = reader()
    signed(tmp_path)
    tampered(db, *statement.split("; "))
    page = client.get("/log/open/")
    assert page.context["calm"] is False
    assert said in words_of(page)
    assert "没有未结的问题" not in words_of(page)


def test_a_refusal_is_loud_on_every_page_of_the_room(
    house: make.House, db: Database, tmp_path: Path
) -> None:
    subject = make.person(kiosk=house.kiosk)
    signed(tmp_path)
    refused(db)
    client = reader()
    for path in (
        "/log/",
        "/log/?type=nonsense",
        "/log/event/0/",
        f"/log/story/{subject.pseudonym}/",
        "/log/story/s_1/",
        "/log/open/",
    ):
        page = client.get(path)
        assert 'class="band-loss" role="alert"' in page.content.decode(), path
        assert "签名程序拒绝为这份日志签名" in words_of(page)
    told = words_of(client.get("/log/open/"))
    for said in ("a" * 64, "b" * 64, "尚未处理", "签过的部分被改过", "要做的事"):
        assert said in told


def test_a_settled_refusal_is_history(
    house: make.House, db: Database, tmp_path: Path
) -> None:
    signed(tmp_path)
    refused(db)
    tampered(db, "UPDATE audit_signer SET refused = false")
    page = reader().get("/log/open/")
    assert "band-loss" not in page.content.decode()
    assert "已处理" in words_of(page)
