"""Ways to alter an export without the log's key."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

from tests import packs
from tests.benchmarks.mutations.cases import Attempt, Case, whole
from tests.packs.log import canonical, millis, stamp
from tests.packs.sealing import EVENTS, MANIFEST, NOTE, closing_size, entry

DAY = 86_400_000


def flipped(case: Case) -> Attempt:
    raw = bytearray(packs.zipped(case.files))
    raw[case.chance.randrange(len(raw))] ^= 1 << case.chance.randrange(8)
    return Attempt(bytes(raw))


def head_cut(case: Case) -> Attempt:
    raw = packs.zipped(case.files)
    return Attempt(raw[case.chance.randrange(1, len(raw)) :])


def tail_cut(case: Case) -> Attempt:
    raw = packs.zipped(case.files)
    return Attempt(raw[: case.chance.randrange(len(raw))])


def bytes_inserted(case: Case) -> Attempt:
    raw = packs.zipped(case.files)
    place = case.chance.randrange(len(raw) + 1)
    return Attempt(raw[:place] + case.chance.randbytes(3) + raw[place:])


def _without_key(case: Case, lines: Sequence[bytes]) -> Attempt:
    """Replace the events; sometimes the manifest's hashes too, but nobody signs."""
    files = {**case.files, EVENTS: b"".join(lines)}
    assert files[EVENTS] != case.files[EVENTS]
    return _listed(case, files)


def _listed(case: Case, files: dict[str, bytes]) -> Attempt:
    if case.chance.random() < 0.5:
        closing = closing_size(case.files)
        anew = packs.resealed(files, case.log, closing=closing)
        files = {**anew, NOTE: case.files[NOTE]}
    return Attempt(packs.zipped(files))


def event_deleted(case: Case) -> Attempt:
    lines = case.lines()
    del lines[case.place()]
    return _without_key(case, lines)


def event_inserted(case: Case) -> Attempt:
    lines = case.lines()
    new = case.log.bodies[-1].replace(b'"system"', b'"kiosk"') + b"\n"
    lines.insert(case.place(), new)
    return _without_key(case, lines)


def events_swapped(case: Case) -> Attempt:
    lines = case.lines()
    one = case.place(before_last=True)
    lines[one], lines[one + 1] = lines[one + 1], lines[one]
    return _without_key(case, lines)


def event_duplicated(case: Case) -> Attempt:
    lines = case.lines()
    place = case.place()
    lines.insert(place, lines[place])
    return _without_key(case, lines)


def event_replayed(case: Case) -> Attempt:
    """An old event once more at the end, under a number that fits."""
    lines = case.lines()
    last = case.options.get("last", len(case.log.bodies) - 1)
    old = case.log.bodies[case.chance.randrange(last)]
    lines[-1] = re.sub(rb'"seq":\d+', b'"seq":%d' % last, old) + b"\n"
    return _without_key(case, lines)


def line_split(case: Case) -> Attempt:
    lines = case.lines()
    place = case.place()
    cut = case.chance.randrange(1, len(lines[place]) - 1)
    lines[place] = lines[place][:cut] + b"\n" + lines[place][cut:]
    return _without_key(case, lines)


def lines_merged(case: Case) -> Attempt:
    lines = case.lines()
    place = case.place()
    lines[place] = lines[place][:-1]
    return _without_key(case, lines)


def key_duplicated(case: Case) -> Attempt:
    lines = case.lines()
    place = case.place()
    lines[place] = lines[place].replace(b"{", b'{"act":null,', 1)
    return _without_key(case, lines)


def value_changed(case: Case) -> Attempt:
    lines = case.lines()
    place = case.place()
    digits = [m.start() for m in re.finditer(rb"\d", lines[place])]
    at = case.chance.choice(digits)
    other = case.chance.choice(b"0123456789".replace(lines[place][at : at + 1], b""))
    lines[place] = lines[place][:at] + bytes([other]) + lines[place][at + 1 :]
    return _without_key(case, lines)


def time_moved(case: Case) -> Attempt:
    case = whole(case)
    place = case.place()
    event = case.log.event(place)
    moved = stamp(millis(event["at"]) + case.chance.choice([-1, 1, 60_000, -DAY]))
    lines = case.lines()
    lines[place] = canonical({**event, "at": moved}) + b"\n"
    return _without_key(case, lines)


def file_added(case: Case) -> Attempt:
    name = f"parts/{case.chance.randrange(10_000)}.txt"
    return Attempt(packs.zipped({**case.files, name: b"x"}))


def file_removed(case: Case) -> Attempt:
    files = dict(case.files)
    del files[case.chance.choice(sorted(files))]
    return Attempt(packs.zipped(files))


def file_renamed(case: Case) -> Attempt:
    files = dict(case.files)
    name = case.chance.choice(sorted(files))
    files[case.chance.choice(["parts/x", f"{name}x", f"../{name}"])] = files.pop(name)
    return Attempt(packs.zipped(files))


def file_changed(case: Case) -> Attempt:
    name = case.chance.choice(sorted(set(case.files) - {MANIFEST, NOTE, EVENTS}))
    raw = case.files[name]
    return _listed(case, {**case.files, name: raw + case.chance.choice([b" ", b"\n"])})


def zip_written_otherwise(case: Case) -> Attempt:
    chance, raw = case.chance, io.BytesIO()
    names = sorted(case.files)
    odd, how = chance.choice(names), chance.randrange(5)
    if how == 0:
        chance.shuffle(names)
        if names == sorted(names):
            names.reverse()
    with zipfile.ZipFile(raw, "w") as archive:
        for name in names:
            info = entry(name)
            if name == odd and how == 1:
                info.date_time = (2026, 3, 2, 1, 0, 0)
            if name == odd and how == 2:
                info.compress_type = zipfile.ZIP_DEFLATED
            if name == odd and how == 3:
                info.external_attr = 0o755 << 16
            archive.writestr(info, case.files[name], compress_type=info.compress_type)
        if how == 4:
            archive.comment = b"from the office"
    return Attempt(raw.getvalue())
