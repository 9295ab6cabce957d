"""The documentation names what the code has: nothing is left out, no link is dead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands

from audit.catalogue import KINDS
from consent.purposes import Purpose

BASE_DIR = Path(__file__).resolve().parents[2]
DOCS = BASE_DIR / "docs"
README = BASE_DIR / "README.md"
PAGES = [README, *sorted(DOCS.glob("*.md"))]
APPS = ("audit", "consent", "faces", "leads", "salescenter")
# Which module describes the environment, and the modules that read it.
PLACES = ("settings.py", "instance.py", "embedded")
FURTHER = ("supervisor.py", "gunicorn_conf.py")
NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE"}
READERS = {"_text", "_flag", "_url", "get", "setdefault"}

_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_FILE = re.compile(r"`((?:audit|consent|faces|leads|salescenter|static)/[\w/.]+)`")


def _rows(page: Path) -> Iterator[list[str]]:
    """Yield the cells of every row of every table of a page."""
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def _row_of(page: Path, name: str) -> str:
    """Return the one row whose first cell is this name, or nothing."""
    found = [" | ".join(row) for row in _rows(page) if row[0].strip("| ") == name]
    assert len(found) <= 1, f"{page.name} has {name} twice"
    return found[0] if found else ""


def _named(page: Path) -> set[str]:
    """Return everything that a page's tables name in their first cells, as code."""
    return {name for row in _rows(page) for name in _CODE.findall(row[0])}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_and_its_keys_are_told_to_outsiders(kind: str) -> None:
    row = _row_of(DOCS / "evidence.md", f"`{kind}`")
    assert row, f"docs/evidence.md has no row for {kind}"
    data = row.rpartition(" | ")[2].rstrip(" |")
    told = [_CODE.findall(part)[0] for part in data.split("<br>") if "`:" in part]
    assert told == list(KINDS[kind].keys)


@pytest.mark.parametrize("kind", KINDS)
def test_the_clause_told_is_the_one_written(kind: str) -> None:
    row = _row_of(DOCS / "evidence.md", f"`{kind}`")
    clause = KINDS[kind].clause
    assert (f"`{clause}`" if clause else "| the purpose |") in row


def test_no_kind_is_told_that_does_not_exist() -> None:
    whole = (DOCS / "evidence.md").read_text("utf-8")
    table = whole.split("## Kinds of events")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert {_CODE.findall(row)[0] for row in rows} == set(KINDS)


def test_every_clause_of_the_catalogue_has_its_row_in_the_register() -> None:
    clauses = {kind.clause for kind in KINDS.values() if kind.clause}
    assert clauses <= _named(DOCS / "compliance.md")


def test_every_purpose_is_named_in_the_register() -> None:
    register = (DOCS / "compliance.md").read_text("utf-8")
    assert [name for name in Purpose if f"`{name}`" not in register] == []


def _environment(source: Path) -> set[str]:
    """Return the names of the environment that a module reads."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        value: ast.expr | None = None
        if isinstance(node, ast.Call) and node.args:
            function = node.func
            reader = getattr(function, "attr", getattr(function, "id", ""))
            on_environment = not isinstance(function, ast.Attribute) or (
                ast.unparse(function.value) == "os.environ"
            )
            if reader in READERS and on_environment:
                value = node.args[0]
        elif (
            isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ"
        ):
            value = node.slice
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            names.add(value.value.removesuffix("_FILE"))
    return names - NOT_SETTINGS


def _sources(places: tuple[str, ...]) -> Iterator[Path]:
    for place in places:
        path = BASE_DIR / "salescenter" / place
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def test_every_setting_is_described_twice() -> None:
    read = {name for path in _sources(PLACES) for name in _environment(path)}
    assert {"SECRET_KEY", "SITE_NETWORKS", "SALESCENTER_DATA", "DEBUG"} <= read
    example = (BASE_DIR / ".env.example").read_text("utf-8")
    described = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert read - described == set()
    assert read - _named(README) == set()


def test_what_the_processes_read_is_in_the_readme() -> None:
    read = {name for path in _sources(FURTHER) for name in _environment(path)}
    assert "WEB_PROCESSES" in read
    assert read - _named(README) == set()


def test_no_setting_is_described_that_nothing_reads() -> None:
    read = {name for path in _sources(PLACES + FURTHER) for name in _environment(path)}
    settings = README.read_text("utf-8").split("## Settings")[1]
    assert set(re.findall(r"^\| `([A-Z_]+)`", settings, re.MULTILINE)) == read


def test_every_command_is_described() -> None:
    ours = {name for name, app in get_commands().items() if app in APPS}
    assert {"sweep", "audit_verify", "attribution_explain"} <= ours
    described = {name.split()[0] for name in _named(DOCS / "operating.md")}
    assert ours - described == set()
    assert {config.label for config in apps.get_app_configs()} >= set(APPS)


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
        for title in titles
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_is_dead(page: Path) -> None:
    text = _FENCE.sub("", page.read_text("utf-8"))
    dead = []
    for link in _LINK.findall(text):
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_and_file_that_is_named_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    missing = [name for name in _FILE.findall(text) if not (BASE_DIR / name).exists()]
    for name, function in _TEST.findall(text):
        path = BASE_DIR / name
        source = path.read_text("utf-8") if path.exists() else ""
        if not source or (function and f"def {function}(" not in source):
            missing.append(f"{name}::{function}")
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_is_reached_from_the_front_door(page: Path) -> None:
    assert page == README or f"docs/{page.name}" in README.read_text("utf-8")
