"""Input made to hurt: one line, exit 1 or 3, little memory, no traceback."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit import verifier
from audit.verifier import signed_by
from tests import packs
from tests.audit.test_verifier.scenes import FAR, SITE, house
from tests.benchmarks.measuring import measured
from tests.packs import Log, Signer
from tests.packs.log import body_of
from tests.packs.sealing import checkpoint_line, entry

pytestmark = pytest.mark.slow

MEGABYTES_MAX = 200
SECONDS_MAX = 120


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the verifier on its own; hold it to its memory; return code and output."""
    done = measured([verifier.__file__, *arguments], cwd=folder)
    assert done.complaint == ""
    assert done.megabytes < MEGABYTES_MAX
    assert done.seconds < SECONDS_MAX
    assert done.output.startswith(tuple(verifier.VERDICTS.values()))
    return done.code, done.output


def sealed(folder: Path, files: dict[str, bytes], log: Log) -> Path:
    path = folder / "x.zip"
    path.write_bytes(packs.zipped(packs.resealed(files, log)))
    return path


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as z:
        info = entry("README.txt")
        info.compress_type = zipfile.ZIP_DEFLATED
        with z.open(info, "w") as out:
            for _ in range(300):
                out.write(bytes(1 << 20))
    code, text = run(tmp_path, "x.zip")
    assert (code, text.count("\n")) == (1, 1 + 2)
    assert "not a canonical zip entry" in text


def test_sizes_that_are_not_there(tmp_path: Path) -> None:
    raw = bytearray(packs.pack(house()))
    for size in (0xFFFF_FFFF, 0x7FFF_FFFF, 100_000):
        raw[18:26] = struct.pack("<2L", size, size)
        (tmp_path / "x.zip").write_bytes(raw)
        code, text = run(tmp_path, "x.zip")
        assert (code, text.count("\n")) == (3, 1)


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as out:
        out.truncate(size)


def test_a_huge_empty_file(tmp_path: Path) -> None:
    for size, why in ((2**33, "4 GiB or more"), (2**32 - 2, "not a zip file")):
        sparse(tmp_path / "x.zip", size)
        code, text = run(tmp_path, "x.zip")
        assert code == 3
        assert why in text


@pytest.mark.parametrize(
    "name", ["manifest.json", "manifest.note", "keys.vkey", "start.json"]
)
def test_a_small_file_that_is_huge(name: str, tmp_path: Path) -> None:
    """A gigabyte of zeros, of which the disk holds nothing."""
    size = 1 << 30
    files = packs.contents(house())
    place, central = 0, b""
    with (tmp_path / "x.zip").open("wb") as out:
        for one in sorted(files):
            length = size if one == name else len(files[one])
            crc = 0 if one == name else zlib.crc32(files[one])
            raw = one.encode()
            sizes = (crc, length, length, len(raw))
            out.write(
                verifier.LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, 33, *sizes, 0) + raw
            )
            if one == name:
                out.truncate(out.tell() + size)
                out.seek(size, os.SEEK_CUR)
            else:
                out.write(files[one])
            form = (b"PK\x01\x02", 0x0314, 20, 0, 0, 0, 33)
            central += verifier.CENTRAL.pack(
                *form, *sizes, 0, 0, 0, 0, 0o644 << 16, place
            )
            central += raw
            place = out.tell()
        count, length = len(files), len(central)
        end = verifier.END.pack(b"PK\x05\x06", 0, 0, count, count, length, place, 0)
        out.write(central + end)
    code, text = run(tmp_path, "x.zip")
    assert code == 1
    assert f"{name}: " in text
    assert "longer than" in text


def test_as_many_files_as_a_manifest_can_list(tmp_path: Path) -> None:
    log = house()
    parts = {f"{number:05}": b"" for number in range(46_000)}
    path = tmp_path / "x.zip"
    path.write_bytes(packs.pack(log, parts=parts))
    assert run(tmp_path, "x.zip", "--pin", packs.vkey(log))[0] == 0


def test_more_files_than_a_zip_can_count(tmp_path: Path) -> None:
    files = {f"parts/{number:05}": b"" for number in range(65_536)}
    (tmp_path / "x.zip").write_bytes(packs.zipped(files))
    code, text = run(tmp_path, "x.zip")
    assert code == 1
    assert "more files than a pack may hold" in text


