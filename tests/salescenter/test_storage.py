from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

IMPORT = re.compile(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""")


def test_imports_between_modules_name_hashed_files(static_files: Path) -> None:
    """Pin what Django still calls experimental: a stale module is never loaded."""
    hashed = re.compile(r"\.[0-9a-f]{12}\.js$")
    found = 0
    for module in static_files.rglob("*.js"):
        if not hashed.search(module.name):
            continue
        for target in IMPORT.findall(module.read_text()):
            found += 1
            assert hashed.search(target), (module.name, target)
            assert (module.parent / target).resolve().exists()
    sources = [
        path
        for folder in settings.STATICFILES_DIRS
        for path in Path(folder).rglob("*.js")
    ]
    assert found == sum(len(IMPORT.findall(path.read_text())) for path in sources)


def test_a_page_names_hashed_files(static_files: Path) -> None:
    assert re.search(r"/static/css/base\.[0-9a-f]{12}\.css$", static("css/base.css"))
