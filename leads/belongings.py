"""What is kept of a person's name and number, told to that person alone."""

from __future__ import annotations

from collections.abc import Iterator

from audit.drafts import VISITOR
from audit.say import Say
from consent import journal
from consent.errors import KeyMissing
from consent.holdings import Holding
from consent.models import Subject
from consent.purposes import Purpose
from leads import phones
from leads.contacts import OWN_PAGE, Details, contact_open, seen
from leads.models import Contact, PhoneIndex


def contacts_own(subject: Subject) -> Iterator[tuple[Contact, Details]]:
    """Yield what a person left, for their own eyes; logged before each is released.

    What cannot be opened any more is left out.
    """
    kept = Contact.objects.select_related("live", "site").filter(subject=subject)
    for contact in kept:
        try:
            with journal.unit(act=VISITOR, site=contact.site) as unit:
                if not seen(unit=unit, consents=[contact.live.id], reason=OWN_PAGE):
                    continue
                details = contact_open(contact=contact)
        except KeyMissing:
            continue
        yield contact, details


def contact_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person which name and number of theirs are kept; logged first."""
    for contact, details in contacts_own(subject):
        shown = f"{details.name} {phones.masked(details.phone)}".strip()
        yield Holding(
            title=Say("称呼和手机号", "Name and phone number"),
            value=Say(shown, shown),
            purpose=Purpose.CONTACT,
            since=contact.collected_at,
        )


def phone_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person that their number can be found by its hash."""
    for row in PhoneIndex.objects.select_related("contact").filter(
        contact__subject=subject
    ):
        yield Holding(
            title=Say("手机号的检索码", "A search code of the number"),
            value=Say(
                "只能用来核对您报的号码，倒推不出号码",
                "Checks a number you give; cannot be read back into one",
            ),
            purpose=Purpose.CONTACT,
            since=row.contact.collected_at,
        )
