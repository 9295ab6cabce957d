"""How pixel workers live, are confined, die and are replaced."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from consent import gate
from consent.challenges import Step
from faces.errors import PixelsBusy, PixelsFailed
from faces.gallery import asking
from faces.pixels import Hint, PixelPool, answers, limits
from faces.pixels.worker import Worker
from faces.presence import STEP_FRAMES, STRAIGHT_FRAMES, Pose, judge
from faces.processes import wire
from tests.faces.photographs import collins, encoded, hopper
from tests.faces.processes import ended, output, program, state, stopped, until
from tests.faces.test_pixels_answers import CODE, MEAN, without

pytestmark = [pytest.mark.vision, pytest.mark.slow]

HOPPER = encoded(hopper())
COLLINS = encoded(collins())
# More than a pipe holds: Pillow ignores what follows a complete JPEG.
LONG_HOPPER = HOPPER + b"\0" * 1_500_000


@pytest.fixture
def mortal() -> Iterator[PixelPool]:
    """A warm pool whose worker a test may hurt."""
    workers = PixelPool(request_seconds=1.5, wait_seconds=0.2)
    workers.warm()
    yield workers
    workers.close()


# Dying


def test_a_worker_killed_in_the_middle_is_a_failure_and_the_next_call_works(
    mortal: PixelPool,
) -> None:
    (pid,) = mortal.worker_pids()
    stopped(pid)
    with ThreadPoolExecutor(1) as other:
        call = other.submit(mortal.hint, HOPPER)
        time.sleep(0.2)
        assert not call.done()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(PixelsFailed) as caught:
            call.result(timeout=10)
    assert caught.value.how == "died"
    mortal.wait_seconds = 30
    assert mortal.hint(HOPPER).usable
    assert pid not in mortal.worker_pids()


@pytest.mark.parametrize("frame", [HOPPER, LONG_HOPPER], ids=["read", "write"])
def test_a_late_worker_is_killed_and_replaced(mortal: PixelPool, frame: bytes) -> None:
    (pid,) = mortal.worker_pids()
    stopped(pid)
    start = time.monotonic()
    with pytest.raises(PixelsFailed) as caught:
        mortal.encode([frame])
    assert caught.value.how == "late"
    assert 1.4 < time.monotonic() - start < 4
    assert state(pid) == "gone"
    # The next one is on its way before anybody asks.
    assert until(lambda: len(mortal.worker_pids()) == 1)
    mortal.wait_seconds = 30
    assert mortal.hint(HOPPER).usable


def test_a_worker_that_died_while_idle_is_replaced_without_a_failure(
    mortal: PixelPool,
) -> None:
    (pid,) = mortal.worker_pids()
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: ended(pid))
    assert mortal.hint(HOPPER).usable


def test_an_interrupted_call_never_leaves_its_answer_to_the_next(
    mortal: PixelPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pid,) = mortal.worker_pids()
    with monkeypatch.context() as patch:

        def interrupted(*_arguments: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(Worker, "_read", interrupted)
        with pytest.raises(KeyboardInterrupt):
            mortal.hint(HOPPER)
    assert state(pid) == "gone"
    mortal.wait_seconds = 30
    assert mortal.hint(COLLINS) != mortal.hint(HOPPER)


def test_an_answer_to_another_request_is_refused(
    mortal: PixelPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Worker._read

    def shifted(self: Worker, deadline: float) -> tuple[wire.Header, list[bytes]]:
        answer, parts = honest(self, deadline)
        return {**answer, "number": answer["number"] - 1}, parts

    monkeypatch.setattr(Worker, "_read", shifted)
    with pytest.raises(PixelsFailed, match="died"):
        mortal.hint(HOPPER)


@pytest.mark.parametrize("ask", ["hint", "asked", "encode", "presence"])
def test_a_worker_that_leaves_something_out_fails_and_is_replaced(
    mortal: PixelPool, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    (pid,) = mortal.worker_pids()
    honest = Worker._read
    # Ready before the answers are bent, so that the greeting is not.
    assert mortal.hint(HOPPER).usable

    def bent(self: Worker, deadline: float) -> tuple[wire.Header, list[bytes]]:
        answer, parts = honest(self, deadline)
        if ask == "hint":
            return without(answer, "box"), parts
        if ask == "asked":
            return answer | {"poses": answer["poses"][:1]}, parts
        return without(answer, "poses"), parts

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "_read", bent)
        with pytest.raises(PixelsFailed, match="died"):
            if ask == "hint":
                mortal.hint(HOPPER)
            elif ask == "asked":
                mortal.hint(HOPPER, asked=answers.Asked(what="left", straight=HOPPER))
            else:
                steps = [Step.LEFT] if ask == "presence" else []
                mortal.encode([HOPPER], steps=steps)
    assert state(pid) == "gone"


def test_frames_without_a_pose_are_never_an_unseen_none(
    mortal: PixelPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [Step.LEFT]
    straight, left = [0.0, 0.4, 0.1], [0.5, 0.4, 0.1]
    poses = [straight] * STRAIGHT_FRAMES + [left] * STEP_FRAMES + [straight]
    assert judge(steps, [Pose(turn=t, rise=r, apart=a) for t, r, a in poses]) is None

    def bent(*_asked: object) -> tuple[wire.Header, list[bytes]]:
        return CODE | {"number": 1, "poses": [*poses, None]}, MEAN

    monkeypatch.setattr(Worker, "_read", bent)
    with pytest.raises(PixelsFailed, match="died"):
        mortal.encode([HOPPER] * (len(poses) + 1), steps=steps)


@pytest.mark.slow
def test_a_worker_that_cannot_start_is_a_failure_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers = PixelPool(wait_seconds=10)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nonexistent/python")
        for _ in range(2):
            with pytest.raises(PixelsFailed):
                workers.hint(HOPPER)
    assert workers.hint(HOPPER).usable
    workers.close()


# Waiting


def test_a_caller_waits_a_bounded_time_for_a_busy_worker(mortal: PixelPool) -> None:
    mortal.request_seconds = 20
    (pid,) = mortal.worker_pids()
    stopped(pid)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(mortal.hint, HOPPER)
        time.sleep(0.2)
        start = time.monotonic()
        with pytest.raises(PixelsBusy):
            mortal.hint(COLLINS)
        assert 0.15 < time.monotonic() - start < 1.0
        os.kill(pid, signal.SIGCONT)
        assert first.result(timeout=20).usable
    assert mortal.worker_pids() == [pid]


def test_a_burst_waits_longer_than_a_hint(mortal: PixelPool) -> None:
    """It comes once; where a hint was not looked at, the next frame asks again."""
    mortal.request_seconds = mortal.burst_wait_seconds = 20
    (pid,) = mortal.worker_pids()
    stopped(pid)
    with ThreadPoolExecutor(2) as others:
        first = others.submit(mortal.hint, HOPPER)
        time.sleep(0.2)
        burst = others.submit(mortal.encode, [COLLINS])
        with pytest.raises(PixelsBusy):
            mortal.hint(HOPPER)
        assert not burst.done()
        os.kill(pid, signal.SIGCONT)
        assert first.result(timeout=30).usable
        assert burst.result(timeout=30).frames_used == 1


def test_an_answer_is_there_before_its_use_counts_as_abandoned() -> None:
    pool = PixelPool()
    loading_seconds, search_seconds, sweep_seconds = 2, asking.ANSWER_SECONDS, 5
    assert pool.burst_wait_seconds > pool.wait_seconds
    longest = (
        pool.burst_wait_seconds
        + loading_seconds
        + max(limits.PRESENCE_MAX_SECONDS, pool.request_seconds)
        + search_seconds
    )
    assert longest < gate.ANSWER_SECONDS
    assert gate.ANSWER_SECONDS + sweep_seconds <= 30


@pytest.mark.slow
def test_many_threads_each_get_their_own_answer() -> None:
    workers = PixelPool(size=2, wait_seconds=60, request_seconds=30)
    frames = [HOPPER, COLLINS, encoded(hopper().crop((300, 0, 640, 480)))]
    right = [workers.hint(frame) for frame in frames]
    wrong: list[tuple[int, Hint]] = []

    def hammer(first: int) -> None:
        for turn in range(8):
            which = (first + turn) % len(frames)
            hint = workers.hint(frames[which])
            if hint != right[which]:
                wrong.append((which, hint))

    threads = [threading.Thread(target=hammer, args=(first,)) for first in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    assert len(workers.worker_pids()) == 2
    assert wrong == []
    workers.close()


@pytest.mark.slow
def test_nobody_is_served_twice_before_one_who_waits() -> None:
    """One worker; those who come back at once do not pass a caller in line."""
    workers = PixelPool(wait_seconds=60, request_seconds=30)
    workers.warm()
    callers, served = 5, list[int]()
    passed: list[int] = []

    def come_again(number: int) -> None:
        for _ in range(8):
            before = len(served)
            workers.hint(HOPPER)
            passed.append(len(served) - before)
            served.append(number)

    threads = [threading.Thread(target=come_again, args=(n,)) for n in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    workers.close()
    assert len(passed) == callers * 8
    # Those before them in the line, and one that was being noted down meanwhile.
    assert max(passed) <= callers + 1


# Belonging to one process


def test_a_worker_outlives_the_thread_that_asked_first() -> None:
    workers = PixelPool()
    thread = threading.Thread(target=workers.warm)
    thread.start()
    thread.join()
    (pid,) = workers.worker_pids()
    assert not until(lambda: ended(pid), seconds=0.3)
    workers.close()
    assert state(pid) == "gone"


@pytest.mark.slow
def test_a_forked_process_has_a_worker_of_its_own(mortal: PixelPool) -> None:
    (parents,) = mortal.worker_pids()
    (worker,) = list(mortal._fleet.started) if mortal._fleet else []
    pipe = worker._line._writes
    child = os.fork()
    if child == 0:
        code = 1
        try:
            try:
                os.fstat(pipe)
            except OSError:
                code = 2
            mortal.request_seconds = 30
            own = mortal.hint(HOPPER).usable and mortal.worker_pids() != [parents]
            code = 0 if own and code == 2 else 3
            mortal.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert mortal.worker_pids() == [parents]
    assert mortal.hint(HOPPER).usable


PARENT = """
import sys, time
from faces.pixels import PixelPool
workers = PixelPool()
workers.warm()
print(workers.worker_pids()[0], flush=True)
time.sleep(float(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("worker_is", ["idle", "stopped"])
def test_a_worker_dies_with_a_killed_parent(worker_is: str) -> None:
    with program(PARENT, "60") as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        if worker_is == "stopped":
            stopped(pid)
        parent.kill()
    assert until(lambda: ended(pid), seconds=5)


@pytest.mark.slow
def test_a_worker_leaves_with_a_parent_that_ends_by_itself() -> None:
    pid = int(output(PARENT, "0"))
    assert until(lambda: ended(pid), seconds=5)
