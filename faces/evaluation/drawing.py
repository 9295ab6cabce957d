"""The DET curve as SVG: both error rates on logarithmic axes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SIDE, MARGIN = 480, 64
FROM, TO = 1e-4, 1.0


def det_svg(ours: NDArray[np.float64], bare: NDArray[np.float64]) -> str:
    """Return the curve of false matches against false non-matches.

    Rates below one in ten thousand are drawn on the edge.

    Args:
        ours: points of our score, as of `rates.curve`: shape (n, 2).
        bare: of the plain distance.
    """
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}"'
        ' role="img" aria-label="DET: FMR, FNMR" font-family="sans-serif"'
        ' font-size="13">',
        f'<rect width="{SIDE}" height="{SIDE}" fill="#fff"/>',
    ]
    for power in range(-4, 1):
        rate = 10.0**power
        place, label = _place(rate), f"{100 * rate:g} %"
        far = SIDE - MARGIN
        lines += [
            f'<path d="M{place:.1f} {MARGIN}V{far}M{MARGIN} {SIDE - place:.1f}H{far}"'
            ' stroke="#ddd" fill="none"/>',
            f'<text x="{place:.1f}" y="{far + 18}" text-anchor="middle">{label}</text>',
            f'<text x="{MARGIN - 8}" y="{SIDE - place + 4:.1f}" text-anchor="end">'
            f"{label}</text>",
        ]
    for points, dash, name in ((bare, "6 4", "distance"), (ours, "none", "score")):
        if not len(points):
            continue
        path = " ".join(
            f"{_place(match):.1f},{SIDE - _place(non_match):.1f}"
            for match, non_match in points
        )
        lines.append(
            f'<polyline points="{path}" fill="none" stroke="#111" stroke-width="2"'
            f' stroke-dasharray="{dash}"><title>{name}</title></polyline>'
        )
    lines += [
        f'<text x="{SIDE / 2}" y="{SIDE - 16}" text-anchor="middle">FMR</text>',
        f'<text x="16" y="{SIDE / 2}" text-anchor="middle"'
        f' transform="rotate(-90 16 {SIDE / 2})">FNMR</text>',
        f'<text x="{SIDE / 2}" y="32" text-anchor="middle">—— score&#160;&#160;'
        " – – distance</text>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _place(rate: float) -> float:
    """Return where a rate is on an axis, in the drawing's units."""
    held = min(max(rate, FROM), TO)
    share = math.log(held / FROM) / math.log(TO / FROM)
    return MARGIN + share * (SIDE - 2 * MARGIN)
