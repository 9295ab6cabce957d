"""Every picture once through the engine, in processes of their own.

dlib's detector must not be shared by threads: each process has one engine and one
thread. Nothing is written.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faces.engine import Engine, FaceBox, RGBImage
from faces.engine.loading import engine_load
from faces.errors import FrameInvalid
from faces.pixels.decode import frame_decode

_CHUNK = 16
_engine: Engine | None = None


@dataclass(frozen=True, eq=False)
class Encoded:
    """The encodings of some pictures; those without a face are left out.

    Attributes:
        places: name of a picture, and its row.
        looks: mean of the production looks, shape (n, 128).
        plain: as the stock library encodes them, shape (n, 128).
    """

    places: dict[str, int]
    looks: NDArray[np.float64]
    plain: NDArray[np.float64]


def pictures_encode(
    names: Sequence[str],
    *,
    root: Path,
    processes: int,
    tell: Callable[[int], None] = lambda _: None,
) -> Encoded:
    """Encode the face of each picture: the one nearest its middle, if there are more.

    Args:
        names: paths below `root`, each once.
        root: folder of the pictures.
        processes: at a time.
        tell: called with the number of pictures that are done.
    """
    found: dict[str, NDArray[np.float64]] = {}
    with ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
    ) as pool:
        paths = [str(root / name) for name in names]
        answers = pool.map(_looks, paths, chunksize=_CHUNK)
        for done, (name, looks) in enumerate(zip(names, answers, strict=True), start=1):
            if looks is not None:
                found[name] = looks
            tell(done)
    stacked = np.stack(list(found.values())) if found else np.zeros((0, 1, 128))
    return Encoded(
        places={name: row for row, name in enumerate(found)},
        looks=stacked.mean(axis=1),
        plain=stacked[:, 0],
    )


def _begin() -> None:
    global _engine
    _engine = engine_load()


def _looks(path: str) -> NDArray[np.float64] | None:
    """Return the encodings of one picture's face; None without a face or a picture."""
    if _engine is None:  # `_begin` ran first
        raise RuntimeError
    try:
        image = frame_decode(Path(path).read_bytes())
    except FrameInvalid:
        return None
    boxes = _engine.detect(image)
    if not boxes:
        return None
    return _engine.each_look(image, min(boxes, key=lambda box: _off(image, box)))


def _off(image: RGBImage, box: FaceBox) -> float:
    """Return how far a face's middle is from the picture's, in pixels."""
    height, width = image.shape[:2]
    across = (box.left + box.right - width) / 2
    down = (box.top + box.bottom - height) / 2
    return float(np.hypot(across, down))
