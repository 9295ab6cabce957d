"""What was shown is in the log by its hash, once a screen, before it is answered."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from audit.documents import document_get
from audit.selectors import event_list
from consent.models import Walk
from consent.purposes import SWITCHES, Purpose
from consent.services import walks
from consent.showing import shown_sha256
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")

NO = dict.fromkeys(SWITCHES, False)


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def shown() -> list[dict[str, Any]]:
    return [one["data"] for one in reversed(event_list(kind="notice.shown"))]


def opened(house: make.House, language: str = "en") -> Walk:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    return walks.walk_open(token=token, language=language)[0]


def test_the_hash_can_be_computed_from_the_published_text(house: make.House) -> None:
    """As docs/evidence.md describes it, without the program."""
    opened(house)
    data = shown()[0]
    content = document_get(sha256=house.rules.sha256)
    assert content is not None
    text = json.loads(content)
    told = {
        "language": "en",
        "offered": sorted(SWITCHES),
        "rules": house.rules.sha256,
        "screen": "form",
        "terms": text["purposes"],
        "words": text["languages"]["en"],
    }
    written = json.dumps(
        told, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    assert data["sha256"] == hashlib.sha256(written.encode()).hexdigest()


def test_each_of_its_parts_changes_the_hash(house: make.House) -> None:
    base = {
        "rules": house.rules.sha256,
        "language": "en",
        "screen": "form",
        "offered": ["contact", "attribution"],
    }
    first = shown_sha256(**base)  # type: ignore[arg-type]
    assert shown_sha256(**{**base, "offered": base["offered"][::-1]}) == first  # type: ignore[arg-type]
    for key, value in (
        ("language", "zh-hans"),
        ("screen", "face"),
        ("offered", ["contact"]),
    ):
        assert shown_sha256(**{**base, key: value}) != first  # type: ignore[arg-type]


def test_the_face_page_is_told_by_the_form_with_the_order_of_its_twins(
    house: make.House,
) -> None:
    walk = opened(house)
    assert [one["screen"] for one in shown()] == ["form"]
    walks.walk_choose(walk=walk, choices=NO, under_14=False, language="en")
    face = shown()[-1]
    assert (face["screen"], face["order"]) == ("face", house.kiosk.order)
    assert face["sha256"] != shown()[0]["sha256"]
    assert len(shown()) == 2


def test_a_screen_that_does_not_follow_is_not_told(house: make.House) -> None:
    walks.walk_choose(walk=opened(house), choices=NO, under_14=True, language="en")
    assert [one["screen"] for one in shown()] == ["form"]


def test_an_answer_in_another_language_says_what_was_read(house: make.House) -> None:
    walk = opened(house, "zh-hans")
    walk = walks.walk_choose(walk=walk, choices=NO, under_14=False, language="en")
    walks.walk_face(walk=walk, answer=True, language="zh-hans")
    assert [(one["screen"], one["language"]) for one in shown()] == [
        ("form", "zh-hans"),
        ("form", "en"),
        ("face", "en"),
        ("face", "zh-hans"),
    ]
    granted = event_list(kind="consent.granted")[0]
    told = event_list(kind="notice.shown")[0]
    assert told["seq"] < granted["seq"]
    assert told["data"]["language"] == granted["data"]["language"]


def test_what_is_not_offered_is_not_in_what_was_shown(house: make.House) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walks.walk_open(token=token, language="en", refused=[Purpose.CONTACT])
    offered = [one for one in SWITCHES if one != Purpose.CONTACT]
    assert shown()[0]["sha256"] == shown_sha256(
        rules=house.rules.sha256, language="en", screen="form", offered=offered
    )
