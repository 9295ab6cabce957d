"""A device is opened in one place, by a number, and never by a name or an address."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
APPS = ("audit", "consent", "faces", "leads", "salescenter")
ONLY = Path("faces/camera/device.py")


def _sources() -> Iterator[tuple[Path, str]]:
    for app in APPS:
        for file in sorted((BASE_DIR / app).rglob("*.py")):
            yield file.relative_to(BASE_DIR), file.read_text("utf-8")
    for name in ("run", "test", "manage.py"):
        yield Path(name), (BASE_DIR / name).read_text("utf-8")


def test_one_module_opens_a_device() -> None:
    naming = {path for path, text in _sources() if "VideoCapture" in text}
    assert naming == {ONLY}


def test_it_is_opened_once_by_a_number_and_in_one_way() -> None:
    tree = ast.parse((BASE_DIR / ONLY).read_text("utf-8"))
    named = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "VideoCapture"
    ]
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.func in named
    ]
    # Named once and called there: no second name for it, and no later open().
    assert (len(named), len(calls)) == (1, 1)
    assert ast.unparse(calls[0]) == "cv2.VideoCapture(int(number), cv2.CAP_V4L2)"
    opened = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not opened & {"open", "openFile", "getattr"}


def test_nothing_looks_the_library_s_parts_up_by_name() -> None:
    for path, text in _sources():
        if "cv2" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            looked_up = isinstance(node, ast.Call) and (
                isinstance(node.func, ast.Name)
                and node.func.id in {"getattr", "eval", "exec", "__import__"}
            )
            starred = isinstance(node, ast.ImportFrom) and node.module == "cv2"
            assert not looked_up, path
            assert not starred, path
