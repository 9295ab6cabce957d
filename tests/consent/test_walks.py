"""One guest's way: a minute to open, half an hour to finish, each step once."""

from __future__ import annotations

import pytest

from audit import demonstration
from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from consent import keys
from consent.codes import ALPHABET
from consent.errors import (
    CodeInvalid,
    CodeStale,
    CodeUsed,
    RulesMissing,
    StepOutOfOrder,
    WalkOver,
)
from consent.models import (
    Consent,
    ImpactAssessment,
    PageLink,
    Pass,
    Receipt,
    Rules,
    Subject,
    Walk,
)
from consent.purposes import SWITCHES, Purpose
from consent.receipts import receipt_read
from consent.services import camera_step, places, publishing, walks
from consent.services.consents import consents_withdraw
from consent.services.offers import UNDER_14
from consent.showing import shown_sha256
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")

NO = dict.fromkeys(SWITCHES, False)
YES = dict.fromkeys(SWITCHES, True)


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def opened(house: make.House) -> tuple[Walk, str]:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    return walks.walk_open(token=token, language="en")


def chosen(
    house: make.House,
    choices: dict[Purpose, bool] | None = None,
    *,
    under_14: bool = False,
) -> Walk:
    walk, _ = opened(house)
    return walks.walk_choose(
        walk=walk, choices=choices or NO, under_14=under_14, language="en"
    )


def test_a_code_opens_one_walk_and_shows_the_notice_to_the_log(
    house: make.House,
) -> None:
    issued, token = walks.walk_issue(kiosk=house.kiosk)
    assert walks.walk_of_code(token=token) == issued
    walk, cookie = walks.walk_open(token=token, language="en")
    assert walk == issued
    assert walks.walk_get(cookie=cookie) == walk
    assert walk.rules == house.rules
    shown = event_list(rows=1)[0]
    assert shown["type"] == "notice.shown"
    assert shown["data"] == {
        "language": "en",
        "surface": "phone",
        "screen": "form",
        "order": None,
        "sha256": shown_sha256(
            rules=house.rules.sha256, language="en", screen="form", offered=SWITCHES
        ),
    }
    assert shown["rules"] == house.rules.sha256
    assert shown["subject"] is None


def test_looking_at_a_code_does_not_use_it(house: make.House) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    for _ in range(3):
        walks.walk_of_code(token=token)
    walks.walk_open(token=token, language="en")


def test_a_code_is_opened_once(house: make.House) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walks.walk_open(token=token, language="en")
    with pytest.raises(CodeUsed):
        walks.walk_open(token=token, language="en")
    with pytest.raises(CodeUsed):
        walks.walk_of_code(token=token)


@pytest.mark.parametrize(("seconds", "opens"), [(58, True), (61, False)])
def test_a_code_is_good_for_a_minute(
    house: make.House, seconds: int, *, opens: bool
) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    with demonstration.clock_shifted(seconds=seconds):
        if opens:
            walks.walk_open(token=token, language="en")
        else:
            with pytest.raises(CodeStale):
                walks.walk_open(token=token, language="en")
    assert walks.OPEN_SECONDS == 60


@pytest.mark.parametrize(("seconds", "lives"), [(1_795, True), (1_801, False)])
def test_a_walk_has_half_an_hour_to_finish(
    house: make.House, seconds: int, *, lives: bool
) -> None:
    walk, cookie = opened(house)
    size = len(event_list(rows=1_000))
    with demonstration.clock_shifted(seconds=seconds):
        if lives:
            assert walks.walk_get(cookie=cookie) == walk
            return
        with pytest.raises(WalkOver):
            walks.walk_get(cookie=cookie)
        with pytest.raises(WalkOver):
            walks.walk_choose(walk=walk, choices=YES, under_14=False, language="en")
        with pytest.raises(WalkOver):
            walks.walk_finish(walk=walk)
    assert len(event_list(rows=1_000)) == size
    assert not Subject.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "王小明", "0" * 500])
def test_a_wrong_token_opens_nothing(house: make.House, token: str) -> None:
    walks.walk_issue(kiosk=house.kiosk)
    with pytest.raises(CodeInvalid):
        walks.walk_open(token=token, language="en")
    with pytest.raises(WalkOver):
        walks.walk_get(cookie=token)


def test_the_code_is_not_the_cookie(house: make.House) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    _, cookie = walks.walk_open(token=token, language="en")
    with pytest.raises(WalkOver):
        walks.walk_get(cookie=token)
    with pytest.raises(CodeInvalid):
        walks.walk_of_code(token=cookie)


