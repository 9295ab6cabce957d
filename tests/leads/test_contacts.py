"""Contacts under pressure: two forms at once, and an index that a crash emptied."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from leads import contacts, referrals
from leads.models import Contact, PhoneIndex, ReferralMatch, Visit
from tests import make as houses
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone
from tests.leads.test_decisions import ATTRIBUTED, arrives, outcome, visitor

T = TypeVar("T")
AT_ONCE = 4


def at_once(act: Callable[[int], T]) -> list[T]:
    """Do something on several connections at the same moment."""
    start = Barrier(AT_ONCE)

    def one(number: int) -> T:
        start.wait()
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_the_same_details_at_once_are_one_contact(office: make.Office) -> None:
    subject = houses.person(kiosk=office.house.kiosk, yes=ATTRIBUTED, face=False)
    details = contacts.Details.of(name="王小明", phone="13812345678")
    kept = at_once(
        lambda _: contacts.contact_collect(
            subject=subject, site=office.site, details=details, act=VISITOR
        )
    )
    assert len({one.id for one in kept}) == 1
    assert Contact.objects.count() == PhoneIndex.objects.count() == 1
    assert list(log_faults()) == []


def test_corrections_at_once_leave_one_contact(office: make.Office) -> None:
    subject = visitor(office)
    at_once(
        lambda number: contacts.contact_collect(
            subject=subject,
            site=office.site,
            details=contacts.Details.of(name="王小明", phone=f"1390000111{number}"),
            act=VISITOR,
        )
    )
    contact = Contact.objects.get()
    number = contacts.contact_open(contact=contact).phone
    assert contacts.subject_of_phone(phone=number, site=office.site) == subject


def test_the_same_code_at_once_is_shown_once(office: make.Office) -> None:
    referral = make.announced(office.resident, phone="13900001111")
    subject, code = visitor(office), referrals.referral_code(referral=referral)
    shown = at_once(
        lambda _: referrals.referral_show(
            subject=subject, site=office.site, code=code, act=VISITOR
        )
    )
    assert {one.id for one in shown} == {ReferralMatch.objects.get().id}
    assert list(log_faults()) == []


def test_the_index_is_completed_when_only_some_of_it_is_there(
    office: make.Office,
) -> None:
    first, second = visitor(office), visitor(office, phone="13900001111")
    PhoneIndex.objects.filter(contact__subject=first).delete()
    assert contacts.phones_reindex_due() == 1
    assert PhoneIndex.objects.count() == 2
    assert contacts.phones_reindex_due() == 0
    found = contacts.subject_of_phone(phone="+8613812345678", site=office.site)
    assert found == first != second


def test_the_index_is_completed_by_several_at_once(office: make.Office) -> None:
    for number in range(5):
        visitor(office, phone=f"1390000111{number}")
    PhoneIndex.objects.all().delete()
    assert sum(at_once(lambda _: contacts.phones_reindex_due())) == 5
    assert PhoneIndex.objects.count() == 5


def test_a_decision_does_not_need_the_index(
    office: make.Office,
) -> None:
    make.announced(office.broker)
    subject = visitor(office)
    PhoneIndex.objects.all().delete()
    contact = Contact.objects.get()
    assert contacts.number_hash_of(contact=contact) is not None
    assert outcome(arrives(office, subject)) == ("channel", "A5", "b-1")


def viewed() -> list[tuple[str, str]]:
    """Return whose contact the log says was used, and why, oldest first."""
    return [
        (event["subject"], event["data"]["reason"])
        for event in reversed(event_list(kind="contact.viewed"))
    ]


def test_a_look_by_ending_is_told_to_each_whose_it_is(
    kiosk: KioskBrowser, office: make.Office
) -> None:
    people = {visitor(office).pseudonym, visitor(office, "13900005678").pseudonym}
    visitor(office, "13900001111")
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    assert set(viewed()) == {(one, "digits") for one in people}
    assert len(viewed()) == 2
    assert event_list(kind="contact.viewed")[0]["act"]["role"] == "kiosk"


def test_a_number_is_told_once_for_each_request(
    kiosk: KioskBrowser, office: make.Office
) -> None:
    subject = visitor(office)
    for times in (1, 2):
        kiosk.post("/kiosk/return/phone/", {"phone": "13812345678"})
        assert viewed() == [(subject.pseudonym, "arrival")] * times
    assert Visit.objects.count() == 1


def test_joining_by_number_is_told_to_both(office: make.Office) -> None:
    first, second = visitor(office), visitor(office)
    arrives(office, second)
    assert sorted(viewed()) == sorted(
        [(first.pseudonym, "arrival"), (second.pseudonym, "arrival")]
    )


def test_the_own_page_tells_that_it_read(kiosk: KioskBrowser) -> None:
    phone = Phone()
    details = {"name": "王小明", "phone": "138 1234 5678", "referral_code": ""}
    phone.walk(kiosk.code(), yes=("contact",), details=details)
    assert viewed() == []
    page = phone.get("/me/")
    assert "王小明" in page.content.decode()
    assert "您自己的页面打开时" in page.content.decode()
    assert [reason for _, reason in viewed()] == ["own_page"]
    assert event_list(kind="contact.viewed")[0]["act"]["role"] == "visitor"
