"""Packs and receipts for the two verifiers: sound ones, and one of each bad kind."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from audit import verifier
from tests import packs
from tests.browser.test_verify_html.inspecting import Case
from tests.packs.log import Log, millis, stamp
from tests.packs.sealing import manifest_note


def sound(log: Log, turned: Log) -> dict[str, tuple[Case, int]]:
    """Return clean packs, with the exit code each deserves."""
    pin, whole = packs.vkey(log), packs.pack(log)
    old, new = turned.rotations[0][1][0].vkey, packs.vkey(turned)
    stranger = packs.Signer(log.origin, "next").vkey
    rotated = turned.find("signer.rotated")
    alone = packs.build_log(seed=4, consents=14, rotate=True)
    alone.rotations = [alone.rotations[0], (rotated + 1, alone.rotations[-1][1])]
    after = packs.pack(turned, rotated + 20, len(turned.bodies) - 1)
    return {
        "pinned": (Case(whole, (pin,)), 0),
        "several pins": (Case(whole, (f"{old}\n{pin}",)), 0),
        "nothing pinned": (Case(whole), 2),
        "another key pinned": (Case(whole, (stranger,)), 2),
        "partial": (Case(packs.pack(log, 40, 80), (pin,)), 0),
        "one site": (Case(packs.pack(log, sites=["c-1"]), (pin,)), 0),
        "a part of one site": (Case(packs.pack(log, 30, 99, sites=["c-2"]), (pin,)), 0),
        "pruned": (Case(packs.pack(log, pruned=30), (pin,)), 2),
        "with a tail": (Case(packs.pack(log, 0, 50, closing=100), (pin,)), 0),
        "identified": (
            Case(
                packs.pack(
                    log, redaction="identified", parts={"identified/a.json": b"{}\n"}
                ),
                (pin,),
            ),
            0,
        ),
        "rotated, old key": (Case(packs.pack(turned), (old,)), 0),
        "rotated, new key": (Case(packs.pack(turned), (new,)), 0),
        "after the rotation, old key": (Case(after, (old,)), 2),
        "rotated, the old key did not sign": (
            Case(packs.pack(alone), (packs.Signer(alone.origin).vkey,)),
            2,
        ),
        "prior": (Case(whole, (pin,), (packs.checkpoint(log, 20),)), 0),
        "prior of another log": (
            Case(whole, (pin,), (packs.checkpoint(turned, 9),)),
            0,
        ),
        "receipt": (Case(whole, (pin,), receipt=dumped(packs.receipt(log))), 0),
        "receipt alone": (Case(None, (pin,), receipt=dumped(packs.receipt(log))), 0),
        "receipt, no pin": (Case(receipt=dumped(packs.receipt(log))), 2),
        "receipt, no proof": (
            Case(None, (pin,), receipt=dumped(packs.receipt(log, proved=False))),
            2,
        ),
    }


def dumped(receipt: dict[str, Any]) -> str:
    return json.dumps(receipt, ensure_ascii=False)


def flip(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def changed(log: Log, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a pack with one file changed and the seal made anew."""
    files = packs.contents(log)
    files[name] = change(files[name])
    return packs.zipped(packs.resealed(files, log))


def edited(**changes: Any) -> Callable[[str], bytes]:
    """Return a pack whose log was rewritten by the holder of the real key."""

    def made(kind: str) -> bytes:
        log = packs.build_log(seed=3, consents=14)
        log.edit(log.find(kind), **changes)
        return packs.pack(log)

    return made


def without(kind: str) -> bytes:
    log = packs.build_log(seed=3, consents=14)
    log.drop(log.find(kind))
    return packs.pack(log)


def late(kind: str) -> bytes:
    """Everything from the first of a kind on happens a day later."""
    log = packs.build_log(seed=3, consents=14)
    for seq in range(log.find(kind), len(log.bodies)):
        log.edit(seq, at=stamp(millis(log.event(seq)["at"]) + 86_400_000))
    return packs.pack(log)


