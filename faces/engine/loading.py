"""Loading the engine of this machine: for a process that touches pixels."""

from __future__ import annotations

from faces.engine import Engine
from faces.engine.choice import encoder_read
from faces.engine.dlib_engine import DlibEngine
from faces.engine.encoders import FastEncoder, LibraryEncoder


def engine_load() -> Engine:
    """Return the engine, with the encoder that the set-up chose."""
    _chosen, written = encoder_read()
    return DlibEngine(LibraryEncoder() if written is None else FastEncoder(written))
