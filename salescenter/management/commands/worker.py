"""The one worker of a house without Redis: the sweeps on a timer, and exports."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections, connections

from salescenter import sweeping

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Sweep until told to stop."""

    help = "Run the sweeps on a timer until SIGTERM."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Sweep often and seldom; a database that is away is waited for."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        # By itself: a large export takes minutes, and the sweeps do not wait for it.
        exporter = threading.Thread(target=_export, args=(stop,), daemon=True)
        exporter.start()
        seldom_due = 0.0
        while not stop.is_set():
            _round(sweeping.often)
            if time.monotonic() >= seldom_due:
                _round(sweeping.seldom)
                seldom_due = time.monotonic() + sweeping.SELDOM_SECONDS
            stop.wait(sweeping.OFTEN_SECONDS)
        connections.close_all()


def _export(stop: threading.Event) -> None:
    while not stop.is_set():
        _round(sweeping.exports)
        stop.wait(sweeping.EXPORTS_SECONDS)
    connections.close_all()


def _round(sweep: Callable[[], dict[str, int]]) -> None:
    close_old_connections()
    try:
        mended = {name: count for name, count in sweep().items() if count}
    except Error as error:
        # The class alone: a database's text may quote a row.
        logger.warning("sweep failed: %s", type(error).__name__)
        connections.close_all()
        return
    if mended:
        logger.info("swept: %s", mended)
