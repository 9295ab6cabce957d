"""Somebody without a phone: a sheet from the desk, and their own act at the kiosk."""

from __future__ import annotations

import pytest
from django.test import Client

from audit import demonstration
from audit.drafts import Act
from audit.selectors import event_list
from consent.errors import PaperUnknown
from consent.models import Consent, PaperCode, Walk
from consent.services import papers, places
from salescenter.roles import staff_create
from tests.leads import make
from tests.leads.browsers import KioskBrowser, words_of
from tests.make import SETUP, kiosk_paired
from tests.make import house as house_of

pytestmark = pytest.mark.usefixtures("secrets_dir")

RECEPTION = Act("m-4f2a", "reception")


@pytest.fixture
def office(db: object) -> make.Office:
    del db
    return make.office()


def reception() -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(staff_create(username="r", password="x" * 20, role="reception"))
    return client


def printed(client: Client) -> str:
    answer = client.post("/desk/paper/")
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert page.status_code == 200
    return str(page.context["code"])


def test_the_desk_prints_and_the_guest_decides(office: make.Office) -> None:
    code = printed(reception())
    assert not Consent.objects.exists()
    shown = event_list(kind="notice.shown")[0]
    assert (shown["data"]["surface"], shown["data"]["screen"]) == ("desk", "paper")
    assert shown["act"]["role"] == "reception"
    kiosk = KioskBrowser(office.house)
    answer = kiosk.post("/kiosk/paper/", {"code": code.lower().replace("-", "")})
    assert answer["Location"] == "/visit/"
    walk = Walk.objects.get(opened_at__isnull=False)
    assert (walk.assisted, walk.surface) == (True, "kiosk")
    kiosk.post("/visit/", {"attribution": "on", "age": "adult"})
    granted = event_list(kind="consent.granted")[0]
    assert granted["act"]["role"] == "visitor"
    assert event_list(kind="consent.refused")[0]["data"]["surface"] == "kiosk"


def test_a_sheet_holds_first_layer_hash_code_and_a_place_for_the_pass(
    office: make.Office,
) -> None:
    client = reception()
    page = client.get(client.post("/desk/paper/")["Location"])
    words = words_of(page)
    assert office.house.rules.sha256 in words
    assert page.context["code"] in words
    for row in page.context["notice"]["purposes"]:
        assert row["sentence"] in words
    assert f"/rules/{office.house.rules.sha256}/" not in words
    assert "<svg" in page.content.decode()
    assert page.context["code"] not in str(PaperCode.objects.values())


def test_a_code_is_good_once(office: make.Office) -> None:
    code = printed(reception())
    kiosk = KioskBrowser(office.house)
    assert kiosk.post("/kiosk/paper/", {"code": code}).status_code == 302
    again = kiosk.post("/kiosk/paper/", {"code": code})
    assert again.status_code == 404
    assert "现在不能用" in words_of(again)


@pytest.mark.parametrize(("minutes", "opens"), [(29, True), (31, False)])
def test_a_code_is_good_for_half_an_hour(
    db: object, minutes: int, *, opens: bool
) -> None:
    del db
    house = house_of(demonstration_clock=True)
    paper = papers.paper_issue(site=house.site, language="en", act=RECEPTION)
    code = papers.paper_code(paper=paper)
    assert (paper.until - paper.created_at).total_seconds() == 1_800
    with demonstration.clock_shifted(seconds=minutes * 60):
        if opens:
            papers.paper_open(code=code, kiosk=house.kiosk, language="en")
            return
        with pytest.raises(PaperUnknown):
            papers.paper_open(code=code, kiosk=house.kiosk, language="en")
        with pytest.raises(PaperUnknown):
            papers.paper_get(identifier=paper.id, site=house.site)


def test_guessing_is_stopped(office: make.Office) -> None:
    kiosk = KioskBrowser(office.house)
    for _ in range(10):
        assert kiosk.post("/kiosk/paper/", {"code": "0000-0000"}).status_code == 404
    code = printed(reception())
    assert kiosk.post("/kiosk/paper/", {"code": code}).status_code == 429
    assert not Walk.objects.filter(assisted=True).exists()


def test_another_sites_code_opens_nothing(office: make.Office) -> None:
    code = printed(reception())
    other = places.site_open(
        operator=office.house.site.operator,
        code="c-2",
        name_zh="二",
        name_en="Two",
        act=SETUP,
    )
    kiosk, _ = kiosk_paired(site=other, code="k-9")
    with pytest.raises(PaperUnknown):
        papers.paper_open(code=code, kiosk=kiosk, language="en")


def test_a_sheets_row_is_forgotten_after_a_day(db: object) -> None:
    del db
    house = house_of(demonstration_clock=True)
    papers.paper_issue(site=house.site, language="en", act=RECEPTION)
    assert papers.papers_forget_due() == 0
    with demonstration.clock_shifted(days=1, seconds=1):
        assert papers.papers_forget_due() == 1
