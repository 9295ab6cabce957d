"""Grants from outside a range: proved, once, and only grants."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from audit.verifier import Result, root_by_path
from tests import packs
from tests.audit.test_verifier.conftest import Check
from tests.audit.test_verifier.scenes import (
    ANOTHER,
    HERE,
    NEWER,
    RULES,
    THERE,
    compared,
    grant,
    house,
    two_sites,
)
from tests.packs import Log
from tests.packs.log import canonical, path_of
from tests.packs.sealing import grant_line

Altered = Callable[..., list[tuple[str, str]]]
Broken = Callable[..., list[tuple[int, str]]]
Sound = Callable[..., Result]


def test_grants_from_outside_found_uses(sound: Sound, broken: Broken) -> None:
    log = two_sites()
    assert sound(log, first=5).grants == 2
    assert sound(log, first=5).partial
    log.edit(6, purpose="attribution")
    what = f"a use: another purpose than consent {THERE}"
    assert broken(log, first=5) == [(6, what)]


def test_a_grant_that_is_nowhere_is_a_violation(check: Check) -> None:
    log = two_sites()
    files = packs.contents(log, 5)
    files["grants.jsonl"] = files["grants.jsonl"].splitlines(keepends=True)[0]
    result = check(packs.zipped(packs.resealed(files, log)))
    assert [one["seq"] for one in result.violations] == [6]
    del files["grants.jsonl"]
    result = check(packs.zipped(packs.resealed(files, log)))
    assert [one["seq"] for one in result.violations] == [5, 6, 7]
    assert not result.partial


def test_a_candidates_grant_comes_along(check: Check, sound: Sound) -> None:
    log = house()
    one, probe = grant(log, subject=ANOTHER), grant(log)
    start = compared(log, probe, one)
    sound(log, first=probe)
    files = packs.contents(log, probe)
    del files["grants.jsonl"]
    result = check(packs.zipped(packs.resealed(files, log)))
    assert [found["seq"] for found in result.violations] == [start, start + 1]


def test_grants_may_stand_in_any_order_and_unused(sound: Sound) -> None:
    log = two_sites()
    files = packs.contents(log, 5)
    lines = files["grants.jsonl"].splitlines(keepends=True)
    files["grants.jsonl"] = lines[1] + lines[0]
    sound(log, packs.zipped(packs.resealed(files, log)))
    files = packs.contents(log, 8)
    files["grants.jsonl"] = grant_line(log, HERE, log.leaves())
    assert sound(log, packs.zipped(packs.resealed(files, log))).partial


def test_empty_files_of_lines_are_fine(sound: Sound) -> None:
    log = two_sites()
    files = {**packs.contents(log), "grants.jsonl": b"", "tail.jsonl": b""}
    assert not sound(log, packs.zipped(packs.resealed(files, log))).partial


def grants_of(log: Log, *lines: bytes) -> dict[str, bytes]:
    files = packs.contents(log, 5)
    files["grants.jsonl"] += b"".join(lines)
    return packs.resealed(files, log)


def test_a_grant_stands_once_and_only_there(altered: Altered) -> None:
    log = two_sites()
    twice = grant_line(log, HERE, log.leaves())
    found = altered(grants_of(log, twice))
    assert found == [("grants.jsonl", f"consent {HERE} twice")]
    files = packs.contents(log)
    files["grants.jsonl"] = twice
    found = altered(packs.resealed(files, log))
    assert found == [("events.jsonl", "stands in grants.jsonl too")]


def test_a_grant_is_proved_at_the_closing_size(altered: Altered) -> None:
    log = two_sites()
    other = grant_line(log, HERE, log.leaves()[:7])
    files = packs.contents(log, 5)
    files["grants.jsonl"] = other
    found = altered(packs.resealed(files, log))
    assert found == [("grants.jsonl", "its size is not the closing checkpoint's")]


def test_only_a_grant_is_proved(altered: Altered) -> None:
    log = two_sites()
    found = altered(grants_of(log, grant_line(log, 1, log.leaves())))
    assert found == [("grants.jsonl", "no consent.granted")]


def test_a_grants_path_leads_to_the_root(altered: Altered) -> None:
    log = two_sites()
    files = packs.contents(log, 5)
    first, second = files["grants.jsonl"].splitlines()
    told = json.loads(first)
    forged = told["body"].replace("contact", "contract")
    path = told["path"]
    changes: list[dict[str, Any]] = [
        {"body": forged},
        {"path": path[:-1]},
        {"path": [*path, path[0]]},
        {"path": path[::-1]},
        {"path": []},
        {"path": json.loads(second)["path"]},
    ]
    for change in changes:
        line = canonical({**told, **change}) + b"\n"
        made = {**files, "grants.jsonl": line + second + b"\n"}
        ((file, what),) = altered(packs.resealed(made, log))
        assert file == "grants.jsonl"
        assert what == "its path does not lead to the root"


@pytest.mark.parametrize("size", range(1, 34))
def test_proofs_hold_for_every_leaf_and_no_other(size: int) -> None:
    leaves = [packs.leaf_hash(bytes([n])) for n in range(size)]
    root = packs.root_of(leaves)
    for index in range(size):
        path = path_of(index, leaves)
        assert root_by_path(leaves[index], index, size, path) == root
        for other in {0, index ^ 1, index + 1, size, size + 1} - {index}:
            assert root_by_path(leaves[index], other, size, path) != root
        assert root_by_path(leaves[index], index, size, [*path, root]) != root
        if path:
            assert root_by_path(leaves[index], index, size, path[:-1]) != root


def test_a_grant_from_outside_is_not_later_than_the_range(broken: Broken) -> None:
    log = two_sites()
    log.edit(HERE, at=log.event(5)["at"])
    assert broken(log, first=5) == []
    log.edit(HERE, at=log.event(6)["at"])
    what = "its time is before the event before it"
    assert broken(log, first=5) == [(5, what)]


def test_a_grant_from_outside_has_the_text_of_its_rules(broken: Broken) -> None:
    log = house()
    one, probe = grant(log, subject=ANOTHER, rules=NEWER), grant(log, rules=RULES)
    compared(log, probe, one)
    assert broken(log, first=probe) == []
    del log.documents[NEWER]
    what = f"no text rules/{NEWER}.json"
    assert broken(log, first=probe) == [(one, what)]
