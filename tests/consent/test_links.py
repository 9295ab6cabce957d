"""Pass and own page: codes that are shown again, and stored nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import demonstration
from audit.drafts import VISITOR
from audit.selectors import event_list
from consent import journal
from consent.codes import ALPHABET
from consent.errors import LinkUnknown, PassUnknown
from consent.models import PageLink, Pass, Subject
from consent.purposes import Purpose
from consent.services import links, places
from consent.services.consents import consents_expire_due, consents_withdraw
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def test_a_pass_has_eight_characters_that_cannot_be_confused(house: make.House) -> None:
    codes = set()
    for _ in range(12):
        issued = links.pass_issue(
            subject=make.person(kiosk=house.kiosk), site=house.site
        )
        code = links.pass_code(issued=issued)
        first, second = code.split("-")
        assert (len(first), len(second)) == (4, 4)
        assert set(first + second) <= set(ALPHABET)
        codes.add(code)
    assert len(codes) == 12
    assert not set("ILOU") & set(ALPHABET)


def test_a_pass_is_found_however_it_is_typed(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    issued = links.pass_issue(subject=subject, site=house.site)
    code = links.pass_code(issued=issued)
    forms = [
        code,
        code.lower(),
        code.replace("-", ""),
        f" {code} ",
        code.replace("-", " - "),
        code.replace("0", "O"),
        code.replace("0", "o").replace("1", "l"),
        code.replace("1", "I"),
    ]
    for typed in forms:
        assert links.pass_find(code=typed, site=house.site) == subject, typed


@pytest.mark.parametrize("code", ["", "-", "AAAA-AAAA", "王小明", "x" * 1000, "%' OR"])
def test_a_wrong_code_is_nobodys(house: make.House, code: str) -> None:
    links.pass_issue(subject=make.person(kiosk=house.kiosk), site=house.site)
    with pytest.raises(PassUnknown):
        links.pass_find(code=code, site=house.site)


def test_a_second_pass_is_the_first(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    first = links.pass_issue(subject=subject, site=house.site)
    assert links.pass_issue(subject=subject, site=house.site) == first
    assert links.pass_of(subject=subject, site=house.site) == first
    link = links.link_issue(subject=subject)
    assert links.link_issue(subject=subject) == link


def test_a_pass_is_for_one_site(house: make.House) -> None:
    other = places.site_open(
        operator=house.site.operator,
        code="c-2",
        name_zh="二",
        name_en="Two",
        act=make.SETUP,
    )
    subject = make.person(kiosk=house.kiosk)
    issued = links.pass_issue(subject=subject, site=house.site)
    with pytest.raises(PassUnknown):
        links.pass_find(code=links.pass_code(issued=issued), site=other)
    with pytest.raises(PassUnknown):
        links.pass_of(subject=subject, site=other)


def test_a_pass_ends_with_the_last_consent_and_the_own_page_does_not(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    issued = links.pass_of(subject=subject, site=house.site)
    code = links.pass_code(issued=issued)
    token = links.link_token(link=links.link_issue(subject=subject))
    consents_withdraw(subject=subject, purposes=[Purpose.CONTACT], act=VISITOR)
    assert links.pass_find(code=code, site=house.site) == subject
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    with pytest.raises(PassUnknown):
        links.pass_find(code=code, site=house.site)
    assert links.link_find(token=token) == subject


def test_a_pass_ends_when_the_last_term_does(db: Database) -> None:
    house = make.house(demonstration_clock=True)
    subject = make.person(kiosk=house.kiosk)
    links.pass_of(subject=subject, site=house.site)
    with demonstration.clock_shifted(days=31):
        consents_expire_due()
    with pytest.raises(PassUnknown):
        links.pass_of(subject=subject, site=house.site)


def test_a_pass_after_a_revoked_one_is_another(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    first = links.pass_issue(subject=subject, site=house.site)
    with journal.unit(act=VISITOR, site=house.site) as unit:
        links.links_revoke(unit=unit, subject=subject)
        assert [draft.kind for draft in unit.drafts] == ["link.revoked"]
        links.links_revoke(unit=unit, subject=subject)
        assert len(unit.drafts) == 1
    second = links.pass_issue(subject=subject, site=house.site)
    assert links.pass_code(issued=first) != links.pass_code(issued=second)


@pytest.mark.parametrize("token", ["", "x", "王小明", "A" * 22])
def test_a_wrong_token_opens_nobodys_page(house: make.House, token: str) -> None:
    make.person(kiosk=house.kiosk)
    with pytest.raises(LinkUnknown):
        links.link_find(token=token)


def test_a_revoked_link_opens_nothing(house: make.House) -> None:
    link = links.link_issue(subject=Subject.objects.create())
    token = links.link_token(link=link)
    assert len(token) == 22
    PageLink.objects.filter(id=link.id).update(revoked_at=house.rules.published_at)
    with pytest.raises(LinkUnknown):
        links.link_find(token=token)


def test_no_code_is_stored_and_none_follows_from_the_database(
    db: Database, house: make.House, secrets_dir: Path
) -> None:
    subject = make.person(kiosk=house.kiosk)
    issued = Pass.objects.get(subject=subject)
    link = PageLink.objects.get(subject=subject)
    code, token = links.pass_code(issued=issued), links.link_token(link=link)
    with db.connect("owner") as owner:
        rows = owner.execute(
            "SELECT p::text, l::text FROM consent_pass p, consent_pagelink l"
        ).fetchall()
    for secret in (code, code.replace("-", ""), token):
        assert secret not in str(rows)
    # With another secret of the installation the same rows give other codes.
    (secrets_dir / "pass.key").write_bytes(bytes(32))
    assert links.pass_code(issued=issued) != code
    assert links.link_token(link=link) != token
    with pytest.raises(PassUnknown):
        links.pass_find(code=code, site=house.site)


def test_nobody_without_a_consent_gets_a_pass(house: make.House) -> None:
    subject = Subject.objects.create()
    with pytest.raises(PassUnknown):
        links.pass_issue(subject=subject, site=house.site)
    assert not Pass.objects.filter(subject=subject).exists()


def test_a_page_opens_by_its_twelve_characters_however_typed(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk)
    code = links.link_code(link=links.link_issue(subject=subject))
    assert code is not None
    assert [len(part) for part in code.split("-")] == [4, 4, 4]
    assert set(code.replace("-", "")) <= set(ALPHABET)
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("0", "O")):
        assert links.link_of_code(code=typed) == subject
    assert links.link_code_of(subject=subject) == code
    for wrong in ("", code[:-1], "0" * 12):
        with pytest.raises(LinkUnknown):
            links.link_of_code(code=wrong)


def test_the_twelve_characters_are_stored_nowhere(
    db: Database, house: make.House
) -> None:
    subject = make.person(kiosk=house.kiosk)
    code = links.link_code_of(subject=subject)
    assert code is not None
    with db.connect("owner") as owner:
        rows = str(owner.execute("SELECT l::text FROM consent_pagelink l").fetchall())
    assert code not in rows
    assert code.replace("-", "") not in rows


def test_a_new_link_ends_the_old_one_and_its_code(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    old = links.link_issue(subject=subject)
    token, code = links.link_token(link=old), links.link_code(link=old)
    assert code is not None
    new = links.link_renew(subject=subject, site=house.site, act=VISITOR)
    assert new != old
    with pytest.raises(LinkUnknown):
        links.link_find(token=token)
    with pytest.raises(LinkUnknown):
        links.link_of_code(code=code)
    assert links.link_find(token=links.link_token(link=new)) == subject
    told = event_list(kind="link.revoked")[0]
    assert told["data"] == {"link": "page"}
    assert told["subject"] == subject.pseudonym
