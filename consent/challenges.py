"""What the presence check of one use asks for: every step, in an order drawn for it."""

from __future__ import annotations

import secrets
from enum import StrEnum


class Step(StrEnum):
    """What a visitor is asked to do; left and right are their own."""

    LEFT = "left"
    RIGHT = "right"
    NEARER = "nearer"


def challenge_draw() -> list[Step]:
    """Return all steps in one of six orders, each as likely as the others."""
    steps = list(Step)
    secrets.SystemRandom().shuffle(steps)
    return steps
