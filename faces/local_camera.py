"""The camera of this machine, as the settings name it.

Its process is shared by all web processes of one installation: the name of its socket
follows from the folder of their secrets.
"""

from __future__ import annotations

import functools
import hashlib
import uuid
from pathlib import Path

from django.conf import settings

from faces.camera.client import SharedCamera
from faces.errors import CameraUnavailable


def film(*, use: uuid.UUID, seconds: float) -> bytes:
    """Return what the camera sees now; it stays on for this use.

    Called under a permit only (`faces.services.frame`).

    Args:
        use: whose capture it is.
        seconds: how long that may last still.

    Raises:
        CameraUnavailable: no camera is set, it does not open, or it was unplugged.
    """
    camera = _set()
    if camera is None:
        raise CameraUnavailable("missing")
    return camera.frame(capture=use.hex, seconds=seconds)


def release(use: uuid.UUID) -> None:
    """Switch the camera off if it is on for this use, now and for good."""
    camera = _set()
    if camera is not None:
        camera.release(capture=use.hex)


def _set() -> SharedCamera | None:
    number: int | None = settings.LOCAL_CAMERA
    if number is None:
        return None
    return _shared(number, socket_name(Path(settings.SECRETS_DIR)))


def socket_name(secrets: Path) -> str:
    """Return the name of the camera's socket for an installation."""
    folder = hashlib.sha256(bytes(secrets.resolve())).hexdigest()
    return f"salescenter-camera-{folder[:32]}"


@functools.lru_cache(maxsize=8)
def _shared(number: int, name: str) -> SharedCamera:
    return SharedCamera(number=number, name=name)
