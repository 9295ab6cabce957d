"""The clauses of the rules, one function each, named by clause.

Each answers about one referral or moment from values alone; who the customer is and
which facts apply is found elsewhere. Source: attribution.md, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from leads.attribution.facts import Confirmation, Referral, ReferralShown, Relation
from leads.attribution.rules import Terms, Version
from leads.phones import masked_fits, surname_normal

#: What the engine decides by. A clause not named here changes nothing.
CLAUSES = frozenset(
    {
        *("A1", "A2", "A3", "A4", "A5", "A6", "A7"),
        *("A8", "A9", "A10", "A11", "A12", "A13", "A14"),
    }
)

JOINING_RELATIONS = frozenset({"spouse", "parent", "child"})


def a1_phone(referral: Referral, phones: Iterable[str]) -> bool:
    """Tell whether a whole phone is one of the customer's."""
    return referral.phone is not None and referral.phone in phones


def a1_masked(
    referral: Referral, *, phones: Iterable[str], surnames: Iterable[str], terms: Terms
) -> bool:
    """Tell whether a masked phone and the surname fit one visitor."""
    mask, surname = referral.masked, referral.surname
    if referral.phone is not None or mask is None or surname is None:
        return False
    fitting = [
        each for each in phones if masked_fits(each, mask, terms.masked_min_visible)
    ]
    if not fitting:
        return False
    wanted = surname_normal(surname)
    return wanted in [surname_normal(each) for each in surnames]


def a2_late(announced: datetime, first_visit: datetime, terms: Terms) -> bool:
    """Tell whether the visit came before the lead time was over."""
    return announced + terms.min_lead > first_visit


def a3_already_visited(announced: datetime, visited: datetime, terms: Terms) -> bool:
    """Tell whether an earlier visit lies in the look-back, its start included."""
    return announced - terms.lookback <= visited < announced


def a4_protects(announced: datetime, at: datetime, terms: Terms) -> bool:
    """Tell whether a moment lies in the protection, its end excluded."""
    return announced <= at < announced + terms.protection


def a5_earliest(referrals: Sequence[Referral]) -> list[Referral]:
    """Return those announced at the earliest instant; more than one is a tie."""
    first = min((referral.at for referral in referrals), default=None)
    return [referral for referral in referrals if referral.at == first]


def a6_blocked(
    referral: Referral, *, by_channel: str, announced: datetime, terms: Terms
) -> bool:
    """Tell whether another channel's protection runs; `terms` are that referral's."""
    return (
        by_channel != referral.channel
        and announced < referral.at < announced + terms.protection
    )


def a7_owned(
    referral: Referral, *, owner: str, start: datetime, until: datetime
) -> bool:
    """Tell whether a referral was made inside another channel's ownership."""
    return owner != referral.channel and start < referral.at < until


def a8_over_quota(
    referral: Referral, *, same_agent: Sequence[Referral], version: Version
) -> bool:
    """Tell whether the agent's quota of that local day was used up before.

    Args:
        referral: one of `same_agent`.
        same_agent: all of that (channel, agent)'s, by (`at`, `id`).
        version: in force at the referral; its time zone makes the day.
    """
    quota = version.terms(referral.kind).quota_per_day
    if len(same_agent) <= quota:
        return False
    zone = version.timezone
    day = referral.at.astimezone(zone).date()
    rank = 0
    for each in same_agent:
        if each.at.astimezone(zone).date() == day:
            rank += 1
        if each.id == referral.id:
            break
    return rank > quota


def a10_joins(relation: Relation) -> bool:
    """Tell whether a declared relation makes two people one customer."""
    return relation.evidence and relation.relation in JOINING_RELATIONS


def a11_reason(
    referral: Referral, answer: Confirmation | ReferralShown | None
) -> str | None:
    """Return why the client's last answer voids a referral, if it does."""
    if isinstance(answer, Confirmation) and answer.answer == "denied":
        return "denied"
    return "unconfirmed" if answer is None and not referral.consent_proof else None
