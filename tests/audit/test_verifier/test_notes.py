"""Signed notes, checkpoints, pinned keys, their rotation, and older notes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.verifier import (
    Fault,
    Result,
    parse_key,
    parse_note,
    signers_of,
    verify_pack,
)
from tests import packs
from tests.audit.test_verifier.conftest import Check
from tests.audit.test_verifier.scenes import house, later
from tests.packs import Log, Signer
from tests.packs.sealing import checkpoint_line

Altered = Callable[..., list[tuple[str, str]]]
Sound = Callable[..., Result]


def days(count: int = 3) -> Log:
    """Return a log of two events a day."""
    log = house()
    for _ in range(count):
        later(log, 86_400)
        later(log, 60)
    return log


def checkpoints(files: dict[str, bytes], *notes: str) -> None:
    """Replace the checkpoints of a pack."""
    files["checkpoints.jsonl"] = b"".join(
        checkpoint_line(int(note.splitlines()[1]), note) for note in notes
    )


def notes_of(files: dict[str, bytes]) -> list[str]:
    lines = files["checkpoints.jsonl"].splitlines()
    return [json.loads(line)["note"] for line in lines]


GOOD = packs.checkpoint(days(), 3)


def test_a_note_says_three_lines() -> None:
    note = parse_note(GOOD.encode())
    assert (note.origin, note.size) == (days().origin, 3)
    assert note.text.decode() + "\n" == GOOD[: GOOD.index("—")]


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "\n",
        GOOD[:-1],
        GOOD.rstrip("\n") + "\n\n",
        GOOD.replace("\n\n", "\n"),
        GOOD[GOOD.index("\n") :],
        GOOD.replace("\n\n", "\nextension\n\n"),
        GOOD.replace("\n\n", "\n\n\n"),
        GOOD.replace("—", "-"),
        GOOD.replace("— ", "—"),
        GOOD.replace("— ", "—  "),
        GOOD.replace("\n3\n", "\n03\n"),
        GOOD.replace("\n3\n", "\n+3\n"),
        GOOD.replace("\n3\n", "\n3 \n"),
        GOOD.replace("\n3\n", "\n-3\n"),
        GOOD.replace("\n3\n", "\n3.0\n"),
        GOOD.replace("\n3\n", "\n9007199254740992\n"),
        GOOD.replace("\n3\n", "\n" + "9" * 5000 + "\n"),
        GOOD.replace("\n3\n", "\n٣\n"),
        GOOD.replace("=\n\n", "\n\n"),
        GOOD.replace("=\n\n", "==\n\n"),
        GOOD.replace("\n", "\r\n"),
        GOOD[: GOOD.index("—")],
        GOOD + "x\n",
        GOOD + "— name\n",
        GOOD + "—  AAAAAAA=\n",
        GOOD.replace(GOOD.splitlines()[2], "A" * 42 + "=="),
        GOOD + "— name AAAA\n",
        GOOD + "— name !!!!\n",
    ],
)
def test_another_form_of_a_note_is_none(raw: str) -> None:
    with pytest.raises(Fault):
        parse_note(raw.encode())


def test_a_note_is_utf_8_and_short() -> None:
    line = GOOD[GOOD.index("—") :].encode()
    parse_note(GOOD.encode() + line * 50)
    for raw in (GOOD.encode() + b"\xff\n", GOOD.encode() + line * 150):
        with pytest.raises(Fault):
            parse_note(raw)


def test_the_days_checkpoints_are_all_compared(sound: Sound) -> None:
    log = days()
    assert sound(log).checkpoints == 4
    assert sound(log, sizes=[]).checkpoints == 1
    assert sound(log, sizes=range(1, len(log.bodies))).checkpoints == len(log.bodies)


@pytest.mark.parametrize("size", [2, 4, 8])
def test_a_checkpoint_has_the_events_root(size: int, altered: Altered) -> None:
    log = days()
    files = packs.contents(log)
    false = packs.checkpoint(log, size, root=b"\x01" * 32)
    notes = [false if f"\n{size}\n" in note else note for note in notes_of(files)]
    checkpoints(files, *notes)
    what = f"another root than the events' at size {size}"
    assert altered(packs.resealed(files, log)) == [("checkpoints.jsonl", what)]


def test_checkpoints_ascend_from_the_range_on(altered: Altered) -> None:
    log = days()
    files = packs.contents(log, 2)
    one, two, three = notes_of(files)
    what = "a checkpoint not ascending, or before the range"
    early = packs.checkpoint(log, 2)
    for made in ([one, one, three], [two, one, three], [early, three]):
        checkpoints(files, *made)
        assert ("checkpoints.jsonl", what) in altered(packs.resealed(files, log))


def test_one_checkpoint_at_most_is_beyond(altered: Altered) -> None:
    log = days()
    files = packs.contents(log, 0, 3, closing=5)
    checkpoints(files, *(packs.checkpoint(log, size) for size in (4, 5)))
    assert altered(packs.resealed(files, log)) == [
        ("checkpoints.jsonl", "a checkpoint after the first beyond the range")
    ]


def test_there_is_a_checkpoint(altered: Altered) -> None:
    log = house()
    files = packs.contents(log)
    files["checkpoints.jsonl"] = b""
    sealed = packs.resealed(files, log, closing=2)
    assert altered(sealed) == [("checkpoints.jsonl", "no checkpoint")]


def test_a_checkpoint_of_another_log_is_refused(altered: Altered) -> None:
    log, other = days(), days()
    other.log = "fedcba9876543210"
    files = packs.contents(log)
    checkpoints(files, *notes_of(files)[:-1], packs.checkpoint(other, 8))
    (found,) = altered(packs.resealed(files, log))
    assert "a checkpoint of another log" in found[1]


def test_a_good_signature_by_an_unknown_key_is_not_enough(altered: Altered) -> None:
    log = days()
    stranger = Signer(log.origin, "stranger")
    files = packs.contents(log)
    foreign = packs.checkpoint(log, 4, signers=[stranger])
    first, _, *rest = notes_of(files)
    checkpoints(files, first, foreign, *rest)
    assert altered(packs.resealed(files, log)) == [
        ("checkpoints.jsonl", "not signed by a key of this log")
    ]
    sealed = packs.resealed(packs.contents(log), log, signers=[stranger])
    assert altered(sealed) == [("manifest.note", "not signed by a key of this log")]


def test_a_bad_signature_by_a_known_key_is_refused(altered: Altered) -> None:
    log = days()
    files = packs.contents(log)
    one, two, *rest = notes_of(files)
    moved = two[: two.index("—")] + one[one.index("—") :]
    checkpoints(files, one, moved, *rest)
    found = [("checkpoints.jsonl", "a bad signature")]
    assert altered(packs.resealed(files, log)) == found
    # Not even beside a good one.
    checkpoints(files, one, two + one[one.index("—") :], *rest)
    assert altered(packs.resealed(files, log)) == found


def test_lines_of_strangers_are_passed_over(sound: Sound) -> None:
    log = days()
    files = packs.contents(log)
    text = notes_of(files)[-1]
    words = text[: text.index("\n\n") + 1]
    cosigned = text + Signer(log.origin, "witness").line(words)
    named = Signer("witness.example/w1").line(words)
    junk = f"— {log.origin} {base64.b64encode(b'12345').decode()}\n"
    checkpoints(files, *notes_of(files)[:-1], cosigned + named + junk)
    sound(log, packs.zipped(packs.resealed(files, log)))


def test_after_many_bad_signatures_nobody_looks_any_more(check: Check) -> None:
    log = days(40)
    files = packs.contents(log, sizes=range(1, 80))
    notes = [note[:-8] + "AAAA" + note[-4:] for note in notes_of(files)[:-1]]
    checkpoints(files, *notes, notes_of(files)[-1])
    result = check(packs.zipped(packs.resealed(files, log)))
    assert result.exit == 1
    said = [one["what"] for one in result.altered]
    assert said.count("a bad signature") == 50
    assert said.count("not looked at, after so many bad signatures") > 20


def test_the_note_is_this_manifests(altered: Altered) -> None:
    log = days()
    files = packs.contents(log)
    other = packs.contents(log, 1)
    again = {**files, "manifest.note": other["manifest.note"]}
    assert altered(again) == [("manifest.note", "it signs another manifest")]
    checkpoint = notes_of(files)[-1].encode()
    again = {**files, "manifest.note": checkpoint}
    what = "its origin is not this manifest's"
    assert altered(again) == [("manifest.note", what)]
    sealed = packs.resealed(files, log, closing=7)
    what = "its size is not the closing checkpoint's"
    assert altered(sealed) == [("manifest.note", what)]


def test_every_way_to_pin(check: Check, tmp_path: Path) -> None:
    log = days()
    raw = packs.pack(log)
    other = Signer(log.origin, "other").vkey
    paper = tmp_path / "keys.txt"
    paper.write_text(f"{other}\n\n {packs.vkey(log)} \r\n")
    assert check(raw, pins=[packs.vkey(log)]).pinned
    assert check(raw, pins=[other, packs.vkey(log) + "\n"]).pinned
    assert check(raw, pins=[str(paper)]).exit == 0
    result = check(raw, pins=[other])
    assert (result.exit, result.pinned) == (2, False)
    assert "not signed by a pinned key" in str(result.unvouched())


def test_a_pin_that_is_none_is_unreadable(check: Check, tmp_path: Path) -> None:
    raw = packs.pack(house())
    empty = tmp_path / "empty"
    empty.write_text("\n")
    pin = packs.vkey(house())
    for bad in ("nothing", pin[:-1], str(empty), str(tmp_path), "\x00"):
        assert check(raw, pins=[bad]).exit == 3


def test_a_key_of_another_log_pins_nothing(check: Check) -> None:
    log = house()
    other = house()
    other.log = "0" * 16
    same = Signer(other.origin)
    assert check(packs.pack(log), pins=[same.vkey]).exit == 2


def test_the_manifest_needs_the_pinned_key_too(check: Check) -> None:
    log = days()
    second = Signer(log.origin, "second")
    files = packs.contents(log, keys=[packs.vkey(log), second.vkey])
    raw = packs.zipped(packs.resealed(files, log, signers=[second]))
    assert check(raw, pins=[packs.vkey(log)]).exit == 2
    assert check(raw, pins=[second.vkey]).exit == 2
    assert check(raw, pins=[second.vkey, packs.vkey(log)]).exit == 0


def rotated() -> tuple[Log, str, str]:
    log = days(1)
    old = packs.vkey(log)
    new = log.rotate().vkey
    later(log)
    log.retire()
    later(log)
    return log, old, new


def test_the_chain_of_rotations_reaches_the_new_key(check: Check) -> None:
    log, old, new = rotated()
    raw = packs.pack(log)
    assert check(raw, pins=[old]).exit == 0
    assert check(raw, pins=[new]).exit == 0
    assert check(raw).exit == 2
    third = log.rotate(seed="third").vkey
    later(log)
    log.retire()
    later(log)
    assert check(packs.pack(log), pins=[old]).exit == 0
    assert check(packs.pack(log), pins=[third]).exit == 0


def test_a_chain_does_not_run_backwards(check: Check) -> None:
    log, _, new = rotated()
    earlier = packs.pack(log, 0, log.find("signer.rotated") - 1)
    assert check(earlier, pins=[new]).exit == 2


def test_a_rotation_counts_only_under_both_keys(check: Check) -> None:
    log, old, new = rotated()
    both = log.find("signer.rotated") + 1
    log.rotations = [(0, log.rotations[0][1]), (both, [log.signers(99)[0]])]
    raw = packs.pack(log)
    assert check(raw, pins=[new]).exit == 0
    assert check(raw, pins=[old]).exit == 2


def test_a_checkpoint_before_the_rotation_does_not_count(check: Check) -> None:
    log, old, _ = rotated()
    since = log.find("signer.rotated")
    first, new = log.signers(0)[0], log.signers(99)[0]
    log.rotations = [(0, [first]), (since, [first, new]), (since + 1, [new])]
    raw = packs.pack(log, sizes=[since])
    assert check(raw, pins=[old]).exit == 2


def test_a_rotation_counts_only_if_it_is_in_the_pack(check: Check) -> None:
    log, old, new = rotated()
    raw = packs.pack(log, log.find("signer.rotated") + 1)
    assert check(raw, pins=[old]).exit == 2
    assert check(raw, pins=[new]).exit == 0


@pytest.mark.parametrize("missing", ["old", "new"])
def test_a_rotation_names_both_keys(
    missing: str, broken: Callable[..., list[tuple[int, str]]]
) -> None:
    log, _, _ = rotated()
    seq = log.find("signer.rotated")
    stranger = Signer("salescenter/demo-other/1").vkey
    odds: list[object] = [None, 1, True, [], "", "x", stranger]
    for odd in [*odds, Signer(log.origin).vkey[:-1]]:
        log.edit(seq, data={missing: odd})
        what = "a rotation without two keys of this log"
        assert broken(log) == [(seq, what)]


def test_an_older_note_is_compared(check: Check) -> None:
    log = days()
    size = len(log.bodies)
    for at in (0, 1, 5, size):
        result = check(packs.pack(log), priors=[packs.checkpoint(log, at)])
        assert (result.exit, result.priors[0]["result"]) == (2, "consistent")
    part = packs.pack(log, 3, 5, closing=7)
    for at, told in ((2, "before the range"), (3, "consistent"), (4, "consistent")):
        assert (
            check(part, priors=[packs.checkpoint(log, at)]).priors[0]["result"] == told
        )
    for at, told in ((6, "consistent"), (7, "consistent"), (8, "beyond the pack")):
        assert (
            check(part, priors=[packs.checkpoint(log, at)]).priors[0]["result"] == told
        )


def test_rewritten_history_is_found_by_an_older_note(check: Check) -> None:
    log = days()
    priors = [packs.checkpoint(log, size) for size in (3, 5, 8)]
    log.edit(4, act={"id": "m-9", "role": "manager"})
    result = check(packs.pack(log), pins=[packs.vkey(log)], priors=priors)
    assert (result.exit, result.pinned) == (1, True)
    assert [one["what"] for one in result.altered] == [
        f"history was rewritten: another root at size {size}" for size in (5, 8)
    ]
    told = [one["result"] for one in result.priors]
    assert told == ["consistent", "altered", "altered"]


def test_an_older_note_by_another_key_is_refused(check: Check) -> None:
    log = days()
    stranger = Signer(log.origin, "stranger")
    forged = packs.checkpoint(log, 3, signers=[stranger])
    result = check(packs.pack(log), priors=[forged])
    assert result.exit == 1
    assert result.altered[0]["what"] == "not signed by a key of this log"
    # The office has lost the key that signed it, and made itself another.
    true = packs.checkpoint(log, 3)
    log.rotations = [(0, [stranger])]
    assert check(packs.pack(log), priors=[true]).exit == 1
    assert check(packs.pack(log), priors=[true], pins=[packs.vkey(days())]).exit == 2


def test_an_older_note_of_another_log_is_reported_only(check: Check) -> None:
    log, other = days(), days()
    other.log = "f" * 16
    result = check(
        packs.pack(log), pins=[packs.vkey(log)], priors=[packs.checkpoint(other, 3)]
    )
    assert (result.exit, result.priors[0]["result"]) == (0, "other origin")


def test_an_older_note_that_is_none_is_unreadable(check: Check) -> None:
    assert check(packs.pack(house()), priors=["nothing"]).exit == 3
    assert verify_pack("x", priors=["/nowhere/old.note"]).exit == 3


def test_a_log_may_be_under_two_keys_at_once(sound: Sound) -> None:
    log = days()
    log.rotations = [(0, [Signer(log.origin), Signer(log.origin, "second")])]
    sound(log)


def test_two_keys_of_one_id(check: Check) -> None:
    """Four bytes are no name: whoever likes finds two keys that share them."""
    log = days()
    one, two = Signer(log.origin), Signer(log.origin, "other")
    keys = [parse_key(signer.vkey) for signer in (one, two)]
    ring = {(log.origin, one.key_id): keys}
    two.key_id = one.key_id
    for signers in ([one], [two], [one, two]):
        note = parse_note(packs.checkpoint(log, 3, signers=signers).encode())
        found = [key.public for key in signers_of(note, ring)]
        assert found == [signer.public for signer in signers]
    two.private = Signer(log.origin, "third").private
    note = parse_note(packs.checkpoint(log, 3, signers=[two]).encode())
    with pytest.raises(Fault):
        signers_of(note, ring)


def test_a_pinned_key_of_another_log_is_a_stranger(check: Check) -> None:
    log = days()
    other = Signer("salescenter/demo-other/1")
    prior = packs.checkpoint(log, 3, signers=[other])
    result = check(packs.pack(log), priors=[prior], pins=[other.vkey])
    assert [one["result"] for one in result.priors] == ["altered"]


def test_files_from_outside_may_have_been_saved_by_windows(
    check: Check, tmp_path: Path
) -> None:
    log = days()
    pin = tmp_path / "pin.txt"
    pin.write_bytes(b"\xef\xbb\xbf" + packs.vkey(log).encode() + b"\r\n")
    prior = "\ufeff" + packs.checkpoint(log, 3).replace("\n", "\r\n")
    result = check(packs.pack(log), priors=[prior], pins=[str(pin)])
    assert (result.exit, result.priors[0]["result"]) == (0, "consistent")
