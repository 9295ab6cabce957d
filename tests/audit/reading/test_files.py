"""Files: no cell is ever computed, and every body is the one that was hashed."""

from __future__ import annotations

import csv
import io
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Body, Event
from audit.reading.files import (
    BOM,
    COLUMNS,
    FORMULAS,
    body_lines,
    cell,
    table_head,
    table_rows,
)
from audit.selectors import log_current
from tests import make
from tests.audit.room import bodies, compared_with, enrolled_person, numbers
from tests.conftest import Database

ZONE = ZoneInfo("Asia/Shanghai")


@given(
    st.one_of(
        st.text(),
        st.tuples(
            st.sampled_from(["", " ", "\u3000", "  "]),
            st.sampled_from(sorted(FORMULAS)),
            st.text(),
        ).map("".join),
        st.integers(),
        st.none(),
    )
)
def test_no_cell_begins_as_a_formula_does_and_none_is_lost(value: object) -> None:
    told = cell(value)
    text = "" if value is None else str(value)
    assert told.lstrip(" \u3000")[:1] not in FORMULAS or not told.strip(" \u3000")
    assert told in {text, f"'{text}"}
    # What needs no guard is as it was.
    if text.lstrip(" \u3000")[:1] not in FORMULAS:
        assert told == text


@pytest.mark.parametrize(
    "first", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"]
)
def test_each_dangerous_beginning_is_guarded(first: str) -> None:
    assert cell(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.usefixtures("secrets_dir")
def test_a_table_tells_each_event_on_one_line(db: Database) -> None:
    house = make.house()
    compared_with(house, enrolled_person(house))
    log = log_current()
    assert log is not None
    every = bodies()
    written = table_head() + table_rows(
        log=log, numbers=[body["seq"] for body in every], zone=ZONE, language="en"
    )
    text = written.decode()
    assert text.startswith(BOM)
    head, *rows = csv.reader(io.StringIO(text.removeprefix(BOM)))
    assert tuple(head) == COLUMNS
    assert len(rows) == len(every)
    for row, body in zip(rows, every, strict=True):
        told = dict(zip(COLUMNS, row, strict=True))
        assert told["序号 No."] == str(body["seq"])
        assert told["类型 Kind"] == body["type"]
        assert told["时间 At (UTC)"] == body["at"]
        assert told["谁 By"] == body["act"]["id"]
        assert told["个人 Person"] == (body["subject"] or "")
        assert json.loads(told["内容 Data"]) == body["data"]
    assert rows[numbers("face.compared")[0]][4] == "Faces compared once"


@pytest.mark.usefixtures("secrets_dir")
def test_lines_are_the_exact_bodies_or_the_leaf_that_stays(db: Database) -> None:
    house = make.house()
    make.person(kiosk=house.kiosk)
    log = log_current()
    assert log is not None
    every = {row.seq: bytes(row.body) for row in Body.objects.all()}
    leaf = bytes(Event.objects.get(seq=2).leaf)
    with db.connect("superuser") as link:
        link.execute("SET session_replication_role = replica")
        link.execute("DELETE FROM audit_body WHERE seq = 2")
    lines = body_lines(log=log, numbers=sorted(every)).split(b"\n")
    assert lines.pop() == b""
    assert json.loads(lines[2]) == {"leaf": leaf.hex()}
    every[2] = lines[2]
    assert lines == [every[seq] for seq in sorted(every)]
    row = table_rows(log=log, numbers=[2], zone=ZONE, language="en").decode()
    assert row.startswith("2,")
