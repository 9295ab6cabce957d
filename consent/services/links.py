"""What brings a visitor back: the pass, and the link to their own page.

Neither code is stored. Both are derived from the row's id with a secret of the
installation, so that their holder can be shown them again; the database keeps hashes.
"""

from __future__ import annotations

import base64
import uuid

from audit import clock
from audit.drafts import Act
from audit.ids import uuid7
from audit.log import Unit
from consent import journal
from consent.codes import code_derived, code_hash, code_shown, code_typed, derived
from consent.errors import LinkUnknown, PassUnknown
from consent.models import PageLink, Pass, Site, Subject
from consent.selectors import consents_live, token_hash

PASS_LENGTH = 8
LINK_LENGTH = 12
FAMILY = "pass"
"""Names the installation's secret that these codes come from."""


def pass_issue(*, subject: Subject, site: Site) -> Pass:
    """Return a person's pass for a site, made now when they have none.

    Raises:
        PassUnknown: they have no live consent here, so nothing to come back to.
    """
    found = Pass.objects.filter(subject=subject, site=site, revoked_at=None).first()
    if found is not None:
        return found
    if not any(one.site_id == site.id for one in consents_live(subject=subject)):
        raise PassUnknown
    identifier = uuid7()
    return Pass.objects.create(
        id=identifier,
        subject=subject,
        site=site,
        code_hash=code_stored(_pass_code(identifier)),
        created_at=clock.now(),
    )


def pass_code(*, issued: Pass) -> str:
    """Return a pass's code as its holder reads it: `ABCD-EFGH`."""
    return code_shown(_pass_code(issued.id))


def pass_of(*, subject: Subject, site: Site) -> Pass:
    """Return a person's living pass for a site.

    Raises:
        PassUnknown: they have none, or it was revoked.
    """
    found = Pass.objects.filter(subject=subject, site=site, revoked_at=None).first()
    if found is None:
        raise PassUnknown
    return found


def pass_find(*, code: str, site: Site) -> Subject:
    """Return whose living pass this is at a site; case and hyphens do not matter.

    Raises:
        PassUnknown: nobody's.
    """
    found = (
        Pass.objects.select_related("subject")
        .filter(code_hash=code_stored(code_typed(code)), site=site, revoked_at=None)
        .first()
    )
    if found is None:
        raise PassUnknown
    return found.subject


def link_issue(*, subject: Subject) -> PageLink:
    """Return the link to a person's own page, made now when they have none."""
    found = link_of(subject=subject)
    if found is not None:
        return found
    identifier = uuid7()
    return PageLink.objects.create(
        id=identifier,
        subject=subject,
        token_hash=token_hash(_token(identifier)),
        code_hash=code_stored(_link_code(identifier)),
        created_at=clock.now(),
    )


def link_of(*, subject: Subject) -> PageLink | None:
    """Return the living link to a person's own page, or None when there is none."""
    return PageLink.objects.filter(subject=subject, revoked_at=None).first()


def link_token(*, link: PageLink) -> str:
    """Return the 128-bit token of a link, for a fragment or a cookie."""
    return _token(link.id)


def link_code(*, link: PageLink) -> str | None:
    """Return a link's code for a keyboard: `ABCD-EFGH-JKMN`; an old one has none."""
    if link.code_hash is None:
        return None
    return code_shown(_link_code(link.id))


def link_code_of(*, subject: Subject) -> str | None:
    """Return the code of a person's living link, or None when there is none."""
    found = link_of(subject=subject)
    return link_code(link=found) if found else None


def link_of_code(*, code: str) -> Subject:
    """Return whose own page a link's 12 characters open.

    Raises:
        LinkUnknown: nobody's.
    """
    found = (
        PageLink.objects.select_related("subject")
        .filter(code_hash=code_stored(code_typed(code)), revoked_at=None)
        .first()
    )
    if found is None:
        raise LinkUnknown
    return found.subject


def link_renew(*, subject: Subject, site: Site, act: Act) -> PageLink:
    """Give a person a new link to their own page; the old one opens nothing more."""
    with journal.unit(act=act, site=site) as unit:
        return link_replace(unit=unit, subject=subject)


def link_replace(*, unit: Unit, subject: Subject) -> PageLink:
    """As `link_renew`, in the caller's transaction."""
    revoked = PageLink.objects.filter(subject=subject, revoked_at=None).update(
        revoked_at=clock.now()
    )
    if revoked:
        unit.event("link.revoked", subject=subject.pseudonym, data={"link": "page"})
    return link_issue(subject=subject)


def link_find(*, token: str) -> Subject:
    """Return whose own page a token opens.

    Raises:
        LinkUnknown: nobody's.
    """
    found = (
        PageLink.objects.select_related("subject")
        .filter(token_hash=token_hash(token), revoked_at=None)
        .first()
    )
    if found is None:
        raise LinkUnknown
    return found.subject


def links_revoke(*, unit: Unit, subject: Subject, site: Site | None = None) -> None:
    """Revoke a person's passes; their own page stays theirs to read.

    Args:
        unit: the transaction.
        subject: the person.
        site: only of this one; for None everywhere.
    """
    living = Pass.objects.filter(subject=subject, revoked_at=None)
    if site is not None:
        living = living.filter(site=site)
    if living.update(revoked_at=clock.now()):
        unit.event("link.revoked", subject=subject.pseudonym, data={"link": "pass"})


def code_stored(code: str) -> bytes:
    """Return what is stored of a pass's, a link's or a sheet's code."""
    return code_hash(family=FAMILY, code=code)


def _pass_code(identifier: uuid.UUID) -> str:
    return code_derived(
        family=FAMILY, name="pass", identifier=identifier, length=PASS_LENGTH
    )


def _link_code(identifier: uuid.UUID) -> str:
    return code_derived(
        family=FAMILY, name="page-code", identifier=identifier, length=LINK_LENGTH
    )


def _token(identifier: uuid.UUID) -> str:
    digest = derived(family=FAMILY, name="page", identifier=identifier)[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
