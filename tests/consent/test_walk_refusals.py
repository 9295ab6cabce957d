"""What a walk leaves behind: no tie between a person and what they refused."""

from __future__ import annotations

import pytest

from audit.drafts import VISITOR
from audit.selectors import event_list
from consent.errors import AssessmentRequired
from consent.models import Consent, ImpactAssessment, Pass, Walk
from consent.purposes import SWITCHES, Purpose
from consent.services import publishing, walks
from consent.services.consents import consents_withdraw
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")

NO = dict.fromkeys(SWITCHES, False)


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def chosen(house: make.House, choices: dict[Purpose, bool]) -> Walk:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, _ = walks.walk_open(token=token, language="en")
    return walks.walk_choose(walk=walk, choices=choices, under_14=False, language="en")


def test_a_no_shares_no_commit_with_a_yes(db: Database, house: make.House) -> None:
    walk = chosen(house, {**NO, Purpose.CONTACT: True})
    walks.walk_face(walk=walk, answer=False, language="en")
    with db.connect("owner") as owner:
        rows = owner.execute(
            "SELECT type, xmin::text FROM audit_index"
            " WHERE type IN ('consent.granted', 'consent.refused')"
        ).fetchall()
        persons = owner.execute("SELECT xmin::text FROM consent_walk").fetchall()
    yes = {commit for kind, commit in rows if kind == "consent.granted"}
    no = {commit for kind, commit in rows if kind == "consent.refused"}
    assert len(yes) == 1
    assert len(no) == 2
    assert not yes & no
    assert not {commit for (commit,) in persons} & no


def test_a_finished_walk_forgets_who_refused_what(house: make.House) -> None:
    walk = make.walk_finished(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    assert walk.subject is not None
    assert Walk.objects.get(id=walk.id).choices == {}
    nobody = make.walk_finished(kiosk=house.kiosk)
    assert set(Walk.objects.get(id=nobody.id).choices.values()) == {False}


def test_who_stopped_everything_on_the_way_ends_without_a_pass(
    house: make.House,
) -> None:
    walk = chosen(house, {**NO, Purpose.CONTACT: True})
    walk = walks.walk_face(walk=walk, answer=False, language="en")
    assert walk.subject is not None
    consents_withdraw(subject=walk.subject, purposes=None, act=VISITOR)
    assert walks.walk_finish(walk=walk).receipt is not None
    assert not Pass.objects.exists()


def test_no_face_is_taken_once_its_assessment_went_stale(house: make.House) -> None:
    walk = chosen(house, NO)
    publishing.assessment_go_stale(
        assessment=ImpactAssessment.objects.get(), reason="incident", act=make.SETUP
    )
    with pytest.raises(AssessmentRequired):
        walks.walk_face(walk=walk, answer=True, language="en")
    assert not Consent.objects.exists()
    refused = event_list(kind="gate.refused")[0]
    assert (refused["subject"], refused["purpose"]) == (None, "face.checkin")
    assert refused["data"] == {"reason": "assessment", "start": None}
    walk = walks.walk_face(walk=walk, answer=False, language="en")
    assert walks.walk_finish(walk=walk).subject is None
