"""How many pixel workers the program has, and how they are shared out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from salescenter.gunicorn_conf import pixel_workers_each
from tests.conftest import LiveServer
from tests.faces.processes import state, until
from tests.salescenter.test_settings import _last, _read


@pytest.mark.parametrize("number", ["1", "8", " 3 "])
def test_a_number_from_1_to_8_is_taken(number: str) -> None:
    done = _read("s.PIXEL_WORKERS", PIXEL_WORKERS=number)
    assert done.stdout.strip() == number.strip()


@pytest.mark.parametrize("number", ["0", "9", "-1", "1.5", "two", "１", "08"])
def test_another_number_is_refused_with_a_sentence(number: str) -> None:
    done = _read("s.PIXEL_WORKERS", PIXEL_WORKERS=number)
    assert done.returncode == 1
    assert _last(done).endswith("PIXEL_WORKERS is a whole number from 1 to 8")


def test_by_default_there_is_one_for_each_usable_core_and_four_at_most() -> None:
    done = _read("s.PIXEL_WORKERS, len(s.os.sched_getaffinity(0))")
    number, cores = map(int, done.stdout.strip("()\n").split(","))
    assert number == min(cores, 4)
    alone = "s.os.sched_setaffinity(0, {min(s.os.sched_getaffinity(0))})"
    assert _read(f"{alone} or s._pixel_workers()").stdout.strip() == "1"


@pytest.mark.parametrize(
    ("total", "processes", "each"),
    [(1, 1, 1), (4, 1, 4), (2, 2, 1), (4, 2, 2), (3, 2, 2), (1, 2, 1), (8, 3, 3)],
)
def test_they_are_shared_out_and_no_web_process_goes_without(
    total: int, processes: int, each: int
) -> None:
    assert pixel_workers_each(total, processes) == each


def _children(pid: int) -> list[int]:
    """Return the processes that a process started; its threads start some too."""
    tasks = Path(f"/proc/{pid}/task")
    return [
        int(child)
        for task in tasks.iterdir()
        for child in (task / "children").read_text().split()
    ]


def _looks_at_pixels(pid: int) -> bool:
    try:
        return b"faces.pixels" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.vision
@pytest.mark.slow
def test_each_web_process_has_its_share_and_they_leave_with_it(
    serve: Callable[..., LiveServer],
) -> None:
    server = serve(WEB_PROCESSES="2", PIXEL_WORKERS="4")
    webs = _children(server.process.pid)
    assert len(webs) == 2

    def shares() -> list[int]:
        return [sum(map(_looks_at_pixels, _children(web))) for web in webs]

    assert until(lambda: shares() == [2, 2])
    workers = [one for web in webs for one in _children(web) if _looks_at_pixels(one)]
    server.process.terminate()
    server.process.wait(20)
    assert until(lambda: all(state(pid) in {"gone", "Z"} for pid in workers))
