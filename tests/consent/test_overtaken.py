"""Changed rules: an old consent keeps its term, and nothing under it is used."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import clock
from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from consent import gate, journal, keys
from consent.errors import ConsentBarred, ConsentEnded, NoticeChanged
from consent.models import Consent, Rules, Subject
from consent.purposes import SWITCHES, Purpose
from consent.selectors import (
    consent_barred,
    consent_live,
    consent_usable,
    consents_usable,
)
from consent.services import answers, walks
from consent.services.consents import consent_grant, consents_withdraw, keys_destroy_due
from consent.services.offers import switches_offered
from faces.matching import MODEL
from faces.models import FaceTemplate
from tests import make
from tests.conftest import Database
from tests.consent.make import grant
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded

pytestmark = pytest.mark.usefixtures("secrets_dir")
FACE = Purpose.FACE_CHECKIN


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def longer(house: make.House, label: str = "2026-02", **days: int) -> Rules:
    document = make.rules_document(label, **days)
    return make.rules_published(site=house.site, document=document)


def use(house: make.House, subject: Subject, purpose: Purpose) -> Any:
    with journal.unit(act=VISITOR, site=house.site) as unit:
        return gate.allow(unit=unit, subject=subject, purpose=purpose, site=house.site)


def test_a_longer_term_bars_the_use_and_extends_nothing(house: make.House) -> None:
    subject = Subject.objects.create()
    old, other = grant(house, subject), grant(house, subject, Purpose.ATTRIBUTION)
    until = old.until
    longer(house, CONTACT=31)
    assert consent_barred(consent=old) == "rules_changed"
    assert consent_barred(consent=other) is None
    with pytest.raises(ConsentBarred):
        use(house, subject, Purpose.CONTACT)
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "rules_changed"
    assert use(house, subject, Purpose.ATTRIBUTION) == other
    old.refresh_from_db()
    assert (old.state, old.until) == ("active", until)
    assert consent_live(subject=subject, purpose=Purpose.CONTACT, site=house.site)
    # A later, editorial version does not thaw it.
    longer(house, "2026-03", CONTACT=31)
    assert consent_barred(consent=old) == "rules_changed"
    assert list(log_faults()) == []


def test_of_many_those_are_usable_whose_own_rules_still_stand(
    house: make.House,
) -> None:
    """Looked up once for each version and purpose, and for no other."""
    purposes = (Purpose.CONTACT, Purpose.ATTRIBUTION)
    before = [grant(house, Subject.objects.create(), one) for one in purposes * 2]
    later = replace(house, rules=longer(house, CONTACT=31))
    newer = [grant(later, Subject.objects.create(), one) for one in purposes * 2]
    restricted = grant(house, Subject.objects.create(), Purpose.ATTRIBUTION)
    restricted.restricted_at = clock.now()
    mixed = [one for pair in zip(before, newer, strict=True) for one in pair]
    with CaptureQueriesContext(connection) as asked:
        usable = consents_usable(consents=[*mixed, restricted])
    alone = [one for one in [*mixed, restricted] if consent_barred(consent=one) is None]
    assert usable == alone
    assert set(usable) == {*newer, before[1], before[3]}
    assert len(asked) == 4


def test_a_clock_that_was_set_back_bars_all_the_same(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = grant(house, Subject.objects.create())
    earlier = house.rules.published_at
    monkeypatch.setattr("audit.clock.now", lambda: earlier)
    longer(house, CONTACT=31)
    monkeypatch.undo()
    assert consent_barred(consent=old) == "rules_changed"


def test_no_version_comes_between_the_look_at_a_consent_and_its_use(
    house: make.House, db: Database
) -> None:
    old = grant(house, Subject.objects.create())
    take = "SELECT 1 FROM consent_site FOR NO KEY UPDATE NOWAIT"
    with journal.unit(act=VISITOR, site=house.site) as unit:
        gate.allow(
            unit=unit, subject=old.subject, purpose=Purpose.CONTACT, site=house.site
        )
        with db.connect("app") as other, pytest.raises(psycopg.Error):
            other.execute(take)
    with db.connect("app") as other:
        other.execute(take)


def test_an_editorial_change_bars_nothing(house: make.House) -> None:
    old = grant(house, Subject.objects.create())
    longer(house, CONTACT=29)
    assert consent_barred(consent=old) is None
    assert use(house, old.subject, Purpose.CONTACT) == old


def test_a_yes_to_the_new_rules_replaces_the_old_one(house: make.House) -> None:
    old = grant(house, Subject.objects.create())
    rules = longer(house, CONTACT=31)
    assert grant(house, old.subject) == old  # the old rules again change nothing
    with journal.unit(act=VISITOR, site=house.site) as unit:
        new = consent_grant(
            unit=unit,
            subject=old.subject,
            purpose=Purpose.CONTACT,
            site=house.site,
            rules=rules,
            language="en",
        )
    old.refresh_from_db()
    assert (old.state, old.live) == ("expired", None)
    assert event_list(kind="consent.expired")[0]["data"] == {"reason": "renewed"}
    assert use(house, old.subject, Purpose.CONTACT) == new
    keys_destroy_due()
    assert keys.key_missing(consent=old.id)
    assert list(log_faults()) == []


def test_withdrawing_works_as_ever(house: make.House) -> None:
    old = grant(house, Subject.objects.create())
    longer(house, CONTACT=31)
    assert consents_withdraw(subject=old.subject, purposes=None, act=VISITOR)
    old.refresh_from_db()
    assert old.state == "withdrawn"


def test_a_face_under_way_ends_refused_and_is_compared_no_more(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk, face=True)
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    mine = Consent.objects.get(subject=subject, purpose=FACE)
    assert FaceTemplate.objects.filter(live=mine.key).exists()
    other = make.person(kiosk=house.kiosk, face=True)
    with gate.permit(
        subject=other,
        purpose=FACE,
        mode="compare",
        model=MODEL,
        act=VISITOR,
        kiosk=house.kiosk,
        candidates=[mine],
    ) as permit:
        longer(house, FACE_CHECKIN=31)
        with pytest.raises(ConsentEnded), permit.settle():
            pytest.fail("a use under rules that changed")
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "rules_changed"
    assert consent_usable(subject=subject, purpose=FACE, site=house.site) is None
    assert FaceTemplate.objects.filter(live=mine.key).exists()
    assert list(log_faults()) == []


SESSION = (
    "INSERT INTO consent_capturesession (id, use_id, live, subject_id, purpose)"
    " SELECT gen_random_uuid(), u.id, c.live, c.subject_id, c.purpose"
    " FROM consent_use u JOIN consent_consent c ON c.id = u.consent_id"
)


def test_the_database_writes_nothing_under_a_consent_that_was_overtaken(
    house: make.House, db: Database
) -> None:
    subject = make.person(kiosk=house.kiosk, face=True)
    opened = gate.begin(
        subject=subject,
        purpose=FACE,
        mode="enrol",
        model=MODEL,
        act=VISITOR,
        kiosk=house.kiosk,
    )
    gate.close(use=opened, act=VISITOR, reason="closed")
    longer(house, FACE_CHECKIN=31)
    with db.connect("app") as connection:
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="overtaken"):
            connection.execute(SESSION)
    with db.connect("owner") as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION consent_overtaken(given consent_consent)"
            " RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false'"
        )
        assert connection.execute(SESSION).rowcount == 1


def test_whoever_answers_meanwhile_is_shown_the_rules_anew(house: make.House) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, cookie = walks.walk_open(token=token, language="en")
    rules = longer(house, CONTACT=31)
    yes = {name: name == Purpose.CONTACT for name in SWITCHES}
    with pytest.raises(NoticeChanged):
        walks.walk_choose(walk=walk, choices=yes, under_14=False, language="en")
    assert not Consent.objects.exists()
    shown = event_list(kind="notice.shown")
    assert len(shown) == 2
    walk = walks.walk_choose(
        walk=walks.walk_get(cookie=cookie), choices=yes, under_14=False, language="en"
    )
    assert Consent.objects.get().rules == rules


def without(purpose: Purpose, label: str = "2026-02") -> dict[str, Any]:
    """Return rules that publish one purpose less."""
    document = make.rules_document(label)
    del document["purposes"][purpose]
    for words in document["languages"].values():
        words["purposes"] = {
            name: said for name, said in words["purposes"].items() if name != purpose
        }
    return document


def test_a_purpose_that_was_dropped_meanwhile_is_granted_by_nobody(
    house: make.House,
) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, cookie = walks.walk_open(token=token, language="en")
    rules = make.rules_published(site=house.site, document=without(Purpose.CONTACT))
    yes = {name: name == Purpose.CONTACT for name in SWITCHES}
    with pytest.raises(NoticeChanged):
        walks.walk_choose(walk=walk, choices=yes, under_14=False, language="en")
    assert not Consent.objects.exists()
    walk = walks.walk_get(cookie=cookie)
    assert (walk.rules, len(event_list(kind="notice.shown"))) == (rules, 2)
    assert Purpose.CONTACT not in switches_offered(walk)


def test_a_face_page_that_was_dropped_meanwhile_is_due_no_more(
    house: make.House,
) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, cookie = walks.walk_open(token=token, language="en")
    no = dict.fromkeys(SWITCHES, False)
    walk = walks.walk_choose(walk=walk, choices=no, under_14=False, language="en")
    assert walks.walk_face_due(walk=walk)
    shown = len(event_list(kind="notice.shown"))
    make.rules_published(site=house.site, document=without(FACE))
    with pytest.raises(NoticeChanged):
        walks.walk_face(walk=walk, answer=True, language="en")
    walk = walks.walk_get(cookie=cookie)
    assert not walks.walk_face_due(walk=walk)
    assert len(event_list(kind="notice.shown")) == shown
    assert not Consent.objects.exists()
    assert walks.walk_finish(walk=walk).finished_at is not None


def test_a_version_that_drops_it_between_the_look_and_the_grant_grants_nothing(
    house: make.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, cookie = walks.walk_open(token=token, language="en")
    keep = answers.notice_keep

    def then_published(*looked: Any, **how: Any) -> None:
        keep(*looked, **how)
        monkeypatch.setattr(walks, "notice_keep", keep)
        make.rules_published(site=house.site, document=without(Purpose.CONTACT))

    monkeypatch.setattr(walks, "notice_keep", then_published)
    yes = {name: name == Purpose.CONTACT for name in SWITCHES}
    for _ in range(2):
        with pytest.raises(NoticeChanged):
            walks.walk_choose(
                walk=walks.walk_get(cookie=cookie),
                choices=yes,
                under_14=False,
                language="en",
            )
    assert not Consent.objects.exists()
    assert walks.walk_get(cookie=cookie).rules != walk.rules


def test_a_no_needs_no_second_reading(house: make.House) -> None:
    _, token = walks.walk_issue(kiosk=house.kiosk)
    walk, _ = walks.walk_open(token=token, language="en")
    longer(house, CONTACT=31)
    no = dict.fromkeys(SWITCHES, False)
    walk = walks.walk_choose(walk=walk, choices=no, under_14=False, language="en")
    assert walk.chosen_at is not None
