"""Our encoder against the stock call, on the same faces in the same run.

The stock call is `face_recognition.face_encodings` with the five-point model on a face
that was found already; ours does the same work, its landmarks and alignment too. Beside
it, for information, what production does: a second look, at the mirror image.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import face_recognition
import numpy as np

from faces.engine.choice import DIFFERENCE_MAX, encoder_read
from faces.engine.dlib_engine import DlibEngine
from faces.engine.encoders import FastEncoder
from faces.engine.preparing import photographs

TO_REACH = 10.0
AT_ONCE = 5


def measure(runs: int) -> dict[str, Any]:
    """Return milliseconds of each, their ratio, and how far the encodings differ."""
    _chosen, written = encoder_read()
    if written is None:
        message = "the fast encoder is not prepared: python -m faces.engine.preparing"
        raise RuntimeError(message)
    fast = FastEncoder(written)
    engine = DlibEngine(fast)
    faces = [(image, max(engine.detect(image))) for image in photographs()]
    stock: list[float] = []
    ours: list[float] = []
    production: list[float] = []
    differences: list[float] = []
    for image, box in faces:

        def by_stock(image: Any = image, box: Any = box) -> Any:
            return face_recognition.face_encodings(
                image, known_face_locations=[tuple(box)], num_jitters=1, model="small"
            )[0]

        def by_us(image: Any = image, box: Any = box) -> Any:
            return fast(engine.looks(image, box)[:1])[0]

        def both_looks(image: Any = image, box: Any = box) -> Any:
            return engine.encode(image, box)

        differences.append(float(np.abs(by_stock() - by_us()).max()))
        # In turn, a few of each: whatever else the machine does hits all alike.
        for _ in range(max(1, runs // AT_ONCE)):
            for work, taken in (
                (by_stock, stock),
                (by_us, ours),
                (both_looks, production),
            ):
                taken += [_ms(work) for _ in range(AT_ONCE)]
    ratio = statistics.median(stock) / statistics.median(ours)
    return {
        "faces": len(faces),
        "runs": runs,
        "stock_ms": round(statistics.median(stock), 2),
        "ours_ms": round(statistics.median(ours), 2),
        "production_ms": round(statistics.median(production), 2),
        "times_faster": round(ratio, 1),
        "to_reach": TO_REACH,
        "largest_difference": max(differences),
        "reached": ratio >= TO_REACH and max(differences) < DIFFERENCE_MAX,
    }


def _ms(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
