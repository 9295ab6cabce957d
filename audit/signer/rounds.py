"""One look of the signer at the log: sign what grew, refuse what does not extend."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections, transaction

from audit import clock, merkle, notes
from audit.errors import NoteInvalid
from audit.models import Body, Checkpoint, Event, Head, Refusal, SigningRequest
from audit.models import Signer as Status
from audit.signer.keeper import Keeper
from audit.signer.memory import Memory

EVERY_EVENTS = 100
EVERY_SECONDS = 60.0
USING = "signer"
_LEAVES_AT_ONCE = 10_000


class Signer:
    """Signs the open log through the database connection `signer`.

    A look may be repeated after a crash anywhere: what is signed is remembered first
    and published after, and what was remembered and not published is published then.
    """

    def __init__(
        self,
        keeper: Keeper,
        *,
        separated: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Sign with the keys of a keeper.

        Args:
            keeper: keys and memory.
            separated: whether this process is another user than the one that serves.
            monotonic: seconds, for when a checkpoint is due.
        """
        self.keeper = keeper
        self.separated = separated
        self.monotonic = monotonic
        self._signed_at = float("-inf")

    def look(self, *, now: bool = False) -> int:
        """Look once, and answer what was asked for.

        Args:
            now: sign whatever grew, without waiting until it is due.

        Returns:
            How many checkpoints were signed.

        Raises:
            MemoryBroken: the signer's own files cannot be read.
        """
        with self.keeper.alone():
            memory = self.keeper.recall()
            head = Head.objects.using(USING).filter(closed_at=None).first()
            if head is None:
                return 0
            memory = self._follow(memory, head)
            signed = 0
            if not memory.refused:
                asked = SigningRequest.objects.using(USING).filter(answered_at=None)
                if now or asked.exists() or self._due(memory, head):
                    memory, signed = self._sign(memory, head)
                self._publish(memory)
            self._answer(memory)
            self._tell(memory)
        return signed

    def resume(self) -> bool:
        """Go on signing after a person put the right database back.

        Returns:
            Whether the log extends what was signed; if not, it stays refused.
        """
        with self.keeper.alone():
            memory = self.keeper.recall()
            head = Head.objects.using(USING).filter(closed_at=None).first()
            if head is None or (memory.log and self._fault(memory, head)):
                return False
            self.keeper.remember(memory.but(refused="", refused_log=""))
            return True

    def _follow(self, memory: Memory, head: Head) -> Memory:
        """Return the memory with a refusal in it when the tree is another one."""
        if memory.refused:
            if memory.log != head.log and _succeeds(memory, head):
                memory = self._begin(memory, head)
            else:
                # Told once for each log and reason, however often it is looked at.
                reason = self._fault(memory, head)
                if reason and (head.log, reason) != (
                    memory.refused_log,
                    memory.refused,
                ):
                    memory = self._refuse(memory, head, reason)
            return memory
        if not memory.log:
            return self._begin(memory, head)
        reason = self._fault(memory, head)
        return self._refuse(memory, head, reason) if reason else memory

    def _begin(self, memory: Memory, head: Head) -> Memory:
        if memory.retiring:
            self.keeper.key_destroy(memory.retiring)
        former = memory.former
        if memory.log:
            former = (*former, (memory.operator, memory.log, memory.key))
        begun = Memory(
            log=head.log, operator=head.operator, key=memory.key, former=former
        )
        self.keeper.remember(begun)
        return begun

    def _fault(self, memory: Memory, head: Head) -> str:
        """Return why the tree does not extend the one signed last, or nothing."""
        if head.log != memory.log or head.operator != memory.operator:
            return "other_log"
        if head.size < memory.size:
            return "shrank"
        folded = [bytes.fromhex(one) for one in memory.frontier]
        size = memory.size
        for leaf in _leaves(head.log, memory.size, head.size):
            folded = merkle.fold(folded, size, leaf)
            size += 1
        extends = size == head.size and folded == merkle.split(bytes(head.frontier))
        return "" if extends else "forked"

    def _refuse(self, memory: Memory, head: Head, reason: str) -> Memory:
        memory = memory.but(refused=reason, refused_log=head.log)
        self.keeper.remember(memory)
        Refusal.objects.using(USING).create(
            log=head.log,
            reason=reason,
            signed_log=memory.log,
            signed_size=memory.size,
            signed_root=memory.root.hex(),
            found_size=head.size,
            found_root=_root(head),
            at=clock.now(),
        )
        return memory

    def _due(self, memory: Memory, head: Head) -> bool:
        return head.size > memory.size and (
            head.size - memory.size >= EVERY_EVENTS
            or self.monotonic() - self._signed_at >= EVERY_SECONDS
            or head.last_at[:10] != memory.day
        )

    def _sign(self, memory: Memory, head: Head) -> tuple[Memory, int]:
        """Sign up to the head, stopping at the end of each UTC day on the way."""
        signed = 0
        while memory.size < head.size:
            size = _end_of_day(head, memory.size)
            memory = self._sign_at(memory, head, size)
            self._publish(memory)
            signed += 1
        return memory, signed

    def _sign_at(self, memory: Memory, head: Head, size: int) -> Memory:
        folded = [bytes.fromhex(one) for one in memory.frontier]
        for place, leaf in enumerate(_leaves(head.log, memory.size, size)):
            folded = merkle.fold(folded, memory.size + place, leaf)
        at = head.last_at if size == head.size else _at(head.log, size - 1)
        memory = self._rotate(memory, head, size, at)
        name = notes.origin(operator=head.operator, log=head.log)
        checkpoint = notes.Checkpoint(name, size, merkle.root(folded))
        memory = memory.but(
            size=size,
            frontier=tuple(one.hex() for one in folded),
            last_at=at,
            note=notes.note_sign(checkpoint, name=name, keys=self._keys(memory)),
        )
        # Before it is published: what others may hold is never forgotten here.
        self.keeper.remember(memory)
        self._signed_at = self.monotonic()
        return memory

    def _rotate(self, memory: Memory, head: Head, size: int, at: str) -> Memory:
        """Bring in the next key when its event is covered; let the old one go after.

        Both sign from the event on until its UTC day is over, so that the last
        checkpoint of that day, which exports keep, is signed by both.
        """
        if memory.retiring and at[:10] > memory.rotated_on:
            retired = memory.retiring
            memory = memory.but(
                retiring="", rotated_on="", past=(*memory.past, retired)
            )
            self.keeper.remember(memory)
            self.keeper.key_destroy(retired)
        coming = self.keeper.next_key()
        if not coming or coming == memory.key or memory.retiring:
            return memory
        name = notes.origin(operator=head.operator, log=head.log)
        told = str(notes.VerifierKey(name, bytes.fromhex(coming)))
        day = _rotated_on(head.log, memory.size, size, told)
        if day:
            memory = memory.but(key=coming, retiring=memory.key, rotated_on=day)
            self.keeper.remember(memory)
            self.keeper.next_key_set("")
        return memory

    def _keys(self, memory: Memory) -> list[Ed25519PrivateKey]:
        return [self.keeper.key(name) for name in memory.keys]

    def _publish(self, memory: Memory) -> None:
        if not memory.size:
            return
        with transaction.atomic(using=USING):
            Checkpoint.objects.using(USING).bulk_create(
                [Checkpoint(log=memory.log, size=memory.size, note=memory.note)],
                ignore_conflicts=True,
            )

    def _answer(self, memory: Memory) -> None:
        """Answer what was asked for: a note, or nothing when it is refused."""
        for request in SigningRequest.objects.using(USING).filter(answered_at=None):
            note = None if memory.refused else self._note(memory, request)
            SigningRequest.objects.using(USING).filter(id=request.id).update(
                note=note, answered_at=clock.now()
            )

    def _note(self, memory: Memory, request: SigningRequest) -> str | None:
        if request.log != memory.log:
            return self._note_of_former(memory, request)
        if request.manifest is None:
            return memory.note or None
        if not _signed(memory, request.size):
            return None
        return self._manifest(memory, request)

    def _note_of_former(self, memory: Memory, request: SigningRequest) -> str | None:
        """Sign a manifest of a log before this one, as far as it was signed.

        With the key that signed it last, while that still signs.
        """
        for operator, log, key in memory.former:
            then = Memory(log=log, operator=operator, key=key)
            if (
                log == request.log
                and request.manifest is not None
                and key in memory.keys
                and _signed(then, request.size)
            ):
                return self._manifest(then, request)
        return None

    def _manifest(self, memory: Memory, request: SigningRequest) -> str:
        name = notes.origin(operator=memory.operator, log=memory.log)
        told = notes.Checkpoint(
            f"{name}/manifest", request.size, bytes.fromhex(str(request.manifest))
        )
        return notes.note_sign(told, name=name, keys=self._keys(memory))

    def _tell(self, memory: Memory) -> None:
        Status.objects.using(USING).update_or_create(
            log=memory.log,
            defaults={
                "vkeys": "".join(f"{key}\n" for key in _verifier_keys(memory)),
                "size": memory.size,
                "refused": bool(memory.refused),
                "separated": self.separated,
                "seen_at": clock.now(),
            },
        )


