"""Parts of a log: ranges, sites, pruned beginnings, tails, and grants from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from audit.verifier import Result
from tests import packs
from tests.audit.test_verifier.conftest import Check
from tests.audit.test_verifier.scenes import (
    ANOTHER,
    THERE,
    capture,
    enrolled,
    grant,
    house,
    later,
    two_sites,
    under,
    withdrawn,
)
from tests.packs import Log
from tests.packs.log import canonical
from tests.packs.sealing import checkpoint_line

Altered = Callable[..., list[tuple[str, str]]]
Broken = Callable[..., list[tuple[int, str]]]
Sound = Callable[..., Result]


def test_every_range_of_a_log_is_sound(sound: Sound) -> None:
    log = packs.build_log(4, 5, days=2, rotate=True)
    size = len(log.bodies)
    for first in range(0, size, 5):
        for last in (first, (first + size) // 2, size - 1):
            result = sound(log, first=first, last=last)
            assert result.events == last - first + 1
            assert result.partial == (result.grants > 0)


@pytest.mark.parametrize("seed", range(12))
def test_every_choice_of_an_exporter_is_sound(seed: int, sound: Sound) -> None:
    log = packs.build_log(seed, 9, days=3, sites=("c-1", "c-2", "c-3"))
    size = len(log.bodies)
    sound(log)
    for sites in ([], ["c-1"], ["c-3", "c-1"], ["c-9"]):
        result = sound(log, sites=sites)
        assert result.left_out > 0
        sound(log, sites=sites, first=size // 3, last=2 * size // 3)
        sound(log, sites=sites, pruned=size // 2)
    for closing in range(size // 2 + 1, size, 9):
        result = sound(log, last=size // 2, closing=closing)
        assert result.tail == closing - size // 2 - 1


def test_a_pruned_beginning_is_sound_but_not_vouched_for(check: Check) -> None:
    log = two_sites()
    pin = packs.vkey(log)
    for pruned in range(1, len(log.bodies) + 1):
        result = check(packs.pack(log, pruned=pruned), pins=[pin])
        assert (result.exit, result.left_out, result.pinned) == (2, pruned, True)
        assert result.unvouched() == [
            (f"{pruned} 条正文已清除", f"{pruned} events without a body")
        ]


def hidden(files: dict[str, bytes], log: Log, *seqs: int) -> dict[str, bytes]:
    """Put leaves where bodies stood, sealed by the real key."""
    lines = files["events.jsonl"].splitlines()
    for seq in seqs:
        lines[seq] = canonical({"leaf": log.leaves()[seq].hex()})
    files["events.jsonl"] = b"".join(line + b"\n" for line in lines)
    return packs.resealed(files, log)


def test_a_leaf_among_bodies_is_refused(altered: Altered, check: Check) -> None:
    log = two_sites()
    found = altered(hidden(packs.contents(log), log, 5))
    assert found == [("events.jsonl", "a leaf after a body")]
    sites = packs.contents(log, sites=["c-1", "c-2"])
    assert check(packs.zipped(hidden(sites, log, 5))).exit == 2
    last = len(log.bodies) - 1
    assert altered(hidden(packs.contents(log), log, 0, last))


@pytest.mark.parametrize(
    "leaf",
    [
        '{"leaf":"%s"} ',
        '{"leaf": "%s"}',
        '{"leaf":"%s","x":1}',
        '{"leaf":"%s","leaf":"%s"}',
        '{"leaf":"%.63s"}',
        '{"leaf":"%s0"}',
        '{"Leaf":"%s"}',
    ],
)
def test_a_leaf_has_one_form(leaf: str, altered: Altered) -> None:
    log = two_sites()
    hexes = [log.leaves()[THERE].hex()] * leaf.count("%")
    files = packs.contents(log, sites=["c-1"])
    lines = files["events.jsonl"].splitlines()
    lines[THERE] = (leaf % tuple(hexes)).encode()
    files["events.jsonl"] = b"\n".join([*lines, b""])
    altered(packs.resealed(files, log))


def test_a_leaf_is_part_of_the_tree(altered: Altered) -> None:
    log = two_sites()
    files = packs.contents(log, sites=["c-1"])
    hexes = log.leaves()[THERE].hex().encode()
    files["events.jsonl"] = files["events.jsonl"].replace(hexes, b"0" * 64)
    found = altered(packs.resealed(files, log))
    assert ("checkpoints.jsonl", "another root than the events' at size 4") in found


def test_bodies_are_of_the_listed_sites(altered: Altered) -> None:
    log = two_sites()
    files = packs.resealed(packs.contents(log), log, sites=["c-1"])
    assert set(altered(files)) == {
        ("events.jsonl", "the body of a site that is not listed")
    }


def test_what_lies_before_the_range_is_not_judged(sound: Sound) -> None:
    log = house()
    consent = grant(log)
    start = capture(log, consent)
    after = len(log.bodies)
    under(log, consent, "capture.discarded", data={"start": start})
    under(log, consent, "consent.withdrawn")
    under(log, consent, "key.destroyed")
    log.add("staff.signed_in", rules=None)
    del log.bodies[-1]
    sound(log, first=after)


def test_an_end_without_its_grant_is_not_judged(check: Check) -> None:
    log = two_sites()
    withdrawn(log, THERE)
    later(log)
    for options in ({"first": 8}, {"sites": ["c-1"]}):
        files = packs.contents(log, **options)
        files.pop("grants.jsonl", None)
        assert check(packs.zipped(packs.resealed(files, log))).exit == 2


def test_a_template_from_before_the_range_is_not_judged(sound: Sound) -> None:
    log = house()
    consent = grant(log)
    enrolled(log, consent)
    after = len(log.bodies)
    withdrawn(log, consent)
    later(log)
    sound(log, first=after)


def test_a_key_is_judged_with_the_grant_from_outside(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    later(log)
    end = withdrawn(log, consent, destroyed=False)
    later(log)
    ((seq, what),) = broken(log, first=end)
    assert (seq, what[:16]) == (end, "no key.destroyed")


def test_a_start_of_another_site_is_not_judged(check: Check) -> None:
    log = house()
    consent = grant(log)
    there = grant(log, site="c-2", subject=ANOTHER)
    start = capture(log, there)
    end = under(log, consent, "gate.refused", data={"start": start})
    raw = packs.pack(log, sites=["c-1"])
    assert check(raw).exit == 2
    assert [one["seq"] for one in check(packs.pack(log)).violations] == [end]


def test_the_last_moment_of_the_log_is_the_manifests(broken: Broken) -> None:
    log = house()
    start = capture(log, grant(log))
    log.add("staff.signed_in", site="c-2", after=400_000)
    assert broken(log, sites=["c-1"]) == [(start, "a start without an end")]


def test_created_at_is_not_before_the_last_body(altered: Altered) -> None:
    log = two_sites()
    log.add("visit.recorded", site="c-3")
    files = packs.contents(log, sites=["c-1", "c-2"])
    early = packs.resealed(files, log, created_at=log.event(4)["at"])
    what = "created_at is not the time of the last event"
    assert altered(early) == [("manifest.json", what)]


def test_events_after_the_last_checkpoint_are_told(check: Check) -> None:
    log = two_sites()
    files = packs.contents(log)
    files["checkpoints.jsonl"] = checkpoint_line(6, packs.checkpoint(log, 6))
    raw = packs.zipped(packs.resealed(files, log))
    result = check(raw, pins=[packs.vkey(log)])
    assert (result.exit, result.pinned, result.after_last_checkpoint) == (2, True, 3)
    assert result.unvouched()[0][1] == "3 events after the last checkpoint"


def changed_tail(log: Log, change: Callable[[list[bytes]], Any]) -> dict[str, bytes]:
    files = packs.contents(log, 0, 5, closing=8)
    lines = files["tail.jsonl"].splitlines(keepends=True)
    change(lines)
    files["tail.jsonl"] = b"".join(lines)
    return packs.resealed(files, log)


def test_the_tail_leads_to_the_closing_checkpoint(altered: Altered) -> None:
    log = two_sites()
    root = ("checkpoints.jsonl", "another root than the events' at size 8")
    assert altered(changed_tail(log, list.reverse)) == [root]
    assert altered(changed_tail(log, lambda t: t.pop())) == [
        ("tail.jsonl", "1 leaves, the closing checkpoint wants 2")
    ]
    assert altered(changed_tail(log, lambda t: t.append(t[0]))) == [
        ("tail.jsonl", "leaves beyond the closing checkpoint")
    ]
    body = log.bodies[7] + b"\n"
    assert altered(changed_tail(log, lambda t: t.append(body))) == [
        ("tail.jsonl", "not a leaf")
    ]
    files = packs.contents(log, 0, 5, closing=8)
    del files["tail.jsonl"]
    assert altered(packs.resealed(files, log)) == [
        ("tail.jsonl", "0 leaves, the closing checkpoint wants 2")
    ]


def test_a_tail_that_nobody_wants_is_refused(altered: Altered) -> None:
    log = two_sites()
    files = packs.contents(log)
    files["tail.jsonl"] = canonical({"leaf": "a" * 64}) + b"\n"
    assert altered(packs.resealed(files, log)) == [
        ("tail.jsonl", "leaves beyond the closing checkpoint")
    ]


def test_the_beginning_fits_the_checkpoints(altered: Altered) -> None:
    log = two_sites()
    files = packs.contents(log, 3)
    told = json.loads(files["start.json"])
    for change, what in (
        ({"size": 2}, "its size is not first_seq"),
        ({"frontier": told["frontier"][:1]}, "a frontier that does not fit its size"),
        ({"frontier": [*told["frontier"], "a" * 64]}, "a frontier that does not"),
        ({"frontier": told["frontier"][::-1]}, "another root than the events'"),
    ):
        start = canonical({**told, **change}) + b"\n"
        found = altered(packs.resealed({**files, "start.json": start}, log))
        assert any(what in one for _, one in found)


def test_lines_are_numbered_without_gaps(altered: Altered) -> None:
    log = two_sites()
    log.edit(4, seq=5)
    assert ("events.jsonl", "numbered 5") in altered(packs.contents(log))
    log = two_sites()
    files = packs.contents(log)
    lines = files["events.jsonl"].splitlines(keepends=True)
    files["events.jsonl"] = b"".join(lines[:-1])
    found = altered(packs.resealed(files, log))
    assert ("events.jsonl", "8 lines, the manifest says 9") in found
    files["events.jsonl"] = b"".join([*lines, lines[-1]])
    found = altered(packs.resealed(files, log))
    assert found == [("events.jsonl", "more lines than the manifest says")]
