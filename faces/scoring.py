"""How alike two encodings are, measured against people who do not exist.

The bare distance treats everybody alike, and errs where people lie close together: at
the library's default it takes one pair of East Asian strangers in three for the same
person (docs/faces.md). A score says how much nearer two encodings are than each is to
its nearest made-up neighbours (`faces.cohort`): adaptive symmetric normalisation, as
speaker recognition has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from faces.cohort import cohort
from faces.matching import Embedding

NEAREST = 200
"""Of the cohort's 20,000, those that an encoding is measured against."""

MAX_DISTANCE = 0.6
"""Further apart than this nobody is one person, however empty the place where they lie.

Where there is nobody at all, as for a picture that is hardly a face, the cohort is far
from both sides, and strangers would seem near. The library's own tolerance misses no
true East Asian pair in 676 (docs/faces.md).
"""

# At once, so that a block of distances stays small: 64 x 20,000 x 4 bytes.
_BLOCK = 64


@dataclass(frozen=True)
class Surroundings:
    """How far the nearest of the cohort are from some encodings.

    Attributes:
        means: mean distance, float64, shape (n,).
        spreads: standard deviation, float64, shape (n,).
    """

    means: NDArray[np.float64]
    spreads: NDArray[np.float64]

    def at(self, rows: NDArray[np.int_]) -> Surroundings:
        """Return those of some rows, in their order."""
        return Surroundings(self.means[rows], self.spreads[rows])


def surroundings(
    embeddings: NDArray[np.floating], nobody: NDArray[np.float32] | None = None
) -> Surroundings:
    """Measure the cohort round encodings.

    Args:
        embeddings: of one model, shape (n, 128).
        nobody: another cohort than the program's, for measuring one.
    """
    if nobody is None:
        nobody, lengths = cohort(), _cohort_lengths()
    else:
        lengths = _lengths(nobody)
    means, spreads = np.empty(len(embeddings)), np.empty(len(embeddings))
    for first in range(0, len(embeddings), _BLOCK):
        block = np.asarray(embeddings[first : first + _BLOCK], dtype=np.float32)
        own = _lengths(block)
        apart = own[:, None] - 2 * block @ nobody.T + lengths
        nearest = np.partition(apart, NEAREST, axis=1)[:, :NEAREST]
        distances = np.sqrt(np.maximum(nearest, 0)).astype(np.float64)
        means[first : first + _BLOCK] = distances.mean(axis=1)
        spreads[first : first + _BLOCK] = distances.std(axis=1)
    return Surroundings(means, spreads)


def _lengths(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared length of each."""
    return np.asarray(np.einsum("ij,ij->i", embeddings, embeddings))


@lru_cache(maxsize=1)
def _cohort_lengths() -> NDArray[np.float32]:
    return _lengths(cohort())


def scores(
    probe: Embedding, gallery: NDArray[np.floating], of_gallery: Surroundings
) -> NDArray[np.float64]:
    """Return how alike one encoding is to each of many; higher is more alike.

    Args:
        probe: shape (128,).
        gallery: shape (n, 128), of the same model.
        of_gallery: `surroundings(gallery)`.

    Returns:
        float64, shape (n,). Unitless: by how many spreads the two are nearer to each
        other than to the cohort, averaged over both sides; 0 is as near as a neighbour
        who does not exist.
    """
    of_probe = surroundings(np.asarray(probe)[None])
    return normalised(np.linalg.norm(gallery - probe, axis=1), of_probe, of_gallery)


def normalised(
    distances: NDArray[np.float64], of_a: Surroundings, of_b: Surroundings
) -> NDArray[np.float64]:
    """Return the scores of pairs from their distances and both sides' surroundings.

    At most 0 beyond `MAX_DISTANCE`.
    """
    found = (_nearer(distances, of_a) + _nearer(distances, of_b)) / 2
    return np.where(distances > MAX_DISTANCE, np.minimum(found, 0.0), found)


def _nearer(apart: NDArray[np.float64], of: Surroundings) -> NDArray[np.float64]:
    """Return by how many spreads distances are below those to the cohort."""
    return np.asarray((of.means - apart) / of.spreads, dtype=np.float64)


def score(a: Embedding, b: Embedding) -> float:
    """Return how alike two encodings of one model are; see `scores`. Symmetric."""
    other = np.asarray(b)[None]
    return float(scores(a, other, surroundings(other))[0])
