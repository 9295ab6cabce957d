"""What docs/faces.md refuses on purpose: that no way to it is there.

These look at the source, because a thing that was never built cannot be called.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from audit.catalogue import KINDS
from consent.models import Use
from faces.models import FaceTemplate

ROOT = Path(__file__).resolve().parents[2]
APPS = ("audit", "consent", "faces", "leads", "salescenter")

READ_FILES = {
    # Drawings of zones and signs, and a party's certificate: no face is looked for.
    "consent/views/devices.py",
    "consent/views/parties.py",
    # The kiosk's frames, under the permit of a capture that is open.
    "leads/views/capture.py",
}
TRAITS = re.compile(r"(?<![a-z])(age|gender|sex|emotion|mood|race|ethnic)(?![a-z])")
OTHER_MODELS = ("deepface", "insightface", "fer", "retina-face", "mtcnn", "torch")


def sources() -> Iterator[tuple[str, str]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def importers(name: str) -> set[str]:
    """Return the modules that import a name from anywhere."""
    found = set()
    for path, text in sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and any(
                one.name == name for one in node.names
            ):
                found.add(path)
    return found


def test_a_template_is_made_from_the_frames_of_a_capture_alone() -> None:
    reading = {path for path, text in sources() if ".FILES" in text}
    assert reading == READ_FILES
    assert importers("capture_answer") == {"leads/views/capture.py"}
    calls = {path for path, text in sources() if "faces.enrol(" in text}
    assert calls == {"leads/checkin.py"}


def test_only_a_visitors_tap_begins_a_search() -> None:
    assert importers("compare_begin") == {"leads/views/returning.py"}
    searching = {path for path, text in sources() if "faces.search(" in text}
    assert searching == {"leads/checkin.py"}


def test_nothing_is_kept_of_a_face_but_its_template() -> None:
    fields = {
        field.name for model in (FaceTemplate, Use) for field in model._meta.fields
    }
    assert not [name for name in fields if TRAITS.search(name)]
    assert "sealed" in fields


def test_the_log_has_no_place_for_what_a_face_seems_to_be() -> None:
    for kind, entry in KINDS.items():
        for form in entry.forms:
            assert not [key for key in form if TRAITS.search(key)], kind


def test_no_model_is_installed_that_reads_traits_from_a_face() -> None:
    installed = {(one.metadata["Name"] or "").lower() for one in distributions()}
    assert not installed.intersection(OTHER_MODELS)
