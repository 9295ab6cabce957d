"""From one frame's bytes to a durable, logged answer, against the stock library.

Ours is the whole of it, with the program's own services and PostgreSQL: the start of a
use in the log, finding and encoding in a pixel worker, comparing, the end in the log,
the one-time consent ended, its key destroyed and that logged. The consent was given
before, with the tap that opens the camera. Compared with everybody of 20,000 who are
enrolled, by the process that holds them; and, for information, with a few of them.

Stock is `face_recognition` alone: decode, `face_locations`, `face_encodings`,
`face_distance` over 20,000 encodings; nothing is asked, kept or logged. Both in the
same run, by turns.
"""

from __future__ import annotations

import io
import itertools
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import face_recognition
import numpy as np

from faces import pixels
from faces.engine.choice import choice_read
from faces.engine.dlib_engine import DlibEngine
from faces.engine.encoders import FastEncoder, LibraryEncoder
from faces.engine.preparing import photographs
from tests.benchmarks.enrolling import house, people_enrol
from tests.faces.photographs import encoded, flipped, hopper

TARGET_RATIO = 0.35
TARGET_DIFFERENCE = 1e-4
TARGET_PARALLEL = 1.7
ROUNDS_MIN = 15
WARM_UP = 3
STOCK_ENCODINGS = GALLERY = 20_000
GALLERY_SECONDS = 300
CANDIDATES = 8
"""Whom one is compared with: more share four digits only in a large house."""
EACH_AT_ONCE = 4
"""Answers of each thread in a round of `--parallel`."""
BURST = 3
PARALLEL_WARM_UP = 1


@dataclass(frozen=True)
class Taken:
    """Seconds of an answer: from the start of its use, and from its frames' arrival.

    `cores` are the seconds that processors worked on it, which a busy machine changes
    less: of this process, of its database connection and of the pixel workers.
    """

    whole: float
    frames: float
    cores: tuple[float, float, float]


def measure(runs: int) -> dict[str, Any]:
    """Return the median milliseconds of each column and their ratio."""
    rounds = max(runs, ROUNDS_MIN)
    frame = encoded(hopper())
    stock = _stock(frame)
    with _answering(1, people=GALLERY) as (few,):
        everybody = few.of_everybody()
        one, three, among_few, theirs = _by_turns(
            [
                lambda: everybody([frame]),
                lambda: everybody([frame] * BURST),
                lambda: few([frame]),
                lambda: stock(frame),
            ],
            rounds,
        )
    difference = encoder_max_difference()
    ratio = _median(one) / _median(theirs)
    ours_cores = [statistics.median(part) for part in zip(*_cores(one), strict=True)]
    stock_cores = statistics.median(sum(each) for each in _cores(theirs))
    return {
        "rounds": rounds,
        "gallery": GALLERY,
        "candidates": CANDIDATES,
        "stock_encodings": STOCK_ENCODINGS,
        "ours_ms": _ms(_median(one)),
        "ours_from_frame_ms": _ms(statistics.median(each.frames for each in one)),
        "ours_burst_of_three_ms": _ms(_median(three)),
        "ours_among_few_ms": _ms(_median(among_few)),
        "stock_ms": _ms(_median(theirs)),
        "ours_processor_ms": dict(
            zip(("web", "database", "pixels"), map(_ms, ours_cores), strict=True)
        ),
        "stock_processor_ms": _ms(stock_cores),
        "processor_ratio": round(sum(ours_cores) / stock_cores, 3),
        "ratio": round(ratio, 3),
        "target_ratio": TARGET_RATIO,
        "encoder_max_difference": difference,
        "target_difference": TARGET_DIFFERENCE,
        "reached": ratio <= TARGET_RATIO and difference <= TARGET_DIFFERENCE,
    }


