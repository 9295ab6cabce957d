"""Many encodings in one block of memory, and the exact search of the most alike."""

from __future__ import annotations

import ctypes
from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from faces.matching import EMBEDDING_LENGTH, Embedding
from faces.scoring import MAX_DISTANCE, Surroundings, scores, surroundings

SURE = 16
"""So many of the best are scored once more in double precision."""

Name = TypeVar("Name", bound=Hashable)


class Matrix(Generic[Name]):
    """Encodings under names, in single precision, locked in memory where it may be.

    Attributes:
        names: whose, row by row.
        locked: whether the system keeps the block out of its swap space.
    """

    def __init__(self) -> None:
        self.names: list[Name] = []
        self._rows = np.empty((0, EMBEDDING_LENGTH), dtype=np.float32)
        self._of = Surroundings(np.empty(0), np.empty(0))
        # What `normalised` comes to for one probe is linear in the distance; these are
        # its parts of the rows, in single precision.
        self._lengths = self._offsets = self._slopes = np.empty(0, dtype=np.float32)
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
        rows = np.empty((len(kept) + len(more), EMBEDDING_LENGTH), dtype=np.float32)
        locked = _lock(rows)
        rows[: len(kept)] = self._rows[kept]
        for place, embedding in enumerate(more.values(), start=len(kept)):
            rows[place] = embedding
        added = surroundings(rows[len(kept) :])
        self._of = Surroundings(
            np.concatenate([self._of.means[kept], added.means]),
            np.concatenate([self._of.spreads[kept], added.spreads]),
        )
        self._lengths = np.einsum("ij,ij->i", rows, rows)
        self._offsets = (self._of.means / self._of.spreads).astype(np.float32)
        self._slopes = (1 / self._of.spreads).astype(np.float32)
        self.clear()
        self._rows, self.locked = rows, locked
        self.names = [*keep, *more]

    def clear(self) -> None:
        """Overwrite every row."""
        self._rows.fill(0)
        _unlock(self._rows)
        self._rows = np.empty((0, EMBEDDING_LENGTH), dtype=np.float32)
        self.names = []

    def best(
        self, probe: Embedding, *, among: NDArray[np.bool_] | None = None
    ) -> tuple[int, float] | None:
        """Return the row that is most alike, and its score; None where there is none.

        Exact: every row is compared. The score is that of `faces.scoring.scores` with
        the row as it lies here, in single precision.

        Args:
            probe: shape (128,).
            among: of which rows, shape (n,); all by default.
        """
        if not len(self) or (among is not None and not among.any()):
            return None
        top = self._top(np.asarray(probe, dtype=np.float32), among)
        sure = scores(probe, self._rows[top].astype(np.float64), self._of.at(top))
        first = int(sure.argmax())
        return int(top[first]), float(sure[first])

    def _top(
        self, asked: NDArray[np.float32], among: NDArray[np.bool_] | None
    ) -> NDArray[np.intp]:
        """Return the rows with the highest scores, in single precision, unordered."""
        of = surroundings(asked[None])
        slope, offset = 1 / of.spreads[0], of.means[0] / of.spreads[0]
        apart = self._rows @ (-2 * asked)
        apart += self._lengths
        apart += asked @ asked
        np.sqrt(np.maximum(apart, 0, out=apart), out=apart)
        far = apart > MAX_DISTANCE
        # Twice the score.
        apart *= self._slopes + np.float32(slope)
        found = np.subtract(self._offsets, apart, out=apart)
        found += np.float32(offset)
        np.minimum(found, 0, out=found, where=far)
        if among is not None:
            found[~among] = -np.inf
        many = min(SURE, len(found))
        top = np.argpartition(found, len(found) - many)[-many:]
        return top if among is None else top[among[top]]


def _lock(rows: NDArray[np.float32]) -> bool:
    """Ask the system to keep a block in memory; False where it may not be."""
    if not rows.nbytes:
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    address = ctypes.c_void_p(rows.ctypes.data)
    return bool(libc.mlock(address, ctypes.c_size_t(rows.nbytes)) == 0)


def _unlock(rows: NDArray[np.float32]) -> None:
    if rows.nbytes:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.munlock(ctypes.c_void_p(rows.ctypes.data), ctypes.c_size_t(rows.nbytes))
