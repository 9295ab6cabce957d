"""Say what keeps a draft of the rules from being published."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from consent.lint import rules_lint


class Command(BaseCommand):
    """Lint a rules document; exit 1 with findings, 2 for a file that is none."""

    help = "Lint a draft of the rules: one line for each finding."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print code, field and reason of each finding, with tabs between."""
        try:
            document = json.loads(options["file"].read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            self.stderr.write(
                "读不出规则文件：要一个 UTF-8 的 JSON 对象 / "
                "no rules in this file: a JSON object in UTF-8 is needed"
            )
            sys.exit(2)
        found = rules_lint(document=document)
        for finding in found:
            reason = f"{finding.reason.zh} / {finding.reason.en}"
            self.stdout.write(f"{finding.code}\t{finding.field}\t{reason}")
        if found:
            sys.exit(1)
