"""Files that are on the disk when the call returns, and for their owner alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def create(path: Path, content: bytes) -> None:
    """Make a new file; its folder is not synchronised.

    Raises:
        FileExistsError: there is one.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, content: bytes) -> None:
    """Make or replace a file: the old content or the new one, never a part."""
    write_all(path.parent, {path.name: content})


def write_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make or replace files of one folder, each by itself whole."""
    for name, content in contents.items():
        scratch = folder / f".{name}.{secrets.token_hex(4)}"
        create(scratch, content)
        scratch.replace(folder / name)
    sync(folder)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    # Overwriting promises nothing on a modern disk; the epoch key's end does.
    path.unlink(missing_ok=True)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
