"""The ledger: nothing is told to anybody without a row, a consent and a contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from audit import clock, demonstration
from audit.drafts import VISITOR
from audit.selectors import event_list
from consent import holdings, journal
from consent.errors import ConsentRequired, PartyRequired
from consent.models import Disclosure, Party, Subject
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from consent.services.disclosing import disclosure_record
from consent.services.parties import party_end
from leads.stories import diary
from tests import make
from tests.audit.room import reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    """Return a house whose rules name one recipient."""
    built = make.house(demonstration_clock=True)
    draft = make.named(make.rules_document("2026-02"), make.party("r-9"))
    make.rules_published(site=built.site, document=draft)
    return built


@pytest.fixture
def guest(house: make.House) -> Subject:
    return make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=False)


def disclose(
    house: make.House,
    guest: Subject,
    *,
    party: str = "r-9",
    categories: Sequence[str] = ("name", "visit"),
    purpose: Purpose = Purpose.CONTACT,
) -> Disclosure:
    with journal.unit(act=make.SETUP, site=house.site) as unit:
        return disclosure_record(
            unit=unit,
            subject=guest,
            purpose=purpose,
            site=house.site,
            party=party,
            categories=categories,
        )


def _refused() -> str:
    (refusal,) = event_list(kind="gate.refused")
    assert not Disclosure.objects.exists()
    assert event_list(kind="contact.disclosed") == []
    return str(refusal["data"]["reason"])


def test_a_disclosure_is_one_event_and_one_row(
    house: make.House, guest: Subject
) -> None:
    row = disclose(house, guest)
    (told,) = event_list(kind="contact.disclosed")
    assert told["data"] == {"recipient": "r-9", "what": ["name", "visit"]}
    assert told["subject"] == guest.pseudonym
    assert (row.consent.purpose, row.purpose) == ("contact", "contact")
    assert row.party.code == "r-9"


def test_the_person_reads_who_received_what(house: make.House, guest: Subject) -> None:
    disclose(house, guest)
    (held,) = [one for one in holdings.held(subject=guest) if "别人" in one.title.zh]
    assert held.value.zh == "示范物业：称呼、到访时间"
    assert held.value.en == "Demo Estate: name, time of your visit"
    assert any(
        line["title"].en == "Told to a recipient" for line in diary(subject=guest)
    )
    consents_withdraw(subject=guest, purposes=None, act=VISITOR)
    assert any("别人" in one.title.zh for one in holdings.held(subject=guest))


def test_an_officer_reads_what_a_party_was_told(
    house: make.House, guest: Subject
) -> None:
    disclose(house, guest)
    one = Party.objects.get(code="r-9")
    page = words_of(reader().get(f"/office/parties/{one.id}/"))
    assert guest.pseudonym in page
    assert "到访时间" in page


def test_without_a_consent_nothing_is_told(house: make.House, guest: Subject) -> None:
    consents_withdraw(subject=guest, purposes=None, act=VISITOR)
    with pytest.raises(ConsentRequired):
        disclose(house, guest)
    assert _refused() == "no_consent"


def test_to_whom_is_no_party_nothing_is_told(house: make.House, guest: Subject) -> None:
    with pytest.raises(PartyRequired):
        disclose(house, guest, party="r-0")
    assert _refused() == "party"


def test_to_whom_the_rules_did_not_name_nothing_is_told(
    house: make.House, guest: Subject
) -> None:
    make.party("r-10")
    with pytest.raises(PartyRequired):
        disclose(house, guest, party="r-10")
    assert _refused() == "party"


@pytest.mark.parametrize("categories", [["phone"], ["name", "deal"], []])
def test_beyond_the_contract_nothing_is_told(
    house: make.House, guest: Subject, categories: list[str]
) -> None:
    with pytest.raises(PartyRequired):
        disclose(house, guest, categories=categories)
    assert _refused() == "party"


def test_after_the_end_of_the_contract_nothing_is_told(
    house: make.House, guest: Subject
) -> None:
    party_end(party=Party.objects.get(code="r-9").id, act=make.ASKING)
    with pytest.raises(PartyRequired):
        disclose(house, guest)
    assert _refused() == "party"


def test_access_dies_with_the_term_before_any_sweep(db: Database) -> None:
    built = make.house(demonstration_clock=True)
    one = make.party("r-9", until=clock.now() + timedelta(days=2))
    draft = make.named(make.rules_document("2026-02"), one)
    make.rules_published(site=built.site, document=draft)
    guest = make.person(kiosk=built.kiosk, yes={Purpose.CONTACT: True}, face=False)
    with demonstration.clock_shifted(days=3), pytest.raises(PartyRequired):
        disclose(built, guest)
    assert _refused() == "party"


def test_a_row_holds_kinds_of_data_and_no_data(
    house: make.House, guest: Subject
) -> None:
    row = disclose(house, guest)
    names = {field.name for field in row._meta.concrete_fields}
    assert names == {
        *("id", "party", "subject", "consent", "site", "purpose"),
        *("categories", "at", "event"),
    }
    assert json.dumps(row.categories) == '["name", "visit"]'
