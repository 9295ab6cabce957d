"""How much may be sent to a pixel worker, and for how long it may think."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faces.errors import FrameFault, FrameInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

FRAMES_MAX = 12
FRAME_MAX_BYTES = 2_000_000
FRAMES_MAX_BYTES = 6_000_000
# Twelve megapixels as telephones count them: 4032 x 3024 must pass.
FRAME_MAX_PIXELS = 12 * 1024 * 1024
# Every row is an object while a picture is read: 1 x 12,000,000 took 450 MB.
FRAME_MAX_LENGTH_PX = 8192
# Each scan of a progressive JPEG passes over the whole picture again: cameras and
# libraries write about ten, and a thousand in 100 KB took longer than anybody waits.
JPEG_MAX_SCANS = 32
# Larger frames are scaled down to this before anything looks at them.
FRAME_MAX_SIDE_PX = 1280

# The sharpest and largest of a burst are encoded; each costs about 90 ms.
BURST_USE_FRAMES = 3
# Encodings of one burst further apart than this are not one person's: seconds lie
# between them, and stills of one person altered by far more differ by 0.3.
BURST_MAX_DISTANCE = 0.50
# The moved frames of a presence check against the mean of its straight ones. Heads
# turned in the computer by 35 degrees lie 0.35 away, as measured for faces/presence.py.
PRESENCE_MAX_DISTANCE = 0.45

REQUEST_MAX_SECONDS = 5.0
# Ten frames, each encoded: 2 s with the library on an idle machine. With the wait
# before it and a search after it this MUST be less than `consent.gate.ANSWER_SECONDS`,
# after which a use without an answer counts as abandoned.
PRESENCE_MAX_SECONDS = 12.0
START_MAX_SECONDS = 30.0
# For a hint: the next frame asks again.
WAIT_MAX_SECONDS = 2.0
# For a burst, which comes once: two of a presence check may be before it.
BURST_WAIT_MAX_SECONDS = 6.0
# A worker whose parent has gone ends itself, also in the middle of a request.
WORKER_REQUEST_MAX_SECONDS = 15

# Address space of a worker: 0.44 GB when ready, 0.52 GB with twelve ordinary frames.
# What is resident grows by less than 300 MB with the worst frame that passes
# (tests/faces/test_hostile.py).
WORKER_MAX_BYTES = 1536 * 1024**2


def frames_check(frames: Sequence[bytes]) -> None:
    """Refuse a burst by number and size, before anything is copied or decoded.

    Raises:
        FrameInvalid: `empty`, `too_many_frames` or `too_large_bytes`.
    """
    if not frames or not all(frames):
        raise FrameInvalid(FrameFault.EMPTY)
    if len(frames) > FRAMES_MAX:
        raise FrameInvalid(FrameFault.TOO_MANY_FRAMES)
    sizes = [len(frame) for frame in frames]
    if max(sizes) > FRAME_MAX_BYTES or sum(sizes) > FRAMES_MAX_BYTES:
        raise FrameInvalid(FrameFault.TOO_LARGE_BYTES)
