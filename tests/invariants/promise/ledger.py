"""What ought to be so, in plain Python: known from the steps alone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consent.models import Kiosk, Subject
from consent.purposes import Purpose

FACE = Purpose.FACE_CHECKIN
WIDTHS = ("1:1", "1:few", "1:n")
COVERS = {
    "face": {"face.checkin"},
    "marketing": {"marketing.sms"},
    "all": {"face.checkin", "marketing.sms"},
}


@dataclass(eq=False)
class Yes:
    """One consent as its person knows it."""

    id: uuid.UUID
    grant: int
    event: uuid.UUID
    live: uuid.UUID
    subject: Subject
    purpose: Purpose
    version: int
    until: datetime
    once: bool = False
    ended: bool = False
    keyless: bool = False
    restricted: bool = False
    template: bool = False


@dataclass(eq=False)
class Opened:
    """One use of a face that was begun and has no answer yet."""

    id: uuid.UUID
    mode: str
    mine: Yes
    deadline: datetime
    candidates: list[Yes] = field(default_factory=list)
    matching: str = ""
    presence: bool = False
    closed: bool = False


@dataclass(eq=False)
class Assessed:
    """One approved assessment; `version` is the one in force when it was approved."""

    until: datetime
    version: int
    stale: bool = False


@dataclass(frozen=True)
class Terms:
    """What rules said of a face from a moment on."""

    since: datetime
    matching: str = "1:few"
    presence: bool = False


@dataclass
class Ledger:
    """Everything that decides whether a face may be used now."""

    kiosk: Kiosk
    given: list[Yes] = field(default_factory=list)
    uses: list[Opened] = field(default_factory=list)
    material: list[set[str]] = field(default_factory=list)
    assessments: list[Assessed] = field(default_factory=list)
    terms: list[Terms] = field(default_factory=list)
    stops: set[str] = field(default_factory=set)
    camera: bool = True

    @property
    def version(self) -> int:
        """Return the number of the rules in force."""
        return len(self.material) - 1

    def terms_at(self, at: datetime) -> Terms:
        """Return what the rules in force at a moment said of a face."""
        return next(one for one in reversed(self.terms) if one.since <= at)

    def wide(self, matching: str, at: datetime) -> bool:
        """Tell whether a face might be compared as widely as this at a moment."""
        most = self.terms_at(at).matching
        return not matching or WIDTHS.index(matching) <= WIDTHS.index(most)

    def overtaken(self, version: int, purpose: str) -> bool:
        """Tell whether later rules changed what this version said of a purpose."""
        return any(purpose in later for later in self.material[version + 1 :])

    def stands(self, yes: Yes, now: datetime) -> bool:
        """Tell whether a consent is live at a moment."""
        return not yes.ended and now < yes.until

    def usable(self, yes: Yes, now: datetime) -> bool:
        """Tell whether what hangs on a consent may be used at a moment."""
        return (
            self.stands(yes, now)
            and not yes.restricted
            and not self.overtaken(yes.version, yes.purpose)
        )

    def stopped(self) -> bool:
        """Tell whether the switch is on for faces."""
        return any(FACE in COVERS[scope] for scope in self.stops)

    def assessed(self, now: datetime) -> bool:
        """Tell whether faces are assessed at a moment."""
        return any(not one.stale and now < one.until for one in self.assessments)

    def open(self, now: datetime) -> bool:
        """Tell whether faces may be used at the site at all."""
        return self.camera and not self.stopped() and self.assessed(now)

    def live_of(self, subject: Subject, purpose: str) -> Yes | None:
        """Return a person's consent that nobody ended, whatever its term."""
        return next(
            (
                one
                for one in self.given
                if one.subject == subject and one.purpose == purpose and not one.ended
            ),
            None,
        )

    def of_grant(self, number: int) -> Yes:
        """Return the consent that an event names."""
        return next(one for one in self.given if one.grant == number)

    def end(self, yes: Yes, *, keyless: bool) -> None:
        """End a consent, and with it all that hangs on it."""
        yes.ended, yes.template, yes.keyless = True, False, keyless

    def published(self, material: set[str]) -> None:
        """Put rules in force; what assessed a changed face before them is stale."""
        prior = self.version
        self.material.append(material)
        if FACE in material:
            for one in self.assessments:
                if one.version < prior:
                    one.stale = True

    def edges(self) -> list[datetime]:
        """Return every moment at which something runs out by itself."""
        return [
            *(one.until for one in self.given if not one.ended),
            *(one.deadline for one in self.uses if not one.closed),
            *(one.until for one in self.assessments if not one.stale),
        ]


ASIDE = timedelta(seconds=12)
"""A step is not begun this near to an edge: it would be a matter of milliseconds."""
