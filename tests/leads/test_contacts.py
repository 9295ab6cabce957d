"""Contacts under pressure: two forms at once, and an index that a crash emptied."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

from audit.selectors import log_faults
from consent.services.walks import VISITOR
from leads import contacts, referrals
from leads.models import Contact, PhoneIndex, ReferralMatch
from tests import make as houses
from tests.leads import make
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
