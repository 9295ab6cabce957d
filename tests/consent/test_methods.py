"""The rules name the method that compares faces, or no face is compared."""

from __future__ import annotations

from typing import Any

import pytest

from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from consent import gate, methods
from consent.errors import AssessmentRequired, ConsentEnded, RulesUnfit
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.selectors import assessment_live, consent_barred
from consent.services import walks
from consent.services.offers import askable
from faces.matching import METHOD, MODEL, SEARCH_METHOD
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")
FACE = Purpose.FACE_CHECKIN
OTHER = "another-model.score-7"


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


@pytest.fixture
def upgraded(house: make.House, monkeypatch: pytest.MonkeyPatch) -> make.House:
    """A house whose program was replaced by one with another method."""
    make.person(kiosk=house.kiosk, face=True)
    monkeypatch.setattr(methods, "_installed", [OTHER])
    return house


def named(method: str, label: str = "2026-02") -> dict[str, Any]:
    document = make.rules_document(label)
    for words in document["languages"].values():
        words["purposes"][FACE]["engine"] = f"By {method}."
    return document


def begin(house: make.House, subject: Subject) -> None:
    gate.begin(
        subject=subject,
        purpose=FACE,
        mode="enrol",
        model=MODEL,
        act=VISITOR,
        kiosk=house.kiosk,
    )


def test_the_installed_method_is_what_faces_register() -> None:
    assert methods.installed() == METHOD


def test_another_method_than_published_shuts_faces_everywhere(
    upgraded: make.House,
) -> None:
    assert assessment_live(site=upgraded.site, purpose=FACE) is None
    _, token = walks.walk_issue(kiosk=upgraded.kiosk)
    walk, _ = walks.walk_open(token=token, language="en")
    assert FACE not in askable(walk)
    assert Purpose.CONTACT in askable(walk)
    with pytest.raises(AssessmentRequired):
        begin(upgraded, Subject.objects.get())
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "assessment"


def test_a_face_under_way_comes_to_nothing(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = make.person(kiosk=house.kiosk, face=True)
    with gate.permit(
        subject=subject,
        purpose=FACE,
        mode="enrol",
        model=MODEL,
        act=make.ASKING,
        kiosk=house.kiosk,
    ) as permit:
        monkeypatch.setattr(methods, "_installed", [OTHER])
        with pytest.raises(ConsentEnded), permit.settle():
            pytest.fail("it was settled")
    assert list(log_faults()) == []


def test_rules_that_do_not_name_it_are_not_published(upgraded: make.House) -> None:
    with pytest.raises(RulesUnfit) as unfit:
        make.rules_published(site=upgraded.site, document=named(METHOD))
    found = "method_unnamed languages.zh-hans.purposes.face.checkin.engine"
    assert found in unfit.value.args


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("方法 {}：在本机运行", True),
        ("by the method {}.", True),
        ("({}), here", True),
        ("{}", True),
        ("{}0", False),
        ("{}.1", False),
        ("{}-b", False),
        ("x{}", False),
        ("x.{}", False),
        ("", False),
    ],
)
def test_only_its_whole_name_names_it(said: str, named: bool) -> None:
    words = {"engine": said.format(METHOD)}
    assert methods.names_it(words, matching="1:few") == named


def test_a_search_has_a_name_of_its_own_besides() -> None:
    for said, named in {
        METHOD: False,
        SEARCH_METHOD: False,
        f"{METHOD}, {SEARCH_METHOD}": True,
    }.items():
        assert methods.names_it({"engine": said}, matching="1:n") == named


def test_rules_that_name_it_open_faces_and_ask_everybody_again(
    upgraded: make.House,
) -> None:
    consent = Consent.objects.get(purpose=FACE)
    rules = make.rules_published(site=upgraded.site, document=named(OTHER))
    # Another method is assessed anew, as any material change is.
    make.assessment_approved(site=upgraded.site)
    assert assessment_live(site=upgraded.site, purpose=FACE) is not None
    assert rules.material == [FACE]
    assert consent_barred(consent=consent) == "rules_changed"
