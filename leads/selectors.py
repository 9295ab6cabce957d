"""Reading for the desk and for the managers: lists and numbers, no names."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Prefetch, QuerySet

from audit import clock
from audit.say import Say
from consent.models import Consent, Kiosk, Site
from consent.selectors import consent_barred, consents_usable
from leads.channels import rulebook
from leads.kiosks import Guest, guests
from leads.models import Agent, Channel, Contact, Decision, Referral, Ruling, Visit
from leads.referrals import quota_used_up
from leads.rulings import GROUNDS
from leads.words import PURPOSES, REVISED

RECENT = 20
SEPARATOR = Say("、", ", ")

FACTS: dict[str, Say] = {
    "referral": Say("报备", "Referral"),
    "referral_match": Say("号码对得上一条报备", "The number fits a referral"),
    "referral_shown": Say("客人出示了报备码", "The guest showed a referral's code"),
    "same_person": Say("同一个号码来过", "The same number came before"),
    "visit": Say("到访", "Visit"),
    "confirmation": Say("客人回答了一条报备", "The visitor answered about a referral"),
    "ruling": Say("由人裁定", "A person ruled"),
}


ANSWERED: dict[str, Say] = {
    "confirmed": Say("是", "confirmed"),
    "denied": Say("不是", "denied"),
}


def day_start(*, site: Site, days: int = 0) -> datetime:
    """Return the start of the site's day, or of the day so many days before."""
    local = clock.now().astimezone(ZoneInfo(site.timezone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days)


def visits_today(
    *, site: Site, language: str, revealed: dict[uuid.UUID, str] | None = None
) -> list[dict[str, Any]]:
    """Return today's visits, newest first; a name only where it was just revealed."""
    rows = list(
        Visit.objects.filter(site=site, at__gte=day_start(site=site))
        .prefetch_related(
            Prefetch(
                "decision_set",
                queryset=Decision.objects.filter(revised_by=None).select_related(
                    "channel"
                ),
            )
        )
        .order_by("-at", "-id")
    )
    people = [row.subject_id for row in rows if row.subject_id]
    consents = _live(site, people)
    standing = Contact.objects.select_related("live").filter(
        subject__in=people, site=site, live__until__gt=clock.now()
    )
    known = {
        row.subject_id for row in standing if consent_barred(consent=row.live) is None
    }
    shown = revealed or {}
    return [
        {
            "id": row.id,
            "at": row.at,
            "verified_by": row.verified_by,
            "who": shown.get(row.id) or row.short or "—",
            "can_reveal": row.subject_id in known and row.id not in shown,
            "consents": SEPARATOR.text(language).join(
                PURPOSES[name].text(language) for name in consents[row.subject_id]
            )
            if row.subject_id
            else "",
            **_decided(row, language),
        }
        for row in rows
    ]


def guests_pending(*, site: Site) -> list[Guest]:
    """Return the guests whose walk is under way at any kiosk of the site."""
    return [
        one
        for kiosk in Kiosk.objects.filter(site=site, revoked_at=None)
        for one in guests(kiosk=kiosk)
    ]


def visit_at(*, site: Site, identifier: uuid.UUID) -> Visit | None:
    """Return a visit of the site."""
    return (
        Visit.objects.select_related("subject").filter(site=site, id=identifier).first()
    )


def agents_by_channel(*, site: Site) -> list[dict[str, Any]]:
    """Return the channels with their agents, for a list to choose from."""
    grouped: dict[uuid.UUID, list[Agent]] = defaultdict(list)
    for agent in Agent.objects.filter(channel__site=site).order_by("code"):
        grouped[agent.channel_id].append(agent)
    return [
        {
            "name": channel.name,
            "agents": [
                {"id": agent.id, "name": agent.label} for agent in grouped[channel.id]
            ],
        }
        for channel in Channel.objects.filter(site=site).order_by("code")
    ]


def referral_at(*, site: Site, identifier: uuid.UUID) -> Referral | None:
    """Return a referral of the site."""
    return (
        Referral.objects.select_related("channel", "agent", "site")
        .filter(site=site, id=identifier)
        .first()
    )


def referrals_recent(*, site: Site, language: str) -> list[dict[str, Any]]:
    """Return the referrals received last."""
    rows = (
        Referral.objects.select_related("channel", "agent", "site")
        .filter(site=site)
        .order_by("-received_at", "-id")[:RECENT]
    )
    return [referral_shown(referral=row, language=language) for row in rows]


def referral_shown(*, referral: Referral, language: str) -> dict[str, Any]:
    """Return a referral as a page shows it."""
    terms = (
        rulebook(site=referral.site)
        .at(referral.received_at)
        .terms(referral.channel.kind)
    )
    return {
        "id": referral.id,
        "received_at": referral.received_at,
        "protected_until": referral.received_at + terms.protection,
        "masked": referral.masked,
        "channel": referral.channel.name.text(language),
        "agent": referral.agent.label,
        "planned_at": referral.planned_at,
        "consent_proof": referral.consent_proof,
        "over_quota": quota_used_up(referral=referral),
    }


def decision_at(*, site: Site, identifier: uuid.UUID) -> Decision | None:
    """Return the current decision of the visit that one of the site is about."""
    named = Decision.objects.filter(visit__site=site, id=identifier)
    return (
        Decision.objects.select_related("channel", "agent", "visit__site", "revises")
        .filter(visit__in=named.values("visit"), revised_by=None)
        .first()
    )


def decisions_superseded(*, decision: Decision, language: str) -> list[dict[str, Any]]:
    """Return the earlier decisions of a visit, latest first, with why each fell."""
    found = []
    by, before = decision, decision.revises
    while before is not None:
        told = decision_shown(decision=before, language=language)
        found.append({**told, "superseded_at": by.at, "why": REVISED[by.reason]})
        by, before = before, before.revises
    return found


def decision_shown(*, decision: Decision, language: str) -> dict[str, Any]:
    """Return a decision as its sheet shows it."""
    told = decision.document
    names = channel_names(site=decision.visit.site, language=language)
    owned = told["owned_until"]
    return {
        "id": decision.id,
        "at": decision.at,
        "why": REVISED.get(decision.reason),
        "outcome": decision.outcome,
        "clause": decision.clause,
        "channel": names.get(told["channel"] or "", told["channel"]),
        "agent": decision.agent.label if decision.agent else None,
        "owned_until": datetime.fromisoformat(owned) if owned else None,
        "face_used": told["face_used"],
        "because": told["because"],
        "ruling": _ruling_shown(decision, language),
        "losing": [
            {**one, "channel": names.get(one["channel"], one["channel"])}
            for one in told["losing"]
        ],
        "rules": told["rules"],
    }


def _ruling_shown(decision: Decision, language: str) -> dict[str, Any] | None:
    """Return the ruling that a decision came from, or that left it as it stood."""
    named = [decision.id]
    if decision.reason == Decision.Reason.RULING and decision.revises_id:
        named.append(decision.revises_id)
    ruling = Ruling.objects.select_related("channel").filter(decision__in=named).first()
    if ruling is None:
        return None
    return {
        "at": ruling.at,
        "channel": ruling.channel.name.text(language) if ruling.channel else None,
        "reason": GROUNDS[ruling.reason].words,
        "decides": ruling.decides,
    }


def facts_shown(*, decision: Decision, language: str) -> list[dict[str, Any]]:
    """Return the facts of a decision in the order of time; they hold no phone."""
    names = channel_names(site=decision.visit.site, language=language)
    rows = [
        {
            "at": clock.parse(fact["at"]),
            "title": FACTS[fact["type"]],
            "detail": ANSWERED.get(fact.get("answer", ""))
            or names.get(fact.get("channel", ""), ""),
        }
        for fact in decision.facts
    ]
    return sorted(rows, key=lambda row: row["at"])


def channel_names(*, site: Site, language: str) -> dict[str, str]:
    """Return the channels' names by their codes."""
    return {
        channel.code: channel.name.text(language)
        for channel in Channel.objects.filter(site=site)
    }


def figures(*, site: Site, days: int, language: str) -> dict[str, Any]:
    """Return which channel brought how many, over some days up to now."""
    since = day_start(site=site, days=days - 1)
    visits = Visit.objects.filter(site=site, at__gte=since)
    decisions = Decision.objects.filter(
        visit__site=site, visit__at__gte=since, revised_by=None
    )
    total = visits.count()
    outcomes = _counted(decisions, "outcome")
    decided = _counted(decisions.filter(outcome="channel"), "channel")
    announced = _counted(
        Referral.objects.filter(site=site, received_at__gte=since), "channel"
    )
    came = _counted(
        visits.filter(subject__referralmatch__referral__site=site),
        "subject__referralmatch__referral__channel",
    )
    rows = [
        {
            "channel": channel.name.text(language),
            "kind": channel.kind,
            "referrals": announced.get(channel.id, 0),
            "visits": came.get(channel.id, 0),
            "decided": decided.get(channel.id, 0),
            "share": _share(decided.get(channel.id, 0), total),
        }
        for channel in Channel.objects.filter(site=site).order_by("code")
    ]
    walk_in = outcomes.get("walk_in", 0)
    return {
        "totals": {
            "visits": total,
            "referrals": sum(announced.values()),
            "decided": outcomes.get("channel", 0),
            "walk_in": walk_in,
            "review": outcomes.get("review", 0),
        },
        "rows": rows,
        "walk_in_share": _share(walk_in, total) if total else None,
        "decisions": [
            {
                "id": one.id,
                "at": one.at,
                "outcome": one.outcome,
                "channel": one.channel.name.text(language) if one.channel else None,
                "clause": one.clause,
            }
            for one in decisions.select_related("channel").order_by("-at")[:RECENT]
        ],
    }


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _counted(rows: QuerySet[Any], field: str) -> dict[Any, int]:
    counted = rows.order_by().values(field).annotate(count=Count("id", distinct=True))
    return {row[field]: row["count"] for row in counted}


def _decided(visit: Visit, language: str) -> dict[str, Any]:
    found = next(iter(visit.decision_set.all()), None)
    if found is None:
        return {"outcome": "", "channel": None, "clause": "", "decision_id": None}
    channel = found.channel
    return {
        "outcome": found.outcome,
        "channel": channel.name.text(language) if channel else None,
        "clause": found.clause or "—",
        "decision_id": found.id,
    }


def _live(site: Site, people: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    rows = Consent.objects.filter(
        subject__in=list(people),
        site=site,
        state="active",
        until__gt=clock.now(),
    ).order_by("purpose")
    for row in consents_usable(consents=rows):
        found[row.subject_id].append(row.purpose)
    return found
