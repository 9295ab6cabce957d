"""What a kiosk shows and allows: its codes, its guests, and how often one may err."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache

from audit import clock
from audit.drafts import Act
from consent.errors import AttemptsTooMany
from consent.models import Kiosk, Walk
from consent.services.walks import FINISH_SECONDS
from leads.models import Attempt, Visit
from leads.visits import again_key, walk_key

ATTEMPTS_MAX = 10
ATTEMPTS_SPAN = timedelta(minutes=10)
ASKED_SPAN = timedelta(minutes=2)
"""How long "I am at the screen" of a phone is believed."""

FINISHED_SHOWN = timedelta(minutes=2)
GUESTS_SHOWN = 8


@dataclass(frozen=True)
class Guest:
    """A phone that opened this kiosk's code lately."""

    short: str
    state: str


def attempts_allow(*, kiosk: Kiosk) -> None:
    """Check that a kiosk may try another code.

    Raises:
        AttemptsTooMany: too many wrong ones in a short time.
    """
    since = clock.now() - ATTEMPTS_SPAN
    if Attempt.objects.filter(kiosk=kiosk, at__gt=since).count() >= ATTEMPTS_MAX:
        raise AttemptsTooMany


def attempt_failed(*, kiosk: Kiosk) -> None:
    """Note that what was typed at a kiosk was wrong; not what it was."""
    Attempt.objects.create(kiosk=kiosk, at=clock.now())


def desk_attempts_allow(*, act: Act) -> None:
    """Check that a member of staff may try another pass or number at the desk.

    Raises:
        AttemptsTooMany: too many wrong ones in a short time.
    """
    if cache.get(_attempts_of(act), 0) >= ATTEMPTS_MAX:
        raise AttemptsTooMany


def desk_attempt_failed(*, act: Act) -> None:
    """Count that what a member of staff typed was wrong; not what it was.

    In memory: each process of the server counts for itself.
    """
    name = _attempts_of(act)
    cache.add(name, 0, timeout=ATTEMPTS_SPAN.total_seconds())
    with suppress(ValueError):  # it was forgotten between the two
        cache.incr(name)


def _attempts_of(act: Act) -> str:
    return f"desk-attempts-{act.id}"


def attempts_forget_due() -> int:
    """Delete notes of wrong attempts that no longer count; return how many."""
    deleted, _ = Attempt.objects.filter(at__lt=clock.now() - ATTEMPTS_SPAN).delete()
    return deleted


def code_seconds(*, identifier: uuid.UUID, kiosk: Kiosk) -> int:
    """Return how long a shown code may still be opened; 0 when it may not."""
    walk = Walk.objects.filter(id=identifier, kiosk=kiosk, opened_at=None).first()
    if walk is None:
        return 0
    return max(0, int((walk.opens_until - clock.now()).total_seconds()))


def walk_asking(*, kiosk: Kiosk) -> Walk | None:
    """Return the walk whose guest stands at this screen and asked for the camera."""
    return (
        Walk.objects.filter(
            kiosk=kiosk,
            camera_asked_at__gt=clock.now() - ASKED_SPAN,
            finish_until__gt=clock.now(),
        )
        .order_by("camera_asked_at")
        .first()
    )


def walk_at(*, kiosk: Kiosk, identifier: uuid.UUID) -> Walk | None:
    """Return a walk of this kiosk that is still under way."""
    return (
        Walk.objects.select_related("kiosk__site__operator", "subject", "rules")
        .filter(id=identifier, kiosk=kiosk, finish_until__gt=clock.now())
        .first()
    )


def guests(*, kiosk: Kiosk) -> list[Guest]:
    """Return the phones that opened this kiosk's codes lately, newest first."""
    now = clock.now()
    walks = list(
        Walk.objects.filter(
            kiosk=kiosk,
            surface="phone",
            opened_at__gt=now - timedelta(seconds=FINISH_SECONDS),
        ).order_by("-opened_at")[: GUESTS_SHOWN * 2]
    )
    keys = [key(walk) for walk in walks for key in (walk_key, again_key)]
    arrived = set(
        Visit.objects.filter(site=kiosk.site_id, key__in=keys).values_list(
            "key", flat=True
        )
    )
    shown: list[Guest] = []
    for walk in walks:
        here = {walk_key(walk), again_key(walk)} & arrived
        finished = walk.finished_at is not None or bool(here)
        if finished and (walk.finished_at or now) < now - FINISHED_SHOWN:
            continue
        shown.append(Guest(walk.short, "finished" if finished else "opened"))
    return shown[:GUESTS_SHOWN]


def kiosk_act(kiosk: Kiosk) -> Act:
    """Return the kiosk as the one who acts."""
    return Act(kiosk.code, "kiosk")
