"""Receipts: by themselves, against a key, and against a pack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import packs
from tests.audit.test_verifier.conftest import Check
from tests.audit.test_verifier.scenes import (
    ANOTHER,
    SOMEBODY,
    grant,
    house,
    later,
    under,
)
from tests.packs import Log, Signer
from tests.packs.log import path_of
from tests.packs.receipts import UNSIGNED, signed

ODD: list[Any] = [None, True, 0, -1, "", "x", [], {}, [None], [[]], [{}], {"a": 1}]


def visitor() -> Log:
    """Return a log in which somebody gave two consents and somebody else one."""
    log = house()
    grant(log, "contact")
    grant(log, "attribution", subject=ANOTHER)
    grant(log, "face.checkin")
    later(log)
    under(log, 2, "contact.viewed")
    return log


def why(check: Check, told: dict[str, Any] | bytes, raw: bytes | None = None) -> str:
    result = check(raw, receipt=told)
    assert result.exit == 1
    return str(result.altered[0]["what"])


def test_a_proved_receipt_is_vouched_for_by_a_pin(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY)
    assert len(told["proofs"]) == 2
    result = check(None, receipt=told)
    assert (result.exit, result.verdict) == (2, "unvouched")
    assert result.demonstration
    result = check(None, receipt=told, pins=[packs.vkey(log)])
    assert result.exit == 0
    assert result.receipt == {
        "file": result.receipt["file"] if result.receipt else "",
        "proved": True,
        "signed": True,
        "choices": 3,
        "given": 2,
        "origin": log.origin,
        "size": 7,
        "vouched": True,
    }
    other = Signer(log.origin, "other").vkey
    assert check(None, receipt=told, pins=[other]).exit == 2


def test_before_the_first_checkpoint_the_signature_counts(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY, proved=False)
    result = check(None, receipt=told, pins=[packs.vkey(log)])
    assert (result.exit, result.receipt and result.receipt["proved"]) == (2, False)
    told["choices"][0]["purpose"] = "marketing.call"
    assert why(check, told) == "the receipt's signature is bad"
    del told["signature"]
    assert why(check, told) == "a receipt without its signature"


def test_a_receipt_is_read_however_it_is_spelled(check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    for raw in (
        json.dumps(told, indent=3),
        json.dumps(dict(reversed(told.items()))),
        json.dumps(
            signed({**told, "更多": {"x": [1, None, "王"]}}), ensure_ascii=False
        ),
    ):
        assert check(None, receipt=raw.encode()).exit == 2


def test_with_proofs_the_signature_may_be_missing_but_not_bad(check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    assert why(check, {**told, "language": "en"}) == "the receipt's signature is bad"
    del told["signature"]
    assert check(None, receipt=told).exit == 2
    assert check(None, receipt={**told, "language": "en"}).exit == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pii_principal_id", ANOTHER),
        ("pii_principal_id", None),
        ("site_id", "c-2"),
        ("rules", "a" * 64),
    ],
)
def test_the_bodies_say_what_the_receipt_says(
    name: str, value: object, check: Check
) -> None:
    told = signed({**packs.receipt(visitor(), SOMEBODY), name: value})
    assert why(check, told) == f"proof 1: another {name} than the receipt tells"


@pytest.mark.parametrize("name", ["purpose", "retention_period"])
def test_so_does_each_choice(name: str, check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    told["choices"][1][name] = "marketing.sms"
    what = f"proof 2: another {name} than the receipt tells"
    assert why(check, signed(told)) == what
    del told["choices"][1][name]
    assert check(None, receipt=signed(told)).exit == 2


def test_when_it_was_granted_is_the_offices_own_clock(check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    told["choices"][0]["granted_at"] = "2026-03-02T00:59:59.000Z"
    assert check(None, receipt=signed(told)).exit == 2
    told["choices"][0]["granted_at"] = "2026-03-02T01:00:07.000Z"
    assert check(None, receipt=signed(told)).exit == 2
    for odd in ("2026-03-02T01:00:07.001Z", "2026-02-30T01:00:00.000Z", None, 1):
        told["choices"][0]["granted_at"] = odd
        what = "proof 1: its granted_at is after the log's"
        assert why(check, signed(told)) == what


def test_each_given_choice_has_its_proof(check: Check) -> None:
    full = packs.receipt(visitor(), SOMEBODY)
    one, two = full["proofs"]
    what = "not as many proofs as choices given"
    for proofs in ([one], [one, two, two], []):
        assert why(check, {**full, "proofs": proofs}) == what
    assert "proof 1" in why(check, {**full, "proofs": [two, one]})
    full["choices"] = [full["choices"][0], full["choices"][0]]
    assert "twice" in why(check, signed({**full, "proofs": [one, one]}))


def test_who_refused_everything_has_a_receipt_too(check: Check) -> None:
    full = packs.receipt(visitor(), SOMEBODY)
    refused = [{"purpose": "contact", "event_state": "refused"}]
    told = signed({**full, "choices": refused, "proofs": []})
    pin = str(full["vkey"])
    # No key vouches for a refusal: the log proves what was given.
    for raw in (None, packs.pack(visitor())):
        result = check(raw, receipt=told, pins=[pin])
        assert result.exit == 2
        assert result.as_json()["unvouched"] == ["the receipt proves no consent"]
    none = signed({**full, "choices": [], "proofs": []})
    assert check(None, receipt=none, pins=[pin]).exit == 2


@pytest.mark.parametrize("state", ["Given", "withdrawn", "", None, 1, [], {}, True])
def test_a_choice_is_given_or_refused(state: object, check: Check) -> None:
    full = packs.receipt(visitor(), SOMEBODY)
    full["choices"][2]["event_state"] = state
    what = "a choice neither given nor refused"
    assert why(check, signed(full)) == what
    del full["choices"][0]["event_state"]
    full["choices"][2]["event_state"] = "refused"
    assert check(None, receipt=signed(full)).exit == 2


def test_paths_lead_to_the_root(check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    proof = told["proofs"][0]
    what = "proof 1: its path does not lead to the note's root"
    for change in (
        {"path": proof["path"][:-1]},
        {"path": [*proof["path"], "a" * 64]},
        {"path": ["a" * 64, *proof["path"][1:]]},
        {"body": proof["body"].replace("contact", "contract")},
        {"body": proof["body"].replace('"seq":2', '"seq":4')},
    ):
        changed = {**told, "proofs": [{**proof, **change}, told["proofs"][1]]}
        assert why(check, changed) == what


def test_what_is_proved_is_a_grant(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY)
    path = [one.hex() for one in path_of(1, log.leaves())]
    told["proofs"][0] = {"body": log.bodies[1].decode(), "path": path}
    assert why(check, told) == "proof 1: no consent.granted"
    log.edit(4, data={f"k{n:04}": "x" * 120 for n in range(500)})
    told = packs.receipt(log, SOMEBODY)
    assert why(check, told) == "proof 2: a body longer than 65,536 bytes"
    log = visitor()
    log.edit(4, consent=2)
    told = packs.receipt(log, SOMEBODY)
    assert why(check, told) == "proof 2: no consent.granted"
    log.edit(4, consent=4, data={"until": "2026-02-30T00:00:00.000Z"})
    told = packs.receipt(log, SOMEBODY)
    assert why(check, told) == "proof 2: no real moments"
    log = visitor()
    log.edit(4, at="2026-02-30T01:00:04.000Z")
    told = packs.receipt(log, SOMEBODY)
    assert why(check, told) == "proof 2: no real moments"
    log = visitor()
    told = packs.receipt(log, SOMEBODY)
    log.edit(4, type="consent.refused")
    other = packs.receipt(log, SOMEBODY)
    path = [one.hex() for one in path_of(4, log.leaves())]
    told["proofs"][1] = {"body": log.bodies[4].decode(), "path": path}
    told["proofs"][0] = other["proofs"][0]
    told["note"] = other["note"]
    assert why(check, told) == "proof 2: no consent.granted"


def test_the_note_is_signed_by_the_receipts_key(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY)
    stranger = Signer(log.origin, "stranger")
    assert why(check, {**told, "vkey": stranger.vkey}) == (
        "its note is not signed by its key"
    )
    # A pinned key may stand for it.
    again = {**told, "vkey": stranger.vkey}
    assert check(None, receipt=again, pins=[packs.vkey(log)]).exit == 0
    foreign = packs.checkpoint(log, 7, signers=[stranger])
    assert why(check, {**told, "note": foreign}) == "its note is not signed by its key"
    forged = {**told, "note": foreign, "vkey": stranger.vkey}
    assert check(None, receipt=forged, pins=[packs.vkey(log)]).exit == 2
    bad = told["note"][:-20] + "AAAA" + told["note"][-16:]
    assert why(check, {**told, "note": bad}) == "a bad signature"
    other = Signer("salescenter/demo-other/1")
    note = packs.checkpoint(log, 7, signers=[other])
    told = {**told, "note": note, "vkey": other.vkey}
    assert why(check, told) == "the note's origin is not its key's"


def test_its_size_is_the_notes(check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    for size in (6, 8, "7", None, True):
        assert why(check, {**told, "size": size}) == "its size is not its note's"


def test_an_older_size_will_do(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY, size=5)
    assert check(None, receipt=told, pins=[packs.vkey(log)]).exit == 0
    assert check(packs.pack(log), receipt=told, pins=[packs.vkey(log)]).exit == 0


def test_a_receipt_names_its_rules(check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    del told["rules"]
    assert why(check, signed(told)) == "a receipt without its rules"


@pytest.mark.parametrize("name", ["proofs", "note", "vkey", "size"])
def test_half_a_proof_is_none(name: str, check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    del told[name]
    assert check(None, receipt=told).exit == 1


def odd_receipts() -> list[dict[str, Any]]:
    """Return receipts with a value of a wrong type at each place."""
    full = packs.receipt(visitor(), SOMEBODY)
    made = [
        {**full, name: odd}
        for name in ("schema_version", "rules", "choices", *UNSIGNED[1:])
        for odd in ODD
    ]
    for name in ("body", "path"):
        for odd in ODD:
            proof = {**full["proofs"][0], name: odd}
            made.append({**full, "proofs": [proof, full["proofs"][1]]})
    made += [{**full, "proofs": [odd, full["proofs"][1]]} for odd in ODD]
    body = full["proofs"][0]["body"]
    for wrong in ({"body": f"{body}王"}, {"body": body.encode().hex()}):
        proof = {**full["proofs"][0], **wrong}
        made.append({**full, "proofs": [proof, full["proofs"][1]]})
    # Without its signature, a receipt is judged by what the proofs say.
    made += [{k: v for k, v in one.items() if k != "signature"} for one in made]
    made += [{**full, "signature": odd} for odd in ODD]
    for name in full["signature"]:
        made += [{**full, "signature": {**full["signature"], name: odd}} for odd in ODD]
    return made


def test_no_value_of_a_wrong_type_passes(check: Check) -> None:
    for told in odd_receipts():
        result = check(None, receipt=told)
        assert result.exit in {1, 3}, told
        assert "internal" not in str(result.unreadable)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"PK\x03\x04",
        b'{"schema_version":"salescenter-receipt/2"}',
        b'{"schema_version":"salescenter-receipt/1","schema_version":"x"}',
        b'{"schema_version":"salescenter-receipt/1","n":1.5}',
        b'{"schema_version":"salescenter-receipt/1","n":NaN}',
        b'{"schema_version":"salescenter-receipt/1","n":9007199254740992}',
        b"[" * 100_000,
        json.dumps(packs.receipt(visitor())).encode() + b" " * 1_048_577,
    ],
)
def test_what_is_no_receipt_is_unreadable(raw: bytes, check: Check) -> None:
    assert check(None, receipt=raw).exit == 3


def test_text_that_cannot_be_written_is_refused(check: Check) -> None:
    told = packs.receipt(visitor(), SOMEBODY)
    raw = json.dumps(told).replace('"language": "zh-hans"', '"language": "\\ud800"')
    assert why(check, raw.encode()) == "a receipt whose text is no text"


def test_a_pack_and_its_receipt(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY)
    pin = packs.vkey(log)
    ranges: list[dict[str, Any]] = [
        {},
        {"first": 3},
        {"sites": []},
        {"last": 3, "closing": 7},
    ]
    for options in ranges:
        raw = packs.pack(log, **options)
        assert check(raw, receipt=told, pins=[pin]).exit == 0
        assert check(raw, receipt=told).exit == 2
    unproved = packs.receipt(log, SOMEBODY, proved=False)
    result = check(packs.pack(log), receipt=unproved, pins=[pin])
    assert (result.exit, result.pinned) == (2, True)


def test_a_receipt_shows_that_the_pack_was_rewritten(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY)
    log.edit(2, at="2026-03-02T01:00:02.500Z")
    ranges: list[dict[str, Any]] = [{}, {"sites": []}, {"last": 1, "closing": 7}]
    for options in ranges:
        raw = packs.pack(log, **options)
        result = check(raw, receipt=told, pins=[packs.vkey(log)])
        assert result.exit == 1
        said = {one["what"] for one in result.altered}
        assert said == {
            "another body than the receipt's",
            "history was rewritten: another root at size 7",
        }
    raw = packs.pack(log, 4)
    result = check(raw, receipt=told)
    assert "another body than the receipt's" in {x["what"] for x in result.altered}


def test_a_receipt_of_another_log_is_refused(check: Check) -> None:
    log = visitor()
    log.log = "f" * 16
    log.rotations = [(0, [Signer(log.origin)])]
    told = packs.receipt(log, SOMEBODY)
    assert why(check, told, packs.pack(visitor())) == "the receipt of another log"


def test_a_note_of_another_log_says_nothing_of_the_receipt(check: Check) -> None:
    log, other = visitor(), visitor()
    other.log = "f" * 16
    told = packs.receipt(log, SOMEBODY)
    prior = packs.checkpoint(other, 3)
    result = check(
        packs.pack(log), receipt=told, priors=[prior], pins=[packs.vkey(log)]
    )
    assert (result.exit, result.priors[0]["result"]) == (0, "other origin")


def test_a_receipt_under_an_older_key_is_vouched_for_by_the_pack(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY)
    new = log.rotate().vkey
    later(log)
    log.retire()
    later(log)
    assert check(packs.pack(log), receipt=told, pins=[new]).exit == 0
    assert check(None, receipt=told, pins=[new]).exit == 2
    # Nothing in this part says that the older key led to the pinned one.
    assert check(packs.pack(log, 9), receipt=told, pins=[new]).exit == 2


def test_a_receipt_newer_than_the_pack_needs_the_pinned_key(check: Check) -> None:
    log = visitor()
    told = packs.receipt(log, SOMEBODY)
    raw = packs.pack(log, 0, 4)
    assert check(raw, receipt=told, pins=[packs.vkey(log)]).exit == 0
    assert check(raw, receipt=told).exit == 2