def test_names_without_end(tmp_path: Path) -> None:
    for length, count, what in (
        (60_000, 1, "no file of a pack"),
        (256, 1, "no file of a pack"),
        (250, 17_000, "more files than a pack may hold"),
    ):
        fill = "x" * (length - len("parts/00000"))
        files = {f"parts/{number:05}{fill}": b"" for number in range(count)}
        (tmp_path / "x.zip").write_bytes(packs.zipped(files))
        code, text = run(tmp_path, "x.zip")
        assert code == 1
        assert what in text
        assert max(map(len, text.splitlines())) < 600


@pytest.mark.parametrize(
    "filling",
    ['{"":1},', "[],", '"\\ud83d\\ude00",', "1,", '"é",', '{"a":[]},'],
    ids=["objects", "lists", "texts", "numbers", "letters", "nested"],
)
def test_a_manifest_full_of_something(filling: str, tmp_path: Path) -> None:
    log = house()
    files = packs.contents(log)
    count = 4_100_000 // len(filling.encode())
    more = ',"x":[' + filling * count + "0]}"
    raw = files["manifest.json"].rstrip(b"}\n") + b"}" + more.encode()
    files["manifest.json"] = raw
    (tmp_path / "x.zip").write_bytes(packs.zipped(files))
    assert run(tmp_path, "x.zip")[0] in {1, 3}


def test_a_key_twice_among_many_is_found_at_once(tmp_path: Path) -> None:
    """Each name is looked at once: with as many again it takes twice as long."""
    files = packs.contents(house())
    raw = b"{" + b"".join(b'"%05d":0,' % n for n in range(40_000)) + b'"39999":0}'
    made = packs.zipped({**files, "manifest.json": raw})
    (tmp_path / "x.zip").write_bytes(made)
    before = time.process_time()
    result = verifier.verify_pack(str(tmp_path / "x.zip"))
    assert time.process_time() - before < 3
    assert "key 39999 twice" in str(result.unreadable)


def test_many_good_signatures_by_many_keys(tmp_path: Path) -> None:
    log = house()
    keys = [Signer(log.origin, number) for number in range(17)]
    files = packs.contents(log, keys=[one.vkey for one in keys])
    for count, times, code in ((16, 5, 2), (17, 1, 1)):
        signers = keys[:count] * times
        text = packs.checkpoint(log, 2, signers=signers)
        checkpoints = checkpoint_line(2, text)
        made = {**files, "checkpoints.jsonl": checkpoints}
        made = packs.resealed(made, log, signers=signers)
        (tmp_path / "x.zip").write_bytes(packs.zipped(made))
        calls = 0

        def counted(*arguments: bytes) -> bool:
            nonlocal calls
            calls += 1
            return signed_by(*arguments)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(verifier, "signed_by", counted)
            result = verifier.verify_pack(str(tmp_path / "x.zip"))
        assert result.exit == code
        assert calls <= 2 * 16
    assert {one["what"] for one in result.altered} == {
        "more than 16 signatures by known keys"
    }


def test_nobody_reads_on_after_a_thousand_alterations(tmp_path: Path) -> None:
    log = house()
    for _ in range(1500):
        log.add("staff.signed_in")
    files = packs.contents(log)
    files["events.jsonl"] = files["events.jsonl"].replace(b'"v":1', b'"v":2')
    (tmp_path / "x.zip").write_bytes(packs.zipped(packs.resealed(files, log)))
    result = verifier.verify_pack(str(tmp_path / "x.zip"))
    assert (result.exit, result.altered_count) == (1, 1000)
    assert len(result.altered) == 1000


def test_a_million_signature_lines(tmp_path: Path) -> None:
    log = house()
    files = packs.contents(log)
    lines = (Signer("x.example/w").line("x") * 1_000_000).encode()
    (tmp_path / "x.zip").write_bytes(
        packs.zipped({**files, "manifest.note": files["manifest.note"] + lines})
    )
    assert run(tmp_path, "x.zip")[0] == 1
    (tmp_path / "old.note").write_bytes(files["manifest.note"] + lines)
    (tmp_path / "x.zip").write_bytes(packs.zipped(files))
    assert run(tmp_path, "x.zip", "--prior", "old.note")[0] == 3


def test_a_hundred_thousand_checkpoints(tmp_path: Path) -> None:
    log = house()
    files = packs.contents(log)
    files["checkpoints.jsonl"] = files["checkpoints.jsonl"] * 100_000
    sealed(tmp_path, files, log)
    code, text = run(tmp_path, "x.zip")
    assert code == 1
    assert f"{verifier.LISTED_MAX} 处改动 altered" in text


