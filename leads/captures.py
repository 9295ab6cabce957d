"""Opening the camera for somebody, and closing it again; nothing of a face is here.

What its frames come to is `leads.checkin`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from audit import clock
from audit.drafts import VISITOR
from consent import gate, journal
from consent.errors import (
    AssessmentRequired,
    ConsentRequired,
    DeviceRequired,
    GalleryMoved,
    MatchingTooWide,
    NoticeChanged,
    PurposeStopped,
    StepOutOfOrder,
    UseClosed,
)
from consent.models import Consent, Kiosk, Site, Subject, Use, Walk
from consent.purposes import Purpose
from consent.selectors import (
    consent_live,
    consents_usable,
    rules_get,
)
from consent.services.camera_step import walk_camera_done
from consent.services.consents import (
    consent_grant,
    consents_withdraw,
)
from consent.showing import notice_show
from consent.stops import site_share
from faces.errors import (
    GalleryAway,
)
from faces.selectors import METHOD, MODEL, SEARCH_METHOD, enrolled, gallery_standing
from leads.availability import face_demand
from leads.errors import CapturesTooMany, NobodyEnrolled
from leads.kiosks import kiosk_act
from leads.turns import BEGUN_MAX, again_due, captures_begun

PROBE_LASTS = timedelta(minutes=3)
"""How long a one-time consent to a comparison may wait for its answer."""

ENROL, COMPARE = "enrol", "compare"

SEARCH_TRIES = 3
"""How often a search is made anew because those who are searched have changed."""


def enrol_begin(*, walk: Walk, kiosk: Kiosk) -> Use:
    """Open the camera for the guest of a finished walk, at the screen they stand at.

    Raises:
        StepOutOfOrder: another kiosk's walk, one that is not finished, or one whose
            guest is enrolled already.
        CapturesTooMany: it was opened for them here too often a short while ago.
        ConsentRequired, AssessmentRequired: no live face consent.
        DeviceRequired: this kiosk's camera is not approved.
    """
    if walk.kiosk_id != kiosk.id or walk.finished_at is None or walk.subject is None:
        raise StepOutOfOrder
    live = consent_live(
        subject=walk.subject, purpose=Purpose.FACE_CHECKIN, site=kiosk.site
    )
    if live and captures_begun(consent=live.id, kiosk=kiosk.id) >= BEGUN_MAX:
        raise CapturesTooMany
    return _enrol(walk.subject, kiosk)


def compare_begin(
    *,
    candidates: Sequence[uuid.UUID],
    matching: str,
    shown: str,
    kiosk: Kiosk,
    language: str,
) -> Use:
    """Take the stranger's own tap for one comparison, and open the camera.

    Until proven they are nobody: a probe subject with a one-time consent of its own,
    which ends with the answer.

    Args:
        candidates: the consents they may be compared with, and no others.
        matching: how those were found: `gate.ONE` or `gate.FEW`; with
            `gate.EVERYBODY` there are none, and everybody enrolled here is searched.
        shown: the hash of the rules that they were shown.
        kiosk: where they stand.
        language: in which they were asked.

    Raises:
        NoticeChanged: other rules are in force than they were shown; ask again.
        NobodyEnrolled: none of the candidates' consents is live any more.
        GalleryAway: the process that holds everybody does not answer.
        AssessmentRequired, MatchingTooWide: faces are not compared so at this site.
        PurposeStopped: the stop switch is on.
        DeviceRequired: this kiosk's camera is not approved, or no longer.
    """
    site = kiosk.site
    face_demand(kiosk=kiosk, matching=matching)
    if matching == gate.EVERYBODY:
        live: list[Consent] = []
        found = gallery_standing(site=site).count
    else:
        live = _live(candidates, site)
        found = len(live)
    if not found:
        raise NobodyEnrolled
    _others_stop(kiosk)
    with journal.unit(act=VISITOR, site=site) as unit:
        site_share(site=site)
        rules = rules_get(site=site)
        if rules.sha256 != shown:
            raise NoticeChanged
        notice_show(
            unit=unit,
            rules=rules,
            language=language,
            surface="kiosk",
            screen="compare",
            offered=[Purpose.FACE_CHECKIN],
            order=kiosk.order,
        )
        probe = Subject.objects.create()
        consent_grant(
            unit=unit,
            subject=probe,
            purpose=Purpose.FACE_CHECKIN,
            site=site,
            rules=rules,
            language=language,
            once=True,
            lasts=PROBE_LASTS,
        )
    return _compare(probe, live, matching, kiosk)


def capture_again(*, use: uuid.UUID, kiosk: Kiosk, walk: Walk | None) -> Use:
    """Open the camera once more for an enrolment whose frames would not do.

    A comparison is never tried again: its one-time consent ended with its burst.

    Args:
        use: the one that was discarded.
        kiosk: where they stand.
        walk: the one whose camera step this is, if it is under way still.

    Raises:
        UseClosed: no such use at this kiosk, it is still open, or it did not end with
            frames that would not do, a moment ago.
        StepOutOfOrder: somebody is enrolled under this consent.
        ConsentRequired: the consent is over, or it was for one comparison; ask anew.
    """
    found = (
        Use.objects.select_related("subject")
        .filter(id=use, kiosk=kiosk, closed_at__isnull=False)
        .first()
    )
    if found is None:
        raise UseClosed
    if found.mode != ENROL:
        raise ConsentRequired
    if not again_due(use=found, walk=walk):
        raise UseClosed
    consent = consent_live(
        subject=found.subject, purpose=found.purpose, site=kiosk.site
    )
    if consent is None or consent.id != found.consent_id:
        raise ConsentRequired
    return _enrol(found.subject, kiosk)


def capture_stop(*, use: uuid.UUID, kiosk: Kiosk) -> str | None:
    """Close a capture because somebody pressed stop or walked away; twice is once.

    A one-time consent that was not used ends with it.

    Returns:
        The mode of the capture; None when it is not one of this kiosk.
    """
    found = Use.objects.select_related("subject", "consent").filter(id=use, kiosk=kiosk)
    stopped = found.first()
    if stopped is None:
        return None
    gate.discard(use=use, act=kiosk_act(kiosk), reason="stopped")
    if stopped.consent.once:
        consents_withdraw(subject=stopped.subject, purposes=None, act=VISITOR)
    return stopped.mode


def capture_done(*, walk: Walk | None) -> None:
    """Note that the camera step of a walk is over, however it ended."""
    if walk is not None:
        walk_camera_done(walk=walk)


def _enrol(subject: Subject, kiosk: Kiosk) -> Use:
    """Open the camera for somebody whose face is not enrolled yet.

    Raises:
        StepOutOfOrder: it is.
        ConsentRequired, AssessmentRequired: no live face consent.
        DeviceRequired: this kiosk's camera is not approved.
    """
    live = consent_live(subject=subject, purpose=Purpose.FACE_CHECKIN, site=kiosk.site)
    if live is not None and enrolled(consents=[live]):
        raise StepOutOfOrder
    _others_stop(kiosk)
    return gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode=ENROL,
        model=MODEL,
        act=kiosk_act(kiosk),
        kiosk=kiosk,
    )


def _compare(
    probe: Subject, live: Sequence[Consent], matching: str, kiosk: Kiosk
) -> Use:
    begin = partial(
        gate.begin,
        subject=probe,
        purpose=Purpose.FACE_CHECKIN,
        mode=COMPARE,
        act=kiosk_act(kiosk),
        kiosk=kiosk,
    )
    try:
        if matching != gate.EVERYBODY:
            return begin(model=METHOD, candidates=live, matching=matching)
        return _search(begin, kiosk.site)
    except (
        ConsentRequired,
        AssessmentRequired,
        MatchingTooWide,
        PurposeStopped,
        DeviceRequired,
        GalleryAway,
    ):
        consents_withdraw(subject=probe, purposes=None, act=VISITOR)
        raise


def _search(begin: Callable[..., Use], site: Site) -> Use:
    """Begin a search of whoever stands at this moment; some may end while it begins.

    Raises:
        GalleryAway: no answer, or other people each time it was asked.
    """
    for _ in range(SEARCH_TRIES):
        with suppress(GalleryMoved):
            return begin(model=SEARCH_METHOD, gallery=gallery_standing(site=site))
    raise GalleryAway


def _live(named: Sequence[uuid.UUID], site: Site) -> list[Consent]:
    found = Consent.objects.select_related("rules", "subject", "site").filter(
        id__in=list(named),
        site=site,
        purpose=Purpose.FACE_CHECKIN,
        state="active",
        until__gt=clock.now(),
    )
    return consents_usable(consents=found)


def _others_stop(kiosk: Kiosk) -> None:
    """Close what somebody left open at this screen: it has one camera."""
    left = Use.objects.filter(kiosk=kiosk, closed_at=None, seized_at=None)
    for name in left.values_list("id", flat=True):
        with suppress(UseClosed):
            capture_stop(use=name, kiosk=kiosk)
