"""Compare, or write down, what the database refuses."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit import inventory
from salescenter.checks import INVENTORY, guards_missing


class Command(BaseCommand):
    """Print what differs from the shipped inventory; exit 1 when anything does."""

    help = "Compare the database's guards with the shipped inventory."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --write, for whoever changes a guard."""
        parser.add_argument(
            "--write", action="store_true", help="write the inventory file anew"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare or write."""
        if options["write"]:
            INVENTORY.write_text("\n".join(inventory.installed()) + "\n", "utf-8")
            self.stdout.write(f"{INVENTORY.name} written")
            return
        missing = guards_missing()
        for line in missing:
            self.stdout.write(line)
        if missing:
            sys.exit(1)
        self.stdout.write("every guard is in place")