def hostile(log: Log, turned: Log) -> dict[str, tuple[bytes, int]]:
    """Return packs of a kind each that must not pass, and what to say of them."""
    raw, files = packs.pack(log), packs.contents(log)
    events = raw.index(b'{"act"')
    first = files["events.jsonl"].split(b"\n")[0]
    swapped = {
        **files,
        "checkpoints.jsonl": packs.contents(turned)["checkpoints.jsonl"],
    }
    resigned = packs.resealed(files, log, signers=[packs.Signer(log.origin, "thief")])

    def body(change: Callable[[bytes], bytes]) -> bytes:
        return changed(
            log,
            "events.jsonl",
            lambda text: text.replace(first, change(first), 1),
        )

    return {
        "a byte of an event": (flip(raw, events + 40), 1),
        "a byte of the directory": (flip(raw, len(raw) - 30), 1),
        "a byte of a header": (flip(raw, 8), 1),
        "cut short": (raw[:-100], 3),
        "nothing": (b"", 3),
        "no zip": (b"not a zip at all, but longer than its end", 3),
        "something behind": (raw + b"!", 1),
        "a path outside": (packs.zipped({**files, "parts/../x": b""}), 1),
        "an unlisted file": (packs.zipped({**files, "parts/x": b""}), 1),
        "an identified file": (changed_names(log, "parts/identified/x"), 1),
        "files out of order": (packs.zipped(files, order=sorted(files)[::-1]), 1),
        "no rules": (packs.zipped(no_rules(log)), 1),
        "a line lost": (changed(log, "events.jsonl", lambda t: t[len(first) + 1 :]), 1),
        "a line twice": (changed(log, "events.jsonl", lambda t: first + b"\n" + t), 1),
        "no last newline": (changed(log, "events.jsonl", lambda t: t[:-1]), 1),
        "a long line": (body(lambda one: one + b" " * 70_000), 1),
        "a key twice": (body(lambda one: one.replace(b"{", b'{"v":1,', 1)), 1),
        "NaN": (body(lambda one: one.replace(b'"v":1', b'"v":NaN')), 1),
        "a fraction": (body(lambda one: one.replace(b'"v":1', b'"v":1.0')), 1),
        "2^53": (
            body(lambda one: one.replace(b'"seq":0', b'"seq":9007199254740992')),
            1,
        ),
        "minus nought": (body(lambda one: one.replace(b'"seq":0', b'"seq":-0')), 1),
        "a newline in a body": (body(lambda one: one.replace(b",", b",\n", 1)), 1),
        "no such day": (edited(at="2026-02-30T00:00:00.000Z")("visit.recorded"), 1),
        "a leaf in the middle": (packs.zipped(with_leaf(log)), 1),
        "another log's checkpoints": (packs.zipped(packs.resealed(swapped, log)), 1),
        "another key's seal": (packs.zipped(resigned), 1),
        "another frontier": (
            changed(log, "start.json", lambda t: t.replace(b"0", b"1")),
            1,
        ),
        "a key in no form": (changed(log, "keys.vkey", lambda t: flip(t, 70)), 1),
        "a key written another way": (
            packs.pack(log, keys=[packs.vkey(log), odd_key(log)]),
            1,
        ),
        "a key twice in a checkpoint": (
            changed(
                log, "checkpoints.jsonl", lambda t: t.replace(b"{", b'{"size":1,', 1)
            ),
            1,
        ),
        "a fraction in the start": (
            changed(log, "start.json", lambda t: t.replace(b"{", b'{"a":1.0,')),
            1,
        ),
        "2^53 in the start": (
            changed(
                log, "start.json", lambda t: t.replace(b"{", b'{"a":9007199254740992,')
            ),
            1,
        ),
        "a key twice in the manifest": (packs.zipped(twice(log)), 3),
        "a proof that leads elsewhere": (packs.zipped(wrong_proof(log)), 1),
        "a manifest that is none": (packs.zipped({**files, "manifest.json": b"[]"}), 3),
        "time runs back": (edited(at="2026-03-02T01:00:00.000Z")("visit.recorded"), 1),
        "another's consent": (edited(subject="s_" + "0" * 32)("contact.collected"), 1),
        "another purpose": (edited(purpose="marketing.sms")("contact.collected"), 1),
        "no consent": (edited(consent=None)("contact.collected"), 1),
        "a term that was over": (
            edited(data={"until": "2026-03-02T00:00:00.000Z"})("consent.granted"),
            1,
        ),
        "a candidate who is none": (
            edited(data={"candidates": [1]})("face.compare.started"),
            1,
        ),
        "a start never ended": (without("face.enrolled"), 1),
        "an end of nothing": (edited(data={"start": 3})("face.enrolled"), 1),
        "a key never destroyed": (without("key.destroyed"), 1),
        "a template kept": (without("face.template.destroyed"), 1),
        "a key destroyed late": (late("key.destroyed"), 1),
        "no such grant": (without("consent.granted"), 1),
    }


def odd_key(log: Log) -> str:
    """Return a key whose y is written as y + p, which 255 bits leave room for."""
    points = (
        y for y in range(2, 19) if verifier.public_point(y.to_bytes(32, "little"))
    )
    raw = (next(points) + 2**255 - 19).to_bytes(32, "little")
    name = log.origin.encode()
    number = hashlib.sha256(name + b"\n\x01" + raw).hexdigest()[:8]
    return f"{log.origin}+{number}+{base64.b64encode(bytes([1]) + raw).decode()}"


def twice(log: Log) -> dict[str, bytes]:
    """Return a pack whose manifest has a key twice, sealed all the same."""
    files = packs.contents(log)
    raw = files["manifest.json"].replace(b"{", b'{"origin":"x",', 1)
    note = manifest_note(log, raw, len(log.bodies))
    return {**files, "manifest.json": raw, "manifest.note": note}


def wrong_proof(log: Log) -> dict[str, bytes]:
    files = packs.contents(log, 40, 80)
    lines = files["grants.jsonl"].split(b"\n")
    told = json.loads(lines[0])
    told["path"][0] = "0" * 64
    lines[0] = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    files["grants.jsonl"] = b"\n".join(lines)
    return packs.resealed(files, log)


def changed_names(log: Log, name: str) -> bytes:
    return packs.zipped(packs.resealed({**packs.contents(log), name: b"{}"}, log))


def no_rules(log: Log) -> dict[str, bytes]:
    files = packs.contents(log)
    del files[next(name for name in files if name.startswith("rules/"))]
    return packs.resealed(files, log)


def with_leaf(log: Log) -> dict[str, bytes]:
    files = packs.contents(log)
    lines = files["events.jsonl"].split(b"\n")
    lines[40] = b'{"leaf":"' + log.leaves()[40].hex().encode() + b'"}'
    files["events.jsonl"] = b"\n".join(lines)
    return packs.resealed(files, log)
