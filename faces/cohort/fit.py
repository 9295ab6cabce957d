"""Fitting the cohort's Gaussians: `python -m faces.cohort.fit FILE.npz`.

For development: it needs encodings of real people (`names`, `vecs`), which never become
part of the project. Each person counts with a few pictures only, and each Gaussian is
drawn towards the covariance of all: none of them describes one person.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faces.cohort import GAUSSIANS_FILE, PROVENANCE_FILE, Gaussians

COMPONENTS = 64
SHRINKAGE = 0.7
PICTURES_MAX = 3
ROUNDS = 12
STARTS = 15
RIDGE = 1e-4
SEED = 0

Floats = NDArray[np.float64]


def fit(encodings: Floats) -> tuple[Gaussians, Floats]:
    """Fit a mixture by expectation and maximisation.

    Args:
        encodings: shape (n, 128).

    Returns:
        The mixture, and what belongs to which: shape (n, k).
    """
    belongs = _start(encodings)
    weights, means, covariances = _parameters(encodings, belongs)
    for _ in range(ROUNDS):
        belongs = _belonging(encodings, weights, means, covariances)
        weights, means, covariances = _parameters(encodings, belongs)
    factors: Floats = np.asarray(np.linalg.cholesky(covariances), dtype=np.float64)
    return Gaussians(weights, means, factors), belongs


def few_of_each(names: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Tell which pictures are among the first few of their person."""
    seen: dict[str, int] = {}
    kept = []
    for name in names:
        person = str(name).split("/")[0]
        seen[person] = seen.get(person, 0) + 1
        kept.append(seen[person] <= PICTURES_MAX)
    return np.array(kept)


def people_in_each(names: NDArray[np.str_], belongs: Floats) -> list[float]:
    """Return how many people each Gaussian describes, as an effective number.

    Source: inverse Simpson index of the shares of its people.
    """
    people = np.unique([str(name).split("/")[0] for name in names], return_inverse=True)
    shares = np.zeros((len(people[0]), belongs.shape[1]))
    np.add.at(shares, people[1], belongs)
    shares /= shares.sum(axis=0)
    return [float(number) for number in 1 / (shares**2).sum(axis=0)]


def _start(encodings: Floats) -> Floats:
    """Return hard memberships by k-means."""
    random = np.random.RandomState(SEED)
    centers = encodings[random.choice(len(encodings), COMPONENTS, replace=False)]
    nearest = np.zeros(len(encodings), dtype=int)
    for _ in range(STARTS):
        apart = (centers**2).sum(axis=1) - 2 * encodings @ centers.T
        nearest = apart.argmin(axis=1)
        centers = np.stack(
            [
                encodings[nearest == one].mean(axis=0)
                if (nearest == one).any()
                else encodings[random.randint(len(encodings))]
                for one in range(COMPONENTS)
            ]
        )
    return np.eye(COMPONENTS)[nearest]


def _parameters(encodings: Floats, belongs: Floats) -> tuple[Floats, Floats, Floats]:
    counts = belongs.sum(axis=0) + 1e-9
    weights = counts / len(encodings)
    means = belongs.T @ encodings / counts[:, None]
    own = np.stack(
        [
            (encodings - mean).T @ ((encodings - mean) * share[:, None]) / count
            for mean, share, count in zip(means, belongs.T, counts, strict=True)
        ]
    )
    common = np.tensordot(weights, own, axes=1)
    ridge = RIDGE * np.eye(encodings.shape[1])
    return weights, means, (1 - SHRINKAGE) * own + SHRINKAGE * common + ridge


def _belonging(
    encodings: Floats, weights: Floats, means: Floats, covariances: Floats
) -> Floats:
    chances = np.empty((len(encodings), len(weights)))
    for one, (weight, mean, covariance) in enumerate(
        zip(weights, means, covariances, strict=True)
    ):
        factor = np.linalg.cholesky(covariance)
        apart = np.linalg.solve(factor, (encodings - mean).T)
        size = 2 * np.log(np.diag(factor)).sum()
        chances[:, one] = np.log(weight) - 0.5 * (size + (apart**2).sum(axis=0))
    chances = np.exp(chances - chances.max(axis=1, keepdims=True))
    belongs: Floats = chances / chances.sum(axis=1, keepdims=True)
    return belongs


def main(arguments: list[str]) -> int:
    """Fit, and write the parameters and where they come from into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="encodings: names, vecs")
    options = parser.parse_args(arguments)
    with np.load(options.file, allow_pickle=False) as given:
        names, encodings = given["names"], given["vecs"].astype(np.float64)
    kept = few_of_each(names)
    found, belongs = fit(encodings[kept])
    found.save(GAUSSIANS_FILE)
    people = people_in_each(names[kept], belongs)
    told: dict[str, Any] = {
        "source": "Labeled Faces in the Wild, development half, encoded by"
        " face_recognition 1.3 (one look a picture)",
        "source_sha256": hashlib.sha256(options.file.read_bytes()).hexdigest(),
        "pictures": int(kept.sum()),
        "people": len({str(name).split("/")[0] for name in names}),
        "pictures_of_a_person_at_most": PICTURES_MAX,
        "gaussians": COMPONENTS,
        "shrinkage": SHRINKAGE,
        "rounds": ROUNDS,
        "people_in_a_gaussian_at_least": round(min(people), 1),
    }
    PROVENANCE_FILE.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
