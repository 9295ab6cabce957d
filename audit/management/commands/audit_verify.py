"""Recompute the log from its stored bodies."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from audit import selectors


class Command(BaseCommand):
    """Say whether the stored log still is what it was; exit 1 when it is not."""

    help = "Recompute root, grammar and numbering of the log; exit 1 on any difference."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print one line per fault, or the size and root that hold."""
        faults = 0
        for fault in selectors.log_faults():
            faults += 1
            self.stdout.write(fault)
        if faults:
            self.stdout.write(f"{faults} faults")
            sys.exit(1)
        state = selectors.log_state()
        if state is None:
            self.stdout.write("no log is open yet")
            return
        self.stdout.write(f"{state.size} events, root {state.root}: all hold")
