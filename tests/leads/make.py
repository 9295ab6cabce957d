"""Channels, agents and referrals for the tests of leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audit.drafts import Act
from consent.models import Site
from leads import channels, referrals, rulemaking
from leads.models import Agent, AttributionDraft, AttributionRules, Referral
from tests import make

RECEPTION = Act("st-1", "reception")
WRITING, PUBLISHING = Act("st-writes", "manager"), Act("st-publishes", "manager")
"""Two people, for the rules of attribution."""

ATTRIBUTION: dict[str, Any] = {
    "version": "t-2026-01",
    "effective_from": "2026-01-01T00:00:00+08:00",
    "timezone": "Asia/Shanghai",
    "region": "CN",
    "defaults": {
        "min_lead_minutes": 0,
        "protection_days": 30,
        "lookback_days": 60,
        "ownership_days": 60,
        "quota_per_agent_per_day": 30,
        "masked_min_visible": 7,
        "family": "same_customer",
    },
}


@dataclass(frozen=True)
class Office:
    """A house with rules of attribution and two channels of one agent each."""

    house: make.House
    broker: Agent
    resident: Agent

    @property
    def site(self) -> Site:
        return self.house.site


def attribution_published(house: make.House, **terms: int) -> None:
    """Publish rules of attribution, so that a visit can be decided."""
    defaults = {**ATTRIBUTION["defaults"], **terms}
    rules_published(house.site, {**ATTRIBUTION, "defaults": defaults})


def rules_drafted(site: Site, document: Mapping[str, Any]) -> AttributionDraft:
    """Let one manager write rules of attribution and hand them on."""
    draft = rulemaking.attribution_draft_begin(site=site, act=WRITING)
    rulemaking.attribution_draft_save(draft=draft, document=document, act=WRITING)
    return rulemaking.attribution_draft_submit(draft=draft, act=WRITING)


def rules_published(site: Site, document: Mapping[str, Any]) -> AttributionRules:
    """Let one manager write rules of attribution and another person publish them."""
    draft = rules_drafted(site, document)
    return rulemaking.attribution_publish(draft=draft, act=PUBLISHING)


def office(
    *, demonstration_clock: bool = False, presence: bool = False, **terms: int
) -> Office:
    """Make a house whose visits can be decided."""
    built = make.house(demonstration_clock=demonstration_clock, presence=presence)
    attribution_published(built, **terms)
    return Office(
        house=built,
        broker=_agent(built.site, "b-1", "broker"),
        resident=_agent(built.site, "r-1", "resident"),
    )


def announced(
    agent: Agent,
    phone: str = "13812345678",
    surname: str = "王",
    *,
    consent_proof: bool = True,
    planned_at: datetime | None = datetime(2026, 12, 1, tzinfo=UTC),
) -> Referral:
    """Announce a client."""
    return referrals.referral_announce(
        agent=agent,
        phone=phone,
        surname=surname,
        consent_proof=consent_proof,
        planned_at=planned_at,
        act=RECEPTION,
    )


def _agent(site: Site, code: str, kind: str) -> Agent:
    channel = channels.channel_create(
        site=site,
        code=code,
        name_zh=f"渠道{code}",
        name_en=f"Channel {code}",
        kind=kind,
    )
    return channels.agent_create(channel=channel, code=f"{code}-a", label=f"{code}-a")
