"""Channels, agents and referrals for the tests of leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audit.drafts import Act
from consent.models import Site
from leads import channels, referrals
from leads.models import Agent, Referral
from tests import make

RECEPTION = Act("st-1", "reception")

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
    channels.rules_publish(
        site=house.site, document={**ATTRIBUTION, "defaults": defaults}
    )


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
