"""The exact search of the most alike among many encodings."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from faces.cohort import cohort
from faces.matrix import Matrix
from faces.scoring import scores, surroundings

PEOPLE = 400


@pytest.fixture(scope="module")
def people() -> NDArray[np.float64]:
    """Encodings of people who do not exist, others than the cohort's own."""
    random = np.random.RandomState(3)
    some = cohort()[random.permutation(len(cohort()))[:PEOPLE]].astype(np.float64)
    return some + random.normal(scale=0.02, size=some.shape)


@pytest.fixture
def held(people: NDArray[np.float64]) -> Matrix[int]:
    matrix: Matrix[int] = Matrix()
    matrix.change(keep=[], more=dict(enumerate(people)))
    return matrix


def near(person: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    shift = np.random.RandomState(seed).normal(size=128)
    return np.asarray(person + 0.25 * shift / np.linalg.norm(shift))


def test_the_best_is_the_best_of_all_scores(
    people: NDArray[np.float64], held: Matrix[int]
) -> None:
    of = surroundings(people)
    for seed in range(40):
        probe = near(people[seed * 7], seed)
        every = scores(probe, people, of)
        found = held.best(probe)
        assert found is not None
        assert found[0] == int(every.argmax())
        assert found[1] == pytest.approx(float(every.max()), abs=1e-3)


def test_nobody_is_found_among_nobody(held: Matrix[int]) -> None:
    probe = np.zeros(128)
    assert Matrix[int]().best(probe) is None
    assert held.best(probe, among=np.zeros(PEOPLE, dtype=bool)) is None


def test_only_those_who_are_asked_about_are_found(
    people: NDArray[np.float64], held: Matrix[int]
) -> None:
    probe = near(people[5], 1)
    among = np.ones(PEOPLE, dtype=bool)
    among[5] = False
    found = held.best(probe, among=among)
    assert found is not None
    assert found[0] != 5
    among[:] = False
    among[9] = True
    found = held.best(probe, among=among)
    assert found is not None
    assert found[0] == 9


def test_whoever_goes_is_not_found_and_whoever_comes_is(
    people: NDArray[np.float64], held: Matrix[int]
) -> None:
    gone, come = people[5], near(people[6], 99) + 0.3
    held.change(keep=[name for name in held.names if name != 5], more={1000: come})
    assert len(held) == PEOPLE
    found = held.best(near(gone, 1))
    assert found is not None
    assert held.names[found[0]] != 5
    found = held.best(come)
    assert found is not None
    assert held.names[found[0]] == 1000
    kept = held.best(people[7])
    assert kept is not None
    assert held.names[kept[0]] == 7


def test_a_tight_crowd_is_searched_exactly_too() -> None:
    """Where bounds tell nothing apart, everybody is looked at."""
    random = np.random.RandomState(9)
    crowd = cohort()[0] + random.normal(scale=0.002, size=(PEOPLE, 128))
    matrix: Matrix[int] = Matrix()
    matrix.change(keep=[], more=dict(enumerate(crowd)))
    of = surroundings(crowd)
    for seed in range(10):
        probe = near(crowd[seed], seed)
        every = scores(probe, crowd, of)
        found = matrix.best(probe)
        assert found is not None
        assert found[1] == pytest.approx(float(every.max()), abs=1e-3)


def test_what_was_held_is_overwritten(held: Matrix[int]) -> None:
    before = held._heads, held._tails
    assert all(np.any(block) for block in before)
    held.change(keep=held.names[:3], more={})
    assert not any(np.any(block) for block in before)
    kept = held._heads, held._tails
    assert all(np.any(block) for block in kept)
    held.clear()
    assert not any(np.any(block) for block in kept)
    assert not len(held)
