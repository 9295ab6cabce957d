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
from audit.ids import uuid7
from audit.log import Unit
from consent import keys
from consent.errors import LinkUnknown, PassUnknown
from consent.models import PageLink, Pass, Site, Subject
from consent.selectors import consents_live, token_hash

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""

PASS_LENGTH = 8
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
        code_hash=_code_hash(_code(identifier)),
        created_at=clock.now(),
    )


def pass_code(*, issued: Pass) -> str:
    """Return a pass's code as its holder reads it: `ABCD-EFGH`."""
    code = _code(issued.id)
    return f"{code[:4]}-{code[4:]}"


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
    plain = "".join(filter(str.isalnum, code.upper())).translate(_LOOKALIKE)
    found = (
        Pass.objects.select_related("subject")
        .filter(code_hash=_code_hash(plain), site=site, revoked_at=None)
        .first()
    )
    if found is None:
        raise PassUnknown
    return found.subject


def link_issue(*, subject: Subject) -> PageLink:
    """Return the link to a person's own page, made now when they have none."""
    found = PageLink.objects.filter(subject=subject, revoked_at=None).first()
    if found is not None:
        return found
    identifier = uuid7()
    return PageLink.objects.create(
        id=identifier,
        subject=subject,
        token_hash=token_hash(_token(identifier)),
        created_at=clock.now(),
    )


def link_token(*, link: PageLink) -> str:
    """Return the 128-bit token of a link, for a fragment or a cookie."""
    return _token(link.id)


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


def links_revoke(*, unit: Unit, subject: Subject) -> None:
    """Revoke a person's passes; their own page stays theirs to read."""
    now = clock.now()
    revoked = Pass.objects.filter(subject=subject, revoked_at=None).update(
        revoked_at=now
    )
    if revoked:
        unit.event("link.revoked", subject=subject.pseudonym, data={"link": "pass"})


def _code(identifier: uuid.UUID) -> str:
    digest = _derived("pass", identifier)
    number = int.from_bytes(digest[:5], "big")
    return "".join(
        ALPHABET[(number >> (5 * place)) & 31] for place in range(PASS_LENGTH)
    )


def _code_hash(code: str) -> bytes:
    return hmac.digest(keys.secret("pass"), f"code|{code}".encode(), hashlib.sha256)


def _token(identifier: uuid.UUID) -> str:
    digest = _derived("page", identifier)[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _derived(name: str, identifier: uuid.UUID) -> bytes:
    message = f"{name}|{identifier}".encode()
    return hmac.digest(keys.secret("pass"), message, hashlib.sha256)