def test_many_keys_and_many_bad_signatures(tmp_path: Path) -> None:
    log = house()
    keys = [Signer(log.origin, number) for number in range(1500)]
    log.add("staff.signed_in")
    files = packs.contents(log, keys=[one.vkey for one in keys] + [packs.vkey(log)])
    first = json.loads(files["checkpoints.jsonl"])["note"]
    false = first + "".join(one.line("x") for one in keys[:80])
    line = json.dumps({"size": 1, "note": false.replace("\n3\n", "\n1\n")}) + "\n"
    files["checkpoints.jsonl"] = line.encode() * 3000 + files["checkpoints.jsonl"]
    sealed(tmp_path, files, log)
    assert run(tmp_path, "x.zip")[0] == 1


@pytest.mark.parametrize("line", [b"", b"x", b"{}", b"x" * 65_000, b"[" * 65_000])
def test_lines_that_say_nothing(line: bytes, tmp_path: Path) -> None:
    log = house()
    files = packs.contents(log)
    count = min(60_000, 20_000_000 // (len(line) + 1))
    for name in ("events.jsonl", "grants.jsonl"):
        made = {**files, name: (line + b"\n") * count}
        path = tmp_path / "x.zip"
        path.write_bytes(packs.zipped(packs.resealed(made, log, last_seq=count)))
        code, text = run(tmp_path, "x.zip")
        assert code == 1
        assert text.count("\n") < 40


def test_a_line_without_end(tmp_path: Path) -> None:
    log = house()
    files = {**packs.contents(log), "events.jsonl": b"x" * 100_000_000}
    sealed(tmp_path, files, log)
    code, text = run(tmp_path, "x.zip")
    assert code == 1
    assert "events.jsonl, 行 line 1: 一行过长 / a line longer than 65,536 bytes" in text


@pytest.mark.parametrize("first", [2**53 - 1, 2**52, 10**15])
def test_an_absurd_beginning(first: int, tmp_path: Path) -> None:
    log = house()
    hashes = ["a" * 64] * first.bit_count()
    start = json.dumps({"size": first, "frontier": hashes}).encode()
    files = {**packs.contents(log), "start.json": start}
    files = packs.resealed(files, log, first_seq=first, last_seq=2**53 - 1)
    (tmp_path / "x.zip").write_bytes(packs.zipped(files))
    assert run(tmp_path, "x.zip")[0] == 1


def test_a_deep_nest_in_every_file(tmp_path: Path) -> None:
    log = house()
    files = packs.contents(log)
    deep = b"[" * 9_000 + b"]" * 9_000
    for name in ("checkpoints.jsonl", "events.jsonl", "start.json", "manifest.json"):
        made = {**files, name: deep + b"\n"}
        (tmp_path / "x.zip").write_bytes(packs.zipped(made))
        assert run(tmp_path, "x.zip")[0] in {1, 3}


def test_terminals_are_not_written_to(tmp_path: Path) -> None:
    """What a pack says is shown, never obeyed."""
    log = house()
    files = packs.contents(log)
    evil = "\x1b[2J\x1b]0;SOUND\x07\u202e完好 SOUND\n"
    for made in (
        packs.resealed(files, log, format=evil),
        packs.resealed(files, log, listed={evil: "a" * 64}),
    ):
        (tmp_path / "x.zip").write_bytes(packs.zipped(made))
        _, text = run(tmp_path, "x.zip")
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
        assert "\n完好" not in text


def grants(count: int) -> Iterator[bytes]:
    for seq in range(count):
        yield body_of(
            seq,
            "2026-03-02T01:00:00.000Z",
            "consent.granted",
            purpose="contact",
            site=SITE,
            subject=f"s_{hashlib.sha256(str(seq).encode()).hexdigest()[:32]}",
            consent=seq,
            data={"until": FAR, "destroy_s": 60},
        )


@pytest.mark.slow
def test_more_consents_alive_than_fit(tmp_path: Path) -> None:
    log = Log()
    path = tmp_path / "x.zip"
    packs.write_pack(path, grants(verifier.LIVE_MAX - 3), log)
    assert run(tmp_path, "x.zip", "--pin", packs.vkey(log))[0] == 0
    packs.write_pack(path, grants(verifier.LIVE_MAX), log)
    code, text = run(tmp_path, "x.zip", "--pin", packs.vkey(log))
    assert code == 3
    assert "export it in parts" in text
