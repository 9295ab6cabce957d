"""Asking for one's rights, complaining, and being answered.

A request rests on the law and not on a consent, and outlives the consents it is about:
so its words have a key of their own, made before its commit and destroyed when its
term is over, in the same store and by the same rules as a consent's.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from audit import clock
from audit.drafts import SYSTEM, Act
from audit.ids import uuid7
from audit.log import Unit
from consent import journal, keys
from consent.errors import ReasonRequired, RequestAnswered
from consent.models import Operator, Request, Site, Subject
from consent.models.requests import DUE, KEPT, SHOWN_DUE
from consent.requests import code_hash, request_code, words_seal
from consent.services.consents import (
    Ended,
    consents_withdraw,
    consents_withdraw_at,
    key_destroy,
)
from consent.services.restricting import consents_restrict, consents_restrict_at


def request_open(
    *,
    site: Site,
    kind: str,
    words: str,
    subject: Subject | None,
    act: Act,
    purpose: str = "",
) -> Request:
    """Take down what somebody asks, give it the next number, and tell the log.

    Locks the operator's row: numbers have no gaps.

    Args:
        site: where it is asked, or whom it is about.
        kind: one of `consent.models.requests.KINDS`.
        words: theirs; sealed.
        subject: who asks; None for somebody who did not say.
        act: who acts.
        purpose: what it is about; empty for all or none.
    """
    identifier = uuid7()
    with journal.unit(act=act, site=site) as unit:
        list(
            Operator.objects.select_for_update(no_key=True).filter(id=site.operator_id)
        )
        now = _to_the_millisecond(clock.now())
        due = now + DUE
        year = now.astimezone(ZoneInfo(site.timezone)).year
        last = Request.objects.filter(year=year).order_by("-number").first()
        opened = unit.event(
            "request.opened",
            subject=subject.pseudonym if subject else None,
            data={"request": str(identifier), "kind": kind, "due": clock.stamp(due)},
        )
        keys.key_create(consent=identifier)
        return Request.objects.create(
            id=identifier,
            year=year,
            number=last.number + 1 if last else 1,
            kind=kind,
            purpose=purpose,
            subject=subject,
            site=site,
            code_hash=code_hash(code=request_code(request=identifier)),
            opened_at=now,
            shown_due=now + SHOWN_DUE,
            due=due,
            opened_event_id=opened.eid,
            asked=words_seal(request=identifier, text=words, side="asked"),
        )


def request_read(*, request: Request, act: Act) -> None:
    """Write that an officer reads the words of a request; before they are shown."""
    with journal.unit(act=act, site=request.site) as unit:
        unit.event(
            "log.read",
            subject=request.subject.pseudonym if request.subject else None,
            data={"rows": 1, "view": "request"},
        )


def request_answer(
    *, request: Request, outcome: str, reason: str | None, words: str, act: Act
) -> Request:
    """Answer a request, once; a granted one to delete or restrict is done with it.

    What it asks for at its own site is done in the commit of the answer; at the
    operator's other sites just before, so that an answer never says too much.

    Args:
        request: it.
        outcome: granted, partly or refused.
        reason: why not wholly, one of `REASONS`; None only when granted.
        words: to the person; sealed; may be empty.
        act: who answers.

    Raises:
        ReasonRequired: not granted, and no reason; or granted with one.
        RequestAnswered: it has its answer.
    """
    if (outcome == "granted") != (reason is None):
        raise ReasonRequired
    doing = outcome == "granted" and request.subject is not None
    if doing and request.answered_at is None:
        _do_elsewhere(request, act)
    ended: list[Ended] = []
    with journal.unit(act=act, site=request.site) as unit:
        locked = (
            Request.objects.select_for_update(of=("self",))
            .select_related("subject", "site")
            .filter(id=request.id, answered_at=None)
            .first()
        )
        if locked is None:
            raise RequestAnswered
        if doing:
            ended = _do(unit, locked)
        answered = unit.event(
            "request.answered",
            subject=locked.subject.pseudonym if locked.subject else None,
            data={"request": str(locked.id), "outcome": outcome, "reason": reason},
        )
        locked.outcome = outcome
        locked.reason = reason
        locked.answered_at = clock.now()
        locked.answered_by = act.id
        locked.answered_event_id = answered.eid
        if words:
            locked.reply = words_seal(request=locked.id, text=words, side="reply")
        locked.save()
    for one in ended:
        key_destroy(consent=one.consent)
    return locked


def requests_end_due() -> int:
    """Delete the words of requests whose term is over, and their keys; return how many.

    The row stays, without words.
    """
    due = Request.objects.select_related("subject", "site").filter(
        ended_at=None, answered_at__lte=clock.now() - KEPT
    )
    count = 0
    for request in due:
        with journal.unit(act=SYSTEM, site=request.site) as unit:
            locked = (
                Request.objects.select_for_update(of=("self",))
                .filter(id=request.id, ended_at=None)
                .first()
            )
            if locked is None:
                continue
            event = unit.event(
                "data.ended",
                subject=request.subject.pseudonym if request.subject else None,
                data={"what": "request", "rows": 1, "reason": "term"},
            )
            locked.asked = locked.reply = None
            locked.ended_at = clock.now()
            locked.ended_event_id = event.eid
            locked.save(update_fields=["asked", "reply", "ended_at", "ended_event"])
        keys.key_destroy(consent=request.id)
        count += 1
    return count


def _do(unit: Unit, request: Request) -> list[Ended]:
    """Do what was asked, at the request's own site, in its answer's transaction."""
    purposes = [request.purpose] if request.purpose else None
    if request.subject is None:
        return []
    if request.kind == "delete":
        return consents_withdraw_at(
            unit=unit,
            subject=request.subject,
            site=request.site,
            purposes=purposes,
            by="staff",
        )
    if request.kind == "restrict":
        consents_restrict_at(
            unit=unit, subject=request.subject, site=request.site, purposes=purposes
        )
    return []


def _do_elsewhere(request: Request, act: Act) -> None:
    purposes = [request.purpose] if request.purpose else None
    if request.subject is None:
        return
    if request.kind == "delete":
        consents_withdraw(
            subject=request.subject,
            purposes=purposes,
            act=act,
            by="staff",
            but=request.site,
        )
    if request.kind == "restrict":
        consents_restrict(
            subject=request.subject, purposes=purposes, act=act, but=request.site
        )


def _to_the_millisecond(moment: datetime) -> datetime:
    """Return a moment as exactly as the log tells it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
