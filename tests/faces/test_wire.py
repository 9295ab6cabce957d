from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from faces.processes import wire


def reader(data: bytes) -> Callable[[int], bytes]:
    left = memoryview(data)

    def read(size: int) -> bytes:
        nonlocal left
        if len(left) < size:
            raise EOFError
        taken, left = bytes(left[:size]), left[size:]
        return taken

    return read


def test_a_message_arrives_as_it_was_sent() -> None:
    sent = wire.message_pack({"ask": "hint"}, [b"one", b"", b"three"])
    received = wire.message_read(reader(sent), parts_max_bytes=100)
    assert received == ({"ask": "hint"}, [b"one", b"", b"three"])


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", 5000) + b" " * 5000,
        struct.pack(">I", 3) + b"[1]",
        struct.pack(">I", 2) + b"{}",
        struct.pack(">I", 3) + b"abc",
        struct.pack(">I", 2) + b"\xff\xff",
        struct.pack(">I", 18) + b'{"part_bytes":[-1]}'[:18],
        wire.message_pack({}, [b"x" * 101]),
        struct.pack(">I", 4000) + b"[" * 4000,
    ],
    ids=["long", "list", "no sizes", "no json", "no text", "negative", "much", "deep"],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        wire.message_read(reader(data), parts_max_bytes=100)


def test_half_a_message_is_an_end() -> None:
    sent = wire.message_pack({}, [b"one"])
    with pytest.raises(EOFError):
        wire.message_read(reader(sent[:-1]), parts_max_bytes=100)
