"""What a stranger needs to see that an event is in the log: body, path, checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from audit.appending import numbers_of
from audit.models import Body, Event
from audit.selectors import log_current
from audit.signing import checkpoint_latest, vkeys
from audit.tiles import Tree


@dataclass(frozen=True)
class Proof:
    """One event: its exact bytes, and the way from its leaf to the root."""

    seq: int
    body: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Vouched:
    """Events of one log under one checkpoint.

    Attributes:
        log: the log's id.
        proofs: in the order that was asked for.
        size: of the checkpoint.
        note: the checkpoint as it was signed.
        vkey: the key that signed it, in its text form.
    """

    log: str
    proofs: tuple[Proof, ...]
    size: int
    note: str
    vkey: str


def vouch(*, eids: Sequence[UUID]) -> Vouched | None:
    """Return the proofs of events under the last checkpoint of their log.

    Events that were carried over are proved where they stand now; what ended before
    is proved in the log that it was written to.

    Returns:
        None while no checkpoint covers all of them, and when they lie in two logs or
        their bodies are gone.
    """
    current = log_current()
    if not eids or current is None:
        return None
    for log in (current, *_logs(eids)):
        numbers = numbers_of(log=log, eids=eids)
        if len(numbers) == len(set(eids)):
            return _vouch(log, [numbers[eid] for eid in eids])
    return None


def vouch_number(*, log: str, seq: int) -> Vouched | None:
    """Return the proof of one event by its number, or None while none covers it."""
    return _vouch(log, [seq])


def _logs(eids: Sequence[UUID]) -> list[str]:
    return list(
        Event.objects.filter(eid__in=list(eids))
        .values_list("log", flat=True)
        .distinct()
    )


def _vouch(log: str, numbers: Sequence[int]) -> Vouched | None:
    checkpoint = checkpoint_latest(log=log)
    keys = vkeys(log=log)
    if checkpoint is None or not keys or checkpoint.size <= max(numbers):
        return None
    rows = Body.objects.filter(log=log, seq__in=list(numbers))
    bodies = {row.seq: bytes(row.body).decode("ascii") for row in rows}
    if len(bodies) != len(set(numbers)):
        return None
    tree = Tree(log)
    return Vouched(
        log=log,
        proofs=tuple(
            Proof(
                seq=seq,
                body=bodies[seq],
                path=tuple(one.hex() for one in tree.inclusion(seq, checkpoint.size)),
            )
            for seq in numbers
        ),
        size=checkpoint.size,
        note=checkpoint.note,
        vkey=keys[-1],
    )
