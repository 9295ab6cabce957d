"""What pages show of the rules of attribution: versions, drafts, and the notice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from audit import clock
from audit.say import Say
from consent.duties import Duty
from consent.models import Site
from leads.attribution import terms
from leads.attribution.clause_words import CLAUSES_TOLD, NOTICE_TOLD
from leads.models import AttributionDraft, AttributionRules, Channel
from leads.rulemaking import (
    attribution_before,
    attribution_in_force,
    draft_findings,
)
from leads.simulating import Simulation

PAST_SHOWN = 20
OUTCOMES: dict[str, Say] = {
    "channel": Say("判给渠道", "for a channel"),
    "walk_in": Say("自然来访", "walk-in"),
    "review": Say("由人来看", "for a person"),
    "none": Say("没有判定", "no decision"),
}


def versions_shown(*, site: Site) -> dict[str, Any]:
    """Return the version in force, those to come and those of before."""
    now = clock.now()
    current = attribution_in_force(site=site)
    every = list(
        AttributionRules.objects.filter(site=site)
        .select_related("draft")
        .order_by("-effective_from")
    )
    coming = [one for one in every if one.effective_from > now and one != current]
    return {
        "current": current,
        "coming": coming[::-1],
        "past": [one for one in every if one not in coming and one != current],
    }


def drafts_shown(*, site: Site) -> dict[str, Any]:
    """Return the drafts nobody has decided about, and the last of the others."""
    every = AttributionDraft.objects.filter(site=site)
    return {
        "open": list(every.filter(outcome=None).order_by("-changed_at")),
        "settled": list(
            every.exclude(outcome=None).order_by("-decided_at")[:PAST_SHOWN]
        ),
    }


def draft_at(*, site: Site, identifier: uuid.UUID) -> AttributionDraft | None:
    """Return a draft of the site."""
    return (
        AttributionDraft.objects.select_related("site__operator")
        .filter(site=site, id=identifier)
        .first()
    )


def draft_shown(*, draft: AttributionDraft) -> dict[str, Any]:
    """Return a draft as its page shows it: fields, findings, what would change."""
    document = draft.document
    current = attribution_in_force(site=draft.site)
    prior = attribution_before(draft=draft)
    found = draft_findings(draft=draft) if draft.outcome is None else []
    told = current.document if current else None
    zone = ZoneInfo(document["timezone"])
    wrong: dict[str, list[Say]] = {}
    for one in found:
        wrong.setdefault(one.field, []).append(one.says)
    rows: dict[str, dict[str, Any]] = {}
    kinds: dict[str, list[dict[str, Any]]] = {kind: [] for kind in terms.KINDS}
    for path, term, text in terms.fields(document):
        cell = {"path": path, "term": term, "value": text, "wrong": wrong.get(path, [])}
        if path.startswith("kinds/"):
            default = document["defaults"].get(term.name, "")
            kinds[path.split("/")[1]].append({**cell, "default": default})
        else:
            rows[path] = cell
    return {
        "notice": rows.pop(terms.NOTICE.name),
        "rows": list(rows.values()),
        "kinds": [
            {"code": kind, "title": terms.KINDS[kind], "cells": cells,
             "own": any(cell["value"] for cell in cells)}
            for kind, cells in kinds.items()
        ],
        "family": document["defaults"].get("family"),
        "families": list(terms.FAMILY.items()),
        "family_wrong": wrong.get("family", []),
        "day": _day_text(document),
        "day_wrong": wrong.get("day", []),
        "first_day": terms.first_day(told, clock.now(), zone),
        "notice_days": terms.notice_days(told),
        "findings": [
            {"says": one.says, "field": one.field, "label": _label(one.field)}
            for one in found
        ],
        "prior": prior,
        "changes": terms.differences(prior.document, document) if prior else [],
        "prior_to_come": prior is not None and prior != current,
    }  # fmt: skip


def _day_text(document: Mapping[str, Any]) -> str:
    day: date | None = terms.day_of(document)
    return day.isoformat() if day else str(document.get("effective_from", ""))


def _label(field: str) -> Say:
    name = field.rpartition("/")[2]
    if name in terms.BY_NAME:
        return terms.BY_NAME[name].label
    return {
        "day": Say("生效日", "Takes effect"),
        "family": terms.FAMILY_LABEL,
        terms.NOTICE.name: terms.NOTICE.label,
    }.get(name, Say("整份草稿", "The whole draft"))


def notice(*, site: Site) -> dict[str, Any]:
    """Return the rules in force and to come, in words, for the channels."""
    shown = versions_shown(site=site)
    versions = [shown["current"], *shown["coming"]] if shown["current"] else []
    before: AttributionRules | None = None
    told = []
    for one in versions:
        told.append(
            {
                "version": one.version,
                "now": one == shown["current"],
                "from": _local(one, one.effective_from, "%Y-%m-%d %H:%M"),
                "published": _local(one, one.published_at, "%Y-%m-%d"),
                "timezone": one.document["timezone"],
                "rows": _rows(one.document),
                "changes": (
                    terms.differences(before.document, one.document) if before else []
                ),
            }
        )
        before = one
    return {"versions": told, "clauses": CLAUSES_TOLD, "told": NOTICE_TOLD}


def _local(rules: AttributionRules, at: datetime | None, form: str) -> str:
    """Return a moment as both languages write it, in the zone of the rules."""
    zone = ZoneInfo(rules.document["timezone"])
    return at.astimezone(zone).strftime(form) if at else ""


def _rows(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each term with what it is for all, and for the kinds that differ."""
    own = document.get("kinds") or {}
    rows = [
        {
            "clause": term.clause,
            "label": term.label,
            "all": terms.said(term, document["defaults"][term.name]),
            "kinds": [
                _beside(terms.KINDS.get(kind, Say(kind, kind)), term, told[term.name])
                for kind, told in sorted(own.items())
                if term.name in told
            ],
        }
        for term in sorted(terms.TERMS, key=lambda term: int(term.clause[1:]))
    ]
    family = terms.FAMILY[document["defaults"]["family"]]
    days = terms.said(terms.NOTICE, terms.notice_days(document))
    return [
        *rows,
        {"clause": "A10", "label": terms.FAMILY_LABEL, "all": family, "kinds": []},
        {"clause": "", "label": terms.NOTICE.label, "all": days, "kinds": []},
    ]


