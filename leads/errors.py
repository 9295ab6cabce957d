"""What leads refuses."""

from __future__ import annotations

from datetime import datetime

from audit.errors import DomainError


class VisitorUnknown(DomainError):
    """Nobody, or more than one person, is known by what was typed at the desk.

    One answer for both, so that a number cannot be tried out.
    """

    code = "visitor_unknown"


class NobodyEnrolled(DomainError):
    """No enrolled person has this ending, so there is nothing to compare with."""

    code = "nobody_enrolled"


class CapturesTooMany(DomainError):
    """The camera was opened for one consent at one screen too often in a short time."""

    code = "captures_too_many"


class ReferralKnown(DomainError):
    """The same channel announced the same person, and is still protected."""

    code = "referral_known"

    def __init__(self, received_at: datetime) -> None:
        """Keep when the first one came in."""
        super().__init__()
        self.received_at = received_at


class ReferralUnknown(DomainError):
    """No referral of this site has this code."""

    code = "referral_unknown"


class QuestionClosed(DomainError):
    """A visitor is not asked about this visit: no consent that was live at it is."""

    code = "question_closed"


class RulingSettled(DomainError):
    """The decision does not wait for a person: it was ruled on, or superseded."""

    code = "ruling_settled"


class RulingUnfit(DomainError):
    """The ruling names a channel that is not concerned, or a reason that says else."""

    code = "ruling_unfit"


class AttributionRulesMissing(DomainError):
    """The site has no rules of attribution, so no visit can be decided."""

    code = "attribution_rules_missing"


class AttributionDraftUnfit(DomainError):
    """A draft of the rules of attribution cannot be published as it stands.

    `reasons` are codes of `leads.attribution.terms.FINDINGS`.
    """

    code = "attribution_draft_unfit"

    def __init__(self, *reasons: str) -> None:
        """Say why."""
        super().__init__()
        self.reasons = reasons
