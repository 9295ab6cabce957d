"""Errors of the log, and the refusal that every app above derives from."""

from __future__ import annotations

from audit.drafts import Draft


class DomainError(Exception):
    """Root of every error that a person may be told about.

    Knows no HTTP: `salescenter.errors` maps each class to status, words and code.
    Texts and attributes MUST NOT hold personal data.
    """

    code = "error"


class Refused(DomainError):
    """Somebody asked for something that is not allowed, and the log must say so.

    When it leaves a unit of work, that unit is rolled back and the `refusal` is
    committed by itself before the error goes on.
    """

    code = "refused"

    def __init__(self, *args: object, refusal: Draft | None = None) -> None:
        """Keep the event that records the refusal."""
        super().__init__(*args)
        self.refusal = refusal


class EventInvalid(DomainError):
    """An event does not fit the grammar or the catalogue: a fault of the program."""

    code = "event_invalid"


class TermOver(Refused):
    """The consent's term was over when the event of its use was to be written."""

    code = "term_over"


class LogClosed(DomainError):
    """There is no open log to append to: nobody has opened one yet."""

    code = "log_closed"


class LogOpen(DomainError):
    """A log is open already: one database holds one."""

    code = "log_open"


class ClockRefused(DomainError):
    """Another clock was asked for in a log that is no demonstration."""

    code = "clock_refused"
