"""No kind of event has room for a name, a phone number or free text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import catalogue, grammar
from audit.catalogue import KINDS
from audit.drafts import Act
from audit.errors import EventInvalid
from audit.log import Unit

PERSONAL = [
    "王小明",
    "Wang Xiaoming",
    "hello world",
    "13812345678",
    "+8613812345678",
    "138-1234-5678",
    "wang@example.com",
    "五号楼，三单元",
    "11010519491231002X",
    "",
]
CLAUSE = re.compile(r"[a-z][a-z0-9._-]{0,47}")
HEX64 = "0" * 64
TIME = "2026-11-23T09:41:07.123Z"
UUID7 = "01936d5e-0000-7000-8000-000000000000"
SAMPLES: list[object] = [
    *(
        None,
        True,
        1,
        "a-token",
        HEX64,
        TIME,
        UUID7,
        [1],
        ["a-token"],
        "0123456789abcdef",
    )
]
KEYS = [(kind, key) for kind, entry in KINDS.items() for key in entry.keys]


def _fitting(kind: str, key: str) -> object:
    check = KINDS[kind].keys[key]
    named = [
        *(
            "first",
            "face_first",
            "purpose",
            "zh-hans",
            "phone",
            "self",
            "term",
            "ended",
        ),
        *("none_found", "match", "arrival", "pass", "channel", "desk", "staff"),
    ]
    return next(value for value in [*SAMPLES, *named] if check(value))


def _body(kind: str, **changed: object) -> dict[str, Any]:
    entry = KINDS[kind]
    purpose = "face.checkin" if entry.purpose else None
    return {
        "act": {"id": "k-1", "role": "kiosk"},
        "at": TIME,
        "clause": entry.clause or "face.checkin",
        "consent": None,
        "data": {key: _fitting(kind, key) for key in entry.keys} | changed,
        "purpose": purpose,
        "rules": HEX64,
        "seq": 57,
        "site": "c-1",
        "subject": None,
        "type": kind,
        "v": 1,
    }


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_written_with_fitting_values(kind: str) -> None:
    assert grammar.fault(grammar.encode(_body(kind))) is None


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_no_key_of_any_kind_takes_a_name_a_phone_or_words(kind: str, key: str) -> None:
    for text in PERSONAL:
        for value in (text, [text], [[text]], {text: text}, text.encode()):
            if isinstance(value, bytes):
                assert not KINDS[kind].keys[key](value)
                continue
            with pytest.raises(EventInvalid):
                grammar.encode(_body(kind, **{key: value}))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_kind_takes_a_key_of_its_own(kind: str) -> None:
    for key in ("name", "phone", "note", "王小明"):
        with pytest.raises(EventInvalid):
            grammar.encode(_body(kind, **{key: "a-token"}))


@given(st.text(max_size=60), st.sampled_from(KEYS))
def test_any_text_that_is_taken_is_a_code_a_hash_a_time_or_an_id(
    text: str, place: tuple[str, str]
) -> None:
    kind, key = place
    if KINDS[kind].keys[key](text):
        assert re.fullmatch(
            r"[a-z][a-z0-9._-]{0,39}|[0-9a-f]{16}|[0-9a-f]{64}|[0-9TZ:.-]{24}|[0-9a-f-]{36}",
            text,
        )


@pytest.mark.parametrize("text", ["王小明", "Wang Xiaoming", "+8613812345678", ""])
def test_nobody_acts_under_a_name(text: str) -> None:
    body = _body("staff.signed_in")
    with pytest.raises(EventInvalid):
        grammar.encode({**body, "act": {"id": text, "role": "visitor"}})


def test_a_face_score_is_a_number_of_ten_thousandths() -> None:
    check = KINDS["face.compared"].keys["score"]
    assert check(None)
    assert check(-3821)
    assert not check(-0.3821)
    assert not check(True)
    assert not check(100_001)


def test_every_kind_stands_on_a_clause_or_on_its_purpose() -> None:
    for name, entry in KINDS.items():
        if entry.clause is None:
            assert entry.purpose is True, name
        else:
            assert CLAUSE.fullmatch(entry.clause), name


def test_a_kind_without_a_clause_to_stand_on_is_not_drafted() -> None:
    unit = Unit(act=Act("k-1", "kiosk"), site="c-1", rules=None)
    for kind in ("capture.started", "no.such.kind"):
        with pytest.raises(EventInvalid):
            unit.event(kind)
    assert unit.drafts == []


def test_the_uses_are_those_of_the_contract() -> None:
    uses = {name for name, entry in KINDS.items() if entry.use}
    assert uses == {
        *("contact.collected", "contact.viewed", "contact.corrected"),
        *("capture.started", "face.enrolled", "face.compare.started"),
        *("face.compared", "decision.made"),
    }
    assert all(KINDS[name].purpose for name in uses)


def test_a_decision_is_a_use_when_a_channel_gets_it() -> None:
    assert catalogue.is_use("decision.made", {"outcome": "channel"})
    assert not catalogue.is_use("decision.made", {"outcome": "walk_in"})
    assert catalogue.is_use("face.enrolled", {})
    assert not catalogue.is_use("consent.granted", {})


def test_a_list_has_at_most_64_places() -> None:
    check = KINDS["face.compared"].keys["candidates"]
    assert check(list(range(64)))
    assert not check(list(range(65)))
    assert not check((1, 2))
    assert not check([True])


def test_the_id_that_a_log_is_given_fits_where_a_later_log_names_it() -> None:
    check = KINDS["log.opened"].keys["prior_log"]
    for identifier in ("0123456789abcdef", "fedcba9876543210", None):
        assert check(identifier)
