"""Whatever is offered to a key of an event, only what its check says gets through.

The catalogue is held against `events.takes`, which is written from the words of each
check: what the words allow must be written, and nothing else, by `grammar.encode`.
"""

from __future__ import annotations

import re
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import grammar
from audit.catalogue import KINDS
from audit.errors import EventInvalid
from tests.audit import events

pytestmark = pytest.mark.slow

KEYS = [(kind, key) for kind, entry in KINDS.items() for key in entry.keys]
WITH_DATA = sorted(kind for kind, entry in KINDS.items() if entry.keys)
PHONES = [
    *("13812345678", "+8613812345678", "8613812345678", "008613812345678"),
    *("138-1234-5678", "138.1234.5678", "138_1234_5678", "138 1234 5678"),
    *("1-3-8-1-2-3-4-5-6-7-8", "p13812345678", "p138-1234-5678", "p.1.3.8.1234-5678"),
    *("t-1381234", "a1381234b5678", "tel:13812345678", "(021) 6123-4567"),
    *(
        "02161234567",
        "021-61234567",
        "c-02161234567",
        "１３８１２３４５６７８",
        "١٣٨١٢٣٤٥٦٧٨",
    ),
    *("一三八一二三四五六七八", "k-138-12345678", "13812345678\n", "m13812345678.2026"),
    *("11010519491231002X", "a110105194912310021", "6222021234567890123"),
]
NAMES = [
    *("王小明", "王", "欧阳娜娜", "Wang Xiaoming", "WangXiaoming", "王小明先生", "\\"),
    *("O'Brien", "José", "Мария", "محمد", "たなか", "wang@example.com", "hello world"),
    *("五号楼，三单元", "Building 5, unit 3", "", " ", "a b", "a\tb", "a\nb", "\0"),
    *("\u200b", "👤", '","name":"Wang"', "a\u0301"),
]
NUMBERS: list[object] = [
    *(13812345678, -13812345678, 8613812345678, 110105194912310021, 2**53, 2**64),
    *(10**10, 10**10 - 1, 0, 1, -1, True, False, 0.5, 1.0, -0.0, 1e300),
    *(float("nan"), float("inf")),
]
NESTED: list[object] = [
    *({}, {"name": "王小明"}, [[]], [["13812345678"]], [None], [[1]], [{}]),
    *([0.5], [True], [1] * 65, ["a"] * 64, (), (1, 2), None, [], b"bytes", object()),
]
LONG = ["x" * 129, "a" * 41, "0" * 64, "A" * 64, "null", "wangxiaoming"]
LONG = ["x" * 129, "a" * 41, "0" * 64, "A" * 64, "null", "wangxiaoming"]
NASTY = [*PHONES, *NAMES, *NUMBERS, *NESTED, *LONG]
NEAR: list[object] = [
    *("2026-02-30T00:00:00.000Z", "2026-02-28T24:00:00.000Z", events.TIME + "\n"),
    *("1381-23-45T67:80:12.345Z", "13812345678-2026-01-01", events.TIME.lower()),
    *("13812345-6780-7000-8000-000000000000", events.UUID7.upper(), "2026-11-23"),
    *("1381-02-23T16:58:00.000Z", "9999-12-31T00:00:00.000Z"),
    *(events.UUID7.replace("-", ""), "{" + events.UUID7 + "}", events.HEX64.upper()),
    *(events.HEX64[:-1], events.PERSON.upper(), events.PERSON + "0", "s_王小明"),
    *("v-2026-01", "v-2026-01-15", "v-2026-13-15", "v-2026-01-151", "v20260115"),
    *("c-2026-01-15-2026-01-16", "t-612-345", "t-612-3456", "face..checkin", "face."),
    *("face.checkin2", "zh-hans ", "Match", "match ", "k-1", "K-1", "c_1", "-1", "9"),
    *(events.verifier_key() + "=", events.verifier_key("salescenter/a/王")),
    *(events.verifier_key("salescenter/a/" + "b" * 33), events.verifier_key("a/b/c")),
]
DIGITS = st.text("0123456789", min_size=5, max_size=15)
SPELT = st.tuples(
    st.sampled_from(["", "t", "k-", "a.", "+", "s_"]),
    st.lists(st.text("0123456789", min_size=1, max_size=8), min_size=2, max_size=6),
    st.sampled_from(["", "-", ".", "_", " ", "/", ":"]),
).map(lambda parts: parts[0] + parts[2].join(parts[1]))
CODES = st.text(string.ascii_lowercase + string.digits + "-._", max_size=48)
PLAIN: st.SearchStrategy[object] = st.one_of(
    st.text(max_size=140),
    SPELT,
    DIGITS,
    DIGITS.map(int),
    CODES,
    st.text("0123456789abcdef-", max_size=70),
    st.sampled_from([*NASTY, *NEAR]),
    st.integers(),
    st.integers(-200_000, 200_000),
    st.floats(),
    st.booleans(),
    st.none(),
    st.sampled_from([one for kind in KINDS for one in kind.split(".")]),
)
ANYTHING: st.SearchStrategy[object] = st.one_of(
    PLAIN,
    st.lists(PLAIN, max_size=70),
    st.dictionaries(st.text(max_size=10), PLAIN, max_size=3),
    st.lists(st.lists(PLAIN, max_size=2), max_size=2),
)


