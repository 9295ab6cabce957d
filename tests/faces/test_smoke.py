"""Bursts of a few frames, as a kiosk keeps them: nobody missed, no stranger accepted.

On the two photographs in the wheels, and on those of two public officials where they
are (`FACES_DEV`'s folder, or `../shared/faces` beside the checkout); the stock call at
its default of 0.6 is told beside it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces import matching, scoring
from faces.pixels.pool import PixelPool
from tests.faces.photographs import (
    blurred,
    brightened,
    camera,
    collins,
    encoded,
    flipped,
    hopper,
    shrunk,
    tilted,
)

pytestmark = pytest.mark.vision

OFFICIALS = Path(
    os.environ.get(
        "FACES_FOLDER", Path(__file__).resolve().parents[3] / "shared" / "faces"
    )
)
# What a head before a kiosk does within a second or two, and a room does in a year.
ENROLLED: list[Callable[[Image.Image], Image.Image]] = [
    lambda picture: picture,
    tilted(3),
    brightened(1.1),
]
SEEN: dict[str, list[Callable[[Image.Image], Image.Image]]] = {
    "as it was": [tilted(-2), brightened(0.95), lambda picture: picture],
    "mirrored": [flipped, lambda picture: tilted(2)(flipped(picture)), flipped],
    "darker": [brightened(0.55), brightened(0.6), brightened(0.65)],
    "brighter": [brightened(1.3), brightened(1.25), brightened(1.35)],
    "softer": [blurred(0.8), blurred(1.0), blurred(0.9)],
    "tilted": [tilted(6), tilted(5), tilted(7)],
    "further": [shrunk(0.8), shrunk(0.82), shrunk(0.85)],
}


@pytest.fixture(scope="module")
def workers() -> Iterator[PixelPool]:
    pool = PixelPool()
    yield pool
    pool.close()


def encoding(
    workers: PixelPool,
    picture: Image.Image,
    changes: list[Callable[[Image.Image], Image.Image]],
) -> matching.Embedding | None:
    """Encode a burst as the kiosk does: frames that would not do are not sent.

    None when none would: the visitor reads why, and is neither missed nor accepted.
    """
    frames = [encoded(change(picture)) for change in changes]
    usable = [frame for frame in frames if workers.hint(frame).usable]
    return workers.encode(usable).mean if usable else None


def test_the_two_women_of_the_wheels(workers: PixelPool) -> None:
    people = {"collins": [collins()], "hopper": [hopper()]}
    _nobody_is_missed_or_confused(workers, people)


@pytest.mark.skipif(not OFFICIALS.is_dir(), reason="their pictures are not here")
def test_two_public_officials_and_the_two_women(workers: PixelPool) -> None:
    people = {"collins": [collins()], "hopper": [hopper()]}
    for name, files in {
        "first": ["obama.jpg", "obama1.jpg", "obama2.jpg", "obama3.jpg"],
        "second": ["biden.jpg", "biden2.jpg"],
    }.items():
        people[name] = [
            camera(Image.open(OFFICIALS / file).convert("RGB")) for file in files
        ]
    _nobody_is_missed_or_confused(workers, people)


def _nobody_is_missed_or_confused(
    workers: PixelPool, people: dict[str, list[Image.Image]]
) -> None:
    enrolled = [
        (name, encoding(workers, picture, ENROLLED))
        for name, pictures in people.items()
        for picture in pictures
    ]
    seen = [
        (name, how, encoding(workers, picture, changes))
        for name, pictures in people.items()
        for picture in pictures
        for how, changes in SEEN.items()
    ]
    tried = len(enrolled) + len(seen)
    usable = [row for row in enrolled + seen if row[-1] is not None]
    assert len(usable) >= 0.9 * tried
    wrong = []
    for (who, template), (name, how, probe) in itertools.product(enrolled, seen):
        if template is None or probe is None:
            continue
        answer = matching.verdict(scoring.score(probe, template))
        # Asking is allowed of oneself in another picture; a stranger is not even asked.
        right = answer != "no_match" if who == name else answer == "no_match"
        if not right:
            apart = float(np.linalg.norm(probe - template))
            wrong.append(f"{who}, {name} {how}: {answer} at a distance of {apart:.2f}")
    assert not wrong, "\n".join(wrong)
