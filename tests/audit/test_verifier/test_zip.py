"""The canonical zip: what Python writes, and not one byte otherwise."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable

import pytest

from audit.verifier import Result
from tests import packs
from tests.audit.test_verifier.conftest import Check
from tests.audit.test_verifier.scenes import grant, house, under, withdrawn
from tests.packs.sealing import entry

Altered = Callable[..., list[tuple[str, str]]]
Sound = Callable[..., Result]


def small() -> bytes:
    log = house()
    consent = grant(log, "contact")
    under(log, consent, "contact.viewed", data={"reason": "arrival"})
    withdrawn(log, consent)
    return packs.pack(log)


def written(files: dict[str, bytes], **changes: object) -> bytes:
    """Return a zip of which one entry, the events, is written otherwise."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name in sorted(files):
            info = entry(name)
            if name == "events.jsonl":
                for key, value in changes.items():
                    setattr(info, key, value)
            archive.writestr(info, files[name], compress_type=info.compress_type)
    return raw.getvalue()


def test_what_zipfile_writes_is_canonical(sound: Sound) -> None:
    log = house()
    files = packs.contents(log)
    sound(log, written(files))
    with io.BytesIO() as raw:
        with zipfile.ZipFile(raw, "w") as archive:
            for name in sorted(files):
                with archive.open(entry(name), "w") as out:
                    out.write(files[name])
        sound(log, raw.getvalue())


@pytest.mark.parametrize(
    "changes",
    [
        {"date_time": (1980, 1, 1, 0, 0, 2)},
        {"date_time": (2026, 3, 2, 0, 0, 0)},
        {"create_system": 0},
        {"external_attr": 0o600 << 16},
        {"internal_attr": 1},
        {"comment": b"hello"},
        {"extra": b"\xca\xfe\x00\x00"},
        {"compress_type": zipfile.ZIP_DEFLATED},
        {"create_version": 45},
        {"extract_version": 45},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_form_of_an_entry_is_refused(
    changes: dict[str, object], altered: Altered
) -> None:
    (found,) = altered(written(packs.contents(house()), **changes))
    assert found[0] in {"events.jsonl", "zip"}
    assert "canonical" in found[1]


def test_zip64_is_refused(altered: Altered) -> None:
    files = packs.contents(house())
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name in sorted(files):
            with archive.open(entry(name), "w", force_zip64=True) as out:
                out.write(files[name])
    ((file, what),) = altered(raw.getvalue())
    assert (file, what) == ("README.txt", "not a canonical zip entry")


def test_a_data_descriptor_is_refused(check: Check) -> None:
    class Pipe(io.RawIOBase):
        """Where nobody can go back, sizes follow the content."""

        def __init__(self) -> None:
            self.raw = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.raw += bytes(data)
            return len(data)

    pipe = Pipe()
    files = packs.contents(house())
    with zipfile.ZipFile(pipe, "w") as archive:
        for name in sorted(files):
            archive.writestr(entry(name), files[name])
    result = check(pipe.raw)
    assert result.exit == 1
    assert result.altered[0]["file"] == "README.txt"


def test_a_comment_of_the_whole_is_refused(altered: Altered) -> None:
    raw = io.BytesIO(small())
    with zipfile.ZipFile(raw, "a") as archive:
        archive.comment = b"from the office"
    ((file, what),) = altered(raw.getvalue())
    assert (file, what) == ("zip", "the zip's directory is not canonical")


@pytest.mark.parametrize("more", [b"\n", b"\x00", b"PK\x05\x06" + b"\0" * 18])
def test_nothing_follows_the_end(more: bytes, altered: Altered) -> None:
    assert altered(small() + more) == [("zip", "bytes after the end of the zip")]


@pytest.mark.parametrize("before", [b"\n", b"#!/usr/bin/env python3\n", b"PK\x03\x04"])
def test_nothing_comes_before(before: bytes, check: Check) -> None:
    assert check(before + small()).exit in {1, 3}


@pytest.mark.parametrize("order", ["descending", "locals", "central"])
def test_names_ascend(order: str, check: Check) -> None:
    files = packs.contents(house())
    names = sorted(files)
    if order == "central":
        raw = bytearray(packs.zipped(files))
        place = raw.index(b"PK\x01\x02")
        first = raw.index(b"PK\x01\x02", place + 1)
        second = raw.index(b"PK\x01\x02", first + 1)
        raw[place:second] = raw[first:second] + raw[place:first]
        assert check(bytes(raw)).exit == 1
        return
    names = names[::-1] if order == "descending" else [names[1], names[0], *names[2:]]
    result = check(packs.zipped(files, order=names))
    assert (result.exit, result.altered[0]["what"]) == (1, "not ascending, or twice")


def test_two_files_of_one_name_are_refused(altered: Altered) -> None:
    files = packs.contents(house())
    names = sorted([*files, "events.jsonl"])
    with pytest.warns(UserWarning, match="Duplicate name"):
        raw = packs.zipped(files, order=names)
    assert altered(raw) == [("events.jsonl", "not ascending, or twice")]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/passwd",
        "parts/../../evil",
        "parts/./x",
        "parts//x",
        "parts/",
        "parts",
        "parts\\x",
        "parts/x y",
        "parts/ü",
        "C:evil",
        "rules/x.json",
        "rules/" + "A" * 64 + ".json",
        "rules/../" + "a" * 64 + ".json",
        "events.jsonl/",
        "EVENTS.JSONL",
        "note.txt",
        "verify.pyc",
    ],
)
def test_other_names_are_refused(name: str, altered: Altered) -> None:
    log = house()
    files = packs.contents(log)
    files[name] = b"x"
    ((_, what),) = altered(packs.resealed(files, log))
    assert what in {"no file of a pack", "not a canonical zip entry"}


