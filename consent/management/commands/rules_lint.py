"""Say what keeps a draft of the rules from being published."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.assessments import Allowed
from consent.lint import rules_lint
from consent.selectors import assessments_allowed, sites


class Command(BaseCommand):
    """Lint a rules document; exit 1 with findings, 2 for a file that is none."""

    help = "Lint a draft of the rules: one line for each finding."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and where it is for."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--site", help="code of a site: hold it against its assessments, too"
        )

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
        known = _assessments(options["site"])
        found = rules_lint(document=document, assessments=known)
        for finding in found:
            reason = f"{finding.reason.zh} / {finding.reason.en}"
            self.stdout.write(f"{finding.code}\t{finding.field}\t{reason}")
        if found:
            sys.exit(1)


def _assessments(code: str | None) -> list[Allowed] | None:
    """Return what a site's assessments allow; None when no site was named."""
    if code is None:
        return None
    found = next((one for one in sites() if one.code == code), None)
    if found is None:
        raise CommandError(f"没有这个案场 / there is no site {code}")
    return assessments_allowed(site=found)
