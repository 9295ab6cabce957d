"""From one frame's bytes to a durable, logged answer, against the stock library.

Ours is the whole of it, with the program's own services and PostgreSQL: the start of a
use in the log, finding and encoding in a pixel worker, comparing, the end in the log,
the one-time consent ended. The consent was given before, with the tap that opens the
camera; its key is destroyed, and that logged, once the answer was sent. Compared with
everybody of 20,000 who are enrolled, by the process that holds them; and, for
information, with a few of them.

Stock is `face_recognition` alone: decode, `face_locations`, `face_encodings`,
`face_distance` over 20,000 encodings; nothing is asked, kept or logged. Both in the
same run, by turns.
"""

from __future__ import annotations

import io
import itertools
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import face_recognition
import numpy as np

from faces import pixels
from faces.engine.choice import encoder_read
from faces.engine.dlib_engine import DlibEngine
from faces.engine.encoders import FastEncoder, LibraryEncoder
from faces.engine.preparing import photographs
from tests.benchmarks.coming_back import (
    CANDIDATES,
    Column,
    Taken,
    answering,
    disconnect,
)
from tests.faces.photographs import encoded, hopper

TARGET_RATIO = 0.35
TARGET_DIFFERENCE = 1e-4
TARGET_PARALLEL = 1.7
ROUNDS_MIN = 15
WARM_UP = 3
STOCK_ENCODINGS = GALLERY = 20_000
EACH_AT_ONCE = 4
"""Answers of each thread in a round of `--parallel`."""
BURST = 3
PARALLEL_WARM_UP = 1


def measure(runs: int) -> dict[str, Any]:
    """Return the median milliseconds of each column and their ratio."""
    rounds = max(runs, ROUNDS_MIN)
    frame = encoded(hopper())
    stock = _stock(frame)
    with answering(1, people=GALLERY) as (few,):
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
    from_frame = statistics.median(each.frames for each in one)
    ours_cores = [statistics.median(part) for part in zip(*_cores(one), strict=True)]
    stock_cores = statistics.median(sum(each) for each in _cores(theirs))
    return {
        "rounds": rounds,
        "gallery": GALLERY,
        "candidates": CANDIDATES,
        "stock_encodings": STOCK_ENCODINGS,
        "ours_ms": _ms(_median(one)),
        "ours_from_frame_ms": _ms(from_frame),
        "ours_burst_of_three_ms": _ms(_median(three)),
        "ours_among_few_ms": _ms(_median(among_few)),
        "stock_ms": _ms(_median(theirs)),
        "ours_processor_ms": dict(
            zip(("web", "database", "pixels"), map(_ms, ours_cores), strict=True)
        ),
        "stock_processor_ms": _ms(stock_cores),
        "processor_ratio": round(sum(ours_cores) / stock_cores, 3),
        "ratio": round(ratio, 3),
        "ratio_from_frame": round(from_frame / _median(theirs), 3),
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
    with answering(threads) as columns, ThreadPoolExecutor(threads) as pool:

        def some(column: Column) -> None:
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
        pool.map(lambda _: disconnect(), range(threads))
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
    _chosen, written = encoder_read()
    if written is None:
        message = "the fast encoder is not prepared: python -m faces.engine.preparing"
        raise RuntimeError(message)
    library, fast = LibraryEncoder(), FastEncoder(written)
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
