"""Files inside installed packages, found without importing the package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def installed_file(package: str, path: str) -> Path | None:
    """Return where a file of an installed package lies, or None."""
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or []:
        file = Path(folder) / path
        if file.is_file():
            return file
    return None
