"""The camera step of a check-in: the only caller of `faces.services`.

Every function here works for one use of a face that the gate opened; between its start
and its result no transaction is open, and nothing of a frame outlives its request.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from audit import clock
from audit.drafts import Act
from consent import gate, journal
from consent.errors import (
    AssessmentRequired,
    ConsentEnded,
    ConsentRequired,
    DeviceRequired,
    GalleryMoved,
    KeyMissing,
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
    Ended,
    consent_end,
    consent_expire,
    consent_grant,
    consents_withdraw,
    key_destroy,
)
from consent.services.walks import VISITOR
from consent.showing import notice_show
from consent.stops import site_share
from faces import services as faces
from faces.errors import (
    FaceUnusable,
    FrameInvalid,
    GalleryAway,
    PixelsBusy,
    PixelsFailed,
    PresenceUnseen,
)
from faces.pixels import Hint
from faces.selectors import METHOD, MODEL, SEARCH_METHOD, enrolled, gallery_standing
from leads.availability import face_demand
from leads.errors import CapturesTooMany, NobodyEnrolled
from leads.kiosks import kiosk_act
from leads.turns import BEGUN_MAX, again_due, captures_begun

PROBE_LASTS = timedelta(minutes=3)
"""How long a one-time consent to a comparison may wait for its answer."""

ENROL, COMPARE = "enrol", "compare"

SEARCH_TRIES = 3

UNSEEN = "unseen_"
"""Begins the reason that names what a presence check did not see."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a burst came to.

    Attributes:
        kind: enrolled, confirm, ask, no_match, discarded or stopped.
        reasons: why frames would not do, for discarded.
        matched: who it seems to be, for confirm and, with less certainty, for ask;
            they have the last word.
        attempt: whether it counts as a failed attempt of the kiosk: somebody was taken
            for nobody, or was not seen to be present.
    """

    kind: str
    reasons: tuple[str, ...] = ()
    matched: Subject | None = None
    attempt: bool = False


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


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A live capture as its page shows it.

    Attributes:
        mode: enrol or compare.
        seconds: how many it has left.
        steps: of its presence check, in their order; none where there is no check.
    """

    mode: str
    seconds: int
    steps: list[str]


def capture_shown(*, use: uuid.UUID, kiosk: Kiosk) -> Shown:
    """Return what the page of a live capture shows.

    Raises:
        UseClosed, ConsentEnded, PermitMisused: there is none to show at this kiosk.
    """
    with gate.resume(use=use, act=kiosk_act(kiosk), kiosk=kiosk):
        found = Use.objects.get(id=use)
    if found.seized_at is not None:
        raise UseClosed
    left = (found.deadline - clock.now()).total_seconds()
    return Shown(
        mode=found.mode, seconds=max(1, math.floor(left)), steps=found.challenge
    )


def capture_hint(
    *,
    use: uuid.UUID,
    kiosk: Kiosk,
    frame: bytes,
    asked: str | None = None,
    straight: bytes | None = None,
) -> Hint:
    """Say whether a frame would do, and forget it.

    Args:
        use: the capture.
        kiosk: where they stand.
        frame: to look at.
        asked, straight: of a presence check, as `faces.services.hint`.

    Raises:
        UseClosed, ConsentEnded, PermitMisused: the capture is not alive here, or its
            burst arrived already.
        FrameInvalid, PixelsBusy, PixelsFailed: as `faces.services.hint`.
    """
    with gate.resume(use=use, act=kiosk_act(kiosk), kiosk=kiosk) as permit:
        if not permit.goes_on():
            raise UseClosed
        return faces.hint(permit=permit, frame=frame, asked=asked, straight=straight)


def capture_frame(*, use: uuid.UUID, kiosk: Kiosk) -> bytes:
    """Return what the machine's camera sees now, for the preview of a live capture.

    Returns:
        A JPEG. MUST NOT be written anywhere.

    Raises:
        UseClosed, ConsentEnded, PermitMisused: the capture is not alive here, its burst
            arrived already, or it ended while the camera looked.
        CameraUnavailable: there is none, it does not open, or it was unplugged.
    """
    with gate.resume(use=use, act=kiosk_act(kiosk), kiosk=kiosk) as permit:
        return faces.frame(permit=permit)


