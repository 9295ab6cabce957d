"""Verify packs held in memory, and look at each result from all sides."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

from audit import verifier
from audit.verifier import Result
from tests import packs
from tests.packs import Log


class Check(Protocol):
    def __call__(
        self,
        raw: bytes | None,
        *,
        pins: Sequence[str] = (),
        priors: Sequence[str] = (),
        receipt: dict[str, Any] | bytes | None = None,
    ) -> Result: ...


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Write what is given to files, verify it, and say it in every way."""
    numbers = itertools.count()

    def written(raw: bytes, suffix: str) -> str:
        path = tmp_path / f"{next(numbers)}{suffix}"
        path.write_bytes(raw)
        return str(path)

    def run(
        raw: bytes | None,
        *,
        pins: Sequence[str] = (),
        priors: Sequence[str] = (),
        receipt: dict[str, Any] | bytes | None = None,
    ) -> Result:
        if isinstance(receipt, dict):
            receipt = json.dumps(receipt, ensure_ascii=False).encode()
        result = verifier.verify_pack(
            None if raw is None else written(raw, ".zip"),
            pins=pins,
            priors=[written(one.encode(), ".note") for one in priors],
            receipt=None if receipt is None else written(receipt, ".json"),
        )
        told = json.loads(json.dumps(result.as_json()))
        assert told["exit"] == result.exit
        lines = list(verifier.report(result))
        assert lines[0].startswith(verifier.VERDICTS[result.verdict])
        assert all("\n" not in line for line in lines)
        if result.exit in {1, 3}:
            assert ": " in lines[0]
        return result

    return run


@pytest.fixture
def sound(check: Check) -> Callable[..., Result]:
    """Say that a pack is sound: 0 with the key pinned, 2 without."""

    def run(log: Log, raw: bytes | None = None, **options: Any) -> Result:
        raw = packs.pack(log, **options) if raw is None else raw
        pins = [key.vkey for key in log.keys(len(log.bodies))]
        result = check(raw, pins=pins)
        assert (result.altered, result.violations) == ([], [])
        assert result.exit == 0
        assert check(raw).exit == 2
        return result

    return run


@pytest.fixture
def broken(check: Check) -> Callable[..., list[tuple[int, str]]]:
    """Seal a log with its real key and return the rules it breaks."""

    def run(log: Log, **options: Any) -> list[tuple[int, str]]:
        result = check(packs.pack(log, **options), pins=[packs.vkey(log)])
        assert result.altered == []
        if result.violations:
            assert (result.exit, result.pinned) == (1, True)
        return [(one["seq"], one["what"]) for one in result.violations]

    return run


@pytest.fixture
def altered(check: Check) -> Callable[..., list[tuple[str, str]]]:
    """Verify altered files, or an altered pack, and return what was found where."""

    def run(made: dict[str, bytes] | bytes, **options: Any) -> list[tuple[str, str]]:
        raw = made if isinstance(made, bytes) else packs.zipped(made)
        result = check(raw, **options)
        assert result.exit == 1
        assert result.altered
        return [(one["file"], one["what"]) for one in result.altered]

    return run
