"""A visitor's answer, after the visit, whether an agent announced them (A11).

They name channels from the list of all; nobody tells them which announced them. What
they name is confirmed and counts from its original time; "nobody" denies every
announcement that concerns them. The visits it bears on are decided anew in one commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from audit import clock
from audit.drafts import Act, Ref
from audit.log import Unit
from audit.say import Say
from consent import gate, journal
from consent.holdings import Holding
from consent.models import Subject
from consent.purposes import Purpose
from leads.decisions import decision_revise
from leads.errors import QuestionClosed
from leads.models import Answer, Channel, Decision, ReferralMatch, Visit
from leads.questions import answer_last, consent_reaches

SAID: dict[str, Say] = {
    Answer.Said.CONFIRMED: Say("有人替您报备", "An agent announced you"),
    Answer.Said.DENIED: Say("没有人替您报备", "Nobody announced you"),
    Answer.Said.UNSAID: Say("您不想说", "You would rather not say"),
}
"""What was answered, in words to the person."""


def referral_answer(
    *, visit: Visit, said: str, channels: Sequence[Channel], act: Act
) -> Answer:
    """Keep what a visitor says, and decide anew what it bears on; twice is once.

    Args:
        visit: the one they are asked about (`visit_asked`).
        said: one of `Answer.Said`.
        channels: those they name, with `confirmed` only.
        act: who answers.

    Raises:
        ConsentRequired: no live consent to attribution; the log says so.
        QuestionClosed: the consent was given after the visit, or nobody is known.
    """
    if visit.subject is None:
        raise QuestionClosed
    with journal.unit(act=act, site=visit.site) as unit:
        consent = gate.allow(
            unit=unit,
            subject=visit.subject,
            purpose=Purpose.ATTRIBUTION,
            site=visit.site,
        )
        if not consent_reaches(consent=consent, visit=visit):
            raise QuestionClosed
        # One after the other, so that the same answer sent twice is found.
        Visit.objects.select_for_update().get(id=visit.id)
        matches = _meant(visit, said, channels)
        named = sorted({str(one.referral_id) for one in matches})
        before = answer_last(visit=visit)
        if before is not None and said == Answer.Said.UNSAID:
            # What was said stands until something else is.
            return before
        if before is not None and (before.said, before.referrals) == (said, named):
            return before
        event = unit.event(
            "referral.answered",
            purpose=Purpose.ATTRIBUTION,
            subject=visit.subject.pseudonym,
            consent=Ref(consent.granted_event_id),
            rules=consent.rules.sha256,
            data={"visit": str(visit.id), "answer": said, "referrals": named},
        )
        answer = Answer.objects.create(
            visit=visit,
            said=said,
            referrals=named,
            at=clock.now(),
            event_id=event.eid,
        )
        touched = [*named, *(before.referrals if before else [])]
        if touched:
            _revise(unit, visit, said, touched)
    return answer


def answer_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person what they answered."""
    for answer in Answer.objects.filter(visit__subject=subject):
        yield Holding(
            title=Say("您说过有没有人替您报备", "What you said of who announced you"),
            value=SAID[answer.said],
            purpose=Purpose.ATTRIBUTION,
            since=answer.at,
        )


def _meant(visit: Visit, said: str, channels: Sequence[Channel]) -> list[ReferralMatch]:
    """Return the announcements that concern the visitor and the answer is about."""
    if said == Answer.Said.UNSAID:
        return []
    concern = ReferralMatch.objects.select_related("referral").filter(
        subject=visit.subject,
        referral__site=visit.site,
        referral__received_at__lte=visit.at,
    )
    if said == Answer.Said.CONFIRMED:
        concern = concern.filter(referral__channel__in=channels)
    return list(concern)


def _revise(unit: Unit, visit: Visit, said: str, touched: list[str]) -> None:
    """Decide anew from the first visit that the announcements can bear on."""
    reason = (
        Decision.Reason.DENIED
        if said == Answer.Said.DENIED
        else Decision.Reason.CONFIRMED
    )
    announced: list[datetime] = list(
        ReferralMatch.objects.filter(
            subject=visit.subject, referral__in=touched
        ).values_list("referral__received_at", flat=True)
    )
    first = (
        Visit.objects.select_related("site", "subject")
        .filter(subject=visit.subject, site=visit.site, at__gte=min(announced))
        .order_by("at", "id")
        .first()
    )
    decision_revise(unit=unit, visit=first or visit, reason=reason)
