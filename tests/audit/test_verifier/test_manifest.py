"""The manifest, the hashes it lists, and files of the wrong kind everywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from audit.verifier import NEEDED, Fault, Result, strict_json
from tests import packs
from tests.audit.test_verifier.conftest import Check
from tests.audit.test_verifier.scenes import RULES, grant, house, later, under
from tests.packs import Log
from tests.packs.sealing import manifest_note

Altered = Callable[..., list[tuple[str, str]]]
Sound = Callable[..., Result]

ODD: list[Any] = [None, True, 0, -1, 2**53 - 1, "", "x", [], {}, [None], [[]], {"a": 1}]


def rewritten(log: Log, raw: bytes, **files: bytes) -> bytes:
    """Return a pack whose manifest is exactly these bytes, signed."""
    made = {**packs.contents(log), **files, "manifest.json": raw}
    closing = len(log.bodies)
    return packs.zipped({**made, "manifest.note": manifest_note(log, raw, closing)})


def manifest_of(log: Log) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(packs.contents(log)["manifest.json"])
    return told


def test_another_spelling_of_the_manifest_is_fine(sound: Sound) -> None:
    log = house()
    told = manifest_of(log)
    told["unknown"] = {"to": ["this", "version", 7, None]}
    backwards = dict(reversed(told.items()))
    raw = json.dumps(backwards, indent=2, ensure_ascii=False).encode()
    sound(log, rewritten(log, raw))


@pytest.mark.parametrize("name", [*manifest_of(house()), "format"])
def test_each_key_of_the_manifest_is_needed(name: str, check: Check) -> None:
    log = house()
    told = manifest_of(log)
    del told[name]
    assert check(rewritten(log, json.dumps(told).encode())).exit in {1, 3}


def odd_manifests() -> Iterator[tuple[str, Any]]:
    for name, right in manifest_of(house()).items():
        yield from ((name, odd) for odd in ODD if odd != right)


@pytest.mark.parametrize(("name", "odd"), list(odd_manifests()))
def test_no_value_of_a_wrong_type_passes(name: str, odd: object, check: Check) -> None:
    log = house("lakeside")
    told = {**manifest_of(log), name: odd}
    result = check(rewritten(log, json.dumps(told).encode()))
    if (name, odd) == ("sites", []):
        assert result.altered[0]["what"] == "the body of a site that is not listed"
    assert result.exit in {1, 3}


@pytest.mark.parametrize("odd", ODD)
def test_a_manifest_that_is_no_object(odd: object, check: Check) -> None:
    assert check(rewritten(house(), json.dumps(odd).encode())).exit == 3


@pytest.mark.parametrize(
    "change",
    [
        ('"redaction":', '"redaction":"x","redaction":'),
        ('"first_seq":0', '"first_seq":0.0'),
        ('"first_seq":0', '"first_seq":NaN'),
        ('"first_seq":0', '"first_seq":-Infinity'),
        ('"last_seq":1', '"last_seq":9007199254740992'),
        ('"last_seq":1', '"last_seq":1' + "0" * 100_000),
        ('"sites":null', '"sites":null,"n":1e400'),
        ('"sites":null', '"sites":null,"n":' + "[" * 15_000 + "]" * 15_000),
        ('"sites":null', '"sites":null,"n":[' + "{}," * 50_000 + "0]"),
    ],
)
def test_ambiguous_json_is_refused(change: tuple[str, str], check: Check) -> None:
    log = house()
    raw = packs.contents(log)["manifest.json"].decode().replace(*change)
    assert change[1] in raw
    result = check(rewritten(log, raw.encode()))
    assert result.exit == 3
    assert "manifest.json" in str(result.unreadable)


def test_a_manifest_is_utf_8_and_not_huge(check: Check) -> None:
    log = house()
    raw = packs.contents(log)["manifest.json"]
    assert check(rewritten(log, raw + b"\xff")).exit == 3
    assert check(rewritten(log, b"\xef\xbb\xbf" + raw)).exit == 3
    assert check(rewritten(log, raw + b" " * 4_194_304)).exit == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "salescenter/demo-lakeside"},
        {"origin": "salescenter/Demo/1"},
        {"origin": "elsewhere/demo-lakeside/1"},
        {"origin": "salescenter/demo-lakeside/0123456789abcdef/manifest"},
        {"created_at": "2026-03-02T01:00:00.000Z"},
        {"created_at": "2026-03-02T01:00:02.000Z"},
        {"created_at": "2026-02-30T01:00:01.000Z"},
        {"demonstration": False},
        {"redaction": "none"},
        {"first_seq": 1},
        {"first_seq": 2, "last_seq": 1},
        {"first_seq": 2**53 - 1, "last_seq": 2**53 - 1},
        {"last_seq": 0},
        {"last_seq": 2},
        {"last_seq": 2**53 - 1},
        {"sites": ["c-2"]},
        {"sites": ["c-1", 2]},
        {"sites": ["C 1"]},
    ],
    ids=str,
)
def test_a_false_statement_in_the_manifest(
    changes: dict[str, Any], altered: Altered
) -> None:
    log = house()
    altered(packs.resealed(packs.contents(log), log, **changes))


def test_an_empty_range_is_no_pack(altered: Altered) -> None:
    log = house()
    later(log)
    files = packs.contents(log, 2, 2, closing=3)
    made = {**files, "events.jsonl": b""}
    made["tail.jsonl"] = b'{"leaf":"%s"}\n' % log.leaves()[2].hex().encode()
    sealed = packs.resealed(made, log, last_seq=1)
    assert altered(sealed) == [("manifest.json", "an empty range")]


def test_an_unknown_format_is_unreadable(check: Check) -> None:
    log = house()
    files = packs.resealed(packs.contents(log), log, format="salescenter-evidence/2")
    assert check(packs.zipped(files)).exit == 3


@pytest.mark.parametrize("operator", ["lakeside", "demo", "demo0", "x-demo-y"])
def test_only_demo_operators_demonstrate(
    operator: str, sound: Sound, altered: Altered
) -> None:
    log = house(operator)
    result = sound(log)
    assert not result.demonstration
    made = packs.resealed(packs.contents(log), log, demonstration=True)
    ((file, _),) = altered(made)
    assert file == "manifest.json"
    assert sound(house("demo-x")).demonstration


@pytest.mark.parametrize("name", NEEDED)
def test_each_of_these_files_is_needed(name: str, check: Check) -> None:
    log = house()
    files = packs.contents(log)
    del files[name]
    result = check(packs.zipped(files))
    assert result.exit == (3 if name == "manifest.json" else 1)
    if name not in {"manifest.json", "manifest.note", "checkpoints.jsonl"}:
        assert check(packs.zipped(packs.resealed(files, log))).exit == 1


@pytest.mark.parametrize("name", sorted(packs.contents(house(), parts={"a": b"1"})))
def test_any_other_byte_in_any_file_is_seen(name: str, altered: Altered) -> None:
    files = packs.contents(house(), parts={"a": b"1"})
    changed = bytearray(files[name])
    changed[-1] ^= 1
    found = altered({**files, name: bytes(changed)}) if name != "manifest.json" else []
    if name == "manifest.json":
        changed = bytearray(files[name].replace(b"pseudonymous", b"identified"))
        found = altered({**files, name: bytes(changed)})
    assert found
    files[name] += b"\n"
    altered(files)


def test_a_file_that_is_not_listed_is_refused(altered: Altered) -> None:
    files = packs.contents(house())
    files["parts/late.txt"] = b"x"
    assert altered(files) == [("parts/late.txt", "not listed in the manifest")]


def test_a_listed_file_that_is_missing_is_told(altered: Altered) -> None:
    files = packs.contents(house())
    del files["README.txt"]
    assert altered(files) == [("README.txt", "listed, but not in the pack")]


def test_the_manifest_does_not_list_itself(altered: Altered) -> None:
    log = house()
    files = packs.contents(log)
    told = json.loads(files["manifest.json"])["files"]
    made = packs.resealed(files, log, listed={**told, "manifest.json": "a" * 64})
    assert ("manifest.json", "listed, but not in the pack") in altered(made)


def test_every_hash_is_compared(altered: Altered) -> None:
    log = house()
    files = packs.contents(log, parts={"a": b"1"})
    told = json.loads(files["manifest.json"])["files"]
    for name in told:
        made = packs.resealed(files, log, listed={**told, name: "a" * 64})
        assert altered(made) == [(name, "its hash is not the listed")]


def test_the_name_of_a_rules_text_is_its_hash(altered: Altered) -> None:
    log = house()
    log.documents[RULES] += b" "
    what = "its hash is not its name"
    assert altered(packs.contents(log)) == [(f"rules/{RULES}.json", what)]


def test_a_text_that_nobody_names_may_be_there(sound: Sound) -> None:
    log = house()
    files = packs.contents(log)
    files[f"rules/{hashlib.sha256(b'x').hexdigest()}.json"] = b"x"
    sound(log, packs.zipped(packs.resealed(files, log)))


def test_only_an_identified_pack_identifies(sound: Sound, altered: Altered) -> None:
    log = house()
    parts = {"identified/contacts.csv": b"x"}
    sound(log, redaction="identified", parts=parts)
    sound(log, redaction="identified")
    assert altered(packs.contents(log, parts=parts)) == [
        (
            "parts/identified/contacts.csv",
            "identifies people in a pseudonymous pack",
        )
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"x\n",
        packs.vkey(house()).encode(),
        packs.vkey(house()).encode() + b"\n\n",
        packs.vkey(house()).encode() + b"\r\n",
        packs.vkey(house("demo-other")).encode() + b"\n",
        b"\xff\n",
        (packs.vkey(house()) + "\n").encode() * 4000,
    ],
)
def test_the_keys_are_one_a_line(raw: bytes, altered: Altered) -> None:
    log = house()
    files = {**packs.contents(log), "keys.vkey": raw}
    assert "keys.vkey" in altered(packs.resealed(files, log))[0][0]


def broken_lines(name: str) -> Iterator[bytes]:
    yield from (json.dumps(odd).encode() + b"\n" for odd in ODD)
    right = json.loads(full()[name].splitlines()[0])
    for key, value in right.items():
        for odd in ODD:
            if odd != value:
                yield json.dumps({**right, key: odd}).encode() + b"\n"
        yield json.dumps({k: v for k, v in right.items() if k != key}).encode() + b"\n"
    yield b"\n"
    yield b"{}\n"
    yield b"\xff\n"
    yield b'{"note":"\\ud800","size":1}\n'
    yield b'{"body":"\\ud800","path":[],"size":5}\n'
    yield b"[" * 60_000 + b"\n"
    yield b"x" * 65_537 + b"\n"


def test_true_is_not_one(altered: Altered) -> None:
    log = house()
    files = packs.contents(log, sizes=[1])
    lines = files["checkpoints.jsonl"].replace(b'"size":1}', b'"size":true}')
    assert lines != files["checkpoints.jsonl"]
    made = packs.resealed({**files, "checkpoints.jsonl": lines}, log)
    what = "a checkpoint without size or note"
    assert altered(made) == [("checkpoints.jsonl", what)]


def test_nor_is_it_the_beginning(altered: Altered) -> None:
    log = house()
    files = packs.contents(log, 1)
    start = files["start.json"].replace(b'"size":1}', b'"size":true}')
    made = packs.resealed({**files, "start.json": start}, log)
    assert altered(made) == [("start.json", "its size is not first_seq")]


@pytest.mark.parametrize(("length", "fine"), [(65_536, True), (65_537, False)])
def test_a_line_has_65536_bytes_at_most(
    length: int, fine: bool, sound: Sound, altered: Altered
) -> None:
    log = house()
    seq = later(log)
    data = {f"k{number:04}": "x" * 120 for number in range(480)}
    log.edit(seq, data=data)
    missing = length - len(log.bodies[seq])
    many = {f"z{number:04}": "" for number in range(missing // 11)}
    log.edit(seq, data=many)
    log.edit(seq, data={"z0000": "y" * (length - len(log.bodies[seq]))})
    assert len(log.bodies[seq]) == length
    if fine:
        sound(log)
    else:
        what = "a line longer than 65,536 bytes"
        assert altered(packs.contents(log)) == [("events.jsonl", what)]


def odd_log() -> Log:
    log = house()
    consent = grant(log, "contact")
    under(log, consent, "contact.viewed")
    later(log)
    return log


def full() -> dict[str, bytes]:
    """Return a pack that has every file."""
    log = odd_log()
    return packs.contents(log, 3, 3, closing=5)


JSON_LINES = ["checkpoints.jsonl", "grants.jsonl", "tail.jsonl", "events.jsonl"]


@pytest.mark.parametrize("name", [*JSON_LINES, "start.json"])
def test_no_line_of_a_wrong_type_passes(name: str, check: Check) -> None:
    log, files = odd_log(), full()
    for line in broken_lines(name):
        made = packs.resealed({**files, name: line}, log, closing=5)
        result = check(packs.zipped(made))
        assert result.exit in {1, 3}, line[:200]
        assert "internal" not in str(result.unreadable)


@pytest.mark.parametrize("name", JSON_LINES)
def test_the_last_line_ends(name: str, altered: Altered) -> None:
    log, files = odd_log(), full()
    made = {**files, name: files[name][:-1]}
    found = altered(packs.resealed(made, log, closing=5))
    assert (name, "the last line does not end") in found


def test_other_spellings_of_lines_are_fine(sound: Sound) -> None:
    log, files = odd_log(), full()
    for name in ("checkpoints.jsonl", "grants.jsonl", "start.json"):
        told = {**json.loads(files[name]), "more": [1, {"x": None}]}
        files[name] = json.dumps(told, ensure_ascii=False).encode() + b"\n"
    files["start.json"] = files["start.json"][:-1]
    sound(log, packs.zipped(packs.resealed(files, log, closing=5)))


@pytest.mark.parametrize(
    ("raw", "fine"),
    [
        (b"[" * 64 + b"]" * 64, True),
        (b"[" * 65 + b"]" * 65, False),
        (b'{"a":' * 65 + b"1" + b"}" * 65, False),
        (b'"' + b"[" * 30_000 + b'"', True),
        (b'"\\"' + b"[" * 30_000 + b'"', True),
        (b'["\\\\",' + b"[" * 64 + b"]" * 65, False),
        (b"[" + b"[]," * 19_998 + b"[]]", True),
        (b"[" + b"[]," * 19_999 + b"[]]", False),
    ],
)
def test_json_is_64_levels_deep_at_most(raw: bytes, fine: bool) -> None:
    json.loads(raw)
    if fine:
        strict_json(raw)
    else:
        with pytest.raises(Fault, match="too many objects and lists"):
            strict_json(raw)
