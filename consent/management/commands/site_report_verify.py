"""Tell whether the report of a closed site is whole and signed by the log's key."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from consent.services.closing import report_fault, vkeys_here


class Command(BaseCommand):
    """Check a report file; exit 1 when it does not hold."""

    help = "Check the signed report of a closed site."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and keys to trust instead of this installation's own."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--pin", action="append", default=[])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Say in one line whether it holds."""
        try:
            body = json.loads(options["file"].read_text(encoding="utf-8"))
        except (OSError, ValueError):
            body = None
        if not isinstance(body, dict):
            self.stdout.write("this file cannot be read as a report")
            sys.exit(1)
        pins = options["pin"] or vkeys_here(body=body)
        fault = report_fault(body=body, pins=pins)
        if fault is not None:
            self.stdout.write(f"altered, or not signed by a trusted key ({fault})")
            sys.exit(1)
        report = body["report"]
        self.stdout.write(
            f"{report['site']}: signed and unaltered; nothing held, 0 face templates"
        )
