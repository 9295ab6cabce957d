"""What the signer remembers between its runs, outside every database."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from audit import merkle

SCHEMA = "salescenter-signer/1"


class MemoryBroken(Exception):
    """The signer's own files cannot be read; the text says which and what to do."""


@dataclass(frozen=True)
class Memory:
    """The last tree that was signed, and with which keys.

    Attributes:
        log: the log's id; empty before the first checkpoint.
        operator: whose log it is.
        size: how many events the last checkpoint covers.
        frontier: of the tree of that size, in hex, largest subtree first.
        last_at: the time of the last event that it covers.
        note: the last checkpoint as it was signed.
        key: the public key that signs, in hex.
        retiring: the key before it, in hex, while both sign; else empty.
        rotated_on: the UTC day of the event of that rotation.
        past: public keys that signed this log before, oldest first.
        former: operator, log and keys of each log before this one, the oldest first.
        refused: why nothing is signed, or empty.
    """

    log: str = ""
    operator: str = ""
    size: int = 0
    frontier: tuple[str, ...] = ()
    last_at: str = ""
    note: str = ""
    key: str = ""
    retiring: str = ""
    rotated_on: str = ""
    past: tuple[str, ...] = ()
    former: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    refused: str = ""
    schema: str = field(default=SCHEMA)

    @property
    def root(self) -> bytes:
        """Return the root of the tree that was signed last."""
        return merkle.root([bytes.fromhex(one) for one in self.frontier])

    @property
    def day(self) -> str:
        """Return the UTC day of the last event that is covered, or an empty text."""
        return self.last_at[:10]

    @property
    def keys(self) -> list[str]:
        """Return the public keys that sign now, the older first."""
        return [self.retiring, self.key] if self.retiring else [self.key]

    def but(self, **changed: Any) -> Memory:
        """Return this memory with some of it changed."""
        return replace(self, **changed)


def memory_read(path: Path) -> Memory:
    """Return what is remembered; an empty memory when there is no file yet.

    Raises:
        MemoryBroken: the file is there and cannot be read. Beginning anew would
            sign whatever is found, so a person has to decide.
    """
    try:
        told = json.loads(path.read_bytes().decode("ascii"))
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError) as error:
        raise MemoryBroken(f"{path.name}: {type(error).__name__}") from None
    try:
        told["frontier"] = tuple(told["frontier"])
        told["past"] = tuple(told["past"])
        told["former"] = tuple(
            (operator, log, tuple(keys)) for operator, log, keys in told["former"]
        )
        found = Memory(**told)
        if found.schema != SCHEMA or len(found.root) != merkle.HASH_BYTES:
            raise MemoryBroken(f"{path.name}: unknown form")
    except (KeyError, TypeError, ValueError):
        raise MemoryBroken(f"{path.name}: unknown form") from None
    return found


def memory_write(path: Path, memory: Memory) -> None:
    """Keep what is remembered, durably: the old or the new file stands, never half."""
    content = json.dumps(asdict(memory), indent=1, sort_keys=True) + "\n"
    file_replace(path, content.encode("ascii"))


def file_replace(path: Path, content: bytes) -> None:
    """Write a private file whole and durably in place of what stood there."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
