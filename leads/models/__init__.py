"""The rows of leads: channels and referrals, contacts, visits and decisions."""

from __future__ import annotations

from leads.models.answers import Answer
from leads.models.channels import (
    Agent,
    AttributionRules,
    Channel,
    Referral,
    ReferralMatch,
)
from leads.models.contacts import Contact, PhoneIndex
from leads.models.rulebook import AttributionDraft
from leads.models.rulings import Ruling
from leads.models.visits import Attempt, Decision, Visit

__all__ = [
    "Agent",
    "Answer",
    "Attempt",
    "AttributionDraft",
    "AttributionRules",
    "Channel",
    "Contact",
    "Decision",
    "PhoneIndex",
    "Referral",
    "ReferralMatch",
    "Ruling",
    "Visit",
]
