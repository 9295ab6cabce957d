"""Error rates of a list of scored pairs, and the curve that shows them.

FMR: the share of pairs of strangers that are taken for one person. FNMR: the share of
pairs of one person that are not. A pair is taken for one person when its score is at
the threshold or above. All over pairs in which both faces were found.

Source: the words are those of ISO/IEC 19795-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CURVE_POINTS = 400
RATES = {"0.01": 1e-2, "0.001": 1e-3, "0.0001": 1e-4}


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of pairs, higher is more alike, and which are one person's."""

    scores: NDArray[np.float64]
    same: NDArray[np.bool_]

    @property
    def genuine(self) -> NDArray[np.float64]:
        """Return the scores of pairs of one person, the lowest first."""
        return np.sort(self.scores[self.same])

    @property
    def impostor(self) -> NDArray[np.float64]:
        """Return the scores of pairs of strangers, the lowest first."""
        return np.sort(self.scores[~self.same])


def rates_at(scored: Scored, threshold: float) -> dict[str, float | None]:
    """Return FMR and FNMR at a threshold; None where there is no such pair."""
    genuine, impostor = scored.genuine, scored.impostor
    return {
        "fmr": _share(len(impostor) - _below(impostor, threshold), len(impostor)),
        "fnmr": _share(_below(genuine, threshold), len(genuine)),
    }


def fnmr_at_fmr(scored: Scored) -> dict[str, float | None]:
    """Return FNMR where FMR is at most each of `RATES`.

    The threshold is the lowest at which no more than that share of the strangers is
    taken for one person. None where there are too few strangers for such a rate to be
    seen at all (fewer than one over it), or nobody twice.
    """
    genuine, impostor = scored.genuine, scored.impostor
    found: dict[str, float | None] = {}
    for name, rate in RATES.items():
        found[name] = None
        if len(genuine) and len(impostor) * rate >= 1 - 1e-9:
            allowed = int(np.floor(len(impostor) * rate + 1e-9))
            # Just above the best stranger who is one too many.
            above = np.nextafter(impostor[len(impostor) - allowed - 1], np.inf)
            found[name] = _share(_below(genuine, float(above)), len(genuine))
    return found


def equal_error(scored: Scored) -> float | None:
    """Return the rate at which FMR and FNMR are equal: the mean where they cross."""
    points = curve(scored)
    if not len(points):
        return None
    nearest = int(np.abs(points[:, 0] - points[:, 1]).argmin())
    return float(points[nearest].mean())


def curve(scored: Scored) -> NDArray[np.float64]:
    """Return FMR and FNMR at every score there is, shape (n, 2), FMR falling."""
    genuine, impostor = scored.genuine, scored.impostor
    if not len(genuine) or not len(impostor):
        return np.zeros((0, 2))
    at = np.unique(np.concatenate([genuine, impostor]))
    at = np.append(at, np.nextafter(at[-1], np.inf))
    false_match = 1 - np.searchsorted(impostor, at, side="left") / len(impostor)
    false_non_match = np.searchsorted(genuine, at, side="left") / len(genuine)
    return np.column_stack([false_match, false_non_match])


def thinned(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return some hundred points of a curve, enough to draw it."""
    step = max(1, len(points) // CURVE_POINTS)
    return np.vstack([points[::step], points[-1:]]) if len(points) else points


def figures(
    scored: Scored, *, missed: int, thresholds: dict[str, float]
) -> dict[str, Any]:
    """Return everything that is reported of some pairs.

    Args:
        scored: pairs in which both faces were found.
        missed: pairs in which one was not.
        thresholds: by name.
    """
    return {
        "pairs": len(scored.scores) + missed,
        "missed": missed,
        "genuine": int(scored.same.sum()),
        "impostor": int((~scored.same).sum()),
        "eer": equal_error(scored),
        "fnmr_at_fmr": fnmr_at_fmr(scored),
        "at_thresholds": {
            name: {"threshold": at, **rates_at(scored, at)}
            for name, at in thresholds.items()
        },
    }


def _below(ordered: NDArray[np.float64], threshold: float) -> int:
    return int(np.searchsorted(ordered, threshold, side="left"))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
