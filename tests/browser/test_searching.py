"""The pages of a site that may search everybody, at every width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consent.purposes import Purpose
from faces.matching import SEARCH_METHOD
from leads.demonstration import assessment, rules
from tests.browser import conftest
from tests.browser.conftest import House, Stage
from tests.browser.judging import Judge
from tests.conftest import LiveServer

pytestmark = pytest.mark.browser


@pytest.fixture
def house(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> House:
    """The demonstration, whose assessment and rules allow a search."""
    plain, assessed = rules.document, assessment.document

    def searching(**about: Any) -> dict[str, Any]:
        document = plain(**about)
        document["purposes"][Purpose.FACE_CHECKIN]["matching"] = "1:n"
        for words in document["languages"].values():
            words["purposes"][Purpose.FACE_CHECKIN]["engine"] += f" {SEARCH_METHOD}."
        return document

    def wide() -> dict[str, Any]:
        document = assessed()
        document["purposes"][Purpose.FACE_CHECKIN]["matching"] = "1:n"
        return document

    monkeypatch.setattr(rules, "document", searching)
    monkeypatch.setattr(assessment, "document", wide)
    return conftest.seeded(live_server)


@pytest.fixture
def judge(pictures: Path) -> Iterator[Judge]:
    made = Judge(pictures)
    yield made
    assert made.seen
    assert made.faults == []


def test_a_search_is_one_of_the_ways_and_asked_for_by_itself(
    stage: Stage, judge: Judge
) -> None:
    kiosk = stage.kiosk()
    kiosk.go("/kiosk/return/")
    judge.look(kiosk, "kiosk-return-search", kiosk=True)
    kiosk.press("只用脸")
    kiosk.at("/kiosk/return/face/consent/")
    assert "登记过的每一位客人" in kiosk.page.inner_text("main")
    judge.look(kiosk, "kiosk-search-consent", kiosk=True)
    kiosk.go("/kiosk/return/pass/")
    judge.look(kiosk, "kiosk-pass-and-face", kiosk=True)


def test_without_its_process_a_sentence_and_the_other_ways(stage: Stage) -> None:
    kiosk = stage.kiosk()
    kiosk.go("/kiosk/return/")
    kiosk.press("只用脸")
    kiosk.at("/kiosk/return/face/consent/")
    kiosk.expected = {503}
    kiosk.press("比对一次")
    kiosk.page.wait_for_selector("text=没法和所有人比对")