def test_each_kiosk_has_walks_of_its_own_and_a_revoked_one_has_none(
    house: make.House,
) -> None:
    other, _ = make.kiosk_paired(site=house.site, code="k-2")
    _, token = walks.walk_issue(kiosk=house.kiosk)
    _, others = walks.walk_issue(kiosk=other)
    places.kiosk_revoke(kiosk=other, act=make.SETUP)
    assert walks.walk_open(token=token, language="en")[0].kiosk == house.kiosk
    with pytest.raises(CodeInvalid):
        walks.walk_open(token=others, language="en")


def test_many_phones_walk_at_one_kiosk_told_apart_by_four_characters(
    house: make.House,
) -> None:
    issued = [walks.walk_issue(kiosk=house.kiosk) for _ in range(5)]
    assert len({token for _, token in issued}) == 5
    for walk, _ in issued:
        assert len(walk.short) == 4
        assert set(walk.short) <= set(ALPHABET)
    cookies = {
        walks.walk_open(token=token, language="en")[1]: walk for walk, token in issued
    }
    for cookie, walk in cookies.items():
        assert walks.walk_get(cookie=cookie) == walk


def test_neither_code_nor_cookie_is_stored(db: Database, house: make.House) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    _, cookie = walks.walk_open(token=token, language="en")
    with db.connect("owner") as owner:
        rows = owner.execute("SELECT w::text FROM consent_walk w").fetchall()
    assert token not in str(rows)
    assert cookie not in str(rows)


def test_without_rules_no_walk_opens(db: Database) -> None:
    operator = places.operator_create(code="demo-test", legal_name="Demo")
    site = places.site_open(
        operator=operator, code="c-1", name_zh="示范", name_en="Demo", act=make.SETUP
    )
    kiosk, _ = make.kiosk_paired(site=site, code="k-1")
    _, token = walks.walk_issue(kiosk=kiosk)
    with pytest.raises(RulesMissing):
        walks.walk_open(token=token, language="en")
    assert Walk.objects.get().opened_at is None


def test_who_refuses_everything_stays_nobody(house: make.House) -> None:
    walk = chosen(house)
    walk = walks.walk_face(walk=walk, answer=False, language="en")
    walk = walks.walk_finish(walk=walk)
    assert walk.finished_at is not None
    assert (walk.subject, walk.receipt) == (None, None)
    for model in (Subject, Consent, Receipt, Pass, PageLink):
        assert not model.objects.exists(), model
    assert keys.keys_stored() == {}
    refused = event_list(kind="consent.refused")
    assert {event["purpose"] for event in refused} == {*SWITCHES, "face.checkin"}
    for event in refused:
        assert (event["subject"], event["consent"]) == (None, None)
    assert list(log_faults()) == []


def test_a_no_beside_a_yes_does_not_name_the_person(house: make.House) -> None:
    walk = chosen(house, {**NO, Purpose.CONTACT: True})
    assert walk.subject is not None
    refused = event_list(kind="consent.refused")
    assert len(refused) == len(SWITCHES) - 1
    assert all(event["subject"] is None for event in refused)
    assert event_list(kind="consent.granted")[0]["purpose"] == "contact"


def test_each_switch_is_a_consent_of_its_own_of_one_person(house: make.House) -> None:
    walk = chosen(house, YES)
    consents = Consent.objects.filter(subject=walk.subject)
    assert {one.purpose for one in consents} == set(SWITCHES)
    assert set(keys.keys_stored()) == {one.id for one in consents}
    assert Subject.objects.count() == 1
    assert {one.language for one in consents} == {"en"}


def test_the_form_is_taken_once(house: make.House) -> None:
    walk = chosen(house, YES)
    size = len(event_list(rows=1_000))
    for again in (YES, NO):
        with pytest.raises(StepOutOfOrder):
            walks.walk_choose(walk=walk, choices=again, under_14=False, language="en")
    assert len(event_list(rows=1_000)) == size


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {Purpose.CONTACT: True},
        {**YES, Purpose.FACE_CHECKIN: True},
        {**YES, Purpose.CHANNEL_DISCLOSE: True},
    ],
)
def test_a_form_with_other_purposes_is_not_taken(
    house: make.House, choices: dict[Purpose, bool]
) -> None:
    walk, _ = opened(house)
    with pytest.raises(StepOutOfOrder):
        walks.walk_choose(walk=walk, choices=choices, under_14=False, language="en")
    assert not Consent.objects.exists()


