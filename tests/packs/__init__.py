"""Sealed exports for tests, built from docs/evidence.md alone.

Nothing here imports the program, so that a test which compares both is one. All is
deterministic: the same arguments give the same bytes.

    log = packs.build_log(seed=1, consents=8)         # a plausible log, a few days
    raw = packs.pack(log)                             # the whole log, sealed
    raw = packs.pack(log, 40, 99)                     # events 40 to 99: partial
    raw = packs.pack(log, sites=["c-1"])              # one site, others as leaves
    raw = packs.pack(log, closing=len(log.bodies))    # with tail.jsonl
    raw = packs.pack(log, pruned=30)                  # bodies below 30 are gone
    packs.vkey(log)                                   # to pin
    packs.receipt(log, subject=...)                   # a receipt file (dict)

An attacker who holds the real key changes the log and seals it again:

    log.edit(57, at="2026-…")        # rewrite one body; roots and notes follow
    log.add("visit.recorded", …)     # append one event
    log.drop(57)                     # forget one and number the rest anew

and one who does not:

    files = packs.contents(log)              # {name: bytes}, manifest and note too
    files["events.jsonl"] = …
    packs.zipped(files)                      # canonical zip round it, not re-signed
    packs.zipped(packs.resealed(files, log)) # hashes and manifest.note made anew
"""

from __future__ import annotations

from tests.packs.log import Log, Signer, leaf_hash, node_hash, root_of
from tests.packs.receipts import receipt
from tests.packs.sealing import (
    checkpoint,
    contents,
    pack,
    resealed,
    unzipped,
    vkey,
    write_pack,
    zipped,
)
from tests.packs.stories import build_log, story

__all__ = [
    "Log",
    "Signer",
    "build_log",
    "checkpoint",
    "contents",
    "leaf_hash",
    "node_hash",
    "pack",
    "receipt",
    "resealed",
    "root_of",
    "story",
    "unzipped",
    "vkey",
    "write_pack",
    "zipped",
]
