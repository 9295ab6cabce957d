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


class NoteInvalid(DomainError):
    """A signed note or a verifier key is malformed, or its signature is wrong."""

    code = "note_invalid"


class SignerSilent(DomainError):
    """The signer did not answer in time: it does not run, or waits for its database."""

    code = "signer_silent"


class SignerRefuses(DomainError):
    """The signer does not sign: the tree does not extend the one it signed last."""

    code = "signer_refuses"


class RangeEmpty(DomainError):
    """No event lies in the range that was asked for."""

    code = "range_empty"


class SitesUnknown(DomainError):
    """An export was asked for a site that the log does not know."""

    code = "sites_unknown"


class ExportTooLarge(DomainError):
    """The pack would reach 2 GiB: the range must be asked for in parts."""

    code = "export_too_large"


class ExportNotApproved(DomainError):
    """An export that identifies people waits for another person's approval."""

    code = "export_not_approved"


class ExportOwnApproval(DomainError):
    """Who asked for an export that identifies people may not approve it."""

    code = "export_own_approval"


class ExportSettled(DomainError):
    """The export was approved, made or has failed already."""

    code = "export_settled"


class TermTooShort(DomainError):
    """Records of processing are kept three years at least."""

    code = "term_too_short"


class LogNotRefused(DomainError):
    """A new log opens only after the signer refused the present one."""

    code = "log_not_refused"
