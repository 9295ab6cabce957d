"""What a walk asks for: published, assessed, with a camera, not refused of late."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from audit import clock
from audit.log import Unit
from consent.models import Rules, Walk
from consent.purposes import SWITCHES, Purpose
from consent.rules import document
from consent.selectors import assessment_live, device_live, rules_get
from consent.showing import notice_show
from consent.stops import stop_of

UNDER_14 = "under_14"
"""Key of an anonymous walk's choices: they declared to be under 14."""


def walk_rules(walk: Walk) -> Rules:
    """Return the version that a walk is under: the one it was shown.

    Raises:
        RulesMissing: it has seen none, and none are in force.
    """
    return walk.rules or rules_get(site=walk.kiosk.site)


def askable(walk: Walk) -> list[Purpose]:
    """Return what the rules let this site's walks ask for, in the form's order."""
    published = document(sha256=walk_rules(walk).sha256)["purposes"]
    asked = [purpose for purpose in SWITCHES if purpose in published]
    site = walk.kiosk.site
    assessed = assessment_live(site=site, purpose=Purpose.FACE_CHECKIN)
    stopped = stop_of(site=site, purpose=Purpose.FACE_CHECKIN)
    camera = device_live(kiosk=walk.kiosk)
    shut = None in (assessed, camera) or stopped is not None
    if Purpose.FACE_CHECKIN in published and not shut:
        asked.append(Purpose.FACE_CHECKIN)
    return asked


def withheld(walk: Walk) -> list[Purpose]:
    """Return what a walk could ask for and does not: refused a short while ago."""
    if UNDER_14 in walk.choices:
        return []
    return [purpose for purpose in askable(walk) if purpose in walk.withheld]


def switches_offered(walk: Walk) -> list[Purpose]:
    """Return the purposes whose switches the form shows."""
    offered = set(askable(walk)) - set(walk.withheld)
    return [purpose for purpose in SWITCHES if purpose in offered]


def face_offered(walk: Walk) -> bool:
    """Tell whether the face page follows the form."""
    return Purpose.FACE_CHECKIN in set(askable(walk)) - set(walk.withheld)


def guardian_offered(walk: Walk) -> bool:
    """Tell whether a child's guardian may be asked: only if the rules say so."""
    whole = document(sha256=walk_rules(walk).sha256)
    return _children_asked(whole) and Purpose.CONTACT in switches_offered(walk)


def _children_asked(rules: Mapping[str, Any]) -> bool:
    return bool(rules.get("minors", {}).get("contact"))


def rules_dropped(walk: Walk, purpose: Purpose) -> bool:
    """Tell whether the rules in force at a walk's site no longer ask for a purpose.

    A guardian is asked for `contact` only where they still provide for children.
    """
    current = document(sha256=rules_get(site=walk.kiosk.site).sha256)
    if walk.guardian_offered and not _children_asked(current):
        return True
    shown = document(sha256=walk_rules(walk).sha256)
    return purpose in shown["purposes"] and purpose not in current["purposes"]


def page_keep(walk: Walk) -> bool:
    """Take back the pages that a walk's new rules do not ask; False when that was its.

    Nobody is kept waiting for an answer that may not be given any more. Changes the
    row in memory.
    """
    if walk.face_offered and walk.face_answered_at is None:
        published = document(sha256=walk_rules(walk).sha256)["purposes"]
        walk.face_offered = Purpose.FACE_CHECKIN in published
        return walk.face_offered
    if walk.guardian_offered and walk.guardian_answered_at is None:
        walk.guardian_offered = guardian_offered(walk)
        if not walk.guardian_offered:
            walk.details_at = clock.now()
        return walk.guardian_offered
    return True


def referral_offered(walk: Walk) -> bool:
    """Tell whether a referral's code may be asked for: showing one is a yes."""
    if UNDER_14 in walk.choices:
        return False
    published = document(sha256=walk_rules(walk).sha256)["purposes"]
    return Purpose.ATTRIBUTION in published and (
        Purpose.ATTRIBUTION not in walk.withheld
    )


def screen_show(
    *, unit: Unit, walk: Walk, screen: str, language: str, offered: Collection[Purpose]
) -> None:
    """Tell the log that a walk is shown a screen next."""
    notice_show(
        unit=unit,
        rules=walk_rules(walk),
        language=language,
        surface=walk.surface,
        screen=screen,
        offered=list(offered),
        order=walk.kiosk.order if screen == "face" else None,
    )
