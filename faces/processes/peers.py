"""Who is on the other side of a local socket, as the kernel knows it."""

from __future__ import annotations

import socket
import struct

_CREDENTIALS = struct.Struct("3i")  # struct ucred: process, user, group


def peer_process(link: socket.socket) -> int:
    """Return the id of the process that connected, or that listened."""
    return _credentials(link)[0]


def peer_user(link: socket.socket) -> int:
    """Return the id of its user."""
    return _credentials(link)[1]


def _credentials(link: socket.socket) -> tuple[int, int, int]:
    size = _CREDENTIALS.size
    told = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    process, user, group = _CREDENTIALS.unpack(told)
    return process, user, group
