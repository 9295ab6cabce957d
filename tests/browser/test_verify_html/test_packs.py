"""verify.html and verify.py on the same packs and receipts: both say the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests import packs
from tests.browser.test_verify_html.inspecting import Case, Inspector
from tests.browser.test_verify_html.spoiling import dumped, hostile, sound
from tests.packs.log import Log

pytestmark = pytest.mark.browser


def test_sound_packs(inspector: Inspector, log: Log, turned: Log) -> None:
    for name, (case, code) in sound(log, turned).items():
        found = inspector.agree(case)
        assert found["exit"] == code, (name, found["altered"], found["violations"])
        assert (found["altered"], found["violations"]) == ([], []), name


def test_hostile_packs(inspector: Inspector, log: Log, turned: Log) -> None:
    pin = packs.vkey(log)
    for name, (raw, code) in hostile(log, turned).items():
        found = inspector.agree(Case(raw, (pin,)))
        assert found["exit"] == code, name
        for one in [*found["altered"], *found["violations"]]:
            assert one["what"], name
            assert one["zh"], name
            assert "internal" not in one["what"]
        if code == 3:
            assert "internal" not in found["unreadable"]
            assert "\n" not in found["unreadable"]


def test_a_history_rewritten_with_the_real_key(inspector: Inspector, log: Log) -> None:
    other = packs.build_log(seed=3, consents=14)
    other.edit(other.find("visit.recorded"), data={"verified_by": "staff"})
    raw, pin = packs.pack(other), packs.vkey(log)
    assert inspector.agree(Case(raw, (pin,)))["exit"] == 0
    prior = packs.checkpoint(log, len(log.bodies) - 5)
    assert inspector.agree(Case(raw, (pin,), (prior,)))["exit"] == 1
    grant = log.find("consent.granted")
    other.edit(grant, data={"language": "en"})
    receipt = dumped(packs.receipt(log, log.event(grant)["subject"]))
    found = inspector.agree(Case(packs.pack(other), (pin,), receipt=receipt))
    assert grant in {one.get("seq") for one in found["altered"]}


def test_bad_things_given_beside_a_pack(inspector: Inspector, log: Log) -> None:
    raw, pin = packs.pack(log), packs.vkey(log)
    bad = [
        Case(raw, ("nonsense",)),
        Case(raw, (pin,), ("nonsense",)),
        Case(raw, (pin,), ("x" * 20_000,)),
        Case(raw, (pin,), receipt="nonsense"),
        Case(raw, (pin,), receipt="{}"),
    ]
    for case in bad:
        found = inspector.judge(case)
        assert (found["exit"], inspector.twin(case)["exit"]) == (3, 3)
        assert "internal" not in found["unreadable"]


def test_any_byte_of_a_receipt(inspector: Inspector, log: Log) -> None:
    chance = random.Random(5)
    pin, text = packs.vkey(log), dumped(packs.receipt(log))
    for _ in range(60):
        place = chance.randrange(len(text))
        other = chance.choice([one for one in 'a9"{,é' if one != text[place]])
        spoilt = text[:place] + other + text[place + 1 :]
        found = inspector.agree(Case(None, (pin,), receipt=spoilt))
        assert found["exit"] in {1, 3}, (place, text[place], other)


def test_receipts_that_say_otherwise_than_their_proofs(
    inspector: Inspector, log: Log
) -> None:
    def spoilt(change: Callable[[dict[str, Any]], object]) -> str:
        receipt = packs.receipt(log)
        del receipt["signature"]
        change(receipt)
        return dumped(receipt)

    pin = packs.vkey(log)
    assert inspector.agree(Case(None, (pin,), receipt=spoilt(len)))["exit"] == 0
    kinds: list[Callable[[dict[str, Any]], object]] = [
        lambda one: one.update(pii_principal_id="s_" + "0" * 32),
        lambda one: one.update(site_id="c-9"),
        lambda one: one.update(rules="0" * 64),
        lambda one: one["choices"][0].update(purpose="marketing.call"),
        lambda one: one["choices"][0].update(
            retention_period="2100-01-01T00:00:00.000Z"
        ),
        lambda one: one["proofs"].pop(),
        lambda one: one["proofs"].append(one["proofs"][0]),
        lambda one: one["proofs"][0]["path"].pop(),
        lambda one: one.update(size=one["size"] - 1),
        lambda one: one.pop("note"),
        lambda one: one.pop("vkey"),
        lambda one: one.update(note=packs.checkpoint(log, 50)),
    ]
    for number, kind in enumerate(kinds):
        found = inspector.agree(Case(None, (pin,), receipt=spoilt(kind)))
        assert found["exit"] == 1, number


def test_any_byte_of_a_pack_and_any_edit(inspector: Inspector, log: Log) -> None:
    """A few at random each time would not repeat; these are the same ever."""
    chance = random.Random(6)
    pin, raw = packs.vkey(log), packs.pack(log, 0, 60)
    for _ in range(60):
        spoilt = bytearray(raw)
        spoilt[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        assert inspector.agree(Case(bytes(spoilt), (pin,)))["exit"] in {1, 3}
    kinds = sorted({event["type"] for event in log.events()})
    for _ in range(60):
        other = packs.build_log(seed=chance.randrange(4), consents=6)
        seq = chance.randrange(len(other.bodies))
        change: dict[str, Any] = chance.choice(
            [
                {"consent": chance.choice([None, seq, seq // 2])},
                {"type": chance.choice([*kinds, "new.kind"])},
                {"site": chance.choice([None, "c-2"])},
                {"rules": None},
                {"subject": None},
                {"data": {"start": chance.choice([None, seq // 2, "x"])}},
                {"data": {"candidates": [seq // 2]}},
            ]
        )
        other.edit(seq, **change)
        inspector.agree(Case(packs.pack(other, 10), (packs.vkey(other),)))
