"""Tell whether a visitor's receipt is one that this installation signed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.signing import vkeys
from audit.verifier import verify_pack
from consent.receipts import receipt_holds


def log_of(vkey: str) -> str:
    """Return the id of the log that a verifier key is named for."""
    return vkey.partition("+")[0].rpartition("/")[2]


class Command(BaseCommand):
    """Check a receipt file's signature; exit 1 when it does not hold."""

    help = "Check the signature of a receipt file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Say in one line whether it holds."""
        try:
            body = json.loads(options["file"].read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.stdout.write("this file cannot be read as a receipt")
            sys.exit(1)
        if not isinstance(body, dict) or not receipt_holds(body=body):
            self.stdout.write("altered, or not signed here")
            sys.exit(1)
        if "proofs" not in body:
            self.stdout.write("signed here, and unaltered; no checkpoint is in it yet")
            return
        keys = vkeys(log=log_of(str(body.get("vkey"))))
        judged = verify_pack(None, receipt=str(options["file"]), pins=keys)
        if judged.exit:
            self.stdout.write("signed here, but the proofs in it do not hold")
            sys.exit(1)
        self.stdout.write("signed here, unaltered, and proved by the log")
