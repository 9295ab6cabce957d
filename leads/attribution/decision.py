"""The decision and its canonical JSON (attribution.md, section 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from leads.attribution.words import sentence

Outcome = Literal["channel", "walk_in", "review", "none"]


class Because(NamedTuple):
    """One step of the reasoning: clause, the facts it stands on, words for people.

    `sentence` names the words and `values` what they tell; they are put together when
    somebody reads them, which a replay of history does not.
    """

    clause: str
    facts: tuple[str, ...]
    sentence: str
    zone: ZoneInfo
    values: Mapping[str, datetime | timedelta | int]

    @property
    def texts(self) -> tuple[str, str]:
        """Return the sentence in Chinese and in English."""
        return sentence(self.sentence, self.zone, **self.values)


class Losing(NamedTuple):
    """A referral of the customer that did not win; both null when it still waits."""

    referral: str
    channel: str
    clause: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """To whom a customer belongs at the deciding moment, and by which clause.

    Attributes:
        rules_referral: version in force at the winning referral.
        rules_visit: version in force at the deciding moment.
        owned_until: end of the ownership, ISO 8601 in the rules' time zone.
        moment: id of the deciding visit or deal; not part of the JSON.
    """

    outcome: Outcome
    channel: str | None
    agent: str | None
    referral: str | None
    clause: str | None
    rules_referral: str | None
    rules_visit: str | None
    owned_until: str | None
    face_used: bool
    because: tuple[Because, ...]
    losing: tuple[Losing, ...]
    moment: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the JSON object, every key present."""
        return {
            "outcome": self.outcome,
            "channel": self.channel,
            "agent": self.agent,
            "referral": self.referral,
            "clause": self.clause,
            "rules": {"referral": self.rules_referral, "visit": self.rules_visit},
            "owned_until": self.owned_until,
            "face_used": self.face_used,
            "because": [
                {"clause": step.clause, "facts": list(step.facts), "zh": zh, "en": en}
                for step in self.because
                for zh, en in [step.texts]
            ],
            "losing": [
                {
                    "referral": claim.referral,
                    "channel": claim.channel,
                    "clause": claim.clause,
                    "reason": claim.reason,
                }
                for claim in self.losing
            ],
        }

    def canonical(self) -> str:
        """Return the canonical JSON: sorted keys, no spaces, UTF-8 text unescaped."""
        return json.dumps(
            self.as_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