@pytest.mark.parametrize(
    "name", ["parts/x", "parts/a-b/C_d.1", "parts/...", "parts/.x"]
)
def test_parts_may_be_of_any_plain_name(name: str, sound: Sound) -> None:
    log = house()
    sound(log, parts={name.removeprefix("parts/"): b"anything\x00"})


def test_an_empty_part_is_allowed(sound: Sound) -> None:
    sound(house(), parts={"empty": b""})


@pytest.mark.parametrize("count", [0, 1, 21, 30, 35, 500, -1, -30])
def test_what_is_cut_short_is_unreadable(count: int, check: Check) -> None:
    assert check(small()[:count]).exit == 3


@pytest.mark.parametrize("name", ["checkpoints.jsonl", "events.jsonl", "verify.html"])
def test_a_false_crc_is_told_once(name: str, altered: Altered) -> None:
    raw = bytearray(small())
    for sign, header, crc in ((b"PK\x03\x04", 30, 14), (b"PK\x01\x02", 46, 16)):
        for found in re.finditer(name.encode(), raw):
            place = found.start() - header
            if raw[place : place + 4] == sign:
                raw[place + crc] ^= 1
    assert altered(bytes(raw)) == [(name, "its CRC is not the zip's")]


def test_every_cut_is_seen(check: Check) -> None:
    raw = small()
    for place in [*range(0, len(raw), 97), len(raw) - 1]:
        assert check(raw[:place]).exit in {1, 3}, place


def test_a_length_beyond_the_file_is_unreadable(check: Check) -> None:
    raw = bytearray(small())
    raw[18:26] = struct.pack("<2L", 0xFFFF_FFF0, 0xFFFF_FFF0)
    result = check(bytes(raw))
    assert result.exit == 3
    assert "README.txt" in str(result.unreadable)


def every_change(raw: bytes, places: range | list[int], check: Check) -> None:
    chance = random.Random(7)
    for place in places:
        changed = bytearray(raw)
        changed[place] ^= chance.randrange(1, 256)
        assert check(bytes(changed)).exit in {1, 3}, (place, changed[place])


def test_a_change_of_one_byte_is_seen(check: Check) -> None:
    raw = small()
    every_change(raw, random.Random(3).sample(range(len(raw)), 300), check)


@pytest.mark.slow
def test_a_change_of_any_byte_is_seen(check: Check) -> None:
    raw = small()
    every_change(raw, range(len(raw)), check)
