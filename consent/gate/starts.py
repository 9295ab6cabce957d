"""The start of a use: a live consent, read and locked, and its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from audit import clock
from audit.drafts import Act
from audit.log import Unit
from consent import journal
from consent.errors import (
    AssessmentRequired,
    ConsentBarred,
    ConsentRequired,
    DeviceRequired,
    GalleryMoved,
    MatchingTooWide,
    PurposeStopped,
    RulesMissing,
)
from consent.gate.ends import refusal_draft
from consent.generations import Gallery, generation_share
from consent.models import CaptureSession, Consent, Kiosk, Site, Subject, Use
from consent.orders import order_due
from consent.purposes import FACE, Purpose
from consent.rules import MATCHING, presence_asked
from consent.selectors import consent_share
from consent.standing import Standing, standing_read
from consent.stops import site_share

CAPTURE_SECONDS = 120
"""How long a capture session may carry a consent from request to request."""

STARTS = {"enrol": "capture.started", "compare": "face.compare.started"}

ONE, FEW, EVERYBODY = MATCHING
"""Compared with one person whom the visitor named, with a few whom a claim fits, or
with everybody who is enrolled at the site."""


def begin(
    *,
    subject: Subject,
    purpose: Purpose,
    mode: str,
    model: str,
    act: Act,
    kiosk: Kiosk,
    candidates: Sequence[Consent] = (),
    matching: str = FEW,
    gallery: Gallery | None = None,
) -> Use:
    """Commit the start of a use (commit 1) and return it.

    Where the rules in force ask for a presence check, its steps are drawn here, or are
    those that still stand at the kiosk (`consent.orders`).

    Args:
        subject: the person in front of the camera.
        purpose: what for; they must have consented to it.
        mode: "enrol" or "compare".
        model: the face model's identity, for the log.
        act: who acts.
        kiosk: where; results are accepted from this kiosk only.
        candidates: consents of those the person may be; compared with no others, and
            with none that may not be used now.
        matching: how those were found, one of `consent.rules.MATCHING`; as wide as that
            the site's rules and assessment have to allow.
        gallery: everybody who is enrolled, instead of candidates: a search.

    Raises:
        ConsentRequired: no live consent, or none of a candidate; the log says so.
        ConsentBarred: what hangs on it is only kept for now.
        AssessmentRequired: the purpose is not assessed, or no longer.
        MatchingTooWide: faces are compared more narrowly at this site.
        GalleryMoved: somebody who is in the gallery may not be searched any more.
        PurposeStopped: the stop switch is on.
        DeviceRequired: the kiosk's camera is not approved, or no longer.
    """
    if mode != "compare":
        matching = ""
    elif gallery is not None:
        matching, candidates = EVERYBODY, ()
    now = clock.now()
    with journal.unit(act=act, site=kiosk.site) as unit:
        consent, standing, live = _allow(
            unit,
            subject,
            purpose,
            kiosk.site,
            kiosk=kiosk,
            others=[one.id for one in candidates] if matching else [],
        )
        if not standing.camera:
            raise DeviceRequired(
                refusal=refusal_draft(unit, purpose, subject, "device")
            )
        if standing.rules is None:
            raise RulesMissing
        presence = presence_asked(sha256=standing.rules, purpose=purpose)
        data: dict[str, object] = {"model": model}
        if matching and not standing.allows(matching):
            raise MatchingTooWide(
                refusal=refusal_draft(unit, purpose, subject, "matching")
            )
        if matching == EVERYBODY and gallery is not None:
            if gallery.generation != generation_share(site=kiosk.site):
                raise GalleryMoved
            data |= gallery.told()
        elif matching:
            # Whoever withdrew since the caller looked is named no more.
            candidates = [
                one
                for one in live
                if one.purpose == purpose and standing.bars(one) is None
            ]
            data["candidates"] = [one.granted_ref for one in candidates]
        if matching and not (candidates or (gallery and gallery.count)):
            raise ConsentRequired(
                refusal=refusal_draft(unit, purpose, subject, "no_candidate")
            )
        start = unit.event(
            STARTS[mode],
            purpose=purpose,
            subject=subject.pseudonym,
            consent=consent.granted_ref,
            rules=consent.rules.sha256,
            data=data,
        )
        use = Use.objects.create(
            mode=mode,
            subject=subject,
            purpose=purpose,
            consent=consent,
            candidates=[str(one.id) for one in candidates],
            matching=matching,
            gallery=gallery.count if gallery else None,
            gallery_sha256=gallery.sha256 if gallery else "",
            challenge=order_due(kiosk=kiosk, mode=mode) if presence else [],
            site=kiosk.site,
            kiosk=kiosk,
            start_event_id=start.eid,
            opened_at=now,
            deadline=min(now + timedelta(seconds=CAPTURE_SECONDS), consent.until),
        )
        CaptureSession.objects.create(
            use=use, live=consent.key, subject=subject, purpose=purpose
        )
    return use


def allow(*, unit: Unit, subject: Subject, purpose: Purpose, site: Site) -> Consent:
    """Return a person's live consent, locked until this transaction commits.

    For a use that fits in one transaction (a name written or read). The caller
    writes the event of the use in the same unit.

    Raises:
        ConsentRequired: no live consent; the log says so.
        ConsentBarred: what hangs on it is only kept for now.
        AssessmentRequired: a face purpose without a current assessment.
        PurposeStopped: the stop switch is on for it.
    """
    consent, _, _ = _allow(unit, subject, purpose, site)
    return consent


def _allow(
    unit: Unit,
    subject: Subject,
    purpose: Purpose,
    site: Site,
    *,
    kiosk: Kiosk | None = None,
    others: Sequence[UUID] = (),
) -> tuple[Consent, Standing, list[Consent]]:
    """Return the person's consent, how it stands, and the live ones of the others."""
    # A press of the switch and a publication wait for the site, an end or a
    # restriction for the consents; what they decide is read when all are held.
    site_share(site=site)
    consent, live = consent_share(
        subject=subject, purpose=purpose, site=site, others=others
    )
    standing = standing_read(
        site=site,
        purpose=purpose,
        consents=live if consent is None else [consent, *live],
        kiosk=kiosk,
    )
    if standing.stopped:
        raise PurposeStopped(refusal=refusal_draft(unit, purpose, subject, "stop"))
    if consent is None:
        raise ConsentRequired(
            refusal=refusal_draft(unit, purpose, subject, "no_consent")
        )
    barred = standing.bars(consent)
    if barred is not None:
        raise ConsentBarred(refusal=refusal_draft(unit, purpose, subject, barred))
    if purpose in FACE and not standing.assessed():
        raise AssessmentRequired(
            refusal=refusal_draft(unit, purpose, subject, "assessment")
        )
    return consent, standing, live
