"""The grammar of a body: the quick reading and the slow one agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import grammar, verifier
from audit.verifier import Fault, Result
from tests import packs
from tests.audit.test_verifier.scenes import house
from tests.packs.log import canonical

EXAMPLE: dict[str, Any] = {
    "act": {"id": "k-1", "role": "kiosk"},
    "at": "2026-11-23T09:41:07.123Z",
    "clause": "face.checkin",
    "consent": 41,
    "data": {"candidates": [12], "model": "dlib-resnet-1", "score": -3821},
    "purpose": "face.checkin",
    "rules": "a" * 64,
    "seq": 57,
    "site": "c-1",
    "subject": "s_" + "0" * 32,
    "type": "face.compared",
    "v": 1,
}
Altered = Callable[..., list[tuple[str, str]]]
Sound = Callable[..., Result]


def fault(raw: bytes) -> str | None:
    """Say what is wrong, after both readings said the same."""
    quick = slow = None
    try:
        quick = verifier.body_fields(raw)
    except Fault as problem:
        with pytest.raises(Fault):
            verifier.body_fields_slowly(raw)
        assert verifier.BODY(raw) is None or quick is None
        return problem.en
    slow = verifier.body_fields_slowly(raw)
    assert quick == slow
    return None


def body(**changes: Any) -> bytes:
    return canonical({**EXAMPLE, **changes})


def test_the_example_of_the_format_is_read_quickly() -> None:
    assert fault(body()) is None
    assert verifier.BODY(body()) is not None


NULLABLE = ["purpose", "site", "subject", "consent", "rules"]


@pytest.mark.parametrize("name", NULLABLE)
def test_what_may_be_null(name: str) -> None:
    assert fault(body(**{name: None})) is None


@pytest.mark.parametrize("name", sorted(set(EXAMPLE) - set(NULLABLE)))
def test_what_may_not_be_null(name: str) -> None:
    assert fault(body(**{name: None})) is not None


@pytest.mark.parametrize("name", sorted(EXAMPLE))
def test_each_key_is_needed_and_no_other(name: str) -> None:
    assert fault(canonical({k: v for k, v in EXAMPLE.items() if k != name}))
    assert fault(canonical({**EXAMPLE, name + "x": 1}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", "0001-01-01T00:00:00.000Z"),
        ("at", "9999-12-31T23:59:59.999Z"),
        ("type", "a"),
        ("type", "a" + "z9._-" * 9 + "xy"),
        ("clause", "a5"),
        ("consent", 0),
        ("consent", 2**53 - 1),
        ("seq", 2**53 - 1),
        ("site", "-" * 32),
        ("act", {"id": "_" * 40, "role": "system"}),
        ("data", {}),
        ("data", {"a": [], "b": [True, False, None, -(2**53) + 1, 2**53 - 1, "x=/+:"]}),
        ("data", {"a": [1] * 64, "b": "x" * 128, "c": ""}),
        ("data", {"a": 0, "a-": 1, "a.b": 2, "a0": 3, "a_": 4, "aa": 5}),
    ],
)
def test_what_the_grammar_allows(name: str, value: object) -> None:
    assert fault(body(**{name: value})) is None
    assert grammar.fault(body(**{name: value})) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2),
        ("v", "1"),
        ("v", True),
        ("seq", -1),
        ("seq", 2**53),
        ("seq", "57"),
        ("seq", True),
        ("consent", -1),
        ("consent", 2**53),
        ("consent", "41"),
        ("at", "2026-11-23T09:41:07Z"),
        ("at", "2026-11-23 09:41:07.123Z"),
        ("at", "2026-11-23T24:00:00.000Z"),
        ("at", "2026-11-23T23:59:60.000Z"),
        ("at", "2026-13-01T00:00:00.000Z"),
        ("at", "2026-00-01T00:00:00.000Z"),
        ("at", "2026-11-32T00:00:00.000Z"),
        ("at", "2026-11-23T09:41:07.123+"),
        ("type", "Face.compared"),
        ("type", "9a"),
        ("type", ""),
        ("type", "a" * 49),
        ("clause", "a b"),
        ("purpose", ""),
        ("site", ""),
        ("site", "C-1"),
        ("site", "x" * 33),
        ("subject", "s_" + "0" * 31),
        ("subject", "s_" + "A" * 32),
        ("subject", "138"),
        ("rules", "A" * 64),
        ("rules", "a" * 63),
        ("act", {"id": "k-1"}),
        ("act", {"id": "", "role": "kiosk"}),
        ("act", {"id": "k 1", "role": "kiosk"}),
        ("act", {"id": "x" * 41, "role": "kiosk"}),
        ("act", {"id": "k-1", "role": "guest"}),
        ("act", {"id": "k-1", "role": "kiosk", "x": 1}),
        ("act", {"id": 1, "role": "kiosk"}),
        ("act", {"id": "k-1", "role": ["kiosk"]}),
        ("act", "k-1"),
        ("act", []),
        ("data", []),
        ("data", "x"),
        ("data", {"a": {}}),
        ("data", {"a": [[]]}),
        ("data", {"a": [{}]}),
        ("data", {"a": [1] * 65}),
        ("data", {"a": "x" * 129}),
        ("data", {"a": "free text"}),
        ("data", {"a": "x@y"}),
        ("data", {"a": 2**53}),
        ("data", {"a": -(2**53)}),
        ("data", {"A": 1}),
        ("data", {"": 1}),
        ("data", {"a b": 1}),
        ("data", {"a" * 49: 1}),
        ("data", {"a": 1.5}),
        ("data", {"a": 1e3}),
    ],
)
def test_what_the_grammar_forbids(name: str, value: object) -> None:
    assert fault(body(**{name: value})) is not None
    assert grammar.fault(body(**{name: value})) is not None or name == "at"


def text() -> str:
    return body().decode()


@pytest.mark.parametrize(
    "raw",
    [
        text().replace(":57,", ": 57,"),
        text() + " ",
        " " + text(),
        text() + "\n",
        text().replace("57", "057"),
        text().replace("57", "57.0"),
        text().replace("-3821", "-0"),
        text().replace("-3821", "NaN"),
        text().replace("-3821", "Infinity"),
        text().replace("-3821", "1e2"),
        text().replace("k-1", "k\\u002d1"),
        text().replace("k-1", "k\\/1"),
        text().replace("k-1", "王"),
        text().replace("k-1", "k\x7f1"),
        text().replace("k-1", "k\x001"),
        text().replace('"v":1', '"v":1,"v":1'),
        text().replace('"v":1', '"v":2,"v":1'),
        text().replace('"seq":57,', '"seq":57,"seq":57,'),
        text().replace('"id":"k-1"', '"id":"k-1","id":"k-1"'),
        text().replace('"model":"dlib-resnet-1"', '"candidates":[12]'),
        text().replace('"model":"dlib-resnet-1"', '"a":1'),
        text().replace('{"act"', '{ "act"'),
        text()[:-1],
        text()[1:],
        text() + text(),
        f"[{text()}]",
        "",
        "null",
        "7",
        "[" * 30_000,
        '{"a":' * 10_000,
        '"' + "x" * 70_000 + '"',
    ],
)
def test_another_form_of_a_body_is_refused(raw: str) -> None:
    assert fault(raw.encode()) is not None
    assert grammar.fault(raw.encode()) is not None


def test_days_are_in_the_calendar(altered: Altered) -> None:
    for at in ("2026-02-30T00:00:00.000Z", "0000-01-01T00:00:00.000Z"):
        log = house()
        log.edit(0, at=at)
        found = altered(packs.pack(log))
        assert ("events.jsonl", "at is not in the calendar") in found


def test_a_body_is_named_by_line_and_number(check: Any) -> None:
    log = house()
    log.bodies[1] = log.bodies[1].replace(b'"v":1', b'"v":2')
    result = check(packs.pack(log))
    assert result.altered[0] == {
        "file": "events.jsonl",
        "line": 2,
        "seq": 1,
        "what": "v breaks the grammar",
        "zh": "v 不合语法",
    }


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**54), 2**54),
    st.from_regex(r"[A-Za-z0-9._:+/=-]{0,130}", fullmatch=True),
    st.text(max_size=3),
    st.floats(),
)
BODIES = st.fixed_dictionaries(
    {
        "act": st.fixed_dictionaries(
            {
                "id": st.from_regex(r"[A-Za-z0-9_-]{0,41}", fullmatch=True),
                "role": st.sampled_from(verifier.ROLES),
            }
        ),
        "at": st.from_regex(verifier.MOMENT, fullmatch=True),
        "clause": st.sampled_from(["a5", "pipl-15", "Nope"]),
        "consent": st.none() | st.integers(-1, 2**53),
        "data": st.dictionaries(
            st.from_regex(r"[a-z][a-z0-9._-]{0,3}", fullmatch=True)
            | st.text(max_size=2),
            VALUES | st.lists(VALUES, max_size=66),
            max_size=5,
        ),
        "purpose": st.none() | st.sampled_from(["contact", "x y"]),
        "rules": st.none() | st.just("a" * 64),
        "seq": st.integers(0, 2**53),
        "site": st.none() | st.just("c-1"),
        "subject": st.none() | st.just("s_" + "0" * 32),
        "type": st.sampled_from(["a", "consent.granted", ""]),
        "v": st.just(1),
    }
)


@settings(deadline=None, max_examples=300)
@given(BODIES)
def test_both_readings_and_the_programs_own_agree(made: dict[str, Any]) -> None:
    raw = canonical(made)
    if made["at"][:4] != "0000":
        assert (fault(raw) is None) == (grammar.fault(raw) is None)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 600), st.integers(0, 255), st.sampled_from("xid"))
def test_a_changed_byte_is_read_alike(place: int, byte: int, how: str) -> None:
    raw = bytearray(body())
    place %= len(raw)
    raw[place : place + (how != "i")] = b"" if how == "d" else bytes([byte])
    changed = bytes(raw)
    told = fault(changed)
    if told != "at breaks the grammar":  # the program writes what its clock says
        assert (told is None) == (grammar.fault(changed) is None)
    if told is None:
        assert json.loads(changed)["v"] == 1
