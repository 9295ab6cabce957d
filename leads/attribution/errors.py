"""What can be wrong with a file of facts."""

from __future__ import annotations

from audit.errors import DomainError


class FactsMalformed(DomainError, ValueError):
    """Say in one line what is wrong with a document of rules and facts.

    The line names the place and never repeats a phone or a name.
    """

    code = "attribution_facts_malformed"
