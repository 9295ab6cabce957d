"""The rows of leads: channels and referrals, contacts, visits and decisions."""

from __future__ import annotations

from leads.models.channels import (
    Agent,
    AttributionRules,
    Channel,
    Referral,
    ReferralMatch,
)
from leads.models.contacts import Contact, PhoneIndex
from leads.models.rulebook import AttributionDraft
from leads.models.visits import Attempt, Decision, Visit

__all__ = [
    "Agent",
    "Attempt",
    "AttributionDraft",
    "AttributionRules",
    "Channel",
    "Contact",
    "Decision",
    "PhoneIndex",
    "Referral",
    "ReferralMatch",
    "Visit",
]
