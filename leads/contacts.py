"""Names and phones: sealed under the consent they stand on, found by keyed hashes."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit import clock
from audit.drafts import Act, Ref
from audit.log import Unit
from consent import gate, journal, keys
from consent.errors import KeyMissing
from consent.models import Consent, Site, Subject
from consent.purposes import Purpose
from consent.selectors import consent_barred, consents_share, consents_usable
from consent.stops import sites_share
from consent.structure import encoded
from leads import phones
from leads.models import Contact, PhoneIndex

SALT_BYTES = 32
REASONS = ("arrival", "call_back", "correction")
"""Why a member of staff may read a contact."""

OWN_PAGE = "own_page"
"""Why a person's own contact is read for their own page."""

REINDEX_LOCK = 0x5C_1DE5
"""Names the lock under which the phone index is completed; no other code takes it."""

_COMPOUND = re.compile(
    "(欧阳|太史|上官|端木|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台"
    "|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘"
    "|令狐|百里|呼延|东郭|南门|西门|第五)."
)
_HAN = re.compile(r"[㐀-鿿豈-﫿]")


@dataclass(frozen=True, kw_only=True)
class Details:
    """What a person left under `contact`; never printed, logged or repeated.

    Attributes:
        name: as they wrote it.
        phone: E.164.
        surname: of the name, for comparing with an announced one.
    """

    name: str = field(repr=False)
    phone: str = field(repr=False)
    surname: str = field(repr=False)

    @classmethod
    def of(cls, *, name: str, phone: str) -> Details:
        """Read what a person typed.

        Raises:
            PhoneInvalid: not a phone number.
        """
        plain = " ".join(name.split())
        return cls(name=plain, phone=phones.normalise(phone), surname=surname_of(plain))


def surname_of(name: str) -> str:
    """Return the surname: a Chinese name's first character or pair, else the last word.

    Pairs are the compound surnames of the common list (百家姓).
    """
    plain = " ".join(name.split())
    if not plain:
        return ""
    if not _HAN.match(plain):
        return plain.split()[-1]
    return plain[:2] if _COMPOUND.match(plain) else plain[:1]


def contact_collect(
    *, subject: Subject, site: Site, details: Details, act: Act
) -> Contact:
    """Keep a name and a phone under the person's live consent; a second time corrects.

    Raises:
        ConsentRequired: no live `contact` consent; the log says so.
    """
    try:
        return _collect(subject, site, details, act)
    except IntegrityError:
        # The same form, a moment earlier, on another connection: now it is found.
        return _collect(subject, site, details, act)


def _collect(subject: Subject, site: Site, details: Details, act: Act) -> Contact:
    with journal.unit(act=act, site=site) as unit:
        consent = gate.allow(
            unit=unit, subject=subject, purpose=Purpose.CONTACT, site=site
        )
        found = Contact.objects.select_for_update().filter(live_id=consent.live).first()
        if found is not None and contact_open(contact=found) == details:
            return found
        salt = secrets.token_bytes(SALT_BYTES)
        event = unit.event(
            "contact.corrected" if found else "contact.collected",
            purpose=Purpose.CONTACT,
            subject=subject.pseudonym,
            consent=Ref(consent.granted_event_id),
            rules=consent.rules.sha256,
            data={"commit": _commitment(salt, details)},
        )
        sealed = _seal(consent, details, salt)
        if found is not None:
            found.sealed = sealed
            found.event_id = event.eid
            found.save(update_fields=["sealed", "event"])
            PhoneIndex.objects.filter(contact=found).delete()
            contact = found
        else:
            contact = Contact.objects.create(
                live=consent,
                subject=subject,
                site=site,
                sealed=sealed,
                collected_at=clock.now(),
                event_id=event.eid,
            )
        _index(contact, details)
    return contact


def contact_of(*, subject: Subject, site: Site) -> Contact | None:
    """Return what a person left at a site, while it stands."""
    return (
        Contact.objects.select_related("live", "subject")
        .filter(subject=subject, site=site, live__until__gt=clock.now())
        .first()
    )


