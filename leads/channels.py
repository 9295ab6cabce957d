"""Channels, their agents, and the rules by which they are judged."""

from __future__ import annotations

from consent.models import Site
from leads.attribution import Rulebook, parse_rules
from leads.errors import AttributionRulesMissing
from leads.models import Agent, AttributionRules, Channel


def channel_create(
    *, site: Site, code: str, name_zh: str, name_en: str, kind: str
) -> Channel:
    """Register a party that brings people to a site.

    Args:
        site: where.
        code: what the log knows it by, `[a-z][a-z0-9._-]*`, at most 40.
        name_zh: its name in Chinese.
        name_en: its name in English.
        kind: one of `Channel.Kind`.
    """
    return Channel.objects.create(
        site=site, code=code, name_zh=name_zh, name_en=name_en, kind=kind
    )


def agent_create(*, channel: Channel, code: str, label: str) -> Agent:
    """Register somebody who announces clients for a channel."""
    return Agent.objects.create(channel=channel, code=code, label=label)


def rulebook(*, site: Site) -> Rulebook:
    """Return every version of a site's rules of attribution.

    Raises:
        AttributionRulesMissing: there is none.
    """
    documents = list(
        AttributionRules.objects.filter(site=site)
        .order_by("effective_from", "version")
        .values_list("document", flat=True)
    )
    if not documents:
        raise AttributionRulesMissing
    return parse_rules(documents)