def measure_parallel(runs: int, *, threads: int) -> dict[str, Any]:
    """Return the answers a second of so many threads, and of one at a time."""
    frame = encoded(hopper())
    rounds = max(1, runs // 3)
    alone: list[float] = []
    together: list[float] = []
    with _answering(threads) as columns, ThreadPoolExecutor(threads) as pool:

        def some(column: _Column) -> None:
            for _ in range(EACH_AT_ONCE):
                column([frame])

        def one_at_a_time() -> None:
            for column in columns:
                pool.submit(some, column).result()

        def at_once() -> None:
            for done in [pool.submit(some, column) for column in columns]:
                done.result()

        for number in range(PARALLEL_WARM_UP + rounds):
            for work, rates in ((one_at_a_time, alone), (at_once, together)):
                began = time.perf_counter()
                work()
                rate = EACH_AT_ONCE * threads / (time.perf_counter() - began)
                if number >= PARALLEL_WARM_UP:
                    rates.append(rate)
        workers = len(pixels._pool.worker_pids())
        pool.map(lambda _: _disconnect(), range(threads))
    ratio = statistics.median(
        both / one for both, one in zip(together, alone, strict=True)
    )
    return {
        "rounds": rounds,
        "threads": threads,
        "pixel_workers": workers,
        "one_at_a_time_per_second": round(statistics.median(alone), 2),
        "parallel_per_second": round(statistics.median(together), 2),
        "throughput_ratio": round(ratio, 2),
        "target_throughput_ratio": TARGET_PARALLEL,
        "reached": ratio >= TARGET_PARALLEL,
    }


def encoder_max_difference() -> float:
    """Return how far our encoder is from the library's, at most, on the same chips."""
    path = choice_read().path
    if path is None:
        message = "the fast encoder is not prepared: python -m faces.engine.preparing"
        raise RuntimeError(message)
    library, fast = LibraryEncoder(), FastEncoder(path)
    engine = DlibEngine(fast)
    chips = np.concatenate(
        [engine.looks(image, max(engine.detect(image))) for image in photographs()]
    )
    return float(np.abs(fast(chips) - library(chips)).max())


def _stock(frame: bytes) -> Callable[[bytes], Taken]:
    drawn = np.random.default_rng(1).normal(size=(STOCK_ENCODINGS, 128))
    known = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    found = face_recognition.face_locations(_pixels(frame))
    if len(found) != 1:
        message = f"the stock library finds {len(found)} faces"
        raise RuntimeError(message)

    def answer(data: bytes) -> Taken:
        began, worked = time.perf_counter(), time.thread_time()
        image = _pixels(data)
        places = face_recognition.face_locations(image)
        (encoding,) = face_recognition.face_encodings(image, places)
        int(face_recognition.face_distance(known, encoding).argmin())
        taken = time.perf_counter() - began
        cores = (time.thread_time() - worked, 0.0, 0.0)
        return Taken(whole=taken, frames=taken, cores=cores)

    return answer


def _pixels(data: bytes) -> Any:
    return face_recognition.load_image_file(io.BytesIO(data))


class _Column:
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

    def of_everybody(self) -> _Column:
        """Return the same with everybody who is enrolled."""
        return _Column(self.kiosk, self.candidates, all_=True)

    def __call__(self, frames: list[bytes]) -> Taken:
        """Let somebody come who is enrolled; they are recognised.

        Raises:
            RuntimeError: they are not.
        """
        from django.db import connection

        from leads import checkin

        probe = _consent(self.kiosk, once=True, lasts=checkin.PROBE_LASTS).subject
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
        return Taken(
            whole=ended - began,
            frames=ended - opened,
            cores=(after[0] - before[0], after[1] - before[1], after[2] - before[2]),
        )

    def _begin(self, probe: Any) -> Any:
        from consent import gate
        from consent.purposes import Purpose
        from faces.matching import METHOD, SEARCH_METHOD
        from faces.selectors import gallery_standing
        from leads.checkin import COMPARE
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
def _answering(threads: int, *, people: int = CANDIDATES) -> Iterator[list[_Column]]:
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
            yield [_Column(kiosk, known, all_=False) for kiosk in (first, *others)]
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

    consent = _consent(kiosk)
    frames = [encoded(flipped(hopper()))]
    make.enrol(subject=consent.subject, kiosk=kiosk, frames=frames)
    return uuid.UUID(str(consent.id))


def _consent(kiosk: Any, **granted: Any) -> Any:
    """Let somebody new consent to their face being used."""
    from consent import journal
    from consent.models import Subject
    from consent.purposes import Purpose
    from consent.selectors import rules_get
    from consent.services.consents import consent_grant
    from consent.services.walks import VISITOR

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


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()


def _by_turns(works: list[Callable[[], Taken]], rounds: int) -> list[list[Taken]]:
    """Do each once a round, in another order each time."""
    taken: list[list[Taken]] = [[] for _ in works]
    orders = itertools.cycle(itertools.permutations(range(len(works))))
    for number in range(WARM_UP + rounds):
        for which in next(orders):
            one = works[which]()
            if number >= WARM_UP:
                taken[which].append(one)
    return taken


def _median(taken: list[Taken]) -> float:
    return statistics.median(each.whole for each in taken)


def _cores(taken: list[Taken]) -> list[tuple[float, float, float]]:
    return [each.cores for each in taken]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
