"""The pixel workers of one process: a fixed number, each for one caller at a time."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from faces.errors import (
    FaceUnusable,
    FrameFault,
    FrameInvalid,
    PixelsBusy,
    PixelsFailed,
    PresenceUnseen,
    Reason,
)
from faces.pixels.answers import (
    Asked,
    BoxFractions,
    Encoding,
    Hint,
    answer_check,
    poses_of,
)
from faces.pixels.limits import (
    BURST_USE_FRAMES,
    BURST_WAIT_MAX_SECONDS,
    PRESENCE_MAX_SECONDS,
    REQUEST_MAX_SECONDS,
    START_MAX_SECONDS,
    WAIT_MAX_SECONDS,
    frames_check,
)
from faces.pixels.places import Places
from faces.pixels.worker import Worker
from faces.presence import STRAIGHT, STRAIGHT_FRAMES, Seen, hinted, judge

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from consent.challenges import Step
    from faces.processes.wire import Header


@dataclass(kw_only=True)
class _Fleet:
    """The workers of one process, and the thread that may start them.

    A place holds a worker, or nothing where none has been started yet.
    """

    places: Places[Worker | None]
    started: weakref.WeakSet[Worker] = field(default_factory=weakref.WeakSet)
    # The kernel ends a worker with the thread that started it. Threads of a web server
    # come and go; this one stays as long as the fleet.
    starter: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "pixel-worker-starter")
    )

    def start(self) -> Worker:
        worker = self.starter.submit(Worker).result()
        self.started.add(worker)
        return worker

    def replace(self) -> None:
        """Start a worker in the background and give its place back with it."""

        def replace() -> None:
            worker = None
            try:
                worker = Worker()
                self.started.add(worker)
            finally:
                # Still loading: those that are ready come before it.
                self.places.give(worker, warm=False)

        try:
            self.starter.submit(replace)
        except RuntimeError:  # the process or the fleet is ending
            self.places.give(None, warm=False)


class PixelPool:
    """Pixel workers for the threads of this process, first come, first served.

    Nothing is started before the first use or `warm`. After a fork the child process
    has a pool of its own: it never shares a worker with its parent.
    """

    def __init__(
        self,
        *,
        size: int = 1,
        request_seconds: float = REQUEST_MAX_SECONDS,
        start_seconds: float = START_MAX_SECONDS,
        wait_seconds: float = WAIT_MAX_SECONDS,
        burst_wait_seconds: float = BURST_WAIT_MAX_SECONDS,
    ) -> None:
        self.size = size
        self.request_seconds = request_seconds
        self.start_seconds = start_seconds
        self.wait_seconds = wait_seconds
        self.burst_wait_seconds = burst_wait_seconds
        self._fleet: _Fleet | None = None
        self._lock = threading.Lock()
        _pools.add(self)

    def resize(self, size: int) -> None:
        """Say how many workers there may be, before the first is wanted.

        Args:
            size: 1 or more. Each keeps a core busy while it is asked, and 0.13 GB.

        Raises:
            RuntimeError: they are in use already.
        """
        with self._lock:
            if self._fleet is not None:
                message = "the pixel workers were started already"
                raise RuntimeError(message)
            self.size = size

    def warm(self) -> None:
        """Start all workers at once and wait until their models are loaded (about 2 s).

        Each can be asked as soon as it is ready.

        Raises:
            PixelsBusy, PixelsFailed: as for a request; the next call tries again.
        """
        with contextlib.ExitStack() as all_places:
            places: list[tuple[contextlib.ExitStack, Worker]] = []
            for _ in range(self.size):
                place = all_places.enter_context(contextlib.ExitStack())
                worker = place.enter_context(self._held(self.start_seconds))
                places.append((place, worker))
            for place, worker in places:
                with place:
                    worker.wait_ready(time.monotonic() + self.start_seconds)

    def hint(self, frame: bytes, *, asked: Asked | None = None) -> Hint:
        """Look at one frame and say what keeps it from being used; encode nothing.

        Args:
            frame: the bytes of a JPEG, PNG or WebP. MUST NOT be written anywhere.
            asked: what a presence check asks for; a turned head may then be what it is.

        Raises:
            FrameInvalid: these bytes are no acceptable picture.
            PixelsBusy, PixelsFailed: nothing was looked at; a later frame may pass.
        """
        before = asked.straight if asked is not None else None
        frames = [frame] if before is None else [frame, before]
        turned = asked is not None and asked.what != STRAIGHT
        answer, _parts = self._ask({"ask": "hint", "turned": turned}, frames)
        box = answer["box"]
        reasons = tuple(Reason(reason) for reason in answer["reasons"])
        poses = poses_of(answer)
        seen = None
        if asked is not None and not reasons and poses[0] is not None:
            straight = poses[1] if before is not None else None
            seen = (
                Seen.NOTHING
                if before is not None and straight is None
                else hinted(
                    asked.what, later=asked.later, pose=poses[0], straight=straight
                )
            )
        return Hint(
            reasons=reasons,
            box=None
            if box is None
            else BoxFractions(left=box[0], top=box[1], width=box[2], height=box[3]),
            seen=seen,
        )

    def encode(
        self,
        frames: Sequence[bytes],
        *,
        use: int = BURST_USE_FRAMES,
        steps: Sequence[Step] = (),
        kept: bool = False,
    ) -> Encoding:
        """Encode the one person in a burst; all or nothing.

        Every frame must show exactly one face, good enough to use. The best are
        encoded and averaged.

        Args:
            frames: 1 to 12 JPEG, PNG or WebP. MUST NOT be written anywhere.
            use: how many of them to encode at most, 1 or more.
            steps: of a presence check: the burst must show them in this order between
                straight frames, which alone are averaged (`faces.presence.judge`).
            kept: whether the encoding is to be kept: a covered face is refused then,
                at the cost of an encoding more for each frame that is averaged.

        Raises:
            FrameInvalid: one of them is no acceptable picture, or they are too many.
            FaceUnusable: why, over all frames. `more_than_one` stands alone: nothing
                else was looked at. `not_one_person`: different people took turns.
            PresenceUnseen: one face in each, but not what the steps asked for.
            PixelsBusy, PixelsFailed: nothing was kept; a new burst may pass.
        """
        header: Header = {"ask": "encode", "use": max(use, 1), "kept": kept}
        seconds = None
        if steps:
            header["straight"] = STRAIGHT_FRAMES
            seconds = PRESENCE_MAX_SECONDS
        answer, parts = self._ask(header, frames, seconds=seconds)
        if answer.get("reasons"):
            raise FaceUnusable(Reason(reason) for reason in answer["reasons"])
        if steps:
            poses = [pose for pose in poses_of(answer) if pose is not None]
            unseen = judge(steps, poses)
            if unseen is not None:
                raise PresenceUnseen(unseen)
        return Encoding(
            mean=np.frombuffer(parts[0], dtype="<f8").astype(np.float64),
            frames_given=len(frames),
            frames_used=answer["frames_used"],
            spread=answer["spread"],
        )

    def close(self) -> None:
        """End every worker now; a later call would start new ones."""
        with self._lock:
            fleet, self._fleet = self._fleet, None
        if fleet is not None:
            fleet.starter.shutdown()
            for worker in list(fleet.started):
                worker.end()

    def worker_pids(self) -> list[int]:
        """Return the process ids of the running workers, for a supervisor's report."""
        fleet = self._fleet
        workers = [] if fleet is None else list(fleet.started)
        return [worker.pid for worker in workers if worker.alive()]

    def _ask(
        self, header: Header, frames: Sequence[bytes], *, seconds: float | None = None
    ) -> tuple[Header, list[bytes]]:
        frames_check(frames)
        encodes = header["ask"] == "encode"
        wait = self.burst_wait_seconds if encodes else self.wait_seconds
        with self._held(wait) as worker:
            worker.wait_ready(time.monotonic() + self.start_seconds)
            deadline = time.monotonic() + (seconds or self.request_seconds)
            answer, parts = worker.ask(header, frames, deadline)
            answer_check(answer, parts, frames=len(frames), encodes=encodes)
        if "fault" in answer:
            raise FrameInvalid(FrameFault(answer["fault"]))
        return answer, parts

    @contextlib.contextmanager
    def _held(self, wait_seconds: float) -> Generator[Worker]:
        """Hold a started worker; one that the block leaves by an exception is replaced.

        That is so for every exception, also an interrupt: the answer still in the pipe
        would be taken for the next visitor's.
        """
        fleet = self._own_fleet()
        try:
            worker = fleet.places.take(timeout=wait_seconds)
        except TimeoutError:
            raise PixelsBusy from None
        done = False
        try:
            if worker is None or not worker.alive():
                stale, worker = worker, None
                if stale is not None:
                    stale.end()
                worker = fleet.start()
            yield worker
            done = True
        except TimeoutError:
            raise PixelsFailed("late") from None
        except (EOFError, OSError, ValueError):
            raise PixelsFailed("died") from None
        finally:
            if done:
                fleet.places.give(worker)
            else:
                if worker is not None:
                    worker.end()
                fleet.replace()

    def _own_fleet(self) -> _Fleet:
        with self._lock:
            if self._fleet is None:
                empty: list[Worker | None] = [None] * self.size
                self._fleet = _Fleet(places=Places(empty))
            return self._fleet

    def _forget_parents_fleet(self) -> None:
        # The lock may have been held at the fork, and the starter thread is not here.
        # An open copy of a pipe would keep the worker from seeing its parent go.
        fleet, self._fleet = self._fleet, None
        self._lock = threading.Lock()
        if fleet is not None:
            for worker in list(fleet.started):
                worker.let_go()


_pools: weakref.WeakSet[PixelPool] = weakref.WeakSet()


def _after_fork() -> None:
    for pool in list(_pools):
        pool._forget_parents_fleet()  # noqa: SLF001  (this module's own class)


os.register_at_fork(after_in_child=_after_fork)
