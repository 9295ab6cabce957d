"""The walk of one guest: from the kiosk's code to their choices and receipt."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta

from audit import clock
from audit.drafts import VISITOR, Draft
from audit.log import Unit
from consent import journal, receipts
from consent.closings import site_require_open
from consent.codes import code_random
from consent.errors import (
    AssessmentRequired,
    CodeInvalid,
    CodeStale,
    CodeUsed,
    DeviceRequired,
    PassUnknown,
    PurposeStopped,
    StepOutOfOrder,
    WalkOver,
)
from consent.models import Kiosk, Walk
from consent.purposes import Purpose
from consent.selectors import (
    assessment_live,
    device_live,
    rules_get,
    token_hash,
)
from consent.services.answers import (
    notice_keep,
    walk_grant,
    walk_locked,
    walk_refuse,
)
from consent.services.links import link_issue, pass_issue
from consent.services.offers import (
    UNDER_14,
    face_offered,
    guardian_offered,
    switches_offered,
    walk_rules,
)
from consent.services.screens import face_show, form_show, guardian_show
from consent.stops import stop_of, stop_share

OPEN_SECONDS = 60
"""How long a kiosk's code may be opened."""

FINISH_SECONDS = 1_800
"""How long a walk may take once it was opened."""

KEEP = timedelta(days=1)
"""How long a walk's row is kept; it holds no personal data."""

SHORT_LENGTH = 4


def walk_issue(
    *, kiosk: Kiosk, surface: str = "phone", assisted: bool = False
) -> tuple[Walk, str]:
    """Make the next code of a kiosk and return it with its token, told only once."""
    site_require_open(site=kiosk.site)
    token = secrets.token_urlsafe(16)
    now = clock.now()
    walk = Walk.objects.create(
        kiosk=kiosk,
        surface=surface,
        assisted=assisted,
        short=code_random(length=SHORT_LENGTH),
        token_hash=token_hash(token),
        created_at=now,
        opens_until=now + timedelta(seconds=OPEN_SECONDS),
    )
    return walk, token


def walk_of_code(*, token: str) -> Walk:
    """Return the walk that a scanned code would open. Changes nothing.

    Raises:
        CodeInvalid, CodeStale, CodeUsed: it would not.
    """
    walk = (
        Walk.objects.select_related("kiosk__site__operator")
        .filter(token_hash=token_hash(token))
        .first()
    )
    if walk is None or walk.kiosk.revoked_at is not None:
        raise CodeInvalid
    if walk.opened_at is not None:
        raise CodeUsed
    if walk.opens_until <= clock.now():
        raise CodeStale
    return walk


def walk_open(
    *, token: str, language: str, refused: Collection[Purpose] = ()
) -> tuple[Walk, str]:
    """Open a scanned code, once, and return the walk with its cookie.

    Args:
        token: the code.
        language: in which the form is shown first.
        refused: what this visitor said no to lately; it is not asked for again.

    Raises:
        CodeInvalid, CodeStale, CodeUsed: scan the code that the kiosk shows now.
    """
    walk = walk_of_code(token=token)
    rules = rules_get(site=walk.kiosk.site)
    cookie = secrets.token_urlsafe(16)
    now = clock.now()
    with journal.unit(act=VISITOR, site=walk.kiosk.site) as unit:
        opened = Walk.objects.filter(id=walk.id, opened_at=None).update(
            opened_at=now,
            cookie_hash=token_hash(cookie),
            finish_until=now + timedelta(seconds=FINISH_SECONDS),
            rules=rules,
            language=language,
            withheld=sorted(refused),
        )
        if not opened:
            raise CodeUsed
        walk = walk_get(cookie=cookie)
        form_show(unit, walk, language)
    return walk, cookie


def walk_get(*, cookie: str) -> Walk:
    """Return the walk that a browser is on.

    Raises:
        WalkOver: none, or its half hour is over.
    """
    walk = (
        Walk.objects.select_related("kiosk__site__operator", "subject", "rules")
        .filter(cookie_hash=token_hash(cookie), finish_until__gt=clock.now())
        .first()
    )
    if walk is None:
        raise WalkOver
    return walk


