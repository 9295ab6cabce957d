"""A house where everybody may be searched, and the process that holds them."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.test import override_settings

from consent.models import Site, Subject
from faces.gallery.asking import connected
from faces.matching import METHOD, SEARCH_METHOD
from tests import make
from tests.faces import make as make_face

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def rules_of_a_search(label: str = "2026-02", **days: int) -> dict[str, Any]:
    """Return rules that let everybody be searched, and name what does it."""
    document = make.compares(make.rules_document(label, **days), "1:n")
    for words in document["languages"].values():
        engine = f"{METHOD}; {SEARCH_METHOD}."
        words["purposes"]["face.checkin"]["engine"] = engine
    return document


def searched(site: Site) -> None:
    """Let an assessment and the rules of a site allow it."""
    wide = make.compares(make.assessment_document("pia-1"), "1:n")
    make.assessment_approved(site=site, document=wide)
    make.rules_published(site=site, document=rules_of_a_search())


def enrolled(house: make.House, shot: bytes) -> Subject:
    """Let somebody be enrolled with this frame."""
    person = make.person(kiosk=house.kiosk, face=True)
    make_face.enrol(subject=person, kiosk=house.kiosk, frames=[shot])
    return person


@contextmanager
def process(env: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `manage.py faces_gallery` until the block is left, and ask it meanwhile."""
    path = folder / "gallery" / "socket"
    command = [sys.executable, "manage.py", "faces_gallery"]
    with (
        override_settings(GALLERY_SOCKET=path),
        subprocess.Popen(
            command, cwd=ROOT, env={**env, "GALLERY_SOCKET": str(path)}
        ) as running,
    ):
        try:
            _wait(path, running)
            yield running
        finally:
            running.terminate()
            running.wait(10)


def _wait(path: Path, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if running.poll() is not None:
            break
        try:
            link: socket.socket = connected(path, 1.0)
        except OSError:
            time.sleep(0.1)
            continue
        link.close()
        return
    message = "the gallery's process did not start"
    raise AssertionError(message)
