"""How widely a face may be compared is what the rules and the assessment say."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from django.db import IntegrityError, connection

from audit.drafts import VISITOR
from audit.selectors import event_list
from consent import assessments, gate
from consent.errors import ConsentEnded, MatchingTooWide
from consent.models import Consent, Use
from consent.purposes import Purpose
from consent.standing import standing_read
from faces.matching import METHOD
from tests import make
from tests.conftest import Database
from tests.faces.searching import searched

FACE = Purpose.FACE_CHECKIN
WIDTHS = ("1:1", "1:few", "1:n")


@pytest.fixture
def house(db: Database, secrets_dir: Path) -> make.House:
    return make.house()


def published(house: make.House, matching: str, label: str = "2026-02") -> None:
    document = make.compares(make.rules_document(label), matching)
    make.rules_published(site=house.site, document=document)


def consent_of(house: make.House) -> Consent:
    person = make.person(kiosk=house.kiosk, face=True)
    return Consent.objects.select_related("subject").get(subject=person, purpose=FACE)


def compared(consent: Consent, house: make.House, matching: str) -> Use:
    return gate.begin(
        subject=consent.subject,
        purpose=FACE,
        mode="compare",
        model=METHOD,
        act=VISITOR,
        kiosk=house.kiosk,
        candidates=[consent],
        matching=matching,
    )


def allowed(house: make.House) -> list[str]:
    standing = standing_read(site=house.site, purpose=FACE)
    return [width for width in WIDTHS if standing.allows(width)]


def reason() -> object:
    return event_list(kind="gate.refused")[0]["data"]["reason"]


def test_the_rules_say_how_widely(house: make.House) -> None:
    assert allowed(house) == ["1:1", "1:few"]
    published(house, "1:1")
    assert allowed(house) == ["1:1"]


def test_a_narrower_assessment_counts_at_once(house: make.House) -> None:
    document = make.compares(make.assessment_document("pia-2"), "1:1")
    make.assessment_approved(site=house.site, document=document)
    assert allowed(house) == ["1:1"]


def test_an_assessment_that_states_no_width_allows_no_search(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of before there was a structure are texts of their own."""
    searched(house.site)
    assert allowed(house) == ["1:1", "1:few", "1:n"]
    monkeypatch.setattr(assessments, "document", lambda **_: {})
    assert allowed(house) == ["1:1", "1:few"]


def test_a_site_of_one_to_one_compares_with_no_few(house: make.House) -> None:
    consent = consent_of(house)
    published(house, "1:1")
    with pytest.raises(MatchingTooWide):
        compared(consent, house, gate.FEW)
    assert reason() == "matching"
    assert not Use.objects.exists()
    assert compared(consent, house, gate.ONE).matching == "1:1"


def test_an_enrolment_compares_with_nobody(house: make.House) -> None:
    consent = consent_of(house)
    use = gate.begin(
        subject=consent.subject,
        purpose=FACE,
        mode="enrol",
        model=METHOD,
        act=VISITOR,
        kiosk=house.kiosk,
    )
    assert use.matching == ""


def test_a_comparison_under_way_comes_to_nothing_under_narrower_rules(
    house: make.House,
) -> None:
    consent = consent_of(house)
    use = compared(consent, house, gate.FEW)
    published(house, "1:1")
    with (
        gate.resume(use=use.id, act=VISITOR, kiosk=house.kiosk) as permit,
        pytest.raises(ConsentEnded),
        permit.settle(),
    ):
        pytest.fail("the result was let through")
    assert reason() == "matching"
    assert Use.objects.get(id=use.id).closed_at is not None


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"matching": "1:n"}, "more widely"),
        ({"matching": ""}, "how wide"),
        ({"matching": "1:1", "candidates": []}, "with one"),
        ({"matching": "1:1", "candidates": ["a", "b"]}, "with one"),
    ],
)
def test_the_database_refuses_it_too(
    house: make.House, changed: dict[str, object], refused: str
) -> None:
    compared(consent_of(house), house, gate.FEW)
    again = {**changed, "id": str(uuid.uuid4())}
    with connection.cursor() as cursor, pytest.raises(IntegrityError) as told:
        cursor.execute(
            "INSERT INTO consent_use SELECT (jsonb_populate_record(one, %s)).*"
            " FROM consent_use one",
            [json.dumps(again)],
        )
    assert refused in str(told.value)
