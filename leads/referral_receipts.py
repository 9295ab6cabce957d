"""The agent's signed receipt of a referral: when it came, and how long it protects.

Made when asked for, the same each time: it says what the referral's row and the rules
in force at its moment say, and those never change. It holds no name and no whole
number.
"""

from __future__ import annotations

from typing import Any

from audit import clock
from consent.signatures import signed
from consent.structure import encoded
from leads.channels import rulebook
from leads.models import Referral
from leads.referrals import quota_used_up

SCHEMA = "salescenter-referral/1"


def referral_receipt(*, referral: Referral) -> bytes:
    """Return the receipt as a file, signed with the installation's receipt key.

    Its keys: `receipt_id` (the referral's), `site_id`, `channel` and `agent` (codes),
    `kind` (of the channel), `received_at` (the server's time, the only one that
    counts), `number` (masked), `number_whole` (whether all of it was announced),
    `consent_proof`, `planned_at` (or null), `rules` (version of the rules of
    attribution), `earliest_visit` (A2), `protected_until` (A4, itself excluded),
    `confirmation_needed` (A11), `void` (`quota` when it was void from the start by A8,
    else null).
    """
    channel = referral.channel
    version = rulebook(site=referral.site).at(referral.received_at)
    terms = version.terms(channel.kind)
    at = referral.received_at
    body: dict[str, Any] = {
        "schema_version": SCHEMA,
        "receipt_id": str(referral.id),
        "site_id": referral.site.code,
        "channel": channel.code,
        "agent": referral.agent.code,
        "kind": channel.kind,
        "received_at": clock.stamp(at),
        "number": referral.masked,
        "number_whole": not referral.is_masked,
        "consent_proof": referral.consent_proof,
        "planned_at": clock.stamp(referral.planned_at) if referral.planned_at else None,
        "rules": version.version,
        "earliest_visit": clock.stamp(at + terms.min_lead),
        "protected_until": clock.stamp(at + terms.protection),
        "confirmation_needed": not referral.consent_proof,
        "void": "quota" if quota_used_up(referral=referral) else None,
    }
    return encoded(signed(body))
