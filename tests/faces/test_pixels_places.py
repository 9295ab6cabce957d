"""The line before the pixel workers: order of service, nobody starves, none is lost."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from faces.pixels.places import Places
from tests.faces.processes import until

LONG = 10.0


def in_line(places: Places[int], count: int) -> None:
    assert until(lambda: places.waiting == count)


def all_free(places: Places[int]) -> list[int]:
    """Take what is free without waiting, in the order in which it is handed out."""
    taken = []
    while True:
        try:
            taken.append(places.take(timeout=0))
        except TimeoutError:
            return taken


def test_the_place_given_back_last_is_taken_first_and_one_that_is_cold_last() -> None:
    places = Places(range(3))
    assert all_free(places) == [2, 1, 0]
    for place in (1, 2):
        places.give(place)
    places.give(0, warm=False)
    assert all_free(places) == [2, 1, 0]


def test_those_who_wait_are_served_in_the_order_in_which_they_came() -> None:
    places = Places([0])
    places.take(timeout=0)
    served: list[int] = []

    def wait(number: int) -> None:
        place = places.take(timeout=LONG)
        served.append(number)
        places.give(place)

    with ThreadPoolExecutor(12) as others:
        for number in range(12):
            others.submit(wait, number)
            in_line(places, number + 1)
        places.give(0)
    assert served == list(range(12))
    assert all_free(places) == [0]


def test_nobody_passes_one_who_waits_however_fast_they_come_back() -> None:
    places = Places([0])
    places.take(timeout=0)
    with ThreadPoolExecutor(1) as other:
        patient = other.submit(places.take, timeout=LONG)
        in_line(places, 1)
        # Without a pause between: a woken thread would come too late every time.
        places.give(0)
        with pytest.raises(TimeoutError):
            places.take(timeout=0)
        assert patient.result(timeout=LONG) == 0


def test_each_of_many_is_passed_by_no_more_than_those_before_them() -> None:
    callers, turns = 8, 400
    places = Places([0])
    served: list[int] = []
    end = time.monotonic() + LONG

    def come_again(number: int) -> None:
        for _ in range(turns):
            place = places.take(timeout=LONG)
            served.append(number)
            # Somebody stands in line before the place is given back.
            while places.waiting < callers - 1 and len(served) < turns * 7:
                assert time.monotonic() < end
                time.sleep(0)
            places.give(place)

    with ThreadPoolExecutor(callers) as others:
        for done in [others.submit(come_again, number) for number in range(callers)]:
            done.result()
    # While all of them come back every time, each round is a permutation.
    full = served[: turns * 6]
    last = dict.fromkeys(range(callers), -1)
    gaps = []
    for position, number in enumerate(full):
        gaps.append(position - last[number])
        last[number] = position
    assert max(gaps) <= 2 * callers


def test_one_whose_time_is_over_leaves_the_line_and_takes_nothing_along() -> None:
    places = Places([0])
    places.take(timeout=0)
    with ThreadPoolExecutor(3) as others:
        first = others.submit(places.take, timeout=LONG)
        in_line(places, 1)
        hasty = others.submit(places.take, timeout=0.01)
        with pytest.raises(TimeoutError):
            hasty.result(timeout=LONG)
        in_line(places, 1)
        third = others.submit(places.take, timeout=LONG)
        in_line(places, 2)
        places.give(0)
        assert first.result(timeout=LONG) == 0
        assert not third.done()
        places.give(0)
        assert third.result(timeout=LONG) == 0
    assert places.waiting == 0


class _Ends(threading.Event):
    """A wait that ends at once, by its time or an interrupt; a place comes or not."""

    def __init__(
        self, places: Places[int], *, given: bool, interrupt: bool = False
    ) -> None:
        super().__init__()
        self.places, self.given, self.interrupt = places, given, interrupt

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        if self.given:
            self.places.give(0)
        if self.interrupt:
            raise KeyboardInterrupt
        return False


def test_a_place_given_at_the_instant_in_which_the_time_ends_is_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = Places([0])
    places.take(timeout=0)
    monkeypatch.setattr(threading, "Event", lambda: _Ends(places, given=True))
    assert places.take(timeout=0) == 0
    assert places.waiting == 0


@pytest.mark.parametrize("given", [True, False])
def test_one_who_is_interrupted_leaves_the_line_and_the_place_to_others(
    given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places([0])
    places.take(timeout=0)
    monkeypatch.setattr(
        threading, "Event", lambda: _Ends(places, given=given, interrupt=True)
    )
    with pytest.raises(KeyboardInterrupt):
        places.take(timeout=0)
    monkeypatch.undo()
    assert places.waiting == 0
    if not given:
        places.give(0)
    assert all_free(places) == [0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_place_is_lost_or_held_twice_when_times_end_at_random(seed: int) -> None:
    callers, turns, count = 8, 1_500, 3
    places = Places(range(count))
    held: Counter[int] = Counter()
    watch = threading.Lock()
    wrong: list[str] = []
    outcomes: Counter[str] = Counter()

    def hurry(number: int) -> None:
        chance = random.Random(seed * 100 + number)
        for _ in range(turns):
            try:
                place = places.take(timeout=chance.choice([0, 1e-5, 1e-4, 1e-3]))
            except TimeoutError:
                with watch:
                    outcomes["late"] += 1
                continue
            with watch:
                outcomes["served"] += 1
                held[place] += 1
                if held[place] > 1:
                    wrong.append(f"{place} is held twice")
            time.sleep(chance.choice([0, 1e-5, 1e-4, 5e-4]))
            with watch:
                held[place] -= 1
            places.give(place, warm=chance.random() < 0.8)

    with ThreadPoolExecutor(callers) as others:
        for done in [others.submit(hurry, number) for number in range(callers)]:
            done.result(timeout=60)
    assert wrong == []
    assert places.waiting == 0
    assert sorted(all_free(places)) == list(range(count))
    # Else the test would have tried nothing.
    assert min(outcomes["late"], outcomes["served"]) > callers * turns / 20
