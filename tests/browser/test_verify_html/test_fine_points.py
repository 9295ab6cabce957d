"""Both verifiers on the fine points of the rules, the notes and the receipts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import packs
from tests.audit.test_verifier import scenes
from tests.browser.test_verify_html.inspecting import Case, Inspector, payload
from tests.browser.test_verify_html.spoiling import dumped
from tests.packs import Log, Signer
from tests.packs.receipts import signed
from tests.packs.sealing import checkpoint_line, manifest_note

pytestmark = pytest.mark.browser

EVIL = "\u202e\x1b[31m\n完好"


def decided(consent: str, decision: str | None, outcome: str) -> tuple[Log, int]:
    """Return a log in which something was decided after a consent ended."""
    log = scenes.house()
    given = scenes.grant(log, consent)
    first = scenes.later(log, 1)
    scenes.withdrawn(log, given)
    data = {"outcome": outcome}
    scenes.under(log, given, "decision.revised", purpose=decision, data=data)
    return log, first


@pytest.mark.parametrize(
    ("consent", "decision", "outcome", "code"),
    [
        ("attribution", "attribution", "walk_in", 1),
        ("attribution", "attribution", "channel", 1),
        ("attribution", None, "walk_in", 1),
        ("contact", "contact", "walk_in", 0),
        ("contact", "contact", "channel", 1),
    ],
)
def test_decisions_after_an_end(
    consent: str, decision: str | None, outcome: str, code: int, inspector: Inspector
) -> None:
    log, first = decided(consent, decision, outcome)
    for start in (0, first):
        case = Case(packs.pack(log, start), (packs.vkey(log),))
        found = inspector.agree(case)
        assert found["exit"] == code
        assert found["partial"] is (start > 0)


def test_what_a_grant_and_its_key_have_to_name(inspector: Inspector) -> None:
    made: list[tuple[Log, int]] = []
    for name in ("purpose", "subject"):
        log = scenes.house()
        consent = scenes.grant(log)
        use = scenes.under(log, consent, "contact.viewed")
        log.edit(consent, **{name: None})
        log.edit(use, **{name: None})
        made += [(log, 0), (log, use)]
    log = scenes.house()
    scenes.under(log, scenes.grant(log), "key.created", consent=None)
    made.append((log, 0))
    for old in ("x", Signer("salescenter/demo-other/1").vkey, None):
        log = scenes.house()
        data = {"old": old, "new": packs.vkey(log)}
        log.add("signer.rotated", data=data)
        made.append((log, 0))
    log = scenes.two_sites()
    log.edit(scenes.HERE, at=log.event(6)["at"])
    made.append((log, 5))
    for log, first in made:
        found = inspector.agree(Case(packs.pack(log, first), (packs.vkey(log),)))
        assert (found["exit"], found["altered"]) == (1, [])


def test_a_grant_from_outside_has_the_text_of_its_rules(inspector: Inspector) -> None:
    log = scenes.house()
    other = scenes.grant(log, subject=scenes.ANOTHER, rules=scenes.NEWER)
    probe = scenes.grant(log, rules=scenes.RULES)
    scenes.compared(log, probe, other)
    pin = packs.vkey(log)
    assert inspector.agree(Case(packs.pack(log, probe), (pin,)))["exit"] == 0
    del log.documents[scenes.NEWER]
    found = inspector.agree(Case(packs.pack(log, probe), (pin,)))
    assert [one["seq"] for one in found["violations"]] == [other]


def test_receipts_that_prove_nothing(inspector: Inspector, log: Log) -> None:
    full = packs.receipt(log)
    refused = [{"purpose": "contact", "event_state": "refused"}]
    choices: list[tuple[list[dict[str, Any]], int]] = [([], 2), (refused, 2)]
    states: list[object] = ["Given", None, 1, {}]
    for state in states:
        choices.append(([{"purpose": "contact", "event_state": state}], 1))
    for made, code in choices:
        told = dumped(signed({**full, "choices": made, "proofs": []}))
        for raw in (None, packs.pack(log)):
            case = Case(raw, (packs.vkey(log),), receipt=told)
            assert inspector.agree(case)["exit"] == code
    for late, code in (("2000-01-01T00:00:00.000Z", 0), (scenes.FAR, 1), (None, 1)):
        full["choices"][0]["granted_at"] = late
        case = Case(None, (packs.vkey(log),), receipt=dumped(signed(full)))
        assert inspector.agree(case)["exit"] == code


def test_many_signatures(inspector: Inspector) -> None:
    log = scenes.house()
    keys = [Signer(log.origin, number) for number in range(17)]
    files = packs.contents(log, keys=[one.vkey for one in keys])
    for count, times, code in ((16, 5, 2), (17, 1, 1)):
        text = packs.checkpoint(log, 2, signers=keys[:count] * times)
        made = {**files, "checkpoints.jsonl": checkpoint_line(2, text)}
        made = packs.resealed(made, log, signers=keys[:1])
        assert inspector.agree(Case(packs.zipped(made)))["exit"] == code


def test_reading_stops_after_a_thousand_alterations(inspector: Inspector) -> None:
    log = scenes.house()
    for _ in range(1500):
        log.add("staff.signed_in")
    files = packs.contents(log)
    files["events.jsonl"] = files["events.jsonl"].replace(b'"v":1', b'"v":2')
    found = inspector.agree(Case(packs.zipped(packs.resealed(files, log))))
    assert (found["exit"], found["altered_count"]) == (1, 1000)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('"x":' + "[" * 63 + "]" * 63, 0),
        ('"x":' + "[" * 64 + "]" * 64, 3),
        ('"x":"' + "[" * 30_000 + '"', 0),
        ('"x":"\\"' + "{" * 30_000 + '"', 0),
        ('"x":[' + "[]," * 20_000 + "0]", 3),
    ],
)
def test_how_deep_json_may_be(more: str, code: int, inspector: Inspector) -> None:
    log = scenes.house()
    files = packs.contents(log)
    raw = files["manifest.json"].removesuffix(b"}\n") + b"," + more.encode() + b"}\n"
    assert json.loads(raw)
    sealed = manifest_note(log, raw, 2)
    made = packs.zipped({**files, "manifest.json": raw, "manifest.note": sealed})
    assert inspector.agree(Case(made, (packs.vkey(log),)))["exit"] == code


def test_names_and_notes_at_their_limits(inspector: Inspector, log: Log) -> None:
    pin = packs.vkey(log)
    for length, code in ((255, 0), (256, 1)):
        parts = {"x" * (length - len("parts/")): b""}
        found = inspector.agree(Case(packs.pack(log, parts=parts), (pin,)))
        assert found["exit"] == code
    prior = packs.checkpoint(log, 9)
    windows = "\ufeff" + prior.replace("\n", "\r\n")
    empty = prior[prior.index("\n") :]
    raw = packs.pack(log)
    assert inspector.agree(Case(raw, (pin,), (windows,)))["exit"] == 0
    nothing = Case(raw, (pin,), (empty,))
    assert inspector.judge(nothing)["exit"] == inspector.twin(nothing)["exit"] == 3


def test_what_a_file_says_is_shown_and_never_obeyed(
    inspector: Inspector, log: Log
) -> None:
    files = packs.contents(log)
    listed = packs.resealed(files, log, listed={EVIL: "a" * 64})
    twice = {**files, "start.json": json.dumps({EVIL: 1}).encode()[:-1] + b","}
    twice["start.json"] += json.dumps({EVIL: 2}).encode()[1:]
    receipt = packs.receipt(log)
    receipt["site_id"] = receipt["choices"][0]["purpose_text"] = EVIL
    receipt["choices"][1]["purpose"] = EVIL * 200
    for name, raw in (
        ("pack.zip", packs.zipped(listed)),
        ("pack.zip", packs.zipped(packs.resealed(twice, log))),
        ("receipt.json", dumped(receipt).encode()),
    ):
        inspector.give((name, raw))
        inspector.page.wait_for_selector("#verdict")
        said = inspector.page.locator("#result").inner_text()
        assert "\\u202e\\u001b[31m\\u000a完好" in said
        assert not {"\u202e", "\x1b"} & set(said)
    inspector.page.reload()
    inspector.page.set_input_files("#files", [payload("a\u202eb.zip", packs.pack(log))])
    expect(inspector.page.locator("#chosen")).to_contain_text("a\\u202eb.zip")
