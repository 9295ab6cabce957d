"""What somebody with the log's real key, or with one of their own, may try."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from tests import packs
from tests.benchmarks.mutations.cases import Attempt, Case, whole
from tests.benchmarks.mutations.meaning import BREAKS
from tests.packs import Log, Signer
from tests.packs.log import canonical
from tests.packs.sealing import EVENTS, MANIFEST, NOTE, checkpoint_line


def body_hidden(case: Case) -> Attempt:
    """A leaf where a body stood, sealed with the real key."""
    case = whole(case)
    lines = case.lines()
    place = case.chance.randrange(1, len(lines))
    lines[place] = canonical({"leaf": case.log.leaves()[place].hex()}) + b"\n"
    files = {**case.files, EVENTS: b"".join(lines)}
    return Attempt(packs.zipped(packs.resealed(files, case.log)))


def _notes(files: dict[str, bytes]) -> list[str]:
    lines = files["checkpoints.jsonl"].splitlines()
    return [json.loads(line)["note"] for line in lines]


def _with_notes(files: dict[str, bytes], notes: Sequence[str]) -> dict[str, bytes]:
    lines = [checkpoint_line(int(note.splitlines()[1]), note) for note in notes]
    return {**files, "checkpoints.jsonl": b"".join(lines)}


def checkpoint_swapped(case: Case) -> Attempt:
    """The checkpoint of another log, of another state, or of another size."""
    notes = _notes(case.files)
    place = case.chance.randrange(len(notes))
    size = int(notes[place].splitlines()[1])
    other = Log(operator="demo-other", bodies=case.log.bodies)
    stranger = Log(case.log.operator, case.log.log, list(case.log.bodies))
    stranger.rotations = case.log.rotations
    stranger.edit(0, act={"id": "x", "role": "system"})
    made = [packs.checkpoint(other, size), packs.checkpoint(stranger, size)]
    if size > 1:
        root = case.log.leaves()[: size - 1]
        made.append(packs.checkpoint(case.log, size, root=packs.root_of(root)))
    notes[place] = case.chance.choice(made)
    files = _with_notes(case.files, notes)
    return Attempt(packs.zipped(packs.resealed(files, case.log)))


def signature_bad(case: Case) -> Attempt:
    notes = _notes(case.files)
    place = case.chance.randrange(len(notes) + 1)
    text = [*notes, case.files[NOTE].decode()][place]
    at = case.chance.randrange(text.rindex(" ") + 8, len(text) - 5)
    letter = case.chance.choice([c for c in "ABCDwxyz0189" if c != text[at]])
    text = text[:at] + letter + text[at + 1 :]
    if place < len(notes):
        notes[place] = text
        files = _with_notes(case.files, notes)
        return Attempt(packs.zipped(packs.resealed(files, case.log)))
    return Attempt(packs.zipped({**case.files, NOTE: text.encode()}))


def key_foreign(case: Case) -> Attempt:
    """A good signature, by a key that is not the log's."""
    stranger = Signer(case.log.origin, "stranger")
    if case.chance.random() < 0.5:
        made = packs.resealed(case.files, case.log, signers=[stranger])
        return Attempt(packs.zipped(made))
    notes = _notes(case.files)
    place = case.chance.randrange(len(notes))
    size = int(notes[place].splitlines()[1])
    notes[place] = packs.checkpoint(case.log, size, signers=[stranger])
    files = _with_notes(case.files, notes)
    return Attempt(packs.zipped(packs.resealed(files, case.log)))


def log_forged(case: Case) -> Attempt:
    """Everything anew under another key; somebody kept an older note."""
    prior = packs.checkpoint(case.log, case.chance.randrange(1, len(case.log.bodies)))
    forged = Log(case.log.operator, case.log.log, list(case.log.bodies))
    forged.edit(0, act={"id": "x", "role": "system"})
    forged.documents = case.log.documents
    forged.rotations = [(0, [Signer(case.log.origin, "stranger")])]
    return Attempt(packs.pack(forged), (prior,))


def history_rewritten(case: Case) -> Attempt:
    """An event rewritten and all sealed with the real key; an older note remains."""
    case = whole(case)
    log = case.log
    seq = case.chance.randrange(len(log.bodies))
    size = case.chance.randrange(seq + 1, len(log.bodies) + 1)
    prior = packs.checkpoint(log, size)
    log.edit(seq, act={"id": f"k-{case.chance.randrange(900)}", "role": "admin"})
    return Attempt(packs.pack(log), (prior,))


def meaning_broken(case: Case) -> Attempt:
    """A rule of the log broken, and all sealed with the real key."""
    log, chance = case.log, case.chance
    chance.choice(BREAKS)(log, chance)
    return Attempt(packs.pack(log))


def manifest_changed(case: Case) -> Attempt:
    """A false statement in the manifest, sealed with the real key."""
    told = json.loads(case.files[MANIFEST])
    changes = case.chance.choice(
        [
            {"first_seq": told["first_seq"] + 1},
            {"last_seq": told["last_seq"] + 1},
            {"last_seq": told["last_seq"] - 1},
            {"created_at": "2020-01-01T00:00:00.000Z"},
            {"demonstration": not told["demonstration"]},
            {"origin": "salescenter/demo-other/1"},
            {"sites": ["c-9"]},
            {"format": "salescenter-evidence/0"},
        ]
    )
    return Attempt(packs.zipped(packs.resealed(case.files, case.log, **changes)))


def tree_mismatched(case: Case) -> Attempt:
    """Another beginning of the tree, sealed with the real key."""
    log = case.log
    first = case.chance.randrange(2, len(log.bodies) - 1)
    files = packs.contents(log, first)
    told = json.loads(files["start.json"])
    place = case.chance.randrange(len(told["frontier"]))
    told["frontier"][place] = hashlib.sha256(case.chance.randbytes(8)).hexdigest()
    files["start.json"] = canonical(told)
    return Attempt(packs.zipped(packs.resealed(files, log)))


def grant_forged(case: Case) -> Attempt:
    """A grant from outside the range, not as it was given."""
    log = case.log
    first = log.find("consent.granted") + 1
    files = packs.contents(log, first)
    lines = files["grants.jsonl"].splitlines(keepends=True)
    place = case.chance.randrange(len(lines))
    told = json.loads(lines[place])
    told["body"] = told["body"].replace('"destroy_s":3600', '"destroy_s":3601')
    lines[place] = canonical(told) + b"\n"
    files["grants.jsonl"] = b"".join(lines)
    return Attempt(packs.zipped(packs.resealed(files, log)))
