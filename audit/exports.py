"""Asking for, approving and making sealed exports; each step is an event.

One that identifies people is asked for by one person and approved by another. The
file lies in the data folder for a week; the request's row stays.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from audit import clock, log
from audit.bundle import IDENTIFIED, PSEUDONYMOUS, SCRATCH, Scope, pack_write
from audit.drafts import SYSTEM, Act
from audit.errors import (
    DomainError,
    ExportNotApproved,
    ExportOwnApproval,
    ExportSettled,
    LogClosed,
    RangeEmpty,
    SignerRefuses,
    SignerSilent,
    SitesUnknown,
)
from audit.ids import uuid7
from audit.locks import EXPORTING, held, held_if_free
from audit.models import Export, Head, Index
from audit.selectors import head_find, rules_in_force
from audit.signing import (
    checkpoint_covering,
    checkpoint_latest,
    checkpoint_request,
)

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
SITES_MAX = 64
"""As many as the event of an export can name."""


def export_scope(
    *,
    log: str | None = None,
    start: str | None = None,
    end: str | None = None,
    sites: Sequence[str] | None = None,
    identified: bool = False,
) -> Scope:
    """Return what an export of `[start, end)` by the events' `at` would be of.

    Args:
        log: which log; the open one by default.
        start: `YYYY-MM-DDTHH:MM:SS.mmmZ`; from the first event when None.
        end: likewise; to the last event when None.
        sites: codes of sites; all when None.
        identified: with the parts that identify people.

    Raises:
        LogClosed: there is no such log, or none is open.
        SitesUnknown: a code is no site's of the log.
        RangeEmpty: no event lies in the range.
    """
    head = head_find(log=log)
    if head is None:
        raise LogClosed
    if sites is not None:
        if len(sites) > SITES_MAX:
            raise SitesUnknown
        known = set(Index.objects.filter(log=head.log).values_list("site", flat=True))
        if not sites or not set(sites) <= known - {None}:
            raise SitesUnknown
    size = head.size
    if head.closed_at is not None:
        # Nothing is signed any more in a log that is closed.
        signed = checkpoint_latest(log=head.log)
        size = 0 if signed is None else signed.size
    first = 0 if start is None else _seq_at(head, start)
    last = min(size, size if end is None else _seq_at(head, end)) - 1
    if last < first:
        raise RangeEmpty
    return Scope(
        log=head.log,
        first=first,
        last=last,
        sites=None if sites is None else tuple(sorted(set(sites))),
        identified=identified,
        since=_at(head, first),
        until=_at(head, last),
    )


def export_request(
    *,
    act: Act,
    start: str | None = None,
    end: str | None = None,
    sites: Sequence[str] | None = None,
    identified: bool = False,
    log: str | None = None,
) -> Export:
    """Ask for an export; it is made soon, or after another person's approval.

    Raises:
        LogClosed, SitesUnknown, RangeEmpty: as `export_scope`.
    """
    scope = export_scope(
        log=log, start=start, end=end, sites=sites, identified=identified
    )
    identifier = uuid7()
    with _unit(act) as unit:
        asked = unit.event("export.requested", data=_told(scope, identifier))
        return Export.objects.create(
            id=identifier,
            log=scope.log,
            first=scope.first,
            last=scope.last,
            sites=None if scope.sites is None else list(scope.sites),
            redaction=IDENTIFIED if identified else PSEUDONYMOUS,
            asked_by=act.id,
            asked_at=clock.now(),
            asked_event=asked.eid,
        )


def export_approve(*, export: Export, act: Act) -> Export:
    """Approve an export that identifies people, as a second person.

    Raises:
        ExportOwnApproval: they asked for it themselves.
        ExportSettled: it needs no approval, or has one.
    """
    with _unit(act) as unit:
        locked = Export.objects.select_for_update().get(id=export.id)
        if locked.redaction != IDENTIFIED or locked.approved_by is not None:
            raise ExportSettled
        if locked.asked_by == act.id:
            raise ExportOwnApproval
        approved = unit.event(
            "export.approved", data=_told(scope_of(export=locked), locked.id)
        )
        locked.approved_by = act.id
        locked.approved_at = clock.now()
        locked.approved_event = approved.eid
        locked.save(update_fields=["approved_by", "approved_at", "approved_event"])
        return locked


def export_list(*, rows: int = 50) -> list[Export]:
    """Return what was asked for, newest first."""
    return list(Export.objects.order_by("-asked_at", "-id")[:rows])


def export_path(*, export: Export) -> Path | None:
    """Return the file of a finished export while it is kept, else None."""
    path = _path(export)
    return path if export.made_at is not None and path.is_file() else None


def scope_of(*, export: Export) -> Scope:
    """Return what a request is of."""
    head = Head.objects.get(log=export.log)
    return Scope(
        log=export.log,
        first=export.first,
        last=export.last,
        sites=None if export.sites is None else tuple(export.sites),
        identified=export.redaction == IDENTIFIED,
        since=_at(head, export.first),
        until=_at(head, export.last),
    )


def export_make(*, scope: Scope, target: Path, export: Export | None = None) -> str:
    """Write a pack and tell the log, and return the SHA-256 of its manifest.

    The event is committed before the file can be seen under its name.

    Raises:
        ExportNotApproved: it identifies people and nobody else approved it.
        SignerSilent, SignerRefuses, ExportTooLarge: as `audit.bundle.pack_write`.
    """
    if export is not None:
        export.refresh_from_db()
        if scope_of(export=export) != scope:
            raise ExportNotApproved
    if scope.identified and (export is None or export.approved_by is None):
        raise ExportNotApproved
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    hidden = target.with_name(f".{target.name}.{uuid7()}")
    with held(EXPORTING):
        try:
            sha256 = pack_write(scope=scope, target=hidden)
            _made(scope, export, sha256)
            hidden.replace(target)
        finally:
            hidden.unlink(missing_ok=True)
    return sha256


def _made(scope: Scope, export: Export | None, sha256: str) -> None:
    with _unit(SYSTEM) as unit:
        told = _told(scope, None if export is None else export.id)
        made = unit.event("export.made", data={**told, "manifest": sha256})
        if export is not None:
            locked = Export.objects.select_for_update().get(id=export.id)
            locked.made_at = clock.now()
            locked.made_event = made.eid
            locked.save(update_fields=["made_at", "made_event"])


def export_now(*, scope: Scope, target: Path) -> str:
    """Ask for and make a pseudonymous export at once, for the command.

    Raises:
        ExportNotApproved: it would identify people.
        SignerSilent, SignerRefuses, ExportTooLarge: as `audit.bundle.pack_write`.
    """
    if scope.identified:
        raise ExportNotApproved
    # Before the request's own event, so that the pack closes where it ends.
    if checkpoint_covering(log=scope.log, size=scope.last + 1) is None:
        checkpoint_request()
    with _unit(SYSTEM) as unit:
        unit.event("export.requested", data=_told(scope, None))
    return export_make(scope=scope, target=target)


def export_approved(*, scope: Scope) -> Export | None:
    """Return an approved request of exactly this scope that is not made yet."""
    asked = Export.objects.filter(
        log=scope.log,
        first=scope.first,
        last=scope.last,
        redaction=IDENTIFIED,
        approved_by__isnull=False,
        made_at=None,
    )
    if scope.sites is None:
        asked = asked.filter(sites__isnull=True)
    else:
        asked = asked.filter(sites=list(scope.sites))
    return asked.order_by("approved_at").first()


def exports_make_due() -> int:
    """Make what was asked for on the page and may be made; return how many were.

    What the signer keeps from being made is tried again the next time.
    """
    with held_if_free(EXPORTING) as free:
        if not free:
            return 0
        _scratch_forget()
        return sum(_make(export) for export in _due())


def exports_forget_due() -> int:
    """Delete the files that were kept long enough, and what a crash left behind."""
    forgotten = 0
    oldest = time.time() - KEPT.total_seconds()
    if not settings.EXPORTS_DIR.is_dir():
        return 0
    for path in Path(settings.EXPORTS_DIR).iterdir():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            forgotten += 1
    return forgotten


def _scratch_forget() -> None:
    """Remove what a killed export left half; MUST be called while none is made.

    The command's own lie where it was told to write, unless they name people.
    """
    if Path(settings.EXPORTS_DIR).is_dir():
        for path in Path(settings.EXPORTS_DIR).glob(f"{SCRATCH}*"):
            shutil.rmtree(path, ignore_errors=True)


def _due() -> list[Export]:
    waiting = Export.objects.filter(made_at=None, failed=None).order_by("asked_at")
    return [
        export
        for export in waiting
        if export.redaction == PSEUDONYMOUS or export.approved_by is not None
    ]


def _make(export: Export) -> bool:
    if export.started_at is None:
        Export.objects.filter(id=export.id, started_at=None).update(
            started_at=clock.now()
        )
    try:
        export_make(scope=scope_of(export=export), target=_path(export), export=export)
    except (SignerSilent, SignerRefuses) as error:
        logger.warning("export waits: %s", error.code)
        return False
    except OSError as error:
        # A full disk may be emptied; the next round tries again.
        logger.warning("export waits: %s", error.strerror)
        return False
    except Exception as error:  # noqa: BLE001 - one export must not stop the others
        code = error.code if isinstance(error, DomainError) else "failed"
        logger.warning("export failed: %s", type(error).__name__)
        Export.objects.filter(id=export.id, failed=None).update(failed=code)
        return False
    return True


def _path(export: Export) -> Path:
    name = hashlib.sha256(export.id.bytes).hexdigest()[:16]
    return Path(settings.EXPORTS_DIR) / f"{name}.zip"


def _unit(act: Act) -> AbstractContextManager[log.Unit]:
    return log.unit(act=act, site=None, rules=rules_in_force())


def _told(scope: Scope, export: UUID | None) -> dict[str, object]:
    return {
        "export": None if export is None else str(export),
        "first": scope.first,
        "last": scope.last,
        "redaction": IDENTIFIED if scope.identified else PSEUDONYMOUS,
        "sites": list(scope.sites or ()),
    }


def _seq_at(head: Head, at: str) -> int:
    """Return the number of the first event at or after a moment, or the size."""
    found = (
        Index.objects.filter(log=head.log, at__gte=at)
        .order_by("at", "seq")
        .values_list("seq", flat=True)
        .first()
    )
    return head.size if found is None else found


def _at(head: Head, seq: int) -> str:
    """Return the time of an event, or of the next one that is not pruned."""
    later = Index.objects.filter(log=head.log, seq__gte=seq).order_by("seq")
    return later.values_list("at", flat=True).first() or head.last_at