def _beside(kind: Say, term: terms.Term, value: Any) -> Say:
    said = terms.said(term, value)
    return Say(f"{kind.zh} {said.zh}", f"{kind.en}: {said.en}")


def drafts_waiting() -> Iterator[Duty]:
    """Tell of the drafts that wait for a second person."""
    for draft in AttributionDraft.objects.filter(outcome=None).exclude(
        submitted_at=None
    ):
        assert draft.submitted_at is not None  # noqa: S101 - filtered
        version = draft.document["version"]
        yield Duty(
            title=Say(f"公布或退回判客规则 {version}",
                      f"Publish or return the rules of attribution {version}"),
            url=reverse("leads:attribution_draft", args=[draft.id]),
            permission="leads.publish_attribution",
            since=draft.submitted_at,
        )  # fmt: skip


def simulation_shown(*, site: Site, found: Simulation, language: str) -> dict[str, Any]:
    """Return what a draft would change as its page shows it."""
    names = {
        channel.code: channel.name.text(language)
        for channel in Channel.objects.filter(site=site)
    }

    def side(outcome: str, channel: str) -> str:
        if outcome == "channel":
            return names.get(channel, channel)
        return OUTCOMES.get(outcome, Say(outcome, outcome)).text(language)

    return {
        "found": found,
        "share": 100 * found.changed / found.judged if found.judged else 0.0,
        "moves": [
            {"was": side(was, before), "now": side(now, after), "count": count}
            for (was, before, now, after), count in found.moves.most_common()
        ],
        "channels": [
            {"name": names.get(code, code), "gained": gained, "lost": lost,
             "net": gained - lost}
            for code, (gained, lost) in found.channels().items()
        ],
        "listed": [
            {
                "at": change.at,
                "decision": change.decision,
                "was": side(*change.was[:2]),
                "was_clause": change.was.clause,
                "now": side(*change.now[:2]),
                "now_clause": change.now.clause,
            }
            for change in found.listed
        ],
    }  # fmt: skip
