"""Other parties: two people, a contract, an end; and whom the rules may name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from audit import clock, demonstration
from audit.selectors import event_list
from consent.credit import check_digit, credit_code_fits
from consent.errors import (
    CertificateRequired,
    PartyInvalid,
    RegisterKnown,
    RegisterOwnApproval,
    RegisterSettled,
    RulesUnfit,
)
from consent.models import Party
from consent.purposes import Purpose
from consent.recipients import recipients_lint
from consent.registers import parties_waiting
from consent.selectors import party_live
from consent.services.parties import (
    parties_end_due,
    party_add,
    party_approve,
    party_close,
    party_end,
)
from consent.services.renewing import _standing
from tests import make
from tests.audit.room import reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")
CERTIFICATE = "d" * 64


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def _added(code: str = "r-1", **changed: Any) -> Party:
    return party_add(code=code, terms=make.party_terms(**changed), act=make.ASKING)


# Both are published examples of real registrations; the last digit is the check.
@pytest.mark.parametrize("code", ["91350100M000100Y43", "9144030071526726XG"])
def test_a_credit_code_is_known_by_its_check_digit(code: str) -> None:
    assert credit_code_fits(code)
    assert check_digit(code[:-1]) == code[-1]
    for place in range(18):
        wrong = "0" if code[place] != "0" else "1"
        assert not credit_code_fits(code[:place] + wrong + code[place + 1 :])


@pytest.mark.parametrize("code", ["", "9135", "91350100m000100y43", "I" * 18])
def test_what_is_no_credit_code_is_refused(code: str) -> None:
    assert not credit_code_fits(code)


def test_a_party_is_added_by_one_and_approved_by_another(house: make.House) -> None:
    added = _added()
    assert party_live(code="r-1") is None
    with pytest.raises(RegisterOwnApproval):
        party_approve(party=added.id, act=make.ASKING)
    assert party_live(code="r-1") is None
    party_approve(party=added.id, act=make.APPROVING)
    assert party_live(code="r-1") == added
    approved, asked = event_list(rows=2)
    assert approved["type"] == "party.added"
    assert approved["act"]["id"] == make.APPROVING.id
    assert approved["data"] == {
        "party": "r-1",
        "role": "recipient",
        "document": "c" * 64,
        "purposes": ["contact"],
        "until": clock.stamp(added.until),
    }
    assert (asked["type"], asked["act"]["id"]) == ("party.asked", make.ASKING.id)
    with pytest.raises(RegisterSettled):
        party_approve(party=added.id, act=make.APPROVING)


WRONG: dict[str, dict[str, Any]] = {
    "role": {"role": "friend"},
    "credit_code": {"credit_code": "91350100M000100Y44"},
    "purposes": {"purposes": [Purpose.CONTACT, Purpose.FACE_CHECKIN]},
    "categories": {"categories": ["face"]},
    "contract_sha256": {"contract_sha256": ""},
    "contract_number": {"contract_number": " "},
    "scope_en": {"scope_en": ""},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_agreed_has_to_be_whole(house: make.House, name: str) -> None:
    with pytest.raises(PartyInvalid) as refused:
        _added(**WRONG[name])
    assert refused.value.args == (name,)
    assert not Party.objects.exists()


def test_a_code_is_used_once(house: make.House) -> None:
    _added()
    with pytest.raises(RegisterKnown):
        _added()


def test_access_begins_and_dies_with_the_contract(house: make.House) -> None:
    soon = clock.now() + timedelta(days=2)
    make.party("r-1", since=soon, until=soon + timedelta(days=10))
    assert party_live(code="r-1") is None
    with demonstration.clock_shifted(days=3):
        assert party_live(code="r-1") is not None
    with demonstration.clock_shifted(days=13):
        # The term counts; that no sweep ran yet changes nothing.
        assert party_live(code="r-1") is None
        assert event_list(kind="party.ended") == []
        assert (parties_end_due(), parties_end_due()) == (1, 0)
        (ended,) = event_list(kind="party.ended")
    assert ended["data"] == {"party": "r-1", "reason": "term", "certificate": None}


def test_a_party_that_was_ended_receives_nothing_at_once(house: make.House) -> None:
    one = make.party("r-1")
    party_end(party=one.id, act=make.ASKING)
    assert party_live(code="r-1") is None
    with pytest.raises(RegisterSettled):
        party_end(party=one.id, act=make.ASKING)
    with pytest.raises(RegisterSettled):
        party_close(party=one.id, certificate=CERTIFICATE, act=make.ASKING)


def test_what_was_taken_off_is_not_approved(house: make.House) -> None:
    added = _added()
    party_end(party=added.id, act=make.APPROVING)
    with pytest.raises(RegisterSettled):
        party_approve(party=added.id, act=make.APPROVING)


def test_a_processor_is_closed_by_its_certificate_only(house: make.House) -> None:
    one = make.party("p-1", role="processor")
    with pytest.raises(RegisterSettled):
        party_close(party=one.id, certificate=CERTIFICATE, act=make.ASKING)
    party_end(party=one.id, act=make.ASKING)
    assert [duty.title.en for duty in parties_waiting()] == [
        "Ask p-1 for its certificate of deletion"
    ]
    with pytest.raises(CertificateRequired):
        party_close(party=one.id, certificate="", act=make.ASKING)
    party_close(party=one.id, certificate=CERTIFICATE, act=make.ASKING)
    (closed,) = event_list(kind="party.closed")
    assert closed["data"] == {"party": "p-1", "certificate": CERTIFICATE}
    assert list(parties_waiting()) == []


def test_a_certificate_at_hand_closes_at_once(house: make.House) -> None:
    one = make.party("p-1", role="processor")
    party_end(party=one.id, act=make.ASKING, certificate=CERTIFICATE)
    one.refresh_from_db()
    assert one.closed_at is not None
    assert one.certificate == CERTIFICATE


def test_approved_parties_stand_in_another_log(house: make.House) -> None:
    one = make.party()
    assert one.approved_event_id in _standing()
    party_end(party=one.id, act=make.ASKING)
    assert one.approved_event_id not in _standing()


def _found(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one.code, one.field) for one in recipients_lint(document=document)}


ROW = "languages.{}.purposes.contact.recipients"


def test_rules_that_name_the_register_exactly_are_published(
    house: make.House,
) -> None:
    one = make.party()
    draft = make.named(make.rules_document("2026-02"), one)
    assert _found(draft) == set()
    make.rules_published(site=house.site, document=draft)


def test_rules_that_name_somebody_else_are_not_published(house: make.House) -> None:
    one = _added()
    draft = make.named(make.rules_document("2026-02"), one)
    with pytest.raises(RulesUnfit, match="recipient_unknown"):
        make.rules_published(site=house.site, document=draft)


def test_rules_that_leave_somebody_out_are_not_published(house: make.House) -> None:
    make.party()
    draft = make.rules_document("2026-02")
    assert _found(draft) == {
        ("recipient_missing", ROW.format(language)) for language in ("zh-hans", "en")
    }
    with pytest.raises(RulesUnfit, match="recipient_missing"):
        make.rules_published(site=house.site, document=draft)


@pytest.mark.parametrize("key", ["party", "name", "contact"])
def test_a_row_that_differs_from_the_register_is_found(
    house: make.House, key: str
) -> None:
    draft = make.named(make.rules_document("2026-02"), make.party())
    draft["languages"]["en"]["purposes"]["contact"]["recipients"][0][key] = "else"
    assert ("recipient_unknown", f"{ROW.format('en')}.0") in _found(draft)


def test_a_purpose_beyond_the_contract_is_found(house: make.House) -> None:
    draft = make.named(make.rules_document("2026-02"), make.party())
    words = draft["languages"]["en"]["purposes"]
    words["attribution"]["recipients"] = words["contact"]["recipients"]
    place = "languages.en.purposes.attribution.recipients.0"
    assert _found(draft) == {("recipient_unknown", place)}


def test_a_role_that_is_another_one_is_found(house: make.House) -> None:
    draft = make.named(make.rules_document("2026-02"), make.party())
    words = draft["languages"]["en"]
    words["processors"] = words["purposes"]["contact"]["recipients"]
    assert _found(draft) == {("recipient_unknown", "languages.en.processors.0")}


def test_a_party_that_ended_may_not_be_named_again(house: make.House) -> None:
    one = make.party()
    draft = make.named(make.rules_document("2026-02"), one)
    party_end(party=one.id, act=make.ASKING)
    assert {code for code, _ in _found(draft)} == {"recipient_unknown"}


@pytest.mark.parametrize("broken", [{}, {"languages": 1}, {"purposes": []}])
def test_any_object_may_be_looked_at(house: make.House, broken: dict[str, Any]) -> None:
    assert _found(broken) == set()


def test_the_public_list_says_nobody(house: make.House) -> None:
    page = Client(SERVER_NAME="127.0.0.1").get("/rules/shared/")
    assert page.status_code == 200
    assert "不提供给任何人" in words_of(page)


def test_the_public_list_names_who_receives_what(house: make.House) -> None:
    one = make.party()
    draft = make.named(make.rules_document("2026-02"), one)
    make.rules_published(site=house.site, document=draft)
    browser = Client(SERVER_NAME="127.0.0.1")
    page = words_of(browser.get("/rules/shared/"))
    for words in ("示范物业", one.contact, one.credit_code, "appointments", "by hand"):
        assert words in page
    party_end(party=one.id, act=make.ASKING)
    assert "已终止，不再提供" in words_of(browser.get("/rules/shared/"))


NEW = "/office/parties/new/"


def _form(**changed: Any) -> dict[str, Any]:
    return {
        "code": "r-1",
        "role": "processor",
        "name_zh": "示范云",
        "name_en": "Demo Cloud",
        "credit_code": make.CREDIT.lower(),
        "contact": "a@b.invalid",
        "contract_number": "1",
        "contract": SimpleUploadedFile("c.pdf", b"contract"),
        "scope_zh": "甲",
        "scope_en": "a",
        "purposes": ["contact", "attribution"],
        "categories": ["name"],
        "since": "2026-01-01",
        "until": "2099-01-01",
        **changed,
    }


def test_two_officers_keep_the_register_on_the_pages(house: make.House) -> None:
    one, other = reader(name="one"), reader(name="other")
    assert one.get(NEW).status_code == 200
    assert one.post(NEW, _form()).status_code == 302
    added = Party.objects.get(code="r-1")
    assert added.purposes == ["contact", "attribution"]
    page = f"/office/parties/{added.id}/"
    one.post(f"{page}approve/")
    assert party_live(code="r-1") is None
    assert "要由另一位同事批准" in words_of(one.get(page))
    other.post(f"{page}approve/")
    assert party_live(code="r-1") == added
    assert "示范云" in words_of(one.get("/office/parties/"))
    one.post(f"{page}end/")
    assert "还缺删除证明" in words_of(one.get(page))
    one.post(f"{page}close/", {"certificate": SimpleUploadedFile("d.pdf", b"gone")})
    added.refresh_from_db()
    assert added.closed_at is not None
    assert "结案" in words_of(one.get(page))


BROKEN: dict[str, dict[str, Any]] = {
    "no purpose": {"purposes": []},
    "a face": {"categories": ["face"]},
    "a purpose of a face": {"purposes": ["face.checkin"]},
    "a check digit that does not fit": {"credit_code": "91350100M000100Y44"},
    "an end before the beginning": {"since": "2098-01-01", "until": "2097-01-01"},
    "an end that is over": {"until": "2020-01-01"},
    "no beginning": {"since": ""},
    "another field": {"approved_by": "me"},
    "two codes": {"code": ["r-1", "r-2"]},
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_form_that_is_wrong_adds_nothing(house: make.House, what: str) -> None:
    answer = reader().post(NEW, _form(**BROKEN[what]))
    assert answer.status_code == 400
    assert not Party.objects.exists()


def test_an_inspector_looks_and_changes_nothing(house: make.House) -> None:
    added = _added()
    inspector = reader("inspector")
    page = f"/office/parties/{added.id}/"
    assert inspector.get(page).status_code == 200
    assert inspector.get(NEW).status_code == 403
    for act in ("approve", "end", "close"):
        assert inspector.post(f"{page}{act}/").status_code == 403


def test_a_party_of_some_purposes_only(house: make.House) -> None:
    assert make.party(purposes=[Purpose.ATTRIBUTION]).purposes == ["attribution"]
