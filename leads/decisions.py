"""Deciding a visit, and deciding it again: facts from rows, judged by the pure engine.

Nothing is matched without the visitor's live `attribution` consent: the visit is then
a walk-in, and no other fact about them is looked at. After that consent ended nothing
is decided anew; the decision stands as it stood.

A decision is never edited. A revision is another decision of the same visit that
supersedes it and says why; the one that nothing supersedes is the current one.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit import clock
from audit.drafts import Ref
from audit.log import Unit
from audit.say import Say
from audit.selectors import event_seq
from consent.holdings import Holding
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.selectors import consent_live, consents_share, consents_usable
from consent.stops import sites_share
from leads.attribution import Decision as Judged
from leads.attribution import decide, parse_facts
from leads.channels import rulebook
from leads.contacts import contact_of, viewed
from leads.gathering import (
    Gathered,
    facts_again,
    facts_alone,
    facts_found,
    visitor_name,
)
from leads.models import Channel, Decision, Referral, ReferralMatch, Visit
from leads.questions import UNANSWERED, consent_reaches, question_waits


def visit_decide(*, unit: Unit, visit: Visit, looked_up: bool = False) -> Decision:
    """Decide a visit in the transaction that records it, and write why.

    Locks the consents it stands on until the commit.

    Args:
        unit: the transaction.
        visit: of it.
        looked_up: whether this unit tells already that their contact was used.

    Raises:
        AttributionRulesMissing: the site has no rules of attribution.
    """
    rules = rulebook(site=visit.site)
    granted = _consents(visit, Purpose.ATTRIBUTION, Purpose.CONTACT)
    attribution = granted.get(Purpose.ATTRIBUTION)
    gathered = facts_alone(visit=visit)
    if attribution is not None and visit.subject is not None:
        contact = None
        if Purpose.CONTACT in granted:
            contact = contact_of(subject=visit.subject, site=visit.site)
        if contact is not None and not looked_up:
            # Looking a number up is a use of it, whatever is found.
            viewed(unit=unit, consent=granted[Purpose.CONTACT], reason="arrival")
        gathered = facts_found(unit=unit, visit=visit, contact=contact, rules=rules)
    judged = decide(
        rules=rules,
        facts=parse_facts(gathered.facts, rules),
        visitor=visitor_name(visit),
        # What was ruled while this waited for it counts too.
        as_of=clock.now(),
    )
    return _write(
        unit=unit,
        visit=visit,
        judged=judged,
        gathered=gathered,
        attribution=attribution,
        version=rules.at(visit.at).version,
    )


def decision_revise(*, unit: Unit, visit: Visit, reason: str) -> Decision:
    """Judge a visit again by the facts as they are now, and the later ones it bears on.

    A superseding decision is written only where the judgement says something else than
    the one before. Without the `attribution` consent that was live at the visit and
    still is, nothing is judged. Locks the visits and the consents it stands on.

    Args:
        unit: the transaction that changes the facts.
        visit: whose facts changed.
        reason: one of `Decision.Reason`.

    Returns:
        The visit's decision that is the current one now.

    Raises:
        AttributionRulesMissing: the site has no rules of attribution.
    """
    current = _judge_again(unit, visit, reason)
    later = Decision.objects.filter(
        revised_by=None,
        visit__site=visit.site,
        visit__at__gte=visit.at,
        facts__contains=[{"type": "visit", "id": str(visit.id)}],
    ).exclude(visit=visit)
    for one in later.select_related("visit").order_by("visit__at", "visit__id"):
        _judge_again(unit, one.visit, reason)
    return current


def decision_current(*, visit: Visit) -> Decision:
    """Return the decision of a visit that nothing supersedes."""
    return Decision.objects.select_related("channel").get(visit=visit, revised_by=None)


def decision_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person what is decided about their visits."""
    waits = question_waits(subject=subject)
    for decision in Decision.objects.select_related("channel", "visit").filter(
        visit__subject=subject, revised_by=None
    ):
        if decision.channel is not None:
            value = UNANSWERED if waits else decision.channel.name
        elif decision.outcome == Decision.Outcome.REVIEW:
            value = Say("还要由人来看", "For a person to decide")
        else:
            value = Say("自然到访，不属于任何渠道", "Walk-in: no channel")
        yield Holding(
            title=Say("到访归属", "Channel of a visit"),
            value=value,
            purpose=Purpose.ATTRIBUTION if decision.channel else None,
            since=decision.at,
        )


