"""One event: its exact bytes, its place in the tree, and what hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audit import merkle, notes, proofs
from audit.models import Body, Checkpoint, Event, Index
from audit.reading.search import events
from audit.signing import checkpoint_covering
from audit.tiles import Tree

STARTS = ("capture.started", "face.compare.started")
ENDS = (
    "face.enrolled",
    "face.compared",
    "capture.discarded",
    "gate.refused",
    "use.abandoned",
)
REFERENCES = ("start", "candidates", "revises", "stop", "merged", "allowed")
"""Keys of data that hold numbers of events of the same log."""
NAMED_MAX = 50

_NAMED_LATER: dict[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys(STARTS, ("start", ENDS)),
    "decision.made": ("revises", ("decision.revised",)),
    "decision.revised": ("revises", ("decision.revised",)),
    "stop.on": ("stop", ("stop.off",)),
    "subject.merged": ("merged", ("subject.unmerged",)),
    "message.allowed": ("allowed", ("message.sent",)),
}
"""Which later events name one of this kind, and by which key of their data."""


@dataclass(frozen=True)
class Proof:
    """That an event is in the tree of a checkpoint: the path, leaf side first.

    `holds` tells whether path and leaf lead to the root that is signed.
    """

    path: list[str]
    checkpoint: Checkpoint
    root: str
    holds: bool


@dataclass(frozen=True)
class EventShown:
    """An event as one page shows it.

    Attributes:
        log: of which log.
        body: as an object; without `data` where the bytes are kept no more.
        raw: the exact bytes that were hashed, or None.
        leaf: the leaf's hash in hex.
        fits: whether the bytes hash to the leaf; None without bytes.
        names: the events that it names, by the key that names them.
        named_by: later events that name it, oldest first, `NAMED_MAX` at the most.
        proof: that it is in the first checkpoint that covers it, or None.
    """

    log: str
    body: dict[str, Any]
    raw: str | None
    leaf: str
    fits: bool | None
    names: list[tuple[str, dict[str, Any]]]
    named_by: list[dict[str, Any]]
    proof: Proof | None


def event_find(*, log: str, seq: int) -> EventShown | None:
    """Return an event with everything beside it, or None when there is none."""
    event = Event.objects.filter(log=log, seq=seq).first()
    if event is None:
        return None
    leaf = bytes(event.leaf)
    row = Body.objects.filter(log=log, seq=seq).first()
    raw = None if row is None else bytes(row.body)
    told = events(log=log, numbers=[seq])
    if not told:
        return None
    body = told[0]
    return EventShown(
        log=log,
        body=body,
        raw=None if raw is None else raw.decode("ascii", "backslashreplace"),
        leaf=leaf.hex(),
        fits=None if raw is None else merkle.leaf_hash(raw) == leaf,
        names=_names(log, body),
        named_by=_named_by(log, body),
        proof=_proof(log, seq, leaf),
    )


def starts_ended_by(
    *, log: str, starts: dict[int, int | None]
) -> dict[int, dict[str, Any]]:
    """Return the event that ended each start.

    Args:
        log: which log.
        starts: numbers of starts, with the consent that each stands on.
    """
    if not starts:
        return {}
    numbers = (
        Index.objects.filter(
            log=log,
            consent__in={one for one in starts.values() if one is not None},
            seq__gt=min(starts),
            type__in=ENDS,
        )
        .values_list("seq", flat=True)
        .distinct()
    )
    ended: dict[int, dict[str, Any]] = {}
    for event in reversed(events(log=log, numbers=list(numbers))):
        start = (event["data"] or {}).get("start")
        if start in starts:
            ended.setdefault(start, event)
    return ended


def _names(log: str, body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    named: list[tuple[str, int]] = []
    if body["consent"] is not None and body["consent"] != body["seq"]:
        named.append(("consent", body["consent"]))
    for key in REFERENCES:
        value = (body["data"] or {}).get(key)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int):
                named.append((key, one))
    found = {one["seq"]: one for one in events(log=log, numbers=[n for _, n in named])}
    return [(key, found[number]) for key, number in named if number in found]


def _named_by(log: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    seq = body["seq"]
    later = Index.objects.filter(log=log, seq__gt=seq)
    if body["type"] == "consent.granted":
        numbers = (
            later.filter(consent=seq)
            .order_by("seq")
            .values_list("seq", flat=True)
            .distinct()[:NAMED_MAX]
        )
        return events(log=log, numbers=list(numbers))[::-1]
    key, kinds = _NAMED_LATER.get(body["type"], ("", ()))
    if not kinds:
        return []
    later = later.filter(type__in=kinds)
    if body["type"] in STARTS:
        later = later.filter(consent=body["consent"])
    elif body["subject"] is not None:
        later = later.filter(subject=body["subject"])
    numbers = later.order_by("seq").values_list("seq", flat=True).distinct()[:1_000]
    found = events(log=log, numbers=list(numbers))[::-1]
    return [one for one in found if (one["data"] or {}).get(key) == seq][:NAMED_MAX]


def _proof(log: str, seq: int, leaf: bytes) -> Proof | None:
    checkpoint = checkpoint_covering(log=log, size=seq + 1)
    if checkpoint is None:
        return None
    root = notes.note_read(checkpoint.note).root
    try:
        path = Tree(log).inclusion(seq, checkpoint.size)
    except LookupError:
        # Leaves were taken away: the page says so instead of failing.
        return Proof([], checkpoint, root.hex(), holds=False)
    led = proofs.inclusion_root(leaf, seq, checkpoint.size, path)
    return Proof([one.hex() for one in path], checkpoint, root.hex(), led == root)
