"""A lost link to one's own page, found again at the desk.

The person in front says the whole number that they left; nothing else is asked, no
document and no photograph. The old link dies, and both facts are in the log under the
name of who did it, and so in the person's own diary.
"""

from __future__ import annotations

from audit.drafts import Act
from consent import journal
from consent.models import Site
from consent.services.links import link_replace, link_token
from leads.contacts import OWN_PAGE, contact_of_phone, seen
from leads.errors import VisitorUnknown


def lost_link_replace(*, phone: str, site: Site, act: Act) -> str:
    """Revoke a person's link and return the token of a new one.

    A restricted contact counts too: to reach one's own page is one's right, not a use.

    Args:
        phone: E.164, as the person in front said it.
        site: where they left it.
        act: who did it; a member of staff.

    Raises:
        VisitorUnknown: nobody left this number, or it is not kept any more.
    """
    contact = contact_of_phone(phone=phone, site=site)
    if contact is None:
        raise VisitorUnknown
    subject = contact.subject
    with journal.unit(act=act, site=site) as unit:
        if not seen(unit=unit, consents=[contact.live.id], reason=OWN_PAGE):
            raise VisitorUnknown
        unit.event(
            "desk.override",
            subject=subject.pseudonym,
            data={"visit": None, "what": "verified_by", "reason": "no_code"},
        )
        issued = link_replace(unit=unit, subject=subject)
    return link_token(link=issued)
