"""What brings a visitor back: the pass, and the link to their own page.

Neither code is stored. Both are derived from the row's id with a secret of the
installation, so that their holder can be shown them again; the database keeps hashes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

from audit import clock
from audit.drafts import Act
from audit.ids import uuid7
from audit.log import Unit
from consent import journal, keys
from consent.errors import LinkUnknown, PassUnknown
from consent.models import PageLink, Pass, Site, Subject
from consent.selectors import consents_live, token_hash

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""

PASS_LENGTH = 8
LINK_LENGTH = 12
SHORT_LENGTH = 4
_LOOKALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


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
        code_hash=code_hash(code_derived("pass", identifier, PASS_LENGTH)),
        created_at=clock.now(),
    )


def pass_code(*, issued: Pass) -> str:
    """Return a pass's code as its holder reads it: `ABCD-EFGH`."""
    return code_shown(code_derived("pass", issued.id, PASS_LENGTH))


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
        .filter(code_hash=code_hash(code_typed(code)), site=site, revoked_at=None)
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
        code_hash=code_hash(code_derived("page-code", identifier, LINK_LENGTH)),
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
    return code_shown(code_derived("page-code", link.id, LINK_LENGTH))


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
        .filter(code_hash=code_hash(code_typed(code)), revoked_at=None)
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


def code_derived(name: str, identifier: uuid.UUID, length: int) -> str:
    """Return the code of a row: from its id, with a secret of the installation."""
    enough = (5 * length + 7) // 8
    number = int.from_bytes(_derived(name, identifier)[:enough], "big")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(length))


def code_shown(code: str) -> str:
    """Return a code in groups of four."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def code_typed(code: str) -> str:
    """Return a code without what its reader added or mistook."""
    return "".join(filter(str.isalnum, code.upper())).translate(_LOOKALIKE)


def code_hash(code: str) -> bytes:
    """Return what is stored of a code: a hash that needs the installation's secret."""
    return hmac.digest(keys.secret("pass"), f"code|{code}".encode(), hashlib.sha256)


def _token(identifier: uuid.UUID) -> str:
    digest = _derived("page", identifier)[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _derived(name: str, identifier: uuid.UUID) -> bytes:
    message = f"{name}|{identifier}".encode()
    return hmac.digest(keys.secret("pass"), message, hashlib.sha256)