def _signed(memory: Memory, size: int) -> bool:
    """Tell whether a checkpoint of this size is one of this signer's own."""
    found = Checkpoint.objects.using(USING).filter(log=memory.log, size=size).first()
    if found is None:
        return False
    keys = _verifier_keys(memory)
    try:
        told = notes.note_read(found.note)
        signers = notes.note_signers(found.note, keys=keys)
    except NoteInvalid:
        return False
    return bool(signers) and (told.origin, told.size) == (keys[0].name, size)


def _verifier_keys(memory: Memory) -> list[notes.VerifierKey]:
    """Return every key that ever signed this log, oldest first."""
    name = notes.origin(operator=memory.operator, log=memory.log)
    return [
        notes.VerifierKey(name, bytes.fromhex(public))
        for public in (*memory.past, *memory.keys)
    ]


def _root(head: Head) -> str:
    return merkle.root(merkle.split(bytes(head.frontier))).hex()


def _leaves(log: str, start: int, end: int) -> Iterator[bytes]:
    rows = (
        Event.objects.using(USING)
        .filter(log=log, seq__gte=start, seq__lt=end)
        .order_by("seq")
        .values_list("leaf", flat=True)
    )
    for leaf in rows.iterator(chunk_size=_LEAVES_AT_ONCE):
        yield bytes(leaf)


