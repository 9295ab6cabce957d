"""The demonstration camera: two public-domain photographs out of installed wheels.

Found without importing their packages. Nothing is written: each is cropped and encoded
in memory when asked for.
"""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image

from faces.installed import installed_file

FRAME_SIZE = (640, 480)

# Package, file below it, and the 4:3 part of it that holds the person.
PEOPLE = (
    ("skimage", "data/astronaut.png", (0, 0, 512, 384)),
    ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", (0, 40, 512, 424)),
)


@lru_cache(maxsize=len(PEOPLE))
def frame_jpeg(*, person: int) -> bytes | None:
    """Return the photograph of a demonstration person as a camera would send it.

    Args:
        person: 0 or 1.

    Returns:
        A 640 by 480 JPEG; None when there is no such person, or the `demo` extra is
        not installed.
    """
    if not 0 <= person < len(PEOPLE):
        return None
    package, file, box = PEOPLE[person]
    path = installed_file(package, file)
    if path is None:
        return None
    with Image.open(path) as whole:
        shown = whole.convert("RGB").crop(box).resize(FRAME_SIZE)
    written = io.BytesIO()
    shown.save(written, "JPEG", quality=92)
    return written.getvalue()
