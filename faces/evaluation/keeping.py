"""The figures of the last evaluation, for the report page: numbers, no picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faces.engine.choice import Choice, choice_read
from faces.matching import ASK_MIN_SCORE, MATCH_MIN_SCORE, METHOD

MEASURED_FILE = Path(__file__).resolve().parents[1] / "measured.json"
PRESENCE_FILE = MEASURED_FILE.with_name("presence.json")


@dataclass(frozen=True, eq=False)
class Kept:
    """What an evaluation on this machine found.

    Attributes:
        at: when, as the log writes moments.
        figures: as `manage.py faces_evaluate --json` tells them.
        ours: points of the curve of our score, shape (n, 2).
        bare: of the plain distance.
    """

    at: str
    figures: dict[str, Any]
    ours: NDArray[np.float64]
    bare: NDArray[np.float64]

    @property
    def is_current(self) -> bool:
        """Tell whether it was made with the method of now."""
        return bool(self.figures.get("method") == METHOD)


@dataclass(frozen=True)
class Method:
    """What decides here, and how it was measured before it shipped."""

    name: str
    match: float
    ask: float
    choice: Choice
    measured: dict[str, Any]


def report_keep(
    file: Path,
    figures: Mapping[str, Any],
    *,
    at: str,
    ours: NDArray[np.float64],
    bare: NDArray[np.float64],
) -> None:
    """Keep the figures of an evaluation in place of those before."""
    told = {
        "at": at,
        "figures": figures,
        "ours": ours.tolist(),
        "bare": bare.tolist(),
    }
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    draft.chmod(0o644)
    draft.replace(file)


def report_read(file: Path) -> Kept | None:
    """Return the last evaluation that was kept, or None."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        curves = [np.array(told[name], dtype=float).reshape(-1, 2) for name in CURVES]
        return Kept(str(told["at"]), dict(told["figures"]), *curves)
    except (OSError, ValueError, KeyError, TypeError):
        return None


CURVES = ("ours", "bare")


def method_read() -> Method:
    """Return what decides on this machine."""
    measured = json.loads(MEASURED_FILE.read_text(encoding="utf-8"))
    return Method(METHOD, MATCH_MIN_SCORE, ASK_MIN_SCORE, choice_read(), measured)


def presence_read() -> dict[str, Any]:
    """Return how the presence check was measured before it shipped."""
    told: dict[str, Any] = json.loads(PRESENCE_FILE.read_text(encoding="utf-8"))
    return told
