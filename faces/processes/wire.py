"""Messages between a process and another that sees pixels.

Four bytes of length, a JSON header of that length, then the raw parts whose sizes the
header lists. Nothing in it can name a class or a function, as a pickle could.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Header: TypeAlias = dict[str, Any]

_LENGTH = struct.Struct(">I")
HEADER_MAX_BYTES = 4096
PARTS_KEY = "part_bytes"


def message_pack(header: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """Return one message as bytes."""
    sizes = [len(part) for part in parts]
    head = json.dumps({**header, PARTS_KEY: sizes}, allow_nan=False).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *parts])


def message_read(
    read: Callable[[int], bytes], *, parts_max_bytes: int
) -> tuple[Header, list[bytes]]:
    """Read one message.

    Args:
        read: returns exactly as many bytes as asked for, or raises EOFError.
        parts_max_bytes: limit of all parts together; a worker that has decoded hostile
            bytes is not believed either.

    Raises:
        EOFError: the other side has gone.
        ValueError: what came is no message, or too long a one.
    """
    (length,) = _LENGTH.unpack(read(_LENGTH.size))
    if length > HEADER_MAX_BYTES:
        message = "header too long"
        raise ValueError(message)
    try:
        header = json.loads(read(length))
    except RecursionError:
        message = "header too deep"
        raise ValueError(message) from None
    if not isinstance(header, dict):
        message = "header is not an object"
        raise ValueError(message)  # noqa: TRY004  (one error for a bad message)
    sizes = header.pop(PARTS_KEY, None)
    if not isinstance(sizes, list) or not all(
        isinstance(size, int) and size >= 0 for size in sizes
    ):
        message = "sizes are not numbers"
        raise ValueError(message)
    if sum(sizes) > parts_max_bytes:
        message = "parts too long"
        raise ValueError(message)
    return header, [read(size) for size in sizes]
