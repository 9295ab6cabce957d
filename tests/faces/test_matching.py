from __future__ import annotations

import numpy as np
import pytest

from faces import matching


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (float("inf"), "match"),
        (25.0, "match"),
        (5.9, "match"),
        (5.8999, "ask"),
        (3.6, "ask"),
        (3.5999, "no_match"),
        (-3.0, "no_match"),
        (float("nan"), "no_match"),
        (float("-inf"), "no_match"),
    ],
)
def test_the_verdict_changes_exactly_at_the_thresholds(
    score: float, verdict: str
) -> None:
    assert matching.verdict(score) == verdict


def test_the_distance_is_the_length_of_the_difference() -> None:
    origin, other = np.zeros(128), np.zeros(128)
    other[3], other[100] = 0.3, 0.4
    assert matching.distance(origin, other) == pytest.approx(0.5)


@pytest.mark.parametrize("length", [0, 64, 129])
def test_encodings_of_another_length_have_no_distance(length: int) -> None:
    with pytest.raises(ValueError, match="not an encoding"):
        matching.distance(np.zeros(128), np.zeros(length))


def test_the_mean_of_encodings_is_their_mean_in_double_precision() -> None:
    mean = matching.mean_encoding([np.full(128, 0.1), np.full(128, 0.3)])
    assert mean.dtype == np.float64
    assert mean == pytest.approx(np.full(128, 0.2))


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ValueError, match="no encodings"):
        matching.mean_encoding([])


def test_the_spread_is_the_largest_distance_between_any_two() -> None:
    encodings = [np.zeros(128) for _ in range(3)]
    encodings[1][0], encodings[2][0] = 0.1, -0.2
    assert matching.spread(encodings) == pytest.approx(0.3)
    assert matching.spread(encodings[:1]) == 0.0
