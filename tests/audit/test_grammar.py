"""A body is one canonical JSON object; each rule, broken once, is found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import grammar
from audit.errors import EventInvalid

RULES = "ab" * 32
SUBJECT = "s_" + "0f" * 16
NAMES = st.from_regex(r"\A[a-z][a-z0-9._-]{0,47}\Z")
TEXTS = st.from_regex(r"\A[A-Za-z0-9._:+/=-]{0,128}\Z")
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), TEXTS)
BODIES = st.fixed_dictionaries(
    {
        "act": st.fixed_dictionaries(
            {
                "id": st.from_regex(r"\A[A-Za-z0-9_-]{1,40}\Z"),
                "role": st.sampled_from(sorted(grammar.ROLES)),
            }
        ),
        "at": st.datetimes().map(
            lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}.000Z".zfill(24)
        ),
        "clause": NAMES,
        "consent": st.none() | st.integers(0, 2**53 - 1),
        "data": st.dictionaries(
            NAMES, PLAIN | st.lists(PLAIN, max_size=64), max_size=8
        ),
        "purpose": st.none() | NAMES,
        "rules": st.none() | st.from_regex(r"\A[0-9a-f]{64}\Z"),
        "seq": st.integers(0, 2**53 - 1),
        "site": st.none() | st.from_regex(r"\A[a-z0-9-]{1,32}\Z"),
        "subject": st.none() | st.from_regex(r"\As_[0-9a-f]{32}\Z"),
        "type": NAMES,
        "v": st.just(1),
    }
)


def body(**changed: object) -> dict[str, Any]:
    """A body of a known kind, with some of its values changed."""
    return {
        "act": {"id": "k-1", "role": "kiosk"},
        "at": "2026-11-23T09:41:07.123Z",
        "clause": "face.checkin",
        "consent": 41,
        "data": {
            "candidates": [12],
            "model": "dlib-resnet-1",
            "score": -3821,
            "start": 56,
            "verdict": "match",
        },
        "purpose": "face.checkin",
        "rules": RULES,
        "seq": 57,
        "site": "c-1",
        "subject": SUBJECT,
        "type": "face.compared",
        "v": 1,
        **changed,
    }


def dumped(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


RAW = dumped(body())


@given(BODIES)
def test_what_the_grammar_allows_it_accepts(made: dict[str, Any]) -> None:
    assert grammar.fault(dumped(made)) is None


@given(BODIES, st.data())
def test_a_byte_more_or_less_or_another_is_found_or_still_canonical(
    made: dict[str, Any], data: st.DataObject
) -> None:
    raw = bytearray(dumped(made))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    if grammar.fault(bytes(raw)) is None:
        assert dumped(json.loads(raw)) == bytes(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_judged_and_none_raise(raw: bytes) -> None:
    assert grammar.fault(raw) is not None


def test_the_example_of_the_design_is_sound() -> None:
    assert grammar.encode(body()) == RAW
    assert grammar.fault(RAW) is None


RAW_FAULTS = {
    "nothing": b"",
    "not JSON": b"{",
    "no object": b"[]",
    "two objects": RAW + RAW,
    "a byte after the end": RAW + b"\n",
    "a space": RAW.replace(b'"act":', b'"act": '),
    "a tab": RAW.replace(b'"act":', b'"act":\t'),
    "a leading space": b" " + RAW,
    "another order of the keys": RAW.replace(
        b'"seq":57,"site":"c-1"', b'"site":"c-1","seq":57'
    ),
    "another order inside data": RAW.replace(
        b'"candidates":[12],"model":"dlib-resnet-1"',
        b'"model":"dlib-resnet-1","candidates":[12]',
    ),
    "a duplicate key": RAW.replace(b'"seq":57', b'"seq":57,"seq":57'),
    "a duplicate key with another value": RAW.replace(b'"v":1', b'"v":2,"v":1'),
    "a duplicate key inside data": RAW.replace(
        b'"score":-3821', b'"score":-3821,"score":-3821'
    ),
    "a backslash": RAW.replace(b'"c-1"', b'"\\u0063-1"'),
    "Chinese in UTF-8": RAW.replace(b"match", "王小明".encode()),
    "Chinese escaped": RAW.replace(b"match", b"\\u738b\\u5c0f\\u660e"),
    "a control character": RAW.replace(b"match", b"mat\x01h"),
    "delete": RAW.replace(b"match", b"mat\x7fh"),
    "a byte order mark": b"\xef\xbb\xbf" + RAW,
    "an exponent": RAW.replace(b'"seq":57', b'"seq":57e0'),
    "a float": RAW.replace(b'"score":-3821', b'"score":-0.3821'),
    "a whole float": RAW.replace(b'"score":-3821', b'"score":-3821.0'),
    "a negative zero": RAW.replace(b'"score":-3821', b'"score":-0'),
    "a leading zero": RAW.replace(b'"seq":57', b'"seq":057'),
    "not a number": RAW.replace(b'"score":-3821', b'"score":NaN'),
    "infinity": RAW.replace(b'"score":-3821', b'"score":-Infinity'),
    "thousands of digits": RAW.replace(b'"seq":57', b'"seq":' + b"9" * 5000),
}


@pytest.mark.parametrize("rule", sorted(RAW_FAULTS))
def test_bytes_that_are_not_canonical_are_found(rule: str) -> None:
    assert RAW_FAULTS[rule] != RAW
    assert grammar.fault(RAW_FAULTS[rule]) is not None


DATA = body()["data"]
VALUE_FAULTS: dict[str, dict[str, object]] = {
    "another version": {"v": 2},
    "a version that is true": {"v": True},
    "a negative number": {"seq": -1},
    "a number that is true": {"seq": True},
    "a number that is text": {"seq": "57"},
    "a number too large": {"seq": 2**53},
    "no time": {"at": None},
    "a time without milliseconds": {"at": "2026-11-23T09:41:07Z"},
    "a time with a zone": {"at": "2026-11-23T09:41:07.123+08:00"},
    "a time with a line end": {"at": "2026-11-23T09:41:07.123Z\n"},
    "a kind in capitals": {"type": "Face.compared"},
    "a kind too long": {"type": "f" * 49},
    "no kind": {"type": None},
    "no clause": {"clause": None},
    "an empty clause": {"clause": ""},
    "a clause of words": {"clause": "face checkin"},
    "an empty purpose": {"purpose": ""},
    "a purpose that is a number": {"purpose": 1},
    "a site too long": {"site": "c" * 33},
    "a site in capitals": {"site": "C-1"},
    "a person without prefix": {"subject": "0f" * 16},
    "a person too short": {"subject": SUBJECT[:-1]},
    "a name for a person": {"subject": "Wang Xiaoming"},
    "a consent that is text": {"consent": "41"},
    "a negative consent": {"consent": -1},
    "a consent too large": {"consent": 2**53},
    "rules too short": {"rules": RULES[:-1]},
    "rules in capitals": {"rules": RULES.upper()},
    "nobody acting": {"act": None},
    "an actor without role": {"act": {"id": "k-1"}},
    "an actor with more": {"act": {"id": "k-1", "role": "kiosk", "name": "x"}},
    "an unknown role": {"act": {"id": "k-1", "role": "owner"}},
    "a role that is a list": {"act": {"id": "k-1", "role": ["kiosk"]}},
    "an empty actor": {"act": {"id": "", "role": "kiosk"}},
    "an actor with a space": {"act": {"id": "Mr Wang", "role": "kiosk"}},
    "an actor too long": {"act": {"id": "k" * 41, "role": "kiosk"}},
    "data that is a list": {"data": []},
    "data that is null": {"data": None},
    "an object in data": {"data": {**DATA, "score": {}}},
    "a list in a list": {"data": {**DATA, "candidates": [[1]]}},
    "a list too long": {"data": {**DATA, "candidates": list(range(65))}},
    "an integer too large": {"data": {**DATA, "score": 2**53}},
    "an integer too small": {"data": {**DATA, "score": -(2**53)}},
    "text too long": {"data": {**DATA, "verdict": "m" * 129}},
    "text with a space": {"data": {**DATA, "verdict": "hello world"}},
    "text with a quote": {"data": {**DATA, "verdict": 'a"b'}},
    "text with an at sign": {"data": {**DATA, "verdict": "wang@example.com"}},
    "a key with a capital": {"data": {**DATA, "Note": 1}},
    "a key too long": {"data": {**DATA, "k" * 49: 1}},
    "an empty key": {"data": {**DATA, "": 1}},
}


@pytest.mark.parametrize("rule", sorted(VALUE_FAULTS))
def test_each_rule_broken_once_is_found_and_never_written(rule: str) -> None:
    broken = body(**VALUE_FAULTS[rule])
    assert grammar.fault(dumped(broken)) is not None
    with pytest.raises(EventInvalid):
        grammar.encode(broken)


@pytest.mark.parametrize("key", sorted(grammar.BODY_KEYS))
def test_a_missing_key_is_found(key: str) -> None:
    broken = body()
    del broken[key]
    assert grammar.fault(dumped(broken)) == "wrong keys"


def test_a_key_too_many_is_found() -> None:
    assert grammar.fault(dumped(body(name="x"))) == "wrong keys"


def test_the_bounds_themselves_are_allowed() -> None:
    edge = body(
        seq=2**53 - 1,
        data={
            **DATA,
            "low": -(2**53) + 1,
            "high": 2**53 - 1,
            "text": "m" * 128,
            "list": [None, True, "", 0] * 16,
        },
    )
    assert grammar.fault(dumped(edge)) is None


@pytest.mark.parametrize("depth", [100, *range(940, 1010), 5_000])
def test_nesting_of_any_depth_is_judged_and_does_not_raise(depth: int) -> None:
    nested = RAW.replace(b"[12]", b"[" * depth + b"]" * depth)
    assert grammar.fault(nested) is not None


def test_a_kind_unknown_here_is_no_fault_of_grammar_but_is_not_written() -> None:
    later = body(type="face.imagined")
    assert grammar.fault(dumped(later)) is None
    with pytest.raises(EventInvalid):
        grammar.encode(later)


def test_the_use_of_a_face_needs_its_purpose_and_exactly_its_keys() -> None:
    with pytest.raises(EventInvalid, match="purpose"):
        grammar.encode(body(purpose=None))
    with pytest.raises(EventInvalid, match="keys"):
        grammar.encode(body(data={**DATA, "more": 1}))
    with pytest.raises(EventInvalid, match="keys"):
        grammar.encode(body(data={"start": 56}))


def test_a_kind_without_purpose_refuses_one() -> None:
    plain = body(type="staff.signed_in", data={}, consent=None)
    with pytest.raises(EventInvalid, match="purpose"):
        grammar.encode(plain)
    assert grammar.encode({**plain, "purpose": None})


UNJSON = {
    "an object": object(),
    "bytes": b"bytes",
    "a set": {1, 2},
    "not a number": float("nan"),
    "thousands of digits": 10**5000,
}


@pytest.mark.parametrize("name", sorted(UNJSON))
def test_what_is_no_json_is_refused_as_an_event(name: str) -> None:
    with pytest.raises(EventInvalid):
        grammar.encode(body(data={**DATA, "score": UNJSON[name]}))