def contact_open(*, contact: Contact) -> Details:
    """Decrypt a contact. The caller writes the event of the use, before the release.

    Raises:
        KeyMissing: its consent's key is gone.
    """
    raw = keys.unseal(
        consent=contact.live.id,
        sealed=bytes(contact.sealed),
        bound_to=_bound_to(contact.subject_id, contact.live.id),
    )
    told = json.loads(raw)
    return Details(name=told["name"], phone=told["phone"], surname=told["surname"])


def contact_view(*, subject: Subject, site: Site, reason: str, act: Act) -> Details:
    """Return a name and phone to a member of staff; logged before it is released.

    Args:
        subject: whose.
        site: where.
        reason: one of `REASONS`.
        act: who reads.

    Raises:
        ConsentRequired: no live `contact` consent; the log says so.
        KeyMissing: nothing was left, or its key is gone.
    """
    with journal.unit(act=act, site=site) as unit:
        consent = gate.allow(
            unit=unit, subject=subject, purpose=Purpose.CONTACT, site=site
        )
        contact = Contact.objects.filter(live_id=consent.live).first()
        if contact is None:
            raise KeyMissing
        viewed(unit=unit, consent=consent, reason=reason)
        return contact_open(contact=contact)


def viewed(*, unit: Unit, consent: Consent, reason: str) -> None:
    """Write that a contact is used, in the transaction that uses it."""
    unit.event(
        "contact.viewed",
        purpose=Purpose.CONTACT,
        subject=consent.subject.pseudonym,
        consent=Ref(consent.granted_event_id),
        rules=consent.rules.sha256,
        data={"reason": reason},
    )


def seen(*, unit: Unit, consents: Iterable[uuid.UUID], reason: str) -> list[uuid.UUID]:
    """Write that contacts are used, each under its own consent; return whose.

    Args:
        unit: its commit MUST come before anything of them is released.
        consents: under which they stand; one that ended meanwhile, or is barred from
            use, is left out.
        reason: as the log names it.
    """
    named = list(consents)
    sites_share(consents=named)
    live = consents_share(ids=named)
    if reason != OWN_PAGE:
        # To look at what is kept of oneself stays one's right while it is not used.
        live = consents_usable(consents=live)
    for consent in live:
        viewed(unit=unit, consent=consent, reason=reason)
    return [consent.subject_id for consent in live]


def subject_of_phone(*, phone: str, site: Site) -> Subject | None:
    """Return who left this number last and still lets it be kept, or None.

    A guest who walked through twice is two subjects with one number; the visit
    belongs to the later one, and attribution joins both by the number.

    Args:
        phone: E.164.
        site: where the contact was left.
    """
    phones_reindex_due()
    found = (
        _living(site)
        .filter(number_hash=phones.number_hash(_key(), phone))
        .order_by("-contact__collected_at", "-contact__id")
    )
    usable = (row for row in found if consent_barred(consent=row.contact.live) is None)
    row = next(usable, None)
    return None if row is None else row.contact.subject


def contact_of_phone(*, phone: str, site: Site) -> Contact | None:
    """Return the contact left last with this number, restricted or not, or None.

    For what a person does about their own data; a use asks `subject_of_phone`.
    """
    phones_reindex_due()
    row = (
        _living(site)
        .select_related("contact__live", "contact__subject")
        .filter(number_hash=phones.number_hash(_key(), phone))
        .order_by("-contact__collected_at", "-contact__id")
        .first()
    )
    return None if row is None else row.contact


def subjects_of_ending(*, digits: str, site: Site, act: Act) -> list[uuid.UUID]:
    """Return the people whose living contact ends with four digits; logged for each.

    Raises:
        PhoneInvalid: not four digits.
    """
    phones_reindex_due()
    wanted = phones.last_four_hash(_key(), site.id, digits)
    found = _living(site).filter(last_four_hash=wanted)
    consents = list(found.values_list("contact__live__id", flat=True))
    if not consents:
        return []
    with journal.unit(act=act, site=site) as unit:
        return seen(unit=unit, consents=consents, reason="digits")