def _at(log: str, seq: int) -> str:
    """Return the time of an event, or an empty text when its body is gone."""
    row = Body.objects.using(USING).filter(log=log, seq=seq).first()
    return str(json.loads(bytes(row.body))["at"]) if row else ""


def _end_of_day(head: Head, start: int) -> int:
    """Return the size at which the UTC day of event `start` ends, or the head's."""
    day = _at(head.log, start)[:10]
    if not day or day == head.last_at[:10]:
        return head.size
    low, high = start, head.size - 1
    # The time of the log never falls, so the first event of a later day is bisected.
    while low < high:
        middle = (low + high) // 2
        if _at(head.log, middle)[:10] > day:
            high = middle
        else:
            low = middle + 1
    return low


def _rotated_on(log: str, start: int, end: int, new: str) -> str:
    """Return the UTC day of the rotation to a key between two numbers, or nothing."""
    with connections[USING].cursor() as cursor:
        cursor.execute(
            "SELECT body FROM audit_body WHERE log = %s AND seq >= %s AND seq < %s"
            " AND position('\"signer.rotated\"'::bytea in body) > 0 ORDER BY seq",
            [log, start, end],
        )
        for (raw,) in cursor.fetchall():
            body: dict[str, Any] = json.loads(bytes(raw))
            if body["type"] == "signer.rotated" and body["data"]["new"] == new:
                return str(body["at"])[:10]
    return ""


def _succeeds(memory: Memory, head: Head) -> bool:
    """Tell whether a person opened this log because the remembered one was lost."""
    row = Body.objects.using(USING).filter(log=head.log, seq=0).first()
    if row is None:
        return False
    body: dict[str, Any] = json.loads(bytes(row.body))
    told = body["data"]
    return bool(
        body["type"] == "log.opened"
        and body["act"]["role"] != "system"
        and told["reason"] == "restored"
        and told["prior_log"] == memory.log
        and told["prior_size"] == memory.size
        and told["prior_root"] == memory.root.hex()
    )
