"""How near two encodings are, and what that is taken to mean. Loads no model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Embedding: TypeAlias = NDArray[np.float64]
Verdict: TypeAlias = Literal["match", "ask", "no_match"]

# Part of what a template is bound to: encodings of different models do not compare. The
# network, and the looks that are averaged: the face and its mirror image.
MODEL = "dlib-resnet-1.mirror"
EMBEDDING_LENGTH = 128

# Scores of `faces.scoring`, unitless; see `verdict` for where they come from.
MATCH_MIN_SCORE = 5.9
ASK_MIN_SCORE = 3.6

METHOD = f"{MODEL}.score-1"
"""The name of all that decides: model, looks, score and thresholds. The rules of a
site name it, and a change of any of them is another method."""


SEARCH_METHOD = f"{MODEL}.search-1"
"""The same of a search: among many strangers the best one scores high by chance."""

SEARCH_FREE = 64
SEARCH_RISE = 0.6
"""What a search asks for besides, with every doubling of people beyond `SEARCH_FREE`.

Source: the development half of Labeled Faces in the Wild, November 2026, one picture a
side, strangers against a gallery. Where both are East Asian the best of 85 scores 3.2
in the median and 5.3 at most (but for one man under two names); of 40, 0.6 less. Among
all others the 99th percentile is 3.6, 4.4, 5.3 and 6.3 of 100, 300, 1,000 and 2,700
(docs/faces.md).
"""


def search_min_score(people: int) -> float:
    """Return the score that whoever is found among so many has to reach."""
    doublings = max(0.0, math.log2(max(people, 1) / SEARCH_FREE))
    return MATCH_MIN_SCORE + SEARCH_RISE * doublings


def search_verdict(score: float, *, people: int) -> Verdict:
    """Say what the best score of a search is taken to mean: `ask` at most.

    Nobody said beforehand who they are, so the visitor is always asked.
    """
    return "ask" if score >= search_min_score(people) else "no_match"


def distance(a: Embedding, b: Embedding) -> float:
    """Return the L2 distance of two encodings: unitless, lower is closer.

    Args:
        a: float64, shape (128,), of `MODEL`.
        b: the same.

    Raises:
        ValueError: one of them is not an encoding of `MODEL`.
    """
    if a.shape != (EMBEDDING_LENGTH,) or b.shape != (EMBEDDING_LENGTH,):
        message = "not an encoding of this model"
        raise ValueError(message)
    return float(np.linalg.norm(a - b))


def verdict(score: float) -> Verdict:
    """Say what a score is taken to mean; `match` and `ask` are never the last word.

    The visitor confirms either. A score that is not a number is `no_match`.

    Source: `python -m tests.benchmarks face_accuracy`, November 2026, on the
    development half of Labeled Faces in the Wild, one picture a side. Among strangers
    who are both East Asian, where confusions are most frequent, one pair in a hundred
    reaches `ASK_MIN_SCORE` and one in a thousand `MATCH_MIN_SCORE`; among all others
    far fewer do (docs/faces.md).
    """
    if score >= MATCH_MIN_SCORE:
        return "match"
    if score >= ASK_MIN_SCORE:
        return "ask"
    return "no_match"


def mean_encoding(encodings: Sequence[Embedding]) -> Embedding:
    """Return the mean of one person's encodings, float64, shape (128,).

    The caller MUST have made sure that they are one person's.

    Raises:
        ValueError: there is none.
    """
    if not encodings:
        message = "no encodings"
        raise ValueError(message)
    return np.asarray(np.mean(np.stack(encodings), axis=0), dtype=np.float64)


def spread(encodings: Sequence[Embedding]) -> float:
    """Return the largest distance between any two of these encodings; 0 for one."""
    return max(
        (
            distance(a, b)
            for position, a in enumerate(encodings)
            for b in encodings[position + 1 :]
        ),
        default=0.0,
    )
