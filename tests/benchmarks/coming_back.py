"""Somebody who is enrolled comes back: the program's own services, in a benchmark."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faces import pixels
from tests.benchmarks.enrolling import house, people_enrol
from tests.faces.photographs import encoded, flipped, hopper

CANDIDATES = 8
"""Whom one is compared with: more share four digits only in a large house."""
GALLERY_SECONDS = 300


@dataclass(frozen=True)
class Taken:
    """Seconds of an answer: from the start of its use, and from its frames' arrival.

    `cores` are the seconds that processors worked on it, which a busy machine changes
    less: of this process, of its database connection and of the pixel workers.
    """

    whole: float
    frames: float
    cores: tuple[float, float, float]


class Column:
    """Takes the frames of one visitor all the way to their answer, at one kiosk."""

    def __init__(self, kiosk: Any, candidates: list[uuid.UUID], *, all_: bool) -> None:
        from consent.models import Consent

        self.kiosk = kiosk
        self.candidates = candidates
        self.all = all_
        self.known = list(
            Consent.objects.select_related("rules", "subject", "site").filter(
                id__in=candidates
            )
        )

    def of_everybody(self) -> Column:
        """Return the same with everybody who is enrolled."""
        return Column(self.kiosk, self.candidates, all_=True)

    def __call__(self, frames: list[bytes]) -> Taken:
        """Let somebody come who is enrolled; they are recognised.

        Raises:
            RuntimeError: they are not.
        """
        from django.db import connection

        from leads import captures, checkin

        probe = consented(self.kiosk, once=True, lasts=captures.PROBE_LASTS).subject
        # Each thread has its own connection; the workers are shared.
        database = connection.connection.info.backend_pid
        before = _worked(database)
        began = time.perf_counter()
        use = self._begin(probe)
        opened = time.perf_counter()
        told = checkin.capture_answer(use=use, kiosk=self.kiosk, frames=frames)
        ended = time.perf_counter()
        if told.matched is None:
            message = f"the enrolled person was not recognised: {told}"
            raise RuntimeError(message)
        after = _worked(database)
        checkin.capture_finish(told)
        return Taken(
            whole=ended - began,
            frames=ended - opened,
            cores=(after[0] - before[0], after[1] - before[1], after[2] - before[2]),
        )

    def path(self, frame: bytes, hints: int, burst: int) -> float:
        """Return the seconds from the tap's use to the answer, with hints before.

        Raises:
            RuntimeError: whoever is enrolled was not recognised.
        """
        from leads import captures, checkin

        probe = consented(self.kiosk, once=True, lasts=captures.PROBE_LASTS).subject
        began = time.perf_counter()
        use = self._begin(probe)
        for _ in range(hints):
            checkin.capture_hint(use=use, kiosk=self.kiosk, frame=frame)
        told = checkin.capture_answer(use=use, kiosk=self.kiosk, frames=[frame] * burst)
        if told.matched is None:
            message = f"the enrolled person was not recognised: {told}"
            raise RuntimeError(message)
        taken = time.perf_counter() - began
        checkin.capture_finish(told)
        return taken

    def _begin(self, probe: Any) -> Any:
        from consent import gate
        from consent.purposes import Purpose
        from faces.matching import METHOD, SEARCH_METHOD
        from faces.selectors import gallery_standing
        from leads.captures import COMPARE
        from leads.kiosks import kiosk_act

        among: dict[str, Any] = {"model": METHOD, "candidates": self.known}
        if self.all:
            standing = gallery_standing(site=self.kiosk.site)
            among = {"model": SEARCH_METHOD, "gallery": standing}
        return gate.begin(
            subject=probe,
            purpose=Purpose.FACE_CHECKIN,
            mode=COMPARE,
            act=kiosk_act(self.kiosk),
            kiosk=self.kiosk,
            **among,
        ).id


@contextmanager
def answering(threads: int, *, people: int = CANDIDATES) -> Iterator[list[Column]]:
    """Enrol people and one who comes back; a column for each thread, of a few.

    Each stands at a kiosk of its own: a kiosk has one camera.
    """
    with house():
        from django.conf import settings

        from consent.models import Kiosk
        from tests import make
        from tests.faces.searching import searched

        pixels.workers_allow(settings.PIXEL_WORKERS)
        pixels.warm()
        first = Kiosk.objects.select_related("site__operator")[0]
        if people > CANDIDATES:
            searched(first.site)
        others = [
            make.kiosk_paired(site=first.site, code=f"k-bench-{number}")[0]
            for number in range(1, threads)
        ]
        made = people_enrol(people - 1, tell=lambda _: None)
        known = [*_consents(made[: CANDIDATES - 1]), _enrol(first)]
        if people > CANDIDATES:
            _wait_for(people, first.site)
        try:
            yield [Column(kiosk, known, all_=False) for kiosk in (first, *others)]
        finally:
            pixels._pool.close()


def _wait_for(people: int, site: Any) -> None:
    """Wait until the process holds everybody.

    Raises:
        RuntimeError: it does not in time.
    """
    from faces.selectors import gallery_held

    deadline = time.monotonic() + GALLERY_SECONDS
    while time.monotonic() < deadline:
        held = (gallery_held() or {}).get(site.code)
        if held is not None and held.people >= people:
            return
        time.sleep(1)
    message = "the gallery's process does not hold everybody"
    raise RuntimeError(message)


def _worked(database: int) -> tuple[float, float, float]:
    """Return the processor seconds so far of a thread, its connection, the workers."""
    workers = sum(map(_seconds, pixels._pool.worker_pids()))
    return time.thread_time(), _seconds(database), workers


def _seconds(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/schedstat").read_text()
    except OSError:  # not everywhere, and then it counts as nothing
        return 0.0
    return int(told.split()[0]) / 1e9


def _enrol(kiosk: Any) -> uuid.UUID:
    """Enrol the person of the photograph, from another picture than the frame."""
    from tests.faces import make

    consent = consented(kiosk)
    frames = [encoded(flipped(hopper()))]
    make.enrol(subject=consent.subject, kiosk=kiosk, frames=frames)
    return uuid.UUID(str(consent.id))


def consented(kiosk: Any, **granted: Any) -> Any:
    """Let somebody new consent to their face being used."""
    from audit.drafts import VISITOR
    from consent import journal
    from consent.models import Subject
    from consent.purposes import Purpose
    from consent.selectors import rules_get
    from consent.services.consents import consent_grant

    subject = Subject.objects.create()
    with journal.unit(act=VISITOR, site=kiosk.site) as unit:
        return consent_grant(
            unit=unit,
            subject=subject,
            purpose=Purpose.FACE_CHECKIN,
            site=kiosk.site,
            rules=rules_get(site=kiosk.site),
            language="zh-hans",
            **granted,
        )


def _consents(subjects: list[uuid.UUID]) -> list[uuid.UUID]:
    from consent.models import Consent

    return list(
        Consent.objects.filter(subject__in=subjects).values_list("id", flat=True)
    )


def disconnect() -> None:
    from django.db import connections

    connections.close_all()