def capture_answer(*, use: uuid.UUID, kiosk: Kiosk, frames: Sequence[bytes]) -> Answer:
    """Take the kept burst: enrol it or compare it, and close the use.

    Frames that would not do close it as discarded, with the reason; nothing is kept.

    Raises:
        UseClosed, PermitMisused: the capture is not alive here.
        FrameInvalid: the bytes are no pictures; the use is closed as discarded.
        PurposeStopped: the stop switch was pressed; nothing of the burst is kept.
    """
    act = kiosk_act(kiosk)
    ended: Ended | None = None
    try:
        with gate.resume(use=use, act=act, kiosk=kiosk) as permit:
            gate.seize(permit=permit)
            probe = faces.encode(permit=permit, frames=frames)
            answer, ended = _settled(permit, probe)
    except PresenceUnseen as unseen:
        _give_up(use, act, str(unseen.reasons[0]))
        compared = Use.objects.filter(id=use, mode=COMPARE).exists()
        reason = f"{UNSEEN}{unseen.unseen}"
        return Answer(kind="discarded", reasons=(reason,), attempt=compared)
    except FaceUnusable as unusable:
        reasons = tuple(str(reason) for reason in unusable.reasons)
        _give_up(use, act, reasons[0])
        return Answer(kind="discarded", reasons=reasons)
    except FrameInvalid:
        _give_up(use, act, "invalid")
        raise
    except (PixelsBusy, PixelsFailed, GalleryAway, KeyMissing) as failed:
        _give_up(use, act, "failed")
        return Answer(kind="discarded", reasons=(failed.code,))
    except ConsentEnded:
        _once_ends(use)
        return Answer(kind="stopped")
    except PurposeStopped:
        _once_ends(use)
        raise
    if ended is not None:
        key_destroy(consent=ended.consent)
    return answer


def _settled(permit: gate.Permit, probe: faces.Probe) -> tuple[Answer, Ended | None]:
    """Write what the probe came to, and end a one-time consent with it.

    A search is made once more where those who were searched changed meanwhile.

    Raises:
        GalleryAway: no answer, or other people each time it was asked.
    """
    for _ in range(SEARCH_TRIES):
        found = faces.search(permit=permit, probe=probe)
        with suppress(GalleryMoved), permit.settle() as record:
            if record.use.mode == ENROL:
                faces.enrol(permit=permit, record=record, probe=probe)
                return Answer(kind="enrolled"), None
            verdict = faces.compare(
                permit=permit, record=record, probe=probe, found=found
            )
            ended = consent_end(
                unit=record.unit,
                consent=permit.consent,
                kind="consent.expired",
                reason="used",
            )
            return _verdict(verdict), ended
    raise GalleryAway


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


def _give_up(use: uuid.UUID, act: Act, reason: str) -> None:
    """Close a use whose burst came to nothing; a one-time consent ends with it."""
    gate.discard(use=use, act=act, reason=reason)
    _once_ends(use)


def _once_ends(use: uuid.UUID) -> None:
    found = Use.objects.select_related("consent__site", "consent__subject").get(id=use)
    if found.consent.once:
        consent_expire(found.consent, reason="used")


def _compare(
    probe: Subject, live: Sequence[Consent], matching: str, kiosk: Kiosk
) -> Use:
    try:
        if matching == gate.EVERYBODY:
            return _search(probe, kiosk)
        return gate.begin(
            subject=probe,
            purpose=Purpose.FACE_CHECKIN,
            mode=COMPARE,
            model=METHOD,
            act=kiosk_act(kiosk),
            kiosk=kiosk,
            candidates=live,
            matching=matching,
        )
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


def _search(probe: Subject, kiosk: Kiosk) -> Use:
    """Begin a search of whoever stands at this moment; some may end while it begins.

    Raises:
        GalleryAway: no answer, or other people each time it was asked.
    """
    for _ in range(SEARCH_TRIES):
        with suppress(GalleryMoved):
            return gate.begin(
                subject=probe,
                purpose=Purpose.FACE_CHECKIN,
                mode=COMPARE,
                model=SEARCH_METHOD,
                act=kiosk_act(kiosk),
                kiosk=kiosk,
                matching=gate.EVERYBODY,
                gallery=gallery_standing(site=kiosk.site),
            )
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


def _verdict(found: faces.Comparison) -> Answer:
    if found.consent is None:
        return Answer(kind="no_match", attempt=True)
    kind = "confirm" if found.verdict == "match" else "ask"
    return Answer(kind=kind, matched=found.consent.subject)
