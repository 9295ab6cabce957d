"""The file format, what is malformed, and the command that reads it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from leads.attribution import CLAUSES, FactsMalformed, decide, parse_case, parse_rules
from leads.attribution.facts import Visit
from leads.management.commands.attribution_explain import Command
from tests.leads.attribution.cases import (
    WANG,
    bytes_of,
    document,
    fact,
    hidden,
    referral,
    rules,
    visit,
)

WHEN = "02-25 14:00"
EVERY_TYPE: list[dict[str, Any]] = [
    referral("r1", WHEN),
    hidden("r2", WHEN),
    visit("t1", WHEN),
    visit("t2", WHEN, "v2", phone=None, surname=None),
    fact("d1", "deal", WHEN, visitor="v1", stage="subscribed"),
    fact("c1", "confirmation", WHEN, referral="r1", answer="confirmed"),
    fact("s1", "referral_shown", WHEN, referral="r1", visitor="v1"),
    fact("n1", "contact_change", WHEN, visitor="v1", old=WANG, new="13700001111"),
    fact("f1", "relation", WHEN, visitor="v1", other="v2", relation="child",
         evidence=True),
    fact("l1", "face_link", WHEN, visits=["t1", "t2"], consent_live=True),
    fact("w1", "face_withdrawn", WHEN, visitor="v1"),
    fact("u1", "ruling", WHEN, visitor="v1", dispute="x", outcome="channel",
         channel="B1"),
    fact("m1", "referral_match", WHEN, referral="r1", visitor="v1"),
    fact("p1", "same_person", WHEN, visitor="v1", other="v2"),
]  # fmt: skip


def broken(asked: dict[str, Any]) -> str:
    with pytest.raises(FactsMalformed) as refused:
        parse_case(asked)
    line = str(refused.value)
    assert line
    assert "\n" not in line
    assert WANG not in line
    return line


def test_every_fact_type_is_read() -> None:
    case = parse_case(document(*EVERY_TYPE))
    assert {each.id for each in case.facts} == {each["id"] for each in EVERY_TYPE}
    assert json.loads(bytes_of(document(*EVERY_TYPE)))["outcome"]


@pytest.mark.parametrize("whole", EVERY_TYPE, ids=lambda each: str(each["type"]))
def test_every_key_of_a_fact_must_be_there(whole: dict[str, Any]) -> None:
    for key in whole:
        if key == "phone_masked":
            continue
        rest = {name: value for name, value in whole.items() if name != key}
        assert "missing key" in broken(document(rest))


def test_a_referral_needs_a_phone_a_mask_or_null() -> None:
    bare = {k: v for k, v in hidden("r1", WHEN).items() if k != "phone_masked"}
    assert broken(document(bare)) == "fact 'r1': missing key 'phone'"
    parse_case(document({**bare, "phone": None}))


@pytest.mark.parametrize("key", ["rules", "visitor", "as_of", "facts"])
def test_every_key_of_the_document_must_be_there(key: str) -> None:
    asked = document(visit("t1", WHEN))
    del asked[key]
    assert broken(asked) == f"document: missing key '{key}'"


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"type": "sighting"}, "fact 't1': unknown type 'sighting'"),
        ({"at": "2026-02-25T14:00:00"}, "fact 't1': at is a time without zone"),
        ({"at": "yesterday"}, "fact 't1': at is not a time"),
        ({"at": "9999-12-31T23:59:59Z"}, "fact 't1': at is not between 1900 and 2200"),
        ({"at": 5}, "fact 't1': at is not a text"),
        ({"phone": "12345"}, "fact 't1': phone is not a phone number"),
        ({"phone": ""}, "fact 't1': phone is not a phone number"),
        ({"phone": 138}, "fact 't1': phone is neither a text nor null"),
        ({"visitor": None}, "fact 't1': visitor is not a text"),
        ({"surname": ["王"]}, "fact 't1': surname is neither a text nor null"),
    ],
)
def test_a_malformed_fact_is_one_clear_line(changed: dict[str, Any], line: str) -> None:
    assert broken(document(visit("t1", WHEN, **changed))) == line


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ([], "document: not an object"),
        (document(visit("t1", WHEN), visit("t1", WHEN)), "fact 't1': duplicate id"),
        ({**document(), "facts": {}}, "facts: not a list"),
        ({**document(), "facts": ["t1"]}, "fact 1: not an object"),
        (document(as_of="2026-02-25T00:00"), "document: as_of is a time without zone"),
        (
            document(hidden("r1", WHEN, phone_masked="138????5678")),
            "fact 'r1': phone_masked is not a masked phone number",
        ),
        (
            document(fact("d1", "deal", WHEN, visitor="v1", stage="sold")),
            "fact 'd1': stage is not one of intent, subscribed, signed, paid",
        ),
        (
            document(fact("l1", "face_link", WHEN, visits=["t1"], consent_live=True)),
            "fact 'l1': visits is not a pair of visit ids",
        ),
        (
            document(
                fact("u1", "ruling", WHEN, visitor="v1", dispute="x",
                     outcome="channel", channel=None)
            ),
            "fact 'u1': channel is missing where the outcome is a channel",
        ),
        ({**document(), "rules": []}, "rules: no version"),
        ({**document(), "rules": {}}, "rules: not a list"),
        (document(versions=[rules("a"), rules("a")]), "rules: duplicate version 'a'"),
        (
            document(versions=[rules("a", zone="Mars/Base")]),
            "rules 'a': timezone is no known time zone",
        ),
        (
            document(versions=[rules("a", protection_days=-1)]),
            "rules 'a' defaults: protection_days is not between 0 and 36600",
        ),
        (
            document(versions=[rules("a", protection_days=True)]),
            "rules 'a' defaults: protection_days is not a whole number",
        ),
        (
            document(versions=[rules("a", family="clan")]),
            "rules 'a' defaults: family is not one of same_customer, separate",
        ),
        (
            document(versions=[rules("a", kinds={"broker": {"protection": 1}})]),
            "rules 'a' kinds 'broker': 'protection' is not one of the defaults",
        ),
    ],
)  # fmt: skip
def test_a_malformed_document_is_one_clear_line(asked: Any, line: str) -> None:
    assert broken(asked) == line


def test_no_line_repeats_a_phone_or_breaks_in_two() -> None:
    twice = document(visit("t1", WHEN), visit("t1\nt2" + "x" * 99, WHEN, phone="1"))
    assert "…" in broken(twice)


def test_region_and_kinds_may_be_absent() -> None:
    short = rules()
    del short["region"], short["kinds"]
    book = parse_rules([short])
    assert book.versions[0].region == "CN"
    assert book.versions[0].terms("broker").quota_per_day == 30


def test_the_region_of_the_rules_reads_the_phones() -> None:
    hong_kong = {**rules(), "region": "HK"}
    local = visit("t1", WHEN, phone="9123 4567")
    case = parse_case(document(local, versions=[hong_kong]))
    assert isinstance(case.facts[0], Visit)
    assert case.facts[0].phone == "+85291234567"


def test_a_time_without_zone_is_no_fact() -> None:
    with pytest.raises(ValueError, match="zone"):
        Visit(
            id="t1",
            at=datetime(2026, 2, 25, 14),  # noqa: DTZ001 - what is refused
            visitor="v1",
            phone=None,
            surname=None,
            verified_by="pass",
        )


def test_the_engine_names_its_clauses() -> None:
    assert {f"A{number}" for number in range(1, 15)} == CLAUSES


def test_the_engine_takes_facts_as_the_service_makes_them() -> None:
    came = Visit(
        id="t1",
        at=datetime(2026, 2, 25, 14, tzinfo=UTC),
        visitor="v1",
        phone="+8613812345678",
        surname=None,
        verified_by="desk",
    )
    book = parse_rules([rules()])
    decision = decide(rules=book, facts=iter([came]), visitor="v1", as_of=came.at)
    assert (decision.outcome, decision.moment) == ("walk_in", "t1")
    assert "13812345678" not in decision.canonical()


def test_the_command_prints_the_decision(tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    asked = document(referral("r1", "02-24 10:00"), visit("t1", WHEN))
    file.write_text(json.dumps(asked), encoding="utf-8")
    printed = io.StringIO()
    call_command(Command(), str(file), stdout=printed)
    assert printed.getvalue() == bytes_of(asked) + "\n"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"{", "not JSON: line 1, column 2"),
        (b"\xff\xfe\x00", "the file is not UTF-8"),
        (b"[" * 100_000, "not JSON that can be read"),
        (b"{}", "document: missing key 'rules'"),
        (None, "the file cannot be read"),
    ],
)
def test_the_command_answers_a_malformed_file_with_2_and_a_line(
    tmp_path: Path, content: bytes | None, line: str
) -> None:
    file = tmp_path / "case.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command(Command(), str(file))
    assert refused.value.returncode == 2
    assert str(refused.value) == line
