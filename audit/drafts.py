"""Events before they have a number, and who acts in them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Act:
    """Who acts: a code, never a name, and the role they act in."""

    id: str
    role: str


SYSTEM = Act("system", "system")
"""The program itself."""

VISITOR = Act("self", "visitor")
"""Whoever the event is about, by their own hand."""


@dataclass(frozen=True)
class Ref:
    """Another event, by its eid; the append puts its number in."""

    eid: uuid.UUID


@dataclass(frozen=True)
class Draft:
    """An event that waits for its number.

    `consent` is the `consent.granted` relied on: its Ref, or Ref of this very draft
    for a grant. Values of `data` may be Refs, or lists with Refs in them.
    """

    kind: str
    clause: str
    act: Act
    site: str | None
    rules: str | None
    purpose: str | None = None
    subject: str | None = None
    consent: Ref | None = None
    data: Mapping[str, object] = field(default_factory=dict)
    eid: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def ref(self) -> Ref:
        """Return the reference to this event."""
        return Ref(self.eid)
