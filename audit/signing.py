"""Asking the signer, and knowing what it said: the side of the program that serves.

The key is elsewhere (`audit.signer`); here are requests, answers and checkpoints.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from audit import clock, log, notes
from audit.drafts import SYSTEM
from audit.errors import LogClosed, SignerRefuses, SignerSilent
from audit.models import Checkpoint, Refusal, Signer, SigningRequest
from audit.selectors import head_find, rules_in_force

SILENT_AFTER = timedelta(minutes=2)
"""A signer that has not looked for so long does not run."""
ANSWER_MAX_SECONDS = 20.0
ALONE_SECONDS = 1.5
"""How long a running signer is waited for before one is started."""
_LOOK_SECONDS = 0.05

Starter = Callable[[], None]
_STARTERS: list[Starter] = []


def starter_register(starter: Starter) -> None:
    """Register what runs the signer once where none runs; from `AppConfig.ready`."""
    _STARTERS.append(starter)


@dataclass(frozen=True)
class SignerState:
    """What a page says of the signer.

    Attributes:
        running: it looked at the log within the last minutes.
        separated: it is another system user than the one that serves.
        refused: the refusal that nobody has settled yet, or None.
        checkpoint: the last checkpoint of the open log, or None.
        vkey: the key that signs now, in its text form, or an empty text.
        unsigned: how many events no checkpoint covers yet.
        seen_at: its last look, or None.
    """

    running: bool
    separated: bool
    refused: Refusal | None
    checkpoint: Checkpoint | None
    vkey: str
    unsigned: int
    seen_at: datetime | None


def signer_state() -> SignerState:
    """Return what the signer last said. Three queries, and a fourth if it refuses."""
    head = head_find()
    said = None if head is None else Signer.objects.filter(log=head.log).first()
    last = None if head is None else checkpoint_latest(log=head.log)
    size = head.size if head else 0
    return SignerState(
        running=said is not None and abs(clock.now() - said.seen_at) < SILENT_AFTER,
        separated=said is not None and said.separated,
        refused=_refusal_of(said),
        checkpoint=last,
        vkey=(_vkeys_of(said) or [""])[-1],
        unsigned=size - (last.size if last else 0),
        seen_at=said.seen_at if said else None,
    )


def checkpoint_latest(*, log: str) -> Checkpoint | None:
    """Return the last checkpoint of a log, or None."""
    return Checkpoint.objects.filter(log=log).order_by("-size").first()


def checkpoint_covering(*, log: str, size: int) -> Checkpoint | None:
    """Return the first checkpoint of a log at `size` or beyond, or None."""
    return Checkpoint.objects.filter(log=log, size__gte=size).order_by("size").first()


def vkeys(*, log: str) -> list[str]:
    """Return the verifier keys that ever signed a log, oldest first, as texts."""
    return _vkeys_of(Signer.objects.filter(log=log).first())


def _vkeys_of(said: Signer | None) -> list[str]:
    return said.vkeys.splitlines() if said else []


def signer_require() -> None:
    """Return when the signer answers and signs the open log as it stands.

    Raises:
        LogClosed: there is no log.
        SignerSilent: nobody answered in time.
        SignerRefuses: the tree does not extend the one signed last.
    """
    head = head_find()
    if head is None:
        raise LogClosed
    _ask(log=head.log, size=head.size, manifest=None)


def checkpoint_request() -> Checkpoint:
    """Have the open log signed as far as it goes, and return that checkpoint.

    Waits for the signer; where none runs, one is run once.

    Raises:
        LogClosed: there is no log.
        SignerSilent: nobody answered in time.
        SignerRefuses: the tree does not extend the one signed last.
    """
    head = head_find()
    if head is None:
        raise LogClosed
    last = checkpoint_latest(log=head.log)
    if last is not None and last.size == head.size:
        return last
    note = _ask(log=head.log, size=head.size, manifest=None)
    found = Checkpoint.objects.filter(
        log=head.log, size=notes.note_read(note).size
    ).first()
    if found is None:
        raise SignerRefuses
    return found


def manifest_sign(*, log: str, size: int, sha256: str) -> str:
    """Return the signed note of a manifest, for a size that has a checkpoint.

    Raises:
        SignerSilent: nobody answered in time.
        SignerRefuses: the signer did not sign this size, or signs nothing now.
    """
    return _ask(log=log, size=size, manifest=sha256)


def _ask(*, log: str, size: int, manifest: str | None) -> str:
    request = SigningRequest.objects.create(
        log=log, size=size, manifest=manifest, asked_at=clock.now()
    )
    began = time.monotonic()
    started = False
    while True:
        request.refresh_from_db()
        if request.answered_at is not None:
            if request.note is None:
                raise SignerRefuses
            return request.note
        waited = time.monotonic() - began
        if waited > ANSWER_MAX_SECONDS:
            raise SignerSilent
        if waited > ALONE_SECONDS and not started:
            started = True
            for starter in _STARTERS:
                starter()
        time.sleep(_LOOK_SECONDS)


def refusal_open() -> Refusal | None:
    """Return the last refusal that is not settled: that of the log that is open."""
    head = head_find()
    if head is None:
        return None
    return _refusal_of(Signer.objects.filter(log=head.log).first())


def _refusal_of(said: Signer | None) -> Refusal | None:
    if said is None or not said.refused:
        return None
    return Refusal.objects.filter(log=said.log).order_by("-at", "-id").first()


def refusals_tell() -> int:
    """Write a `signer.refused` for each refusal that the log does not hold yet.

    Returns:
        How many were written.
    """
    told = 0
    for refusal in Refusal.objects.filter(event=None).order_by("at", "id"):
        with log.unit(act=SYSTEM, site=None, rules=rules_in_force()) as unit:
            locked = (
                Refusal.objects.select_for_update()
                .filter(id=refusal.id, event=None)
                .first()
            )
            if locked is None:
                continue
            written = unit.event(
                "signer.refused",
                data={
                    "reason": refusal.reason,
                    "signed_size": refusal.signed_size,
                    "signed_root": refusal.signed_root,
                    "found_size": refusal.found_size,
                    "found_root": refusal.found_root,
                },
            )
            locked.event = written.eid
            locked.save(update_fields=["event"])
        told += 1
    return told
