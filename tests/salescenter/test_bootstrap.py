from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from salescenter import bootstrap

BASE_DIR = Path(__file__).resolve().parents[2]


def _checkout(folder: Path) -> Path:
    """Copy what an old or bare Python reads of the project."""
    (folder / "salescenter").mkdir()
    for name in ("run", "requirements.lock", "salescenter/__init__.py"):
        shutil.copy(BASE_DIR / name, folder / name)
    shutil.copy(bootstrap.__file__, folder / "salescenter" / "bootstrap.py")
    return folder


def _pins(name: str) -> set[str]:
    text = (BASE_DIR / name).read_text()
    return set(re.findall(r"^([a-z0-9_.\[\]-]+==[^ ;\\]+)", text, re.MULTILINE))


def test_a_missing_venv_module_is_one_line(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path)
    without = tmp_path / "without"
    without.mkdir()
    (without / "ensurepip.py").write_text("raise ImportError\n")
    done = subprocess.run(
        [sys.executable, str(checkout / "run")],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(without)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("run: Python's venv module is missing")
    assert done.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()


@pytest.mark.slow
def test_a_package_that_cannot_be_had_is_one_line(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path)
    (checkout / "requirements.lock").write_text(
        f"segno==1.6.6 --hash=sha256:{'0' * 64}\n"
    )
    done = subprocess.run(
        [sys.executable, str(checkout / "run")],
        env={
            "PATH": "/usr/bin:/bin",
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": "/dev/null",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("run: the packages cannot be installed: ERROR")
    assert done.stderr.count("\n") == 1


def test_an_old_python_without_a_newer_one_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 3\.11 or newer"):
        bootstrap.find_python()


def test_an_old_python_finds_a_newer_one_that_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    (tmp_path / "python3.11").symlink_to(sys.executable)
    assert bootstrap.find_python() == str(tmp_path / "python3.11")


@pytest.mark.parametrize("name", ["run", "test", "salescenter/bootstrap.py"])
def test_an_old_python_can_read_it(name: str) -> None:
    ast.parse((BASE_DIR / name).read_text(), feature_version=(3, 6))


def test_what_is_installed_is_not_installed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap, "_installed", lambda lock: True)
    monkeypatch.setattr(bootstrap, "_install", lambda lock: pytest.fail("again"))
    bootstrap.setup()


def test_a_changed_lock_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "BASE_DIR", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    lock = tmp_path / "requirements.lock"
    lock.write_text("one")
    stamp = tmp_path / "requirements.lock.sha256"
    stamp.write_text(bootstrap._digest("requirements.lock"))
    assert bootstrap._installed("requirements.lock")
    lock.write_text("another")
    assert not bootstrap._installed("requirements.lock")


def test_the_locks_agree_and_name_no_address() -> None:
    assert _pins("requirements.lock")
    assert _pins("requirements.lock") <= _pins("requirements-dev.lock")
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (BASE_DIR / name).read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
