"""How often a covered face is told so, and an open one refused for it.

On the two photographs in the wheels, and on those of a folder that `FACES_FOLDER`
names. What covers is painted on them (`tests.faces.covering`): nobody wore it. Every
picture is altered as a camera and a room would; only those count that pass everything
else, since only they are asked.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from faces import quality
from faces.engine import Cover, FaceBox
from faces.engine.loading import engine_load
from tests.faces.covering import COVERS, OPEN, laid
from tests.faces.photographs import (
    Change,
    blurred,
    brightened,
    camera,
    collins,
    encoded,
    flipped,
    hopper,
    shrunk,
    tilted,
    turned,
)

FEWER = ("as it is", "mirrored", "dim", "bright", "noise", "soft", "turned", "far")
"""The changes that covered ones are shown in."""

NOT_FOUND, REFUSED, SEEN, PASSED = "not_found", "other_reason", "seen", "passed"


def noisy(spread: float) -> Change:
    """Return what a sensor adds in weak light."""

    def change(picture: Image.Image) -> Image.Image:
        pixels = np.array(picture, dtype=np.float64)
        pixels += np.random.default_rng(2).normal(0, spread, pixels.shape)
        return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))

    return change


def squeezed(picture: Image.Image) -> Image.Image:
    """Return what little of a picture a JPEG of quality 30 leaves."""
    return Image.open(io.BytesIO(encoded(picture, quality=30))).convert("RGB")


def changes(box: FaceBox) -> dict[str, Change]:
    """Return what a camera and a room do to a face, as far as quality lets pass."""
    place = (box.left, box.top, box.right, box.bottom)
    side = box.side_px
    return {
        "as it is": lambda picture: picture,
        "mirrored": flipped,
        "dim": brightened(0.35),
        "dark": brightened(0.2),
        "bright": brightened(1.3),
        "very bright": brightened(1.7),
        "noise": noisy(10),
        "jpeg": squeezed,
        "soft": blurred(0.01 * side),
        "blurred": blurred(0.02 * side),
        "tilted": tilted(8),
        "turned": turned(15, place),
        "turned far": turned(-25, place),
        "far": shrunk(66 / side),
        "dim, far, noise": lambda picture: noisy(5)(
            brightened(0.4)(shrunk(66 / side)(picture))
        ),
    }


def measure(runs: int) -> dict[str, Any]:
    """Return the figures; of the folder `runs` pictures at most."""
    looks = Looks()
    people = {"wheels": [collins(), hopper()]}
    folder = os.environ.get("FACES_FOLDER")
    if folder:
        people["folder"] = list(pictures(Path(folder)))[:runs]
    told: dict[str, Any] = {
        name: looks.measured(found) for name, found in people.items()
    }
    return {
        "made": "covers are painted on photographs; nobody wore any",
        "thresholds": {
            "mouth": quality.COVER_MAX_MOUTH,
            "eyes": quality.COVER_MAX_EYES,
        },
        **told,
        "reached": told["wheels"]["open"]["refused"] == 0,
    }


def pictures(folder: Path) -> Iterator[Image.Image]:
    """Yield the pictures of a folder, as a kiosk's camera would send them."""
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in (".jpg", ".jpeg", ".png"):
            picture = Image.open(file).convert("RGB")
            picture.thumbnail((480, 480))
            yield camera(picture)


class Looks:
    """Frames as the worker sees them, and what they come to."""

    def __init__(self) -> None:
        self.engine = engine_load()

    def measured(self, people: list[Image.Image]) -> dict[str, Any]:
        """Return how many covered ones are seen, and open ones refused, of these."""
        open_, mouths, eyes = Counter[str](), list[float](), list[float]()
        by_cover: dict[str, Counter[str]] = {
            f"{kind}, {name}": Counter()
            for kind, these in COVERS.items()
            for name in these
        }
        used = 0
        for picture in people:
            image = np.array(picture)
            boxes = self.engine.detect(image)
            if len(boxes) != 1:
                continue
            used += 1
            points = self.engine.landmarks(image, boxes[0])
            altered = changes(boxes[0])
            for plain in [
                picture,
                *(laid(one, picture, points) for one in OPEN.values()),
            ]:
                for change in altered.values():
                    answer, cover = self.see(change(plain))
                    open_[answer] += 1
                    if cover is not None:
                        mouths.append(cover.mouth)
                        eyes.append(cover.eyes)
            for kind, these in COVERS.items():
                for name, paint in these.items():
                    covered = laid(paint, picture, points)
                    counts = by_cover[f"{kind}, {name}"]
                    counts.update(self.see(altered[one](covered))[0] for one in FEWER)
        asked = open_[SEEN] + open_[PASSED]
        return {
            "photographs": used,
            "open": {
                "asked": asked,
                "refused": open_[SEEN],
                "least_mouth": round(min(mouths, default=0.0), 3),
                "least_eyes": round(min(eyes, default=0.0), 3),
            },
            "covered": {name: dict(counts) for name, counts in by_cover.items()},
        }

    def see(self, picture: Image.Image) -> tuple[str, Cover | None]:
        """Return what a frame comes to, and what was measured of its cover."""
        image = np.array(picture.convert("RGB"))
        boxes = self.engine.detect(image)
        if len(boxes) != 1:
            return NOT_FOUND, None
        points = self.engine.landmarks(image, boxes[0])
        if quality.assess(image, boxes, points).reasons:
            return REFUSED, None
        cover = self.engine.cover(image, boxes[0])
        return (SEEN if quality.is_covered(cover) else PASSED), cover