def walk_choose(
    *, walk: Walk, choices: Mapping[Purpose, bool], under_14: bool, language: str
) -> Walk:
    """Record the switches of the form: each a consent or a refusal of its own.

    Whoever declares to be under 14 stays anonymous: whatever was ticked, nothing is
    granted, and neither face nor details are asked for; their guardians decide, on a
    page of their own where the rules let them.

    Args:
        walk: an opened walk whose form was not sent before.
        choices: one answer for each purpose that the form offered, and no other.
        under_14: declared.
        language: the language the form was shown in.

    Raises:
        StepOutOfOrder: the form was sent before, or has other purposes.
        NoticeChanged: other rules for what was ticked are in force since; they are
            shown from now on, and nothing was recorded.
    """
    if walk.chosen_at is None and not under_14:
        yes = [purpose for purpose, answer in choices.items() if answer]
        notice_keep(walk, yes, language, show=form_show)
    with journal.unit(act=VISITOR, site=walk.kiosk.site) as unit:
        locked = walk_locked(walk)
        if locked.chosen_at is not None or set(choices) != set(
            switches_offered(locked)
        ):
            raise StepOutOfOrder
        if language != locked.language:
            form_show(unit, locked, language)
        rules = walk_rules(locked)
        locked.guardian_offered = under_14 and guardian_offered(locked)
        # What a guardian is asked next, their child has not refused.
        answers = {
            purpose: answer and not under_14
            for purpose, answer in choices.items()
            if not (locked.guardian_offered and purpose == Purpose.CONTACT)
        }
        for purpose, answer in answers.items():
            if answer:
                walk_grant(unit, locked, purpose, rules, language)
        refused = [purpose for purpose, answer in answers.items() if not answer]
        locked.choices = {UNDER_14: True} if under_14 else answers
        locked.face_offered = face_offered(locked) and not under_14
        # What was refused is not asked for again on a later page of this visit.
        locked.withheld = sorted({*locked.withheld, *refused})
        locked.language = language
        locked.chosen_at = clock.now()
        if under_14 and not locked.guardian_offered:
            locked.details_at = locked.chosen_at
        locked.save()
        if locked.face_offered:
            face_show(unit, locked, language)
        if locked.guardian_offered:
            guardian_show(unit, locked, language)
    walk_refuse(locked, refused, rules, language)
    return locked


def walk_face(*, walk: Walk, answer: bool, language: str) -> Walk:
    """Record the face page's one act: a consent, or a refusal without identity.

    Raises:
        StepOutOfOrder: no face was offered, or it was answered before.
        AssessmentRequired, DeviceRequired: faces were switched off since; the answer
            can be no.
        PurposeStopped: the stop switch is on; no answer is needed.
        NoticeChanged: as `walk_choose`.
    """
    site = walk.kiosk.site
    if answer and walk.face_answered_at is None:
        notice_keep(walk, [Purpose.FACE_CHECKIN], language, show=face_show)
    with journal.unit(act=VISITOR, site=site) as unit:
        locked = walk_locked(walk)
        if not locked.face_offered or locked.face_answered_at is not None:
            raise StepOutOfOrder
        if stop_share(site=site, purpose=Purpose.FACE_CHECKIN) is not None:
            raise PurposeStopped
        rules = walk_rules(locked)
        if language != locked.language:
            face_show(unit, locked, language)
            locked.language = language
        if answer:
            if assessment_live(site=site, purpose=Purpose.FACE_CHECKIN) is None:
                raise AssessmentRequired(refusal=_shut(unit, "assessment"))
            if device_live(kiosk=locked.kiosk) is None:
                raise DeviceRequired(refusal=_shut(unit, "device"))
            walk_grant(unit, locked, Purpose.FACE_CHECKIN, rules, language)
        locked.choices = {**locked.choices, Purpose.FACE_CHECKIN: answer}
        locked.face_answered_at = clock.now()
        locked.save()
    if not answer:
        walk_refuse(locked, [Purpose.FACE_CHECKIN], rules, language)
    return locked


def walk_face_due(*, walk: Walk) -> bool:
    """Tell whether the face page is still to be answered: not while faces are stopped.

    Whoever was not asked has refused nothing, and the log says nothing of them.
    """
    if not walk.face_offered or walk.face_answered_at is not None:
        return False
    return stop_of(site=walk.kiosk.site, purpose=Purpose.FACE_CHECKIN) is None


def walk_finish(*, walk: Walk) -> Walk:
    """End the walk: sign the receipt, make pass and own page; twice is once.

    A visitor who refused everything stays without identity: no receipt row, no pass.

    Raises:
        StepOutOfOrder: the form, or the face page, is not answered yet.
    """
    site = walk.kiosk.site
    with journal.unit(act=VISITOR, site=site) as unit:
        locked = walk_locked(walk)
        if locked.chosen_at is None or walk_face_due(walk=locked):
            raise StepOutOfOrder
        if locked.guardian_offered and locked.guardian_answered_at is None:
            raise StepOutOfOrder
        if locked.finished_at is not None:
            return locked
        if locked.subject is not None:
            refused = [name for name, answer in locked.choices.items() if not answer]
            locked.receipt = receipts.receipt_issue(
                unit=unit,
                subject=locked.subject,
                site=site,
                rules=walk_rules(locked),
                language=locked.language,
                refused=refused,
                surface=locked.surface,
            )
            with suppress(PassUnknown):  # all was stopped before the last page
                pass_issue(subject=locked.subject, site=site)
            link_issue(subject=locked.subject)
            # From here on the receipt tells what they chose; the walk names nobody's.
            locked.choices, locked.withheld = {}, []
        locked.finished_at = clock.now()
        locked.save()
    return locked


def walks_forget_due() -> int:
    """Delete the rows of walks that are a day old; return how many."""
    deleted, _ = Walk.objects.filter(created_at__lt=clock.now() - KEEP).delete()
    return deleted


def _shut(unit: Unit, reason: str) -> Draft:
    """Return the refusal of a face that nobody may be asked for any more."""
    return unit.draft(
        "gate.refused",
        purpose=Purpose.FACE_CHECKIN,
        data={"reason": reason, "start": None},
    )