def same_number(*, unit: Unit, contact: Contact) -> Sequence[uuid.UUID]:
    """Return the other people who left the same number here; logged for each."""
    number = number_hash_of(contact=contact)
    if number is None:
        return []
    found = _living(contact.site).filter(number_hash=number)
    others = found.exclude(contact__subject_id=contact.subject_id)
    consents = others.values_list("contact__live__id", flat=True)
    return seen(unit=unit, consents=consents, reason="arrival")


def number_hash_of(*, contact: Contact) -> bytes | None:
    """Return the keyed hash of a contact's number; None when its key is gone.

    The index may have been lost in a crash; then the number itself is hashed.
    """
    own = PhoneIndex.objects.filter(contact=contact).first()
    if own is not None:
        return bytes(own.number_hash)
    try:
        return phones.number_hash(_key(), contact_open(contact=contact).phone)
    except KeyMissing:
        return None


def phones_reindex_due() -> int:
    """Index every living contact that the index lacks; return how many it lacked.

    A database that crashed comes back with the unlogged table empty, and what is left
    after that may fill it again before this does.
    """
    if not _unindexed().exists():
        return 0
    count = 0
    with transaction.atomic(), connection.cursor() as cursor:
        # One at a time; who waited finds nothing left to do.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REINDEX_LOCK])
        for contact in _unindexed().select_for_update(of=("self",), skip_locked=True):
            try:
                details = contact_open(contact=contact)
            except KeyMissing:
                continue  # the sweep ends its consent
            _index(contact, details)
            count += 1
    return count


def _unindexed() -> QuerySet[Contact]:
    return Contact.objects.select_related("live", "site").filter(
        ~Exists(PhoneIndex.objects.filter(contact=OuterRef("pk"))),
        live__until__gt=clock.now(),
    )


def contact_erase(unit: Unit, consent: Consent) -> None:
    """Delete what hangs on a `contact` consent, in the commit that ends it."""
    if consent.purpose != Purpose.CONTACT:
        return
    found = Contact.objects.filter(live_id=consent.live)
    PhoneIndex.objects.filter(contact__in=found).delete()
    deleted, _ = found.delete()
    if deleted:
        unit.event(
            "contact.erased",
            purpose=Purpose.CONTACT,
            subject=consent.subject.pseudonym,
            consent=Ref(consent.granted_event_id),
            rules=consent.rules.sha256,
        )


def _living(site: Site) -> QuerySet[PhoneIndex]:
    rows = PhoneIndex.objects.select_related("contact__subject", "contact__live")
    return rows.filter(site=site, contact__live__until__gt=clock.now())


def _index(contact: Contact, details: Details) -> None:
    PhoneIndex.objects.create(
        contact=contact,
        site=contact.site,
        number_hash=phones.number_hash(_key(), details.phone),
        last_four_hash=phones.last_four_hash(
            _key(), contact.site_id, phones.last_four(details.phone)
        ),
    )


def _key() -> bytes:
    return keys.secret("phones")


def _bound_to(subject: uuid.UUID, consent: uuid.UUID) -> str:
    return f"contact|v1|{subject}|{consent}"


def _plain(details: Details) -> dict[str, str]:
    return {
        "name": details.name,
        "phone": details.phone,
        "surname": details.surname,
    }


def _commitment(salt: bytes, details: Details) -> str:
    return hashlib.sha256(b"\x02" + salt + encoded(_plain(details))).hexdigest()


def _seal(consent: Consent, details: Details, salt: bytes) -> bytes:
    return keys.seal(
        consent=consent.id,
        plaintext=encoded({**_plain(details), "salt": salt.hex()}),
        bound_to=_bound_to(consent.subject_id, consent.id),
    )


def contacts_count(site: Site | None = None) -> int:
    """Return how many names and numbers are kept, at a site or everywhere."""
    kept = Contact.objects.all() if site is None else Contact.objects.filter(site=site)
    return kept.count()


def phone_hashes_count(site: Site | None = None) -> int:
    """Return how many search codes of numbers are kept, at a site or everywhere."""
    kept = PhoneIndex.objects.all()
    return (kept if site is None else kept.filter(site=site)).count()
