"""One evaluation: pairs in, figures out; the plain distance beside our score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faces.engine.choice import choice_read
from faces.evaluation.encoding import Encoded, pictures_encode
from faces.evaluation.pairs import Pair
from faces.evaluation.rates import Scored, figures
from faces.matching import ASK_MIN_SCORE, MATCH_MIN_SCORE, METHOD
from faces.scoring import normalised, surroundings

THRESHOLDS = {"match": MATCH_MIN_SCORE, "ask": ASK_MIN_SCORE}
BARE_THRESHOLDS = {"library_default": -0.6}
"""The plain distance as a score is its negative."""


def evaluate(
    pairs: Sequence[Pair],
    *,
    root: Path,
    processes: int,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[dict[str, Any], Scored, Scored]:
    """Return the figures of some pairs, and the scores: ours, and the plain distance.

    Args:
        pairs: at least one.
        root: folder of the pictures.
        processes: that encode at a time.
        tell: called with how many pictures are done, of how many.
    """
    names = list(dict.fromkeys(name for one in pairs for name in (one.a, one.b)))
    encoded = pictures_encode(
        names,
        root=root,
        processes=processes,
        tell=lambda done: tell(done, len(names)),
    )
    both = [one for one in pairs if {one.a, one.b} <= encoded.places.keys()]
    ours, bare = _scored(both, encoded)
    groups: dict[str, Any] = {}
    for group in sorted({one.group for one in pairs if one.group is not None}):
        inside = np.array([one.group == group for one in both], dtype=bool)
        given = sum(one.group == group for one in pairs)
        groups[group] = {
            **told(_part(ours, inside), _part(bare, inside), given - int(inside.sum())),
            **_pictures([one for one in pairs if one.group == group], encoded),
        }
    whole = told(ours, bare, len(pairs) - len(both))
    about = {
        "method": METHOD,
        "encoder": choice_read().encoder,
        **_pictures(pairs, encoded),
    }
    return {**whole, "groups": groups, **about}, ours, bare


def _pictures(pairs: Sequence[Pair], encoded: Encoded) -> dict[str, int]:
    """Return how many pictures there are, and in how many no face was found."""
    names = {name for one in pairs for name in (one.a, one.b)}
    without = len(names - encoded.places.keys())
    return {"pictures": len(names), "pictures_without_a_face": without}


def _scored(pairs: Sequence[Pair], encoded: Encoded) -> tuple[Scored, Scored]:
    a = np.array([encoded.places[one.a] for one in pairs], dtype=int)
    b = np.array([encoded.places[one.b] for one in pairs], dtype=int)
    same = np.array([one.same for one in pairs], dtype=bool)
    of = surroundings(encoded.looks)
    ours = normalised(_apart(encoded.looks, a, b), of.at(a), of.at(b))
    return Scored(ours, same), Scored(-_apart(encoded.plain, a, b), same)


def _apart(
    vectors: NDArray[np.float64], a: NDArray[np.int_], b: NDArray[np.int_]
) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.linalg.norm(vectors[a] - vectors[b], axis=1)
    return found


def _part(scored: Scored, inside: NDArray[np.bool_]) -> Scored:
    return Scored(scored.scores[inside], scored.same[inside])


def told(ours: Scored, bare: Scored, missed: int) -> dict[str, Any]:
    """Return the figures of some scored pairs, those of the plain distance inside."""
    return {
        **figures(ours, missed=missed, thresholds=THRESHOLDS),
        "bare": figures(bare, missed=missed, thresholds=BARE_THRESHOLDS),
    }
