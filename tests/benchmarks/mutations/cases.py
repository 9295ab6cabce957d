"""One log and one export of it, to be altered."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests import packs
from tests.packs import Log
from tests.packs.sealing import EVENTS


@dataclass
class Case:
    """One log and one export of it, to be altered."""

    chance: random.Random
    log: Log
    options: dict[str, Any]
    files: dict[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.files = packs.contents(self.log, **self.options)

    @property
    def pins(self) -> list[str]:
        return [key.vkey for key in self.log.keys(len(self.log.bodies))]

    def lines(self) -> list[bytes]:
        return self.files[EVENTS].splitlines(keepends=True)

    def place(self, *, before_last: bool = False) -> int:
        return self.chance.randrange(len(self.lines()) - before_last)


@dataclass(frozen=True)
class Attempt:
    """What somebody hands over, and what the inspector holds against it."""

    raw: bytes
    priors: tuple[str, ...] = ()


def case_of(seed: int) -> Case:
    """Return a case: whole, a range, of one site, with a tail, or with parts."""
    chance = random.Random(seed)
    log = packs.build_log(
        seed,
        chance.randrange(3, 7),
        days=chance.randrange(1, 4),
        operator=chance.choice(["demo-lakeside", "lakeside"]),
        rotate=chance.random() < 0.3,
    )
    size = len(log.bodies)
    options: dict[str, Any] = {}
    shape = chance.randrange(5)
    if shape == 1:
        options = {"first": chance.randrange(1, size // 2)}
        options["last"] = chance.randrange(options["first"] + 2, size)
    elif shape == 2:
        options = {"sites": [chance.choice(["c-1", "c-2"])]}
    elif shape == 3:
        options = {"last": size - 3, "closing": size - chance.randrange(2)}
    elif shape == 4:
        options = {"parts": {"ledger/receipts.csv": chance.randbytes(40)}}
    return Case(chance, log, options)


def whole(case: Case) -> Case:
    return Case(case.chance, case.log, {})
