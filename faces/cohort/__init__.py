"""A cohort of nobody: made-up encodings that a comparison is measured against.

How near two encodings are means little by itself: in a part of the space where many
people lie close together, strangers are near too. So each side is first compared with
people who do not exist, drawn from Gaussians that were fitted to the encodings of many
(`faces.cohort.fit`). Only the parameters of those distributions ship, in
`gaussians.npz`; where they come from is in `provenance.json` beside it.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent
GAUSSIANS_FILE = FOLDER / "gaussians.npz"
PROVENANCE_FILE = FOLDER / "provenance.json"

SIZE = 20_000
SEED = 0


class Gaussians:
    """A mixture of Gaussians over encodings.

    Attributes:
        weights: share of each, shape (k,).
        means: shape (k, 128).
        factors: lower triangles of the covariances' square roots, shape (k, 128, 128).
    """

    def __init__(
        self,
        weights: NDArray[np.float64],
        means: NDArray[np.float64],
        factors: NDArray[np.float64],
    ) -> None:
        self.weights = weights
        self.means = means
        self.factors = factors

    def draw(self, size: int, *, seed: int = SEED) -> NDArray[np.float32]:
        """Return made-up encodings, shape (size, length), the same on every machine.

        numpy's `RandomState` is frozen: its streams never change.
        """
        random = np.random.RandomState(seed)
        counts = np.floor(self.weights * size).astype(int)
        # What rounding leaves over goes to the heaviest.
        counts[np.argmax(self.weights)] += size - counts.sum()
        drawn = [
            mean + random.standard_normal((count, len(mean))) @ factor.T
            for count, mean, factor in zip(
                counts, self.means, self.factors, strict=True
            )
        ]
        return np.vstack(drawn).astype(np.float32)

    def save(self, file: Path) -> None:
        """Write the parameters, in half precision."""
        below = np.tril_indices(self.means.shape[1])
        np.savez_compressed(
            file,
            weights=self.weights.astype(np.float32),
            means=self.means.astype(np.float16),
            factors=np.stack([one[below] for one in self.factors]).astype(np.float16),
        )


def gaussians_load(file: Path = GAUSSIANS_FILE) -> Gaussians:
    """Read the parameters that ship with the program."""
    with np.load(file, allow_pickle=False) as stored:
        weights = stored["weights"].astype(np.float64)
        means = stored["means"].astype(np.float64)
        below = stored["factors"].astype(np.float64)
    length = means.shape[1]
    factors = np.zeros((len(means), length, length))
    rows, columns = np.tril_indices(length)
    factors[:, rows, columns] = below
    return Gaussians(weights / weights.sum(), means, factors)


@lru_cache(maxsize=1)
def cohort() -> NDArray[np.float32]:
    """Return the cohort, float32, shape (20000, 128); drawn once for each process."""
    return gaussians_load().draw(SIZE)


def provenance() -> dict[str, Any]:
    """Return where the parameters come from and what was measured with them."""
    found: dict[str, Any] = json.loads(PROVENANCE_FILE.read_text(encoding="utf-8"))
    return found


def gaussians_sha256() -> str:
    """Return the hash of the file with the parameters."""
    return hashlib.sha256(GAUSSIANS_FILE.read_bytes()).hexdigest()