def _mangled(draw: Any, right: object) -> object:
    """Return a right value with one thing about it changed."""
    if isinstance(right, list):
        return [_mangled(draw, item) for item in right] * draw(st.integers(0, 65))
    if isinstance(right, int):
        return right + draw(st.integers(-(2**54), 2**54))
    text = str(right)
    place = draw(st.integers(0, len(text)))
    inside = draw(st.text(max_size=3) | st.sampled_from(["\n", "0", "A", "-", "王"]))
    return text[:place] + inside + text[place + draw(st.integers(0, 2)) :]


def _judge(kind: str, key: str, value: object) -> None:
    says = KINDS[kind].keys[key].says
    body = events.body(kind, **{key: value})
    if events.takes(says, value):
        assert grammar.fault(grammar.encode(body)) is None, (says, value)
        return
    try:
        raw = grammar.encode(body)
    except EventInvalid:
        return
    pytest.fail(f"{kind}.{key} is {says}, and took {value!r}: {raw!r}")


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_no_key_takes_a_name_a_number_words_or_a_float(kind: str, key: str) -> None:
    assert events.takes(
        KINDS[kind].keys[key].says, events.example(KINDS[kind].keys[key].says)
    )
    for value in [*NASTY, *NEAR]:
        _judge(kind, key, value)
        _judge(kind, key, [value])
    for refused in [*PHONES, *NAMES, 13812345678, 8613812345678, 0.5, 1.0]:
        with pytest.raises(EventInvalid):
            grammar.encode(events.body(kind, **{key: refused}))


@pytest.mark.parametrize("kind", WITH_DATA)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_key_takes_what_its_check_says_and_nothing_else(
    kind: str, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(KINDS[kind].keys)))
    right = events.example(KINDS[kind].keys[key].says)
    value = data.draw(ANYTHING | st.builds(lambda: _mangled(data.draw, right)))
    _judge(kind, key, value)


@pytest.mark.parametrize("place", ["clause", "purpose", "site", "subject", "rules"])
@given(value=ANYTHING)
@settings(max_examples=200, deadline=None)
def test_no_place_beside_the_data_takes_a_number_or_a_name(
    place: str, value: object
) -> None:
    _refused_or_harmless({**events.body("key.created"), place: value}, value)


@pytest.mark.parametrize("place", ["clause", "purpose", "site", "subject", "rules"])
def test_no_place_beside_the_data_takes_any_of_these(place: str) -> None:
    for value in [*PHONES, *NAMES, {"a": 1}, 0.5, True, 13812345678, ["a"]]:
        with pytest.raises(EventInvalid):
            grammar.encode({**events.body("key.created"), place: value})


@given(value=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_nobody_acts_under_a_number_or_a_name(value: object) -> None:
    act = {"id": value, "role": "visitor"}
    _refused_or_harmless({**events.body("staff.signed_in"), "act": act}, value)


@pytest.mark.parametrize("text", [*PHONES, *NAMES])
def test_nobody_acts_under_any_of_these(text: str) -> None:
    # Letters alone cannot be told from a code: only the program makes actors' codes.
    if text == "WangXiaoming":
        return
    for act in ({"id": text, "role": "visitor"}, {"id": "k-1", "role": text}):
        with pytest.raises(EventInvalid):
            grammar.encode({**events.body("staff.signed_in"), "act": act})


def test_no_moment_lies_beyond_two_centuries() -> None:
    for year in (1381, 1999, 2200, 9999):
        with pytest.raises(EventInvalid):
            until = f"{year}-12-31T00:00:00.000Z"
            grammar.encode(events.body("consent.granted", until=until))


def test_a_random_code_of_staff_may_hold_many_digits() -> None:
    told = events.body("staff.signed_in")
    grammar.encode({**told, "act": {"id": "st-123456789012", "role": "reception"}})
    for code in ("st-1234567890123", "st-1234567", "x-123456789012"):
        with pytest.raises(EventInvalid):
            grammar.encode({**told, "act": {"id": code, "role": "reception"}})


def _refused_or_harmless(body: dict[str, Any], value: object) -> None:
    """A value is refused, or it is a code in ASCII without a number in it."""
    try:
        grammar.encode(body)
    except EventInvalid:
        return
    if value is None:
        return
    assert isinstance(value, str)
    assert value.isascii()
    assert re.fullmatch(r"[\w.-]+", value, re.ASCII)
    made = events.takes("64 hex", value) or events.takes("pseudonym", value)
    # A date may stand in a code; whatever is left has no seven digits in a row.
    rest = re.sub(r"20\d\d-\d\d-\d\d", "|", value)
    assert made or not re.search(r"\d{7}", re.sub("[-._]", "", rest))
