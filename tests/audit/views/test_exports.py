"""The page of sealed exports: two people, every step in the log, and the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from audit import exports
from audit.models import Export
from audit.signer import Signer
from audit.signing import vkeys
from tests import make
from tests.audit.judging import judge
from tests.audit.room import bodies, reader
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.leads import make as make_leads
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")
PAGE = "/log/exports/"
ALL = {"range": "all", "redaction": "pseudonymous"}
NAMED = {"range": "all", "redaction": "identified"}


@pytest.fixture
def office(db: Database) -> make_leads.Office:
    made = make_leads.office()
    make.person(kiosk=made.house.kiosk)
    return made


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with signer_in(tmp_path / "signer") as running:
        yield running


@pytest.fixture
def client(office: make_leads.Office) -> Client:
    return reader()


def row(client: Client) -> dict[str, object]:
    found: dict[str, object] = client.get(PAGE).context["exports"][0]
    return found


def test_what_is_asked_for_is_made_fetched_and_sound(
    client: Client, signer: Signer, tmp_path: Path
) -> None:
    assert "还没有申请过导出" in words_of(client.get(PAGE))
    assert client.post(PAGE, ALL)["Location"] == PAGE
    assert (row(client)["state"], row(client)["own"]) == ("due", True)
    assert exports.exports_make_due() == 1
    page = client.get(PAGE)
    assert page.context["exports"][0]["state"] == "ready"
    (export,) = Export.objects.all()
    vkey = vkeys(log=export.log)[-1]
    assert page.content.decode().count(vkey) == 2
    answer = client.get(f"{PAGE}{export.id}/")
    assert answer["Content-Disposition"].endswith(f'-{export.last}.zip"')
    read = bodies()[-1]
    assert (read["type"], read["data"]) == (
        "log.read",
        {"rows": export.last - export.first + 1, "view": "file"},
    )
    pack = tmp_path / "pack.zip"
    pack.write_bytes(answer.getvalue())
    verdict = judge(pack, "--pin", vkey)
    assert verdict["exit"] == 0
    made = next(body for body in bodies() if body["type"] == "export.made")
    assert page.context["exports"][0]["manifest"] == made["data"]["manifest"]


def test_one_that_identifies_people_takes_two(client: Client, signer: Signer) -> None:
    client.post(PAGE, NAMED)
    export = Export.objects.get()
    approve = f"{PAGE}{export.id}/approve/"
    said = words_of(client.get(PAGE))
    assert "等另一个人批准" in said
    assert "是您申请的，不能由您批准" in said
    own = client.post(approve, follow=True)
    assert "要由另一位有权限的人批准" in words_of(own)
    assert exports.exports_make_due() == 0
    inspector = reader("inspector", name="inspector")
    assert inspector.post(approve).status_code == 403
    assert "您的角色不能批准" in words_of(inspector.get(PAGE))
    second = reader(name="second")
    assert row(second)["can_approve"] is True
    assert "已批准" in words_of(second.post(approve, follow=True))
    assert exports.exports_make_due() == 1
    assert "这份导出已经处理过" in words_of(second.post(approve, follow=True))
    # Only those two may fetch it.
    assert inspector.get(f"{PAGE}{export.id}/").status_code == 404
    assert "只有申请和批准的两个人可以下载" in words_of(inspector.get(PAGE))
    for one in (client, second):
        assert one.get(f"{PAGE}{export.id}/").status_code == 200
    kinds = [body["type"] for body in bodies() if body["type"].startswith("export.")]
    assert kinds == ["export.requested", "export.approved", "export.made"]


def test_an_inspector_may_ask(office: make_leads.Office) -> None:
    inspector = reader("inspector")
    assert inspector.post(PAGE, ALL)["Location"] == PAGE
    assert bodies()[-1]["act"]["role"] == "inspector"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "range"),
        ({"range": "some", "redaction": "pseudonymous"}, "range"),
        ({"range": "all"}, "redaction"),
        ({"range": "all", "redaction": "everything"}, "redaction"),
        ({"range": "month", "redaction": "pseudonymous"}, "month"),
        ({**ALL, "range": "month", "month": "1999-01"}, "month"),
        ({**ALL, "range": "days"}, "until"),
        ({**ALL, "range": "days", "since": "soon"}, "since"),
        (
            {**ALL, "range": "days", "since": "2026-02-02", "until": "2026-02-01"},
            "until",
        ),
        ({**ALL, "range": "days", "until": "2001-01-01"}, "range"),
        ({**ALL, "which": "some"}, "which"),
        ({**ALL, "which": "some", "sites": "c-9"}, "which"),
        ({**ALL, "log": "f" * 16}, "log"),
    ],
)
def test_what_cannot_be_read_is_answered_beside_it_and_asks_for_nothing(
    client: Client, asked: dict[str, str], field: str
) -> None:
    size = len(bodies())
    page = client.post(PAGE, asked)
    assert page.status_code == 400
    assert field in page.context["form"].errors
    assert len(bodies()) == size
    assert not Export.objects.exists()


def test_a_month_days_and_sites_bound_what_is_asked_for(client: Client) -> None:
    month = client.get(PAGE).context["months"][0]
    last = len(bodies()) - 1
    export = None
    for asked in (
        {**ALL, "range": "month", "month": month},
        {**ALL, "range": "days", "since": f"{month}-01"},
        {**ALL, "which": "some", "sites": ["c-1"]},
    ):
        client.post(PAGE, asked)
        export = Export.objects.order_by("-asked_at").first()
        assert export is not None
        assert export.first == 0
        assert export.last >= last
    assert export is not None
    assert export.sites == ["c-1"]


def test_a_file_that_is_not_there_is_not_found(client: Client) -> None:
    client.post(PAGE, ALL)
    export = Export.objects.get()
    size = len(bodies())
    assert client.get(f"{PAGE}{export.id}/").status_code == 404
    assert len(bodies()) == size


def test_why_one_failed_and_what_to_do_is_said(client: Client, db: Database) -> None:
    client.post(PAGE, ALL)
    for code, said in (
        ("export_too_large", "请把范围分成几段"),
        ("sites_unknown", "sites_unknown"),
    ):
        with db.connect("superuser") as link:
            link.execute("SET session_replication_role = replica")
            link.execute("UPDATE audit_export SET failed = %s", [code])
        assert said in words_of(client.get(PAGE))


def test_a_file_that_was_swept_is_said_to_be_gone(
    client: Client, signer: Signer
) -> None:
    client.post(PAGE, ALL)
    exports.exports_make_due()
    path = exports.export_path(export=Export.objects.get())
    assert path is not None
    path.unlink()
    assert "文件只留 7 天" in words_of(client.get(PAGE))


def test_the_page_is_complete_in_english(office: make_leads.Office) -> None:
    client = reader(lang="en")
    client.post(PAGE, NAMED)
    words = words_of(client.get(PAGE))
    assert [one for one in words if "一" <= one <= "鿿" and one not in "中文"] == []
