"""Set-up of the fast encoder: made from the installed weights, checked, then used.

`python -m faces.engine.preparing` writes the file and what it found below `var/`. The
reference is `face_recognition` itself on the two public-domain photographs in the
wheels of the `demo` extra and their altered copies.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace

import face_recognition
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from faces.engine.boxes import RGBImage
from faces.engine.choice import DIFFERENCE_MAX, FOLDER, Choice, choice_write
from faces.engine.dlib_engine import DlibEngine
from faces.engine.encoders import FastEncoder, LibraryEncoder
from faces.engine.network import network
from faces.engine.weights import WeightsUnreadable, weights_read, weights_sha256
from faces.installed import installed_file

PHOTOGRAPHS = (
    ("skimage", "data/astronaut.png"),
    ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
)


def main() -> int:
    """Make the fast encoder, compare it with the library, and keep the choice."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    chosen = prepared()
    choice_write(chosen)
    if chosen.reason is None:
        told = f"as the library within {chosen.difference:.1e}, {chosen.faces} faces"
        print(f"face encoder: fast ({told})", flush=True)
    else:
        print(f"face encoder: the library, slower ({chosen.reason})", flush=True)
    return 0


def prepared() -> Choice:
    """Return what to use on this machine; the file of the fast encoder is written."""
    try:
        written = network(weights_read())
    except WeightsUnreadable:
        return Choice(reason="weights_unreadable")
    weights = weights_sha256()
    file = FOLDER / f"dlib-resnet-1-{weights[:16]}.onnx"
    draft = file.with_suffix(".new")
    draft.write_bytes(written)
    fast, library = FastEncoder(written), DlibEngine(LibraryEncoder())
    differences = [_difference(image, fast, library) for image in photographs()]
    if not differences:
        return Choice(weights=weights, reason="no_photographs")
    worst = max(differences)
    found = Choice(
        weights=weights,
        difference=worst,
        faces=len(differences),
        reason="differs",
    )
    if not worst <= DIFFERENCE_MAX:  # also for what is no number
        draft.unlink()
        return found
    draft.replace(file)
    return replace(
        found,
        file=file.name,
        file_sha256=hashlib.sha256(written).hexdigest(),
        reason=None,
    )


def photographs() -> Iterator[RGBImage]:
    """Yield the photographs of the installed wheels, each in a few lights."""
    for package, path in PHOTOGRAPHS:
        file = installed_file(package, path)
        if file is None:
            continue
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        yield np.array(picture)
        yield np.array(ImageEnhance.Brightness(picture).enhance(0.6))
        yield np.array(picture.filter(ImageFilter.GaussianBlur(1.5)))


def _difference(image: RGBImage, fast: FastEncoder, library: DlibEngine) -> float:
    """Return by how much the fast encoder differs from `face_recognition`, at most."""
    box = max(library.detect(image), key=lambda found: found.side_px)
    (reference,) = face_recognition.face_encodings(
        image, known_face_locations=[tuple(box)], num_jitters=1, model="small"
    )
    straight = fast(library.looks(image, box)[:1])[0]
    return float(np.abs(straight - reference).max())


if __name__ == "__main__":
    sys.exit(main())
