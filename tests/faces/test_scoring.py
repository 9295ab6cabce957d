"""Scores against people who do not exist, and what ships of those."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from faces import matching, scoring
from faces.cohort import (
    GAUSSIANS_FILE,
    SIZE,
    cohort,
    gaussians_load,
    gaussians_sha256,
    provenance,
)
from tests.faces.processes import output

DEVELOPMENT = Path(
    os.environ.get(
        "FACES_DEV",
        Path(__file__).resolve().parents[3] / "shared" / "faces" / "lfw_dev.npz",
    )
)


def test_the_cohort_is_the_same_on_every_machine() -> None:
    """A draw differs by rounding at most, wherever it is made."""
    drawn = cohort()
    assert drawn.shape == (SIZE, 128)
    assert drawn[0, :4] == pytest.approx(
        [-0.00158, 0.11746, 0.04709, 0.02306], abs=1e-4
    )
    assert float(drawn.mean()) == pytest.approx(-0.005158, abs=1e-4)


def test_what_decides_has_one_name() -> None:
    """Other parameters are another method: give `faces.matching.METHOD` a new name."""
    assert matching.METHOD == "dlib-resnet-1.mirror.score-1"
    assert gaussians_sha256() == (
        "807c0ef149b0e52dfa15f3296cd4dc494daaa9d4dea05f7fddbc6cab18c94010"
    )
    assert (scoring.NEAREST, scoring.MAX_DISTANCE) == (200, 0.6)
    assert (matching.MATCH_MIN_SCORE, matching.ASK_MIN_SCORE) == (5.9, 3.6)


def test_a_comparison_starts_no_threads_of_its_own() -> None:
    """They would take the cores that pixel workers and other requests work on."""
    threads = output(
        "import faces, numpy as np, os\n"
        "from faces import scoring\n"
        "scoring.surroundings(np.eye(64, 128))\n"
        "print(len(os.listdir('/proc/self/task')))\n"
    )
    assert int(threads) == 1


def test_no_gaussian_is_one_persons() -> None:
    assert provenance()["people_in_a_gaussian_at_least"] > 15
    with np.load(GAUSSIANS_FILE, allow_pickle=False) as stored:
        assert sorted(stored) == ["factors", "means", "weights"]
        assert stored["means"].shape == (64, 128)
        assert float(stored["weights"].min()) > 0.003
    # Nobody is drawn at the centre: every one is far from it in many directions.
    found = gaussians_load()
    for mean, factor in zip(found.means, found.factors, strict=True):
        assert np.linalg.norm(factor) > 0.3
        assert np.linalg.norm(mean) > 0.5


@pytest.mark.skipif(not DEVELOPMENT.exists(), reason="its encodings are not here")
def test_nobody_who_is_drawn_is_a_real_person() -> None:
    with np.load(DEVELOPMENT, allow_pickle=False) as given:
        real = given["vecs"].astype(np.float32)
    told = hashlib.sha256(DEVELOPMENT.read_bytes()).hexdigest()
    assert told == provenance()["source_sha256"]
    drawn = cohort()
    apart = (drawn**2).sum(1)[:, None] - 2 * drawn @ real.T + (real**2).sum(1)
    # Nearer than any two pictures of strangers that the kiosk would match.
    assert float(np.sqrt(apart.min())) > 0.35


def test_a_score_is_symmetric_and_falls_with_the_distance() -> None:
    one, other = cohort()[0].astype(np.float64), cohort()[-1].astype(np.float64)
    assert scoring.score(one, other) == pytest.approx(scoring.score(other, one))
    between = [one + share * (other - one) for share in (0.0, 0.2, 0.4, 0.6)]
    found = [scoring.score(one, each) for each in between]
    assert found == sorted(found, reverse=True)
    assert found[0] > 10


def test_many_at_once_are_scored_as_one_by_one() -> None:
    probe, gallery = cohort()[5].astype(np.float64), cohort()[100:230]
    found = scoring.scores(probe, gallery, scoring.surroundings(gallery))
    single = [scoring.score(probe, each.astype(np.float64)) for each in gallery]
    assert found == pytest.approx(single, abs=5e-3)


def test_where_many_are_near_the_same_distance_counts_less() -> None:
    """Two pairs of strangers as far apart: one in a crowd, one in an empty part."""
    nobody = cohort()
    around = scoring.surroundings(nobody[:4000])
    crowded, lonely = int(around.means.argmin()), int(around.means.argmax())
    step = np.zeros(128)
    step[0] = 0.45
    scores = [
        scoring.score(nobody[place], nobody[place] + step)
        for place in (crowded, lonely)
    ]
    assert scores[0] < scores[1] - 1


def test_strangers_far_from_everybody_are_not_one_person() -> None:
    """Noise is no face: the cohort is far from it, and from other noise as well."""
    drawn = np.random.RandomState(3).standard_normal((2, 128))
    one, other = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    assert matching.distance(one, other) < scoring.surroundings(drawn[:1]).means[0]
    assert scoring.score(one, other) <= 0
    assert scoring.score(one, one) > matching.MATCH_MIN_SCORE