def decision_barred(*, visit: Visit) -> bool:
    """Tell whether nothing is decided anew about a visit: its consent is gone.

    Locks the consent until the commit when it is not; MUST be in a transaction.
    """
    return _standing_on(visit) is None


def _judge_again(unit: Unit, visit: Visit, reason: str) -> Decision:
    # In the order of time, so that two revisions wait for each other and never cross.
    Visit.objects.select_for_update().get(id=visit.id)
    before = decision_current(visit=visit)
    attribution = _standing_on(visit)
    if attribution is None:
        return before
    rules = rulebook(site=visit.site)
    gathered = facts_again(visit=visit, before=before)
    judged = decide(
        rules=rules,
        facts=parse_facts(gathered.facts, rules),
        visitor=visitor_name(visit),
        as_of=clock.now(),
    )
    if judged.as_dict() == before.document:
        return before
    return _write(
        unit=unit,
        visit=visit,
        judged=judged,
        gathered=gathered,
        attribution=attribution,
        version=rules.at(visit.at).version,
        before=before,
        reason=reason,
    )


def _standing_on(visit: Visit) -> Consent | None:
    """Lock and return the consent under which a visit may be decided anew."""
    consent = _consents(visit, Purpose.ATTRIBUTION).get(Purpose.ATTRIBUTION)
    return consent if consent_reaches(consent=consent, visit=visit) else None


def _consents(visit: Visit, *purposes: Purpose) -> dict[str, Consent]:
    """Lock and return the person's consents that a decision may stand on now."""
    if visit.subject is None:
        return {}
    found = [
        consent_live(subject=visit.subject, purpose=purpose, site=visit.site)
        for purpose in purposes
    ]
    named = [one.id for one in found if one is not None]
    sites_share(consents=named)
    live = consents_share(ids=named)
    return {one.purpose: one for one in consents_usable(consents=live)}


def _write(
    *,
    unit: Unit,
    visit: Visit,
    judged: Judged,
    gathered: Gathered,
    attribution: Consent | None,
    version: str,
    before: Decision | None = None,
    reason: str = "",
) -> Decision:
    won = judged.outcome == "channel" and attribution is not None
    channel, referral = _winner(visit, judged) if won else (None, None)
    # A log that a restore opened has no number for what was decided before it.
    anew = before is None or event_seq(eid=before.event_id) is None
    again = {"revises": Ref(before.event_id), "reason": reason} if before else {}
    event = unit.event(
        "decision.made" if anew else "decision.revised",
        clause=(judged.clause or "").lower() or None,
        purpose=Purpose.ATTRIBUTION,
        subject=visit.subject.pseudonym if visit.subject else None,
        consent=Ref(attribution.granted_event_id) if won and attribution else None,
        rules=attribution.rules.sha256 if won and attribution else None,
        data={
            "visit": str(visit.id),
            "outcome": judged.outcome,
            "channel": channel.code if channel else None,
            "referral": str(referral.id) if referral else None,
            "version": version,
            **({} if anew else again),
        },
    )
    for match in gathered.found:
        if visit.subject is not None:
            ReferralMatch.objects.create(
                referral=match.referral,
                subject=visit.subject,
                clause="A1",
                how=ReferralMatch.How.PHONE,
                at=visit.at,
                event_id=event.eid,
            )
    return Decision.objects.create(
        visit=visit,
        outcome=judged.outcome,
        clause=judged.clause or "",
        channel=channel,
        agent=referral.agent if referral else None,
        referral=referral,
        version=version,
        facts=gathered.facts,
        document=judged.as_dict(),
        at=clock.now(),
        revises=before,
        reason=reason,
        event_id=event.eid,
    )


def _winner(visit: Visit, judged: Judged) -> tuple[Channel | None, Referral | None]:
    """Return the channel that gets a visit, and the referral it won with, if one."""
    channel = Channel.objects.get(site=visit.site, code=judged.channel)
    if judged.referral is None:
        return channel, None
    return channel, Referral.objects.select_related("agent").get(id=judged.referral)
