"""Senders who never come to the end hold up nobody for long."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from salescenter import gunicorn_conf
from salescenter.slow_senders import READ_SECONDS
from tests import make
from tests.conftest import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("secrets_dir")]

SENDERS = 24
HEAD = (
    b"POST /language/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000000\r\n\r\nlang="
)


@contextlib.contextmanager
def dribbling(server: LiveServer) -> Iterator[None]:
    """Keep senders at it who send a byte now and then, and never all."""
    port = int(server.url.rsplit(":", 1)[1])
    links = [socket.create_connection(("127.0.0.1", port)) for _ in range(SENDERS)]
    over = threading.Event()

    def send() -> None:
        for link in links:
            link.sendall(HEAD)
        while not over.wait(0.5):
            for link in links:
                with contextlib.suppress(OSError):
                    link.sendall(b"x")

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()
        for link in links:
            link.close()


def test_senders_who_never_end_hold_up_nobody_for_long(
    serve: Callable[..., LiveServer],
) -> None:
    make.house()
    server = serve(WEB_PROCESSES="1")
    with dribbling(server):
        time.sleep(2)  # every thread has one now
        began = time.monotonic()
        with urllib.request.urlopen(f"{server.url}/rules/", timeout=60) as answer:
            assert answer.status == 200
        waves = -(-SENDERS // gunicorn_conf.threads)
        assert time.monotonic() - began < waves * (READ_SECONDS + 2)
