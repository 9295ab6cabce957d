"""What a compliance officer sees beside the events of the log."""

from __future__ import annotations

from typing import Any

from consent.purposes import Purpose
from consent.selectors import assessment_live, rules_list, site_first, uses_open


def panel() -> dict[str, Any]:
    """Return the rules in force, the face assessment, and the uses without an end."""
    site = site_first()
    assessment = None
    if site is not None:
        assessment = assessment_live(site=site, purpose=Purpose.FACE_CHECKIN)
    return {
        "rules": [rules for rules in rules_list() if rules.retired_at is None],
        "assessment": assessment,
        "open_uses": uses_open(),
    }
