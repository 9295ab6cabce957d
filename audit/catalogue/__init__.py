"""Every kind of event the log knows, and the keys its data may carry.

An event names the clause it stands on: for a use of personal data the purpose in the
published rules, for everything else a duty of the law register (docs/compliance.md).
A kind without a clause cannot be written. Values are codes, numbers, moments, hashes
and references; there is no kind of value that a name or a phone number would fit.
"""

from __future__ import annotations

from audit.catalogue.attribution import ATTRIBUTION
from audit.catalogue.checks import (
    COUNT_MAX,
    SEQ_MAX,
    Check,
    Kind,
    number_like,
)
from audit.catalogue.consents import CONSENTS
from audit.catalogue.outreach import OUTREACH
from audit.catalogue.oversight import OVERSIGHT
from audit.catalogue.places import PLACES
from audit.catalogue.uses import USES

__all__ = [
    "COUNT_MAX",
    "KINDS",
    "SEQ_MAX",
    "Check",
    "Kind",
    "is_use",
    "number_like",
]

KINDS: dict[str, Kind] = {
    **PLACES,
    **CONSENTS,
    **USES,
    **ATTRIBUTION,
    **OUTREACH,
    **OVERSIGHT,
}
"""The catalogue. A decision is a use only when its outcome is `channel`."""

_DECISIONS = frozenset({"decision.made", "decision.revised"})


def is_use(kind: str, data: dict[str, object]) -> bool:
    """Tell whether an event of this kind and data is a use that needs a consent."""
    if kind in _DECISIONS:
        return data.get("outcome") == "channel"
    return KINDS[kind].use
