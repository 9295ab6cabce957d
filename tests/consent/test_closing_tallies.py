"""What closing a site counts: a guardian's word while it holds, and open requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.drafts import VISITOR
from consent import tallies
from consent.closings import held
from consent.errors import ClosingIncomplete
from consent.models import Guardianship
from consent.purposes import SWITCHES
from consent.services import guardians, walks
from consent.services.closing import (
    closing_finish,
    closing_go_on,
    report_file,
)
from consent.services.requesting import request_answer, request_open
from consent.services.stops import stop_press
from tests import make
from tests.audit.room import reader
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.consent.closings import FIRST, SECOND, approved
from tests.leads.browsers import Browser, words_of


@pytest.fixture
def house(db: Database, secrets_dir: Path) -> Iterator[make.House]:
    with signer_in(secrets_dir / "signer"):
        yield make.house()


def guarded(house: make.House) -> None:
    document = {**make.rules_document("2026-02"), "minors": {"contact": True}}
    make.rules_published(site=house.site, document=document)
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, _ = walks.walk_open(token=token, language="en")
    yes = dict.fromkeys(SWITCHES, True)
    walk = walks.walk_choose(walk=walk, choices=yes, under_14=True, language="en")
    walk = guardians.walk_guardian(walk=walk, relation="parent", language="en")
    walks.walk_finish(walk=walk)


def test_a_guardians_word_and_an_open_request_are_counted(house: make.House) -> None:
    guarded(house)
    request = request_open(
        site=house.site, kind="kin", words="x", subject=None, act=VISITOR
    )
    counted = held(site=house.site)
    assert (counted["guardian_records"], counted["open_requests"]) == (1, 1)
    assert tallies.counts()["open_requests"] == 1
    closing = approved(house)
    assert closing_go_on(closing=closing) == 0
    assert held(site=house.site)["guardian_records"] == 0
    with pytest.raises(ClosingIncomplete) as waits:
        closing_finish(closing=closing)
    assert waits.value.args == ("open_requests",)
    request_answer(
        request=request, outcome="refused", reason="law", words="y", act=SECOND
    )
    closing = closing_finish(closing=closing)
    assert Guardianship.objects.count() == 1
    report = report_file(closing=closing).decode()
    assert '"guardian_records":1' in report
    assert '"answered_requests":1' in report


def test_a_closed_sites_pages_say_that_it_is_closed(
    house: make.House, static_files: Path
) -> None:
    officer, anybody = reader("compliance"), Browser()
    stop_press(site=house.site, scope="face", reason="operator", act=FIRST)
    assert '/off/"' in officer.get("/office/stop/").content.decode()
    earlier = house.rules
    make.rules_published(site=house.site, document=make.rules_document("2026-02"))
    closing_go_on(closing=approved(house))
    page = officer.get("/office/stop/").content.decode()
    assert "已经关闭" in page
    assert "<form" not in page.split("<main", 1)[1].split("</main", 1)[0]
    told = words_of(anybody.get("/rules/"))
    assert "已关闭" in told
    assert "取代" not in told
    assert "取代" in words_of(anybody.get(f"/rules/{earlier.sha256}/"))
