"""Under 14: nothing, or what a guardian decides where the rules let them."""

from __future__ import annotations

import pytest

from audit.selectors import event_list, log_faults
from consent.errors import NoticeChanged, RulesInvalid, StepOutOfOrder
from consent.models import Consent, Guardianship, Receipt, Subject, Walk
from consent.purposes import SWITCHES, Purpose
from consent.receipts import receipt_read
from consent.selectors import consent_barred
from consent.services import guardians, reconsidering, walks
from consent.services.reasking import question_find
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")

YES = dict.fromkeys(SWITCHES, True)


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def allowed(house: make.House, label: str = "2026-02", **days: int) -> None:
    document = {**make.rules_document(label, **days), "minors": {"contact": True}}
    make.rules_published(site=house.site, document=document)


def child(house: make.House) -> Walk:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, _ = walks.walk_open(token=token, language="en")
    return walks.walk_choose(walk=walk, choices=YES, under_14=True, language="en")


def test_without_a_word_in_the_rules_no_guardian_is_asked(house: make.House) -> None:
    walk = child(house)
    assert not walk.guardian_offered
    with pytest.raises(StepOutOfOrder):
        guardians.walk_guardian(walk=walk, relation="parent", language="en")
    assert not Subject.objects.exists()


@pytest.mark.parametrize(
    "minors", [None, {}, {"contact": "yes"}, {"face": True}, True, {"contact": 1}]
)
def test_the_rules_say_it_in_one_way_only(house: make.House, minors: object) -> None:
    document = {**make.rules_document("2026-02"), "minors": minors}
    with pytest.raises(RulesInvalid, match="minors"):
        make.rules_published(site=house.site, document=document)


def test_a_guardian_consents_to_contact_with_a_record(house: make.House) -> None:
    allowed(house)
    walk = child(house)
    assert walk.guardian_offered
    assert not Consent.objects.exists()
    with pytest.raises(StepOutOfOrder):
        walks.walk_finish(walk=walk)
    walk = guardians.walk_guardian(walk=walk, relation="parent", language="en")
    consent = Consent.objects.get()
    assert (consent.purpose, consent.given_by) == ("contact", "guardian")
    assert Guardianship.objects.get().relation == "parent"
    granted = event_list(kind="consent.granted")[0]
    assert granted["data"]["by"] == "guardian"
    assert granted["act"]["role"] == "visitor"
    assert walk.details_at is None
    walk = walks.walk_finish(walk=walk)
    receipt = receipt_read(receipt=Receipt.objects.get())
    (given,) = [one for one in receipt["choices"] if one["event_state"] == "given"]
    assert given["entity_id"] == "guardian"
    shown = [one["data"]["screen"] for one in event_list(kind="notice.shown")]
    assert shown == ["guardian", "form"]
    assert list(log_faults()) == []


def test_a_guardians_no_leaves_nothing(house: make.House) -> None:
    allowed(house)
    walk = child(house)
    before = {one["purpose"] for one in event_list(kind="consent.refused")}
    # The child did not refuse what is their guardian's to decide.
    assert "contact" not in before
    walk = guardians.walk_guardian(walk=walk, relation=None, language="en")
    assert walk.details_at is not None
    assert event_list(kind="consent.refused")[0]["purpose"] == "contact"
    walk = walks.walk_finish(walk=walk)
    assert (walk.subject, walk.receipt) == (None, None)
    assert not Subject.objects.exists()


def test_it_is_asked_once_and_opens_nothing_else(house: make.House) -> None:
    allowed(house)
    walk = child(house)
    walk = guardians.walk_guardian(walk=walk, relation="guardian", language="en")
    for relation in ("parent", None):
        with pytest.raises(StepOutOfOrder):
            guardians.walk_guardian(walk=walk, relation=relation, language="en")
    with pytest.raises(StepOutOfOrder):
        walks.walk_face(walk=walk, answer=True, language="en")
    with pytest.raises(StepOutOfOrder):
        reconsidering.walk_reconsider(
            walk=walk, purpose=Purpose.ATTRIBUTION, language="en"
        )


def test_an_adult_is_no_guardian(house: make.House) -> None:
    allowed(house)
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, _ = walks.walk_open(token=token, language="en")
    walk = walks.walk_choose(walk=walk, choices=YES, under_14=False, language="en")
    assert not walk.guardian_offered
    with pytest.raises(StepOutOfOrder):
        guardians.walk_guardian(walk=walk, relation="parent", language="en")


def test_a_guardian_agrees_to_the_rules_in_force_only(house: make.House) -> None:
    allowed(house)
    walk = child(house)
    allowed(house, "2026-03", CONTACT=31)
    with pytest.raises(NoticeChanged):
        guardians.walk_guardian(walk=walk, relation="parent", language="en")
    walk.refresh_from_db()
    guardians.walk_guardian(walk=walk, relation="parent", language="en")
    consent = Consent.objects.get()
    assert consent.rules.label == "2026-03"
    assert consent_barred(consent=consent) is None


def test_no_guardian_is_asked_where_the_rules_no_longer_let_them(
    house: make.House,
) -> None:
    allowed(house)
    walk = child(house)
    make.rules_published(site=house.site, document=make.rules_document("2026-03"))
    with pytest.raises(NoticeChanged):
        guardians.walk_guardian(walk=walk, relation="parent", language="en")
    walk.refresh_from_db()
    assert not walk.guardian_offered
    assert not Consent.objects.exists()
    assert walks.walk_finish(walk=walk).finished_at is not None


def test_a_child_is_not_asked_again_in_place_of_a_guardian(house: make.House) -> None:
    allowed(house)
    walk = child(house)
    walk = guardians.walk_guardian(walk=walk, relation="parent", language="en")
    consent = Consent.objects.get()
    allowed(house, "2026-03", CONTACT=31)
    assert consent_barred(consent=consent) == "rules_changed"
    assert question_find(subject=consent.subject, purpose=Purpose.CONTACT) is None
