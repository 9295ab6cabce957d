"""Lists of pairs: a CSV of our own, and `pairs.txt` of Labeled Faces in the Wild."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from audit.say import Say

COLUMNS = ("a", "b", "same")
GROUP = "group"
YES, NO = ("1", "true", "yes", "是"), ("0", "false", "no", "否")


class PairsInvalid(Exception):
    """A list of pairs cannot be used; says which line, and why, in both languages."""

    def __init__(self, line: int, why: Say) -> None:
        super().__init__(line)
        self.line = line
        self.why = why

    def text(self, language: str) -> str:
        """Return the sentence in one language."""
        where = Say(f"第 {self.line} 行：", f"line {self.line}: ")
        return where.text(language) + self.why.text(language)


@dataclass(frozen=True)
class Pair:
    """Two pictures, by their paths below the root, and whether they are of one."""

    a: str
    b: str
    same: bool
    group: str | None = None


def pairs_read(file: Path, *, root: Path) -> list[Pair]:
    """Read a list of pairs, and make sure that every picture is there.

    Args:
        file: a CSV with the columns `a,b,same` and perhaps `group`; or LFW's
            `pairs.txt` (names and numbers, divided by tabs), with or without folds.
        root: folder of the pictures; nothing outside it is opened.

    Raises:
        PairsInvalid: a line cannot be used.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PairsInvalid(1, Say("不是 UTF-8 文本", "not a text in UTF-8")) from None
    lines = text.splitlines()
    first = lines[0] if lines else ""
    read = _lfw(lines) if "," not in first else _csv(text)
    found, known = [], set[str]()
    for line, pair in read:
        for name in (pair.a, pair.b):
            if name not in known:
                _check(line, name, root)
                known.add(name)
        found.append(pair)
    if not found:
        raise PairsInvalid(1, Say("一对照片也没有", "there is no pair"))
    return found


def _csv(text: str) -> Iterator[tuple[int, Pair]]:
    rows = csv.DictReader(io.StringIO(text), strict=True)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or [])]
    if missing:
        names = ", ".join(missing)
        raise PairsInvalid(1, Say(f"缺少列：{names}", f"missing columns: {names}"))
    try:
        for row in rows:
            line = rows.line_num
            if None in row or None in row.values():
                raise PairsInvalid(line, Say("列数不对", "another number of columns"))
            answer = row["same"].strip().lower()
            if answer not in YES + NO:
                raise PairsInvalid(line, Say("same 要写 1 或 0", "same must be 1 or 0"))
            group = (row.get(GROUP) or "").strip() or None
            yield line, Pair(row["a"].strip(), row["b"].strip(), answer in YES, group)
    except csv.Error:
        line = rows.reader.line_num
        raise PairsInvalid(line, Say("不是 CSV", "this is not CSV")) from None


def _lfw(lines: list[str]) -> Iterator[tuple[int, Pair]]:
    """Yield `Name 1 2` as a pair of one person, `Name 1 Other 2` as one of two.

    Source: Labeled Faces in the Wild, README of `pairs.txt` and `pairsDevTrain.txt`.
    """
    for line, row in enumerate(lines, start=1):
        parts = row.split()
        if len(parts) <= 2 and line == 1 and all(part.isdigit() for part in parts):
            continue  # how many folds, and pairs in each
        if not parts:
            continue
        same = len(parts) == 3
        numbers = parts[1:] if same else parts[1::2]
        if len(parts) not in (3, 4) or not all(part.isdigit() for part in numbers):
            raise PairsInvalid(
                line,
                Say(
                    "要写“姓名 号 号”或“姓名 号 姓名 号”；CSV 要有 a,b,same 三列",
                    "expected `name n n` or `name n name n`; a CSV has the columns"
                    " a,b,same",
                ),
            )
        other = parts[0] if same else parts[2]
        yield line, Pair(_named(parts[0], numbers[0]), _named(other, numbers[1]), same)


def _named(person: str, number: str) -> str:
    return f"{person}/{person}_{int(number):04d}.jpg"


def _check(line: int, name: str, root: Path) -> None:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts:
        raise PairsInvalid(
            line,
            Say("照片要写在 --root 之内的路径", "a picture's path lies below --root"),
        )
    if not (root / path).is_file():
        raise PairsInvalid(line, Say(f"找不到 {name}", f"there is no {name}"))
