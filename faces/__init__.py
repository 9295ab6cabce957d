"""Faces: frames in, a verdict out."""

from __future__ import annotations

import os

# numpy reads it when it is imported, which is after this. Comparing one face with a few
# takes less than a millisecond on one thread; several would wait for each other and for
# the cores that the pixel workers and other visitors' requests are using.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
