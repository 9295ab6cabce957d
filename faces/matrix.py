"""Many encodings in one block of memory, and the exact search of the most alike.

Encodings lie along the principal axes of people who do not exist, which changes no
distance. The first axes hold most of one, so they bound it from below, and the score
from above: whoever cannot beat the best by that bound is not looked at any further.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from faces.cohort import cohort
from faces.matching import EMBEDDING_LENGTH, Embedding
from faces.scoring import MAX_DISTANCE, Surroundings, normalised, surroundings

HEAD = 32
"""So many axes are looked at first; their block of 100,000 fits into a cache."""

FIRST = 64
"""So many of the highest bounds are scored before the others are held against them."""

SLACK = 0.02
"""What single precision may be wrong by, in scores; far more than was ever seen."""

Name = TypeVar("Name", bound=Hashable)
Single = NDArray[np.float32]


class Matrix(Generic[Name]):
    """Encodings under names, in single precision, locked in memory where it may be.

    Attributes:
        names: whose, row by row.
        locked: whether the system keeps the block out of its swap space.
    """

    def __init__(self) -> None:
        self.names: list[Name] = []
        self._heads, self._tails = _blocks(0)
        self._of = Surroundings(np.empty(0), np.empty(0))
        self._derive()
        self.locked = True

    def __len__(self) -> int:
        return len(self.names)

    def change(self, *, keep: Sequence[Name], more: Mapping[Name, Embedding]) -> None:
        """Keep some rows, add others, and overwrite what was before.

        Args:
            keep: names that are there; the others go.
            more: encodings under new names, float64, shape (128,).
        """
        places = {name: place for place, name in enumerate(self.names)}
        kept = np.array([places[name] for name in keep], dtype=np.intp)
        heads, tails = _blocks(len(kept) + len(more))
        locked = _lock(heads) and _lock(tails)
        # Straight into the new blocks: no copy is left behind.
        np.take(self._heads, kept, axis=0, out=heads[: len(kept)], mode="clip")
        np.take(self._tails, kept, axis=0, out=tails[: len(kept)], mode="clip")
        added = np.array(list(more.values())).reshape(len(more), EMBEDDING_LENGTH)
        of = surroundings(added)
        turned = added @ _axes()
        heads[len(kept) :], tails[len(kept) :] = turned[:, :HEAD], turned[:, HEAD:]
        for copy in (added, turned):
            copy.fill(0)
        self._of = Surroundings(
            np.concatenate([self._of.means[kept], of.means]),
            np.concatenate([self._of.spreads[kept], of.spreads]),
        )
        self.clear()
        self._heads, self._tails, self.locked = heads, tails, locked
        self.names = [*keep, *more]
        self._derive()

    def clear(self) -> None:
        """Overwrite every row."""
        for block in (self._heads, self._tails):
            block.fill(0)
        self._heads, self._tails = _blocks(0)
        self.names = []

    def best(
        self, probe: Embedding, *, among: NDArray[np.bool_] | None = None
    ) -> tuple[int, float] | None:
        """Return the row that is most alike, and its score; None where there is none.

        Exact: nobody is left out whose score could be the highest. The score is that of
        `faces.scoring.scores` with the row as it lies here, in single precision.

        Args:
            probe: shape (128,).
            among: of which rows, shape (n,); all by default.
        """
        if not len(self) or (among is not None and not among.any()):
            return None
        of = surroundings(np.asarray(probe)[None])
        turned = np.asarray(probe, dtype=np.float64) @ _axes()
        bounds = self._bounds(turned.astype(np.float32), of)
        if among is not None:
            bounds[~among] = -np.inf
        many = min(FIRST, len(bounds))
        rows = np.argpartition(bounds, len(bounds) - many)[-many:]
        found = self._scores(turned, of, rows)
        at_least = found.max() - SLACK
        if (bounds >= at_least).sum() > many:
            rows = np.flatnonzero(bounds >= at_least)
            found = self._scores(turned, of, rows)
        if among is not None:
            found[~among[rows]] = -np.inf
        first = int(found.argmax())
        return int(rows[first]), float(found[first])

    def _bounds(self, asked: Single, of: Surroundings) -> Single:
        """Return what the score of each row is at most."""
        tail = np.float32(np.linalg.norm(asked[HEAD:]))
        apart: Single = self._heads @ (-2 * asked[:HEAD])
        apart += self._head_squares
        apart += asked[:HEAD] @ asked[:HEAD]
        # What is left of both is at least as far apart as their lengths are.
        rest = self._tail_lengths - tail
        apart += rest * rest
        np.sqrt(np.maximum(apart, 0, out=apart), out=apart)
        far = apart > MAX_DISTANCE
        apart *= self._slopes + np.float32(0.5 / of.spreads[0])
        np.subtract(self._offsets, apart, out=apart)
        apart += np.float32(0.5 * of.means[0] / of.spreads[0])
        np.minimum(apart, 0, out=apart, where=far)
        return apart

    def _scores(
        self, turned: Embedding, of: Surroundings, rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the scores of some rows, in double precision."""
        apart = np.empty((len(rows), EMBEDDING_LENGTH))
        apart[:, :HEAD], apart[:, HEAD:] = self._heads[rows], self._tails[rows]
        apart -= turned
        distances = np.linalg.norm(apart, axis=1)
        apart.fill(0)
        return normalised(distances, of, self._of.at(rows))

    def _derive(self) -> None:
        """Compute of all rows what every search needs; half a score is one side's."""
        self._head_squares = np.einsum("ij,ij->i", self._heads, self._heads)
        squares = np.einsum("ij,ij->i", self._tails, self._tails)
        self._tail_lengths = np.sqrt(squares)
        of = self._of
        self._offsets = (0.5 * of.means / of.spreads).astype(np.float32)
        self._slopes = (0.5 / of.spreads).astype(np.float32)


@lru_cache(maxsize=1)
def _axes() -> NDArray[np.float64]:
    """Return the principal axes of the cohort as columns, the longest first."""
    _lengths, axes = np.linalg.eigh(np.cov(cohort().astype(np.float64).T))
    return np.ascontiguousarray(axes[:, ::-1])


def _blocks(size: int) -> tuple[Single, Single]:
    return _block(size, HEAD), _block(size, EMBEDDING_LENGTH - HEAD)


def _block(size: int, width: int) -> Single:
    """Return zeros on pages of their own, so that locking them locks nothing else."""
    pages = mmap.mmap(-1, max(size * width * 4, mmap.PAGESIZE))
    flat = np.frombuffer(pages, dtype=np.float32, count=size * width)
    return flat.reshape(size, width)


def _lock(rows: Single) -> bool:
    """Ask the system to keep a block in memory; False where it may not be.

    The pages are given back with the block, and with them the lock.
    """
    if not rows.nbytes:
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    address = ctypes.c_void_p(rows.ctypes.data)
    return bool(libc.mlock(address, ctypes.c_size_t(rows.nbytes)) == 0)
