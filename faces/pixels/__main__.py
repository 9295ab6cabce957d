"""The pixel worker: the only place where a visitor's frame becomes pixels.

One process, one thread; once ready it can open no file and no connection. It answers
requests on its standard input until that ends, and keeps nothing between them.
"""

from __future__ import annotations

import heapq
import resource
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faces import matching, quality
from faces.engine import Engine, FaceBox, RGBImage
from faces.engine.loading import engine_load
from faces.errors import FaceUnusable, FrameInvalid, Reason
from faces.pixels.decode import decode_prepare, frame_decode
from faces.pixels.limits import (
    BURST_MAX_DISTANCE,
    FRAMES_MAX_BYTES,
    PRESENCE_MAX_DISTANCE,
    WORKER_MAX_BYTES,
    WORKER_REQUEST_MAX_SECONDS,
    frames_check,
)
from faces.presence import Pose
from faces.processes.confining import confine, output_take
from faces.processes.wire import Header, message_pack, message_read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO


@dataclass(frozen=True, kw_only=True)
class _Look:
    image: RGBImage
    box: FaceBox
    quality: quality.Quality

    @property
    def rank(self) -> float:
        return self.quality.sharpness * self.quality.side_px


def main() -> int:
    """Serve one parent until it closes its end."""
    confine(parent_pid=int(sys.argv[1]), memory_max_bytes=WORKER_MAX_BYTES)
    requests, answers = sys.stdin.buffer, output_take()
    engine = _warm_up()
    # From here on nothing can be opened: no file to leave a frame in, no connection.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    answers.write(message_pack({"ready": engine.model}))
    answers.flush()
    while True:
        try:
            header, parts = message_read(
                lambda size: _read_exactly(requests, size),
                parts_max_bytes=FRAMES_MAX_BYTES,
            )
        except EOFError:
            return 0
        # Left to its default action, the signal ends the process wherever it is.
        signal.alarm(WORKER_REQUEST_MAX_SECONDS)
        answer = _answer(engine, header, parts)
        signal.alarm(0)
        answers.write(answer)
        answers.flush()


def _answer(engine: Engine, header: Header, frames: Sequence[bytes]) -> bytes:
    number = {"number": header["number"]}
    try:
        frames_check(frames)
        if header["ask"] == "hint":
            return message_pack(number | _hint(engine, frames, header))
        straight = header.get("straight", 0)
        kept = bool(header.get("kept"))
        answer, mean = _encode(
            engine, frames, use=header["use"], straight=straight, kept=kept
        )
        return message_pack(number | answer, [mean.astype("<f8").tobytes()])
    except FrameInvalid as error:
        return message_pack(number | {"fault": error.fault})
    except FaceUnusable as error:
        return message_pack(number | {"reasons": error.reasons})


def _hint(engine: Engine, frames: Sequence[bytes], header: Header) -> Header:
    image = frame_decode(frames[0])
    boxes = engine.detect(image)
    found = _assess(engine, image, boxes)
    reasons = list(found.reasons)
    if header.get("turned"):
        reasons = _turned_allowed(reasons)
    elif not reasons and quality.is_covered(engine.cover(image, boxes[0])):
        # Asked last, and of a straight face: it costs as much as an encoding.
        reasons = [Reason.COVERED]
    box = _fractions(image, boxes[0]) if len(boxes) == 1 else None
    poses = [_numbers(found.pose)]
    if len(frames) > 1:
        before = frame_decode(frames[1])
        there = engine.detect(before)
        poses.append(_numbers(_assess(engine, before, there).pose))
    return {"reasons": reasons, "box": box, "poses": poses}


def _encode(
    engine: Engine, frames: Sequence[bytes], *, use: int, straight: int, kept: bool
) -> tuple[Header, matching.Embedding]:
    """Encode a burst; of a presence check, whose first frames are straight, all of it.

    Args:
        engine: the model.
        frames: the burst.
        use: how many frames to average at most.
        straight: how many frames at the start are straight and may be averaged; the
            others may be turned. 0 when all are.
        kept: whether what comes of it is to be kept: not of a covered face.
    """
    looks: list[_Look] = []
    reasons: set[Reason] = set()
    for position, frame in enumerate(frames):
        image = frame_decode(frame)
        boxes = engine.detect(image)
        found = _assess(engine, image, boxes)
        if Reason.MORE_THAN_ONE in found.reasons:
            # Somebody else is in the picture: nothing more is looked at.
            raise FaceUnusable([Reason.MORE_THAN_ONE])
        against = list(found.reasons)
        if straight and position >= straight:
            against = _turned_allowed(against)
        reasons.update(against)
        if not against:
            looks.append(_Look(image=image, box=boxes[0], quality=found))
    if reasons:
        raise FaceUnusable(reasons)
    still, others = looks, looks[:0]
    if straight:
        still, others = looks[:straight], looks[straight:]
    best = heapq.nlargest(use, still, key=lambda look: look.rank)
    if kept and any(
        quality.is_covered(engine.cover(look.image, look.box)) for look in best
    ):
        raise FaceUnusable([Reason.COVERED])
    encodings = [engine.encode(look.image, look.box) for look in best]
    spread = matching.spread(encodings)
    mean = matching.mean_encoding(encodings)
    away = (
        matching.distance(mean, engine.encode(look.image, look.box)) for look in others
    )
    if spread > BURST_MAX_DISTANCE or any(one > PRESENCE_MAX_DISTANCE for one in away):
        raise FaceUnusable([Reason.NOT_ONE_PERSON])
    answer = {
        "frames_used": len(best),
        "spread": spread,
        "poses": [_numbers(look.quality.pose) for look in looks],
    }
    return answer, mean


def _turned_allowed(reasons: Sequence[Reason]) -> list[Reason]:
    return [reason for reason in reasons if reason != Reason.TURNED_AWAY]


def _numbers(pose: Pose | None) -> list[float] | None:
    return None if pose is None else [pose.turn, pose.rise, pose.apart]


def _assess(
    engine: Engine, image: RGBImage, boxes: Sequence[FaceBox]
) -> quality.Quality:
    points = engine.landmarks(image, boxes[0]) if len(boxes) == 1 else None
    return quality.assess(image, boxes, points)


def _fractions(image: RGBImage, box: FaceBox) -> tuple[float, float, float, float]:
    height, width = image.shape[:2]
    left, top = max(box.left, 0) / width, max(box.top, 0) / height
    right, bottom = min(box.right + 1, width), min(box.bottom + 1, height)
    return left, top, right / width - left, bottom / height - top


def _warm_up() -> Engine:
    """Have everything loaded that a request needs; nothing can be loaded later."""
    decode_prepare()
    engine = engine_load()
    blank, box = np.zeros((160, 160, 3), np.uint8), FaceBox(0, 159, 159, 0)
    engine.detect(blank)
    _assess(engine, blank, [box])
    engine.encode(blank, box)
    engine.cover(blank, box)
    return engine


def _read_exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise EOFError
    return data


if __name__ == "__main__":
    sys.exit(main())
