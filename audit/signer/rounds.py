"""One look of the signer at the log: sign what grew, refuse what does not extend."""

from __future__ import annotations

import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from audit import clock, merkle, notes
from audit.errors import NoteInvalid
from audit.models import Checkpoint, Head, Refusal, SigningRequest
from audit.models import Signer as Status
from audit.signer.keeper import Keeper
from audit.signer.memory import Memory, MemoryBroken
from audit.signer.tree import (
    USING,
    end_of_day,
    leaves,
    root_of,
    rotated_on,
    succeeds,
    time_of,
    told_keys,
)

EVERY_EVENTS = 100
EVERY_SECONDS = 60.0
ANSWERS_AT_ONCE = 100


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
        begin: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Sign with the keys of a keeper.

        Args:
            keeper: keys and memory.
            separated: whether this process is another user than the one that serves.
            begin: whether a person says that a signer without a memory may begin
                anew on a log that was signed before.
            monotonic: seconds, for when a checkpoint is due.
        """
        self.keeper = keeper
        self.separated = separated
        self.begin = begin
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
            # Before the head: who asks saw it, so that what is signed covers them.
            waiting = _waiting()
            head = Head.objects.using(USING).filter(closed_at=None).first()
            if head is None:
                return 0
            memory = self._follow(memory, head)
            for retired in memory.past:
                self.keeper.key_destroy(retired)  # a crash may have kept it
            signed = 0
            if not memory.refused:
                # What was signed before a crash comes before what is signed now.
                self._publish(memory)
                if now or waiting or self._due(memory, head):
                    memory, signed = self._sign(memory, head)
            self._answer(memory, waiting)
            self._tell(memory, head)
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
            self.keeper.remember(memory.but(refused=""))
            return True

    def _follow(self, memory: Memory, head: Head) -> Memory:
        """Return the memory with a refusal in it when the tree is another one."""
        if not memory.log:
            return self._begin(memory, head)
        if memory.refused and memory.log != head.log and succeeds(memory, head):
            return self._begin(memory, head)
        reason = self._fault(memory, head) or memory.refused
        return self._refuse(memory, head, reason) if reason else memory

    def _begin(self, memory: Memory, head: Head) -> Memory:
        """Sign a log from its first event on.

        Raises:
            MemoryBroken: it was signed before, and nobody said that this may be.
        """
        former = memory.former
        past: tuple[str, ...] = ()
        if memory.log:
            keys = (*memory.past, *memory.keys)
            former = (*former, (memory.operator, memory.log, keys))
        elif Checkpoint.objects.using(USING).filter(log=head.log).exists():
            if not self.begin:
                raise MemoryBroken("checkpoints of this log that are not remembered")
            past = told_keys(head.log)
        if memory.retiring:
            self.keeper.key_destroy(memory.retiring)
        begun = Memory(
            log=head.log,
            operator=head.operator,
            key=memory.key or self.keeper.key_make(),
            past=past,
            former=former,
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
        for leaf in leaves(head.log, memory.size, head.size):
            folded = merkle.fold(folded, size, leaf)
            size += 1
        extends = size == head.size and folded == merkle.split(bytes(head.frontier))
        return "" if extends else "forked"

    def _refuse(self, memory: Memory, head: Head, reason: str) -> Memory:
        """Remember a refusal, and have it in this database, which may be a copy.

        Told once for each reason, however often it is looked at.
        """
        if memory.refused != reason:
            memory = memory.but(refused=reason)
            self.keeper.remember(memory)
        signed = {
            "log": head.log,
            "reason": reason,
            "signed_log": memory.log,
            "signed_size": memory.size,
            "signed_root": memory.root.hex(),
        }
        if not Refusal.objects.using(USING).filter(**signed).exists():
            Refusal.objects.using(USING).create(
                **signed,
                found_size=head.size,
                found_root=root_of(head),
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
            size = end_of_day(head, memory.size)
            memory = self._sign_at(memory, head, size)
            self._publish(memory)
            signed += 1
        return memory, signed

    def _sign_at(self, memory: Memory, head: Head, size: int) -> Memory:
        folded = [bytes.fromhex(one) for one in memory.frontier]
        for place, leaf in enumerate(leaves(head.log, memory.size, size)):
            folded = merkle.fold(folded, memory.size + place, leaf)
        at = head.last_at if size == head.size else time_of(head.log, size - 1)
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
        if coming == memory.key:
            self.keeper.next_key_set("")  # a crash came between
        if not coming or coming == memory.key or memory.retiring:
            return memory
        name = notes.origin(operator=head.operator, log=head.log)
        told = str(notes.VerifierKey(name, bytes.fromhex(coming)))
        day = rotated_on(head.log, memory.size, size, told)
        if day:
            memory = memory.but(key=coming, retiring=memory.key, rotated_on=day)
            self.keeper.remember(memory)
            self.keeper.next_key_set("")
        return memory

    def _keys(self, memory: Memory) -> list[Ed25519PrivateKey]:
        return [self.keeper.key(name) for name in memory.keys]

    def _publish(self, memory: Memory) -> None:
        found = Checkpoint.objects.using(USING).filter(log=memory.log)
        # An older memory signs again what was published already.
        if not memory.size or found.filter(size__gte=memory.size).exists():
            return
        with transaction.atomic(using=USING):
            Checkpoint.objects.using(USING).bulk_create(
                [Checkpoint(log=memory.log, size=memory.size, note=memory.note)],
                ignore_conflicts=True,
            )

    def _answer(self, memory: Memory, waiting: list[SigningRequest]) -> None:
        """Answer what was asked for: a note, or nothing when it is refused."""
        for request in waiting:
            try:
                note = None if memory.refused else self._note(memory, request)
            except (ValueError, NoteInvalid):
                # Whoever may ask must not be able to stop the signer by it.
                note = None
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
        for operator, log, keys in memory.former:
            *past, last = keys
            then = Memory(log=log, operator=operator, key=last, past=tuple(past))
            if (
                log == request.log
                and request.manifest is not None
                and last in memory.keys
                and _signed(then, request.size)
            ):
                return self._manifest(then, request)
        return None

    def _manifest(self, memory: Memory, request: SigningRequest) -> str:
        name = notes.origin(operator=memory.operator, log=memory.log)
        digest = bytes.fromhex(str(request.manifest))
        if len(digest) != merkle.HASH_BYTES:
            raise NoteInvalid("manifest")
        told = notes.Checkpoint(f"{name}/manifest", request.size, digest)
        return notes.note_sign(told, name=name, keys=self._keys(memory))

    def _tell(self, memory: Memory, head: Head) -> None:
        said: dict[str, object] = {
            "size": memory.size,
            "refused": bool(memory.refused),
            "separated": self.separated,
            "seen_at": clock.now(),
        }
        if memory.log == head.log:
            said["vkeys"] = "".join(f"{key}\n" for key in _verifier_keys(memory))
        # Under the open log, whichever it signed: that is where it is looked for.
        Status.objects.using(USING).update_or_create(log=head.log, defaults=said)


def _waiting() -> list[SigningRequest]:
    found = SigningRequest.objects.using(USING).filter(answered_at=None)
    return list(found.order_by("asked_at")[:ANSWERS_AT_ONCE])


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