def test_under_14_gets_no_face(house: make.House) -> None:
    # Nor anything else, whatever was ticked.
    walk = chosen(house, YES, under_14=True)
    assert walk.face_offered is False
    assert walk.details_at is not None
    with pytest.raises(StepOutOfOrder):
        walks.walk_face(walk=walk, answer=True, language="en")
    walk = walks.walk_finish(walk=walk)
    assert (walk.subject, walk.receipt) == (None, None)
    assert walk.choices == {UNDER_14: True}
    for model in (Subject, Consent, Receipt, Pass, PageLink):
        assert not model.objects.exists(), model
    assert keys.keys_stored() == {}
    refused = event_list(kind="consent.refused")
    assert {event["purpose"] for event in refused} == set(SWITCHES)
    assert not camera_step.walk_ask_camera(walk=walk)


def test_without_a_current_assessment_no_face_is_offered(house: make.House) -> None:
    publishing.assessment_go_stale(
        assessment=ImpactAssessment.objects.get(), reason="incident", act=make.SETUP
    )
    assert chosen(house).face_offered is False


def test_an_assessment_ends_by_itself(house: make.House) -> None:
    with demonstration.clock_shifted(days=366):
        assert chosen(house).face_offered is False


def test_the_face_is_answered_once_and_after_the_form(house: make.House) -> None:
    walk, _ = opened(house)
    with pytest.raises(StepOutOfOrder):
        walks.walk_face(walk=walk, answer=True, language="en")
    walk = walks.walk_choose(walk=walk, choices=NO, under_14=False, language="en")
    walk = walks.walk_face(walk=walk, answer=True, language="en")
    assert walk.subject is not None
    with pytest.raises(StepOutOfOrder):
        walks.walk_face(walk=walk, answer=False, language="en")
    assert Consent.objects.get().purpose == Purpose.FACE_CHECKIN


def test_a_walk_is_finished_after_every_answer_and_once(house: make.House) -> None:
    walk, _ = opened(house)
    with pytest.raises(StepOutOfOrder):
        walks.walk_finish(walk=walk)
    walk = walks.walk_choose(walk=walk, choices=YES, under_14=False, language="en")
    with pytest.raises(StepOutOfOrder):
        walks.walk_finish(walk=walk)
    walk = walks.walk_face(walk=walk, answer=False, language="en")
    first = walks.walk_finish(walk=walk)
    again = walks.walk_finish(walk=walk)
    assert first.receipt == again.receipt
    for model in (Receipt, Pass, PageLink):
        assert model.objects.count() == 1, model
    assert first.receipt is not None
    states = {
        choice["purpose"]: choice["event_state"]
        for choice in receipt_read(receipt=first.receipt)["choices"]
    }
    given = [name for name, state in states.items() if state == "given"]
    assert set(given) == set(SWITCHES)
    assert states["face.checkin"] == "refused"


def test_the_camera_is_asked_for_under_a_live_consent_only(house: make.House) -> None:
    with_face = make.walk_finished(kiosk=house.kiosk, face=True)
    without = make.walk_finished(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    assert camera_step.walk_ask_camera(walk=with_face)
    assert not camera_step.walk_ask_camera(walk=without)
    assert not camera_step.walk_ask_camera(walk=make.walk_finished(kiosk=house.kiosk))
    asked = Walk.objects.filter(camera_asked_at__isnull=False)
    assert list(asked) == [with_face]
    camera_step.walk_camera_done(walk=with_face)
    assert not asked.all().exists()
    assert with_face.subject is not None
    consents_withdraw(subject=with_face.subject, purposes=None, act=VISITOR)
    assert not camera_step.walk_ask_camera(walk=with_face)


def test_a_walk_keeps_the_rules_it_was_shown(house: make.House) -> None:
    walk, _ = opened(house)
    newer = make.rules_published(
        site=house.site, document=make.rules_document("2026-02")
    )
    walk = walks.walk_choose(walk=walk, choices=YES, under_14=False, language="en")
    assert {one.rules for one in Consent.objects.all()} == {house.rules}
    assert Rules.objects.get(retired_at=None) == newer
    granted = event_list(kind="consent.granted")
    assert {event["rules"] for event in granted} == {house.rules.sha256}


def test_a_walk_is_forgotten_after_a_day(house: make.House) -> None:
    make.walk_finished(kiosk=house.kiosk, face=True)
    assert walks.walks_forget_due() == 0
    with demonstration.clock_shifted(days=1, seconds=1):
        assert walks.walks_forget_due() == 1
    assert not Walk.objects.exists()
    assert Consent.objects.count() == 1
    assert Receipt.objects.count() == 1
