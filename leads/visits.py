"""Recording an arrival: once, with its decision, in one commit."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

from django.db import IntegrityError

from audit import clock
from audit.drafts import Act
from audit.ids import uuid7
from audit.log import Unit
from audit.say import Say
from consent import gate, journal
from consent.holdings import Holding
from consent.models import Kiosk, Site, Subject, Walk
from consent.purposes import Purpose
from leads.contacts import phones_reindex_due, viewed
from leads.decisions import visit_decide
from leads.models import Visit

VERIFIED = {
    Visit.VerifiedBy.PASS: Say("通行码", "pass"),
    Visit.VerifiedBy.OTP: Say("短信验证码", "code by SMS"),
    Visit.VerifiedBy.QR: Say("扫码登记", "QR code"),
    Visit.VerifiedBy.PHONE: Say("手机号", "phone number"),
    Visit.VerifiedBy.FACE: Say("比对人脸", "face"),
    Visit.VerifiedBy.STAFF: Say("前台登记", "by the desk"),
}
"""How a visit was verified, in words."""


NOT_RECOGNISED = "not_recognised"
BY_HAND: dict[str, Say] = {
    "assisted": Say("客人要人帮忙", "The guest asked for help"),
    NOT_RECOGNISED: Say(
        "机器没认出，或认错了人", "Not recognised, or as somebody else"
    ),
    "no_phone": Say("没带手机", "No phone at hand"),
    "no_code": Say("没有通行码", "No pass"),
    "kiosk_down": Say("登记屏不能用", "The kiosk is down"),
}
"""Why a person at the desk records an arrival; without a word it is the first."""


def visit_record(
    *,
    site: Site,
    subject: Subject | None,
    verified_by: str,
    key: str,
    act: Act,
    short: str = "",
    kiosk: Kiosk | None = None,
    also: Callable[[Unit], None] | None = None,
    by_hand: str = "",
) -> Visit:
    """Record an arrival and decide its channel; the same key is the same visit.

    The visit, its decision and their events are one commit.

    Args:
        site: where.
        subject: who; None for somebody who left nothing.
        verified_by: how, one of `Visit.VerifiedBy`.
        key: names this arrival, so that a repeated request records it once.
        act: who records.
        short: the walk's short code, for the desk.
        kiosk: where it was made, if at one.
        also: writes first, in the same commit, that their contact was used.
        by_hand: why a person recorded it instead of the machine (`BY_HAND`); logged.

    Raises:
        AttributionRulesMissing: the site has no rules of attribution.
    """
    found = visit_of(site=site, key=key)
    if found is not None:
        return found
    phones_reindex_due()
    try:
        with journal.unit(act=act, site=site) as unit:
            if also is not None:
                also(unit)
            event = unit.event(
                "visit.recorded",
                subject=subject.pseudonym if subject else None,
                data={
                    "visit": str(identifier := uuid7()),
                    "verified_by": verified_by,
                },
            )
            if by_hand:
                what = "match" if by_hand == NOT_RECOGNISED else "check_in"
                unit.event(
                    "desk.override",
                    subject=subject.pseudonym if subject else None,
                    data={"visit": str(identifier), "what": what, "reason": by_hand},
                )
            visit = Visit.objects.create(
                id=identifier,
                site=site,
                subject=subject,
                short=short,
                at=clock.now(),
                verified_by=verified_by,
                kiosk=kiosk.code if kiosk else "",
                key=key,
                event_id=event.eid,
            )
            visit_decide(unit=unit, visit=visit, looked_up=also is not None)
    except IntegrityError:
        # The same request, a moment earlier, on another connection.
        found = visit_of(site=site, key=key)
        if found is None:
            raise
        return found
    return visit


def visit_by_phone(
    *,
    site: Site,
    subject: Subject,
    key: str,
    act: Act,
    kiosk: Kiosk | None,
    verified_by: str = Visit.VerifiedBy.PHONE,
    by_hand: str = "",
) -> Visit:
    """Record the arrival of somebody known by their whole number.

    Finding them by it is a use of their contact, logged with the visit.

    Raises:
        ConsentRequired: their `contact` consent ended meanwhile.
    """

    def use(unit: Unit) -> None:
        consent = gate.allow(
            unit=unit, subject=subject, purpose=Purpose.CONTACT, site=site
        )
        viewed(unit=unit, consent=consent, reason="arrival")

    found = visit_of(site=site, key=key)
    if found is not None:
        with journal.unit(act=act, site=site) as unit:
            use(unit)
        return found
    return visit_record(
        site=site,
        subject=subject,
        verified_by=verified_by,
        key=key,
        act=act,
        kiosk=kiosk,
        also=use,
        by_hand=by_hand,
    )


def visit_of_finished(*, walk: Walk) -> Visit | None:
    """Return the arrival that a finished walk ended with, or None before that."""
    if walk.finished_at is None:
        return None
    return visit_of(site=walk.kiosk.site, key=walk_key(walk))


def visit_of_walk(*, walk: Walk, act: Act) -> Visit:
    """Record the arrival at the end of a walk; twice is once."""
    return visit_record(
        site=walk.kiosk.site,
        subject=walk.subject,
        verified_by=Visit.VerifiedBy.QR,
        key=walk_key(walk),
        act=act,
        short=walk.short,
        kiosk=walk.kiosk,
    )


def visit_of(*, site: Site, key: str) -> Visit | None:
    """Return the visit that a key names."""
    return (
        Visit.objects.select_related("subject", "site")
        .filter(site=site, key=key)
        .first()
    )


def walk_key(walk: Walk) -> str:
    """Return the key of a walk's visit."""
    return f"walk-{walk.id}"


def again_key(walk: Walk) -> str:
    """Return the key of coming back by the pass of a walk's phone.

    Another than the walk's own: who then walks on is another person to the log.
    """
    return f"again-{walk.id}"


def visit_key(*, nonce: str, subject: uuid.UUID | None) -> str:
    """Return the key of a visit at a form that was shown once, for one person."""
    return f"{nonce[:24]}-{subject.hex if subject else 'nobody'}"


def visit_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person when they were here."""
    for visit in Visit.objects.filter(subject=subject):
        yield Holding(
            title=Say("到访", "Visit"),
            value=VERIFIED[Visit.VerifiedBy(visit.verified_by)],
            purpose=None,
            since=visit.at,
        )
