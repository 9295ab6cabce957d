"""Closing a site for good: two people, then everything held there is destroyed.

The long part goes in small steps that each commit by themselves, so that a crash
anywhere is mended by the next round; what is done is found done.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from typing import Any

from audit import clock, notes, signing
from audit.documents import document_get, document_put
from audit.drafts import SYSTEM, Act
from audit.errors import NoteInvalid, SignerRefuses, SignerSilent
from consent import journal
from consent.closings import closing_of, held
from consent.errors import ClosingIncomplete, ClosingOwnApproval, ClosingSettled
from consent.models import (
    Consent,
    Guardianship,
    Kiosk,
    Pass,
    Receipt,
    Request,
    Rules,
    Site,
    SiteClosing,
)
from consent.services.consents import consent_expire, key_destroy, keys_due
from consent.services.filings import filing_cancel_open
from consent.services.links import links_revoke
from consent.services.places import kiosk_revoke
from consent.services.stops import site_lock, stop_press
from consent.structure import encoded

FORMAT = "salescenter-site-closed/1"
BATCH = 200
"""How many consents one round ends."""


def closing_ask(*, site: Site, act: Act) -> SiteClosing:
    """Ask for the closing of a site; a second request keeps the first."""
    with journal.unit(act=act, site=site) as unit:
        site_lock(site)
        found = closing_of(site=site)
        if found is not None:
            return found
        closing = SiteClosing(site=site, asked_at=clock.now(), asked_by=act.id)
        asked = unit.event(
            "site.closing", data={"closing": str(closing.id), "step": "asked"}
        )
        closing.asked_event_id = asked.eid
        closing.save(force_insert=True)
    return closing


def closing_drop(*, closing: uuid.UUID, act: Act) -> None:
    """Take a request back that nobody approved; twice is once.

    Raises:
        ClosingSettled: it was approved.
    """
    found = SiteClosing.objects.select_related("site").get(id=closing)
    with journal.unit(act=act, site=found.site) as unit:
        locked = SiteClosing.objects.select_for_update().get(id=closing)
        if locked.dropped_at is not None:
            return
        if locked.approved_at is not None:
            raise ClosingSettled
        dropped = unit.event(
            "site.closing", data={"closing": str(closing), "step": "dropped"}
        )
        locked.dropped_at = clock.now()
        locked.dropped_by = act.id
        locked.dropped_event_id = dropped.eid
        locked.save(update_fields=["dropped_at", "dropped_by", "dropped_event"])


def closing_approve(*, closing: uuid.UUID, act: Act) -> SiteClosing:
    """Approve a closing: from this commit on nothing new begins at the site.

    There is no way back. What is held goes in rounds of `closing_go_on`.

    Raises:
        ClosingOwnApproval: who asked may not approve.
        ClosingSettled: it was dropped or approved before.
    """
    found = SiteClosing.objects.select_related("site").get(id=closing)
    with journal.unit(act=act, site=found.site) as unit:
        site_lock(found.site)
        locked = SiteClosing.objects.select_for_update().get(id=closing)
        if locked.dropped_at is not None or locked.approved_at is not None:
            raise ClosingSettled
        if locked.asked_by == act.id:
            raise ClosingOwnApproval
        approved = unit.event(
            "site.closing", data={"closing": str(closing), "step": "approved"}
        )
        locked.approved_at = clock.now()
        locked.approved_by = act.id
        locked.approved_event_id = approved.eid
        locked.save(update_fields=["approved_at", "approved_by", "approved_event"])
    return locked


def closing_go_on(*, closing: SiteClosing, most: int = BATCH) -> int:
    """Do the next part of an approved closing; return how many consents are left.

    Stops faces and marketing, revokes kiosks, ends consents with all that hangs on
    them, destroys their keys, revokes passes, retires the rules. Twice is once. The
    program acts here, also long after the approval, and the log says so.
    """
    site = closing.site
    stop_press(site=site, scope="all", reason="operator", act=SYSTEM)
    for kiosk in Kiosk.objects.select_related("site").filter(
        site=site, revoked_at=None
    ):
        kiosk_revoke(kiosk=kiosk, act=SYSTEM)
    here = Consent.objects.select_related("site", "subject").filter(site=site)
    for consent in here.filter(state="active").order_by("id")[:most]:
        consent_expire(consent, reason="site_closed")
    for consent in keys_due().select_related("site").filter(site=site)[:most]:
        key_destroy(consent=consent)
    left = here.filter(state="active").count()
    if left == 0:
        _passes_revoke(site)
        _rules_retire(site)
    return left


def closing_finish(*, closing: SiteClosing) -> SiteClosing:
    """Write and sign the report once nothing is held; twice is once.

    Raises:
        ClosingIncomplete: something is held still; its counts are named.
        SignerSilent, SignerRefuses: nobody signs now; go on later.
    """
    site = closing.site
    counts = held(site=site)
    if any(counts.values()):
        raise ClosingIncomplete(*(name for name, count in counts.items() if count))
    checkpoint = signing.checkpoint_request()
    content = encoded(_report(closing, counts, checkpoint.note))
    sha256 = hashlib.sha256(content).hexdigest()
    note = signing.manifest_sign(
        log=checkpoint.log, size=checkpoint.size, sha256=sha256
    )
    with journal.unit(act=SYSTEM, site=site) as unit:
        locked = SiteClosing.objects.select_for_update().get(id=closing.id)
        if locked.finished_at is not None:
            return locked
        document_put(content=content)
        ended = Consent.objects.filter(site=site).count()
        closed = unit.event(
            "site.closed",
            data={
                "closing": str(locked.id),
                "report": sha256,
                "consents": ended,
                "templates": 0,
            },
        )
        filing_cancel_open(unit=unit, site=site)
        locked.finished_at = clock.now()
        locked.report = sha256
        locked.note = note
        locked.finished_event_id = closed.eid
        locked.save(update_fields=["finished_at", "report", "note", "finished_event"])
    return locked


def closings_go_on() -> int:
    """Do one round of every approved closing; return how many were finished."""
    finished = 0
    open_ones = SiteClosing.objects.select_related("site__operator").filter(
        approved_at__isnull=False, finished_at=None
    )
    for closing in open_ones:
        if closing_go_on(closing=closing):
            continue
        try:
            closing_finish(closing=closing)
        except (ClosingIncomplete, SignerSilent, SignerRefuses):
            continue
        finished += 1
    return finished


def report_file(*, closing: SiteClosing) -> bytes:
    """Return the signed report as a file: the report, its note, the verifier key.

    Raises:
        ClosingIncomplete: it is not finished.
    """
    if closing.report is None or closing.note is None:
        raise ClosingIncomplete
    content = document_get(sha256=closing.report)
    if content is None:
        raise ClosingIncomplete
    log = notes.note_read(closing.note).origin.split("/")[2]
    told = {
        "report": json.loads(content),
        "note": closing.note,
        "vkeys": signing.vkeys(log=log),
    }
    return encoded(told) + b"\n"


def vkeys_here(*, body: dict[str, Any]) -> list[str]:
    """Return the keys that this installation knows for the log a report names."""
    try:
        origin = notes.note_read(body["note"]).origin
    except (KeyError, TypeError, AttributeError, NoteInvalid):
        return []
    parts = origin.split("/")
    return signing.vkeys(log=parts[2]) if len(parts) > 2 else []


def report_fault(*, body: dict[str, Any], pins: list[str]) -> str | None:
    """Return what is wrong with a report file, or None when it holds.

    Args:
        body: the file's object.
        pins: verifier keys, as texts, that are trusted.
    """
    try:
        report, note = body["report"], notes.note_read(body["note"])
        checkpoint = notes.note_read(report["log"]["note"])
        trusted = [notes.verifier_key_read(pin) for pin in pins]
        if not notes.note_signers(body["note"], keys=trusted):
            return "signature"
        if not notes.note_signers(report["log"]["note"], keys=trusted):
            return "checkpoint"
        if note.root != hashlib.sha256(encoded(report)).digest():
            return "report"
        if (
            report["format"] != FORMAT
            or note.origin != f"{checkpoint.origin}/manifest"
            or note.size != checkpoint.size
        ):
            return "origin"
        if any(report["held"].values()) or report["held"]["face_templates"] != 0:
            return "held"
    except (KeyError, TypeError, AttributeError, ValueError, NoteInvalid):
        return "format"
    return None


def _report(
    closing: SiteClosing, counts: dict[str, int], checkpoint: str
) -> dict[str, Any]:
    site = closing.site
    said = notes.note_read(checkpoint)
    consents = Consent.objects.filter(site=site)
    return {
        "format": FORMAT,
        "operator": site.operator.code,
        "operator_name": site.operator.legal_name,
        "demonstration": site.operator.demonstration,
        "site": site.code,
        "site_name": site.name_zh,
        "asked_at": clock.stamp(closing.asked_at),
        "asked_by": closing.asked_by,
        "approved_at": _stamp(closing.approved_at),
        "approved_by": closing.approved_by,
        "written_at": clock.stamp(clock.now()),
        "held": counts,
        "kept_as_evidence": {
            "consents": consents.count(),
            "receipts": Receipt.objects.filter(site=site).count(),
            "rules": Rules.objects.filter(site=site).count(),
            "guardian_records": Guardianship.objects.filter(consent__site=site).count(),
            "answered_requests": Request.objects.filter(
                site=site, answered_at__isnull=False
            ).count(),
        },
        "log": {
            "size": said.size,
            "root": base64.b64encode(said.root).decode(),
            "note": checkpoint,
        },
    }


def _stamp(moment: Any) -> str | None:
    return None if moment is None else clock.stamp(moment)


def _passes_revoke(site: Site) -> None:
    """Revoke the passes of this site whose holders consent to something elsewhere."""
    for issued in Pass.objects.select_related("subject").filter(
        site=site, revoked_at=None
    ):
        with journal.unit(act=SYSTEM, site=site) as unit:
            links_revoke(unit=unit, subject=issued.subject, site=site)


def _rules_retire(site: Site) -> None:
    for rules in Rules.objects.filter(site=site, retired_at=None):
        with journal.unit(act=SYSTEM, site=site) as unit:
            retired = Rules.objects.filter(id=rules.id, retired_at=None).update(
                retired_at=clock.now()
            )
            if retired:
                unit.event(
                    "rules.retired",
                    rules=rules.sha256,
                    data={"sha256": rules.sha256, "reason": "site_closed"},
                )
