"""Frames in, a hint or an encoding out; the pixels stay in a process of their own.

Importing this loads no model and no image library: `python -m faces.pixels` (the
worker, `__main__`) does. The functions here use the pool of the calling process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from faces.pixels.answers import Asked, BoxFractions, Encoding, Hint
from faces.pixels.limits import BURST_USE_FRAMES
from faces.pixels.pool import PixelPool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consent.challenges import Step

__all__ = [
    "Asked",
    "BoxFractions",
    "Encoding",
    "Hint",
    "PixelPool",
    "encode",
    "hint",
    "warm",
    "workers_allow",
]

_pool = PixelPool()


def workers_allow(count: int) -> None:
    """Say how many workers this process may have; see `PixelPool.resize`."""
    _pool.resize(count)


def warm() -> None:
    """Start this process's pixel workers; see `PixelPool.warm`."""
    _pool.warm()


def hint(frame: bytes, *, asked: Asked | None = None) -> Hint:
    """Say what keeps one frame from being used; see `PixelPool.hint`."""
    return _pool.hint(frame, asked=asked)


def encode(
    frames: Sequence[bytes],
    *,
    use: int = BURST_USE_FRAMES,
    steps: Sequence[Step] = (),
    kept: bool = False,
) -> Encoding:
    """Encode the one person in a burst; see `PixelPool.encode`."""
    return _pool.encode(frames, use=use, steps=steps, kept=kept)
