"""A search as a file: a spreadsheet for people, or the exact bodies for programs.

Chunk by chunk, so that memory stays flat however long the log is.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from audit import clock
from audit.models import Body, Event
from audit.readers import purpose_words
from audit.reading.search import events
from audit.words import kind_words

BOM = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""
FORMULAS = frozenset("=+-@\t\r\n\0＝＋－＠")
"""With one of these first, a spreadsheet computes what it should show."""
COLUMNS = (
    "序号 No.",
    "时间 At (UTC)",
    "当地时间 Local time",
    "类型 Kind",
    "说明 In words",
    "条款 Clause",
    "目的 Purpose",
    "目的说明 Purpose in words",
    "案场 Site",
    "个人 Person",
    "同意 Consent",
    "规则 Rules",
    "谁 By",
    "角色 Role",
    "内容 Data",
)


def cell(value: object) -> str:
    """Return a value as text that no spreadsheet computes: guarded by an apostrophe."""
    text = "" if value is None else str(value)
    begins = text.lstrip(" \u3000")[:1]
    return f"'{text}" if begins in FORMULAS and begins else text


def table_head() -> bytes:
    """Return the first line of a spreadsheet, in both languages."""
    return (BOM + _lines([COLUMNS])).encode()


def table_rows(
    *, log: str, numbers: Sequence[int], zone: ZoneInfo, language: str
) -> bytes:
    """Return one line for each event, in the order of the numbers.

    Args:
        log: which log.
        numbers: of events, ascending.
        zone: of the column with local times.
        language: of the columns in words.
    """
    found = reversed(events(log=log, numbers=list(numbers)))
    return _lines([_row(event, zone, language) for event in found]).encode()


def body_lines(*, log: str, numbers: Sequence[int]) -> bytes:
    """Return the exact bodies, a line each; a leaf where the body is kept no more."""
    kept = {
        seq: bytes(body)
        for seq, body in Body.objects.filter(
            log=log, seq__in=list(numbers)
        ).values_list("seq", "body")
    }
    lost = [number for number in numbers if number not in kept]
    if lost:
        leaves = Event.objects.filter(log=log, seq__in=lost).values_list("seq", "leaf")
        for seq, leaf in leaves:
            kept[seq] = json.dumps({"leaf": bytes(leaf).hex()}).encode()
    return b"".join(kept[number] + b"\n" for number in numbers if number in kept)


def _row(event: Mapping[str, Any], zone: ZoneInfo, language: str) -> list[str]:
    at = clock.parse(event["at"]).astimezone(zone)
    act = event["act"] or {}
    data = event["data"]
    purpose = event["purpose"]
    values = (
        event["seq"],
        event["at"],
        f"{at:%Y-%m-%d %H:%M:%S}",
        event["type"],
        kind_words(event["type"]).text(language),
        event["clause"],
        purpose,
        purpose_words(purpose).text(language) if purpose else None,
        event["site"],
        event["subject"],
        event["consent"],
        event["rules"],
        act.get("id"),
        act.get("role"),
        None if data is None else json.dumps(data, sort_keys=True),
    )
    return [cell(value) for value in values]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()
