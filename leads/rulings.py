"""Where the rules cannot settle a visit, a person does: one choice, one reason code.

No words of their own about anybody: the reason is a code of a published list. A ruling
is stored for good, the engine reads it as a fact (A13), and the visit is decided anew
in the same commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audit import clock
from audit.documents import document_put
from audit.drafts import Act
from audit.ids import uuid7
from audit.say import Say
from consent import journal
from consent.holdings import Holding
from consent.models import Subject
from consent.purposes import Purpose
from leads.decisions import decision_barred, decision_revise
from leads.errors import RulingSettled, RulingUnfit
from leads.models import Channel, Decision, Ruling, Visit
from leads.questions import UNANSWERED, question_waits

FORMAT = "salescenter-ruling/1"
CHANNEL, WALK_IN = Ruling.Outcome.CHANNEL, Ruling.Outcome.WALK_IN


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A reason that a ruling may have, and which outcomes it can lead to."""

    words: Say
    outcomes: frozenset[str]


def _ground(zh: str, en: str, *outcomes: str) -> Ground:
    return Ground(words=Say(zh, en), outcomes=frozenset(outcomes))


GROUNDS: Mapping[str, Ground] = {
    "visitor_said": _ground(
        "客人到访时说明了由谁带来",
        "The visitor said at the visit who brought them",
        CHANNEL,
        WALK_IN,
    ),
    "brought_in_person": _ground(
        "该渠道的人陪同到访",
        "Somebody of this channel came with the visitor",
        CHANNEL,
    ),
    "earlier_record": _ground(
        "该渠道出示了更早的联系记录",
        "This channel showed an earlier record of contact",
        CHANNEL,
    ),
    "channels_agreed": _ground(
        "有关渠道已协商一致",
        "The channels concerned agreed",
        CHANNEL,
        WALK_IN,
    ),
    "other_customer": _ground(
        "其余报备指的是另一位客户",
        "The other referrals mean another customer",
        CHANNEL,
    ),
    "nobody_shown": _ground(
        "没有渠道能说明是它带来的",
        "No channel could show that it brought the visitor",
        WALK_IN,
    ),
    "none_theirs": _ground(
        "这些报备指的都是另一位客户",
        "All these referrals mean another customer",
        WALK_IN,
    ),
}
"""The published list; a code that was used once keeps its meaning."""


def channels_concerned(*, decision: Decision) -> list[Channel]:
    """Return the channels that announced this customer, or were ruled to own them."""
    codes = {fact["channel"] for fact in decision.facts if fact.get("channel")}
    return list(
        Channel.objects.filter(site=decision.visit.site, code__in=codes).order_by(
            "code"
        )
    )


def ruling_make(
    *, decision: Decision, channel: Channel | None, reason: str, act: Act
) -> Ruling:
    """Settle a decision that is for review, and decide its visit anew; one commit.

    Where the consent to attribution has ended, the decision stands as it stood and the
    ruling counts for a commission only.

    Args:
        decision: the current one of its visit.
        channel: one of those concerned, or None for a walk-in.
        reason: a code of `GROUNDS` that can lead there.
        act: the member of staff.

    Raises:
        RulingSettled: it was ruled on or superseded meanwhile, or was never for review.
        RulingUnfit: the channel is not concerned, or the reason says something else.
    """
    visit = decision.visit
    outcome = WALK_IN if channel is None else CHANNEL
    ground = GROUNDS.get(reason)
    if ground is None or outcome not in ground.outcomes:
        raise RulingUnfit
    if channel is not None and channel not in channels_concerned(decision=decision):
        raise RulingUnfit
    with journal.unit(act=act, site=visit.site) as unit:
        # Two who rule on one visit wait for each other, and the second is told.
        Visit.objects.select_for_update().get(id=visit.id)
        if not ruling_open(decision=decision):
            raise RulingSettled
        identifier = uuid7()
        told = {
            "format": FORMAT,
            "ruling": str(identifier),
            "visit": str(visit.id),
            "decision": str(decision.id),
            "outcome": outcome.value,
            "channel": channel.code if channel else None,
            "reason": reason,
            "zh": ground.words.zh,
            "en": ground.words.en,
        }
        text = json.dumps(
            told, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        sha256 = document_put(content=text.encode())
        event = unit.event(
            "dispute.ruled",
            purpose=Purpose.ATTRIBUTION,
            subject=visit.subject.pseudonym if visit.subject else None,
            data={
                "dispute": str(identifier),
                "visit": str(visit.id),
                "outcome": outcome.value,
                "channel": channel.code if channel else None,
                "reasons": sha256,
            },
        )
        ruling = Ruling.objects.create(
            id=identifier,
            decision=decision,
            outcome=outcome,
            channel=channel,
            reason=reason,
            sha256=sha256,
            by=act.id,
            decides=not decision_barred(visit=visit),
            at=clock.now(),
            event_id=event.eid,
        )
        decision_revise(unit=unit, visit=visit, reason=Decision.Reason.RULING)
    return ruling


def ruling_open(*, decision: Decision) -> bool:
    """Tell whether a decision waits for a person: it stands, and nobody ruled."""
    return Decision.objects.filter(
        id=decision.id,
        outcome=Decision.Outcome.REVIEW,
        revised_by=None,
        ruling=None,
    ).exists()


def ruling_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person what people ruled about their visits."""
    waits = question_waits(subject=subject)
    for ruling in Ruling.objects.select_related("channel").filter(
        decision__visit__subject=subject
    ):
        yield Holding(
            title=Say("由人作的裁定", "A person's ruling"),
            value=Say("自然到访，不属于任何渠道", "Walk-in: no channel")
            if ruling.channel is None
            else UNANSWERED
            if waits
            else ruling.channel.name,
            purpose=Purpose.ATTRIBUTION,
            since=ruling.at,
        )
