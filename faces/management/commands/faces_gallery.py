"""`manage.py faces_gallery`: hold everybody enrolled where a search is allowed."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from faces.gallery.process import LOOK_SECONDS, AnotherRuns, Process


class Command(BaseCommand):
    """Answer the other processes until told to stop."""

    help = (
        "Hold, in memory alone, the enrolled of each site whose rules and assessment"
        " allow a search of everybody; started by ./run."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Serve until SIGTERM.

        Raises:
            CommandError: another one runs on this machine.
        """
        try:
            process = Process(Path(settings.GALLERY_SOCKET))
        except AnotherRuns:
            message = "已经有一个在运行 / another one runs already"
            raise CommandError(message) from None

        def stop(*_: object) -> None:
            threading.Thread(target=process.shutdown, daemon=True).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        with process:
            process.serve_forever(poll_interval=LOOK_SECONDS)
        connections.close_all()
