"""Say what keeps a draft of the rules from being published."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.lint import Finding, rules_lint
from consent.selectors import sites
from consent.services.publishing import rules_findings


class Command(BaseCommand):
    """Lint a rules document; exit 1 with findings, 2 for a file that is none."""

    help = "Lint a draft of the rules: one line for each finding."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and where it is for."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--site",
            help="code of a site: hold it against its assessments and parties, too",
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
        found = _found(document, options["site"])
        for finding in found:
            reason = f"{finding.reason.zh} / {finding.reason.en}"
            self.stdout.write(f"{finding.code}\t{finding.field}\t{reason}")
        if found:
            sys.exit(1)


def _found(document: dict[str, Any], code: str | None) -> list[Finding]:
    """Return what the linter finds, and for a named site all that publishing would."""
    if code is None:
        return rules_lint(document=document)
    found = next((one for one in sites() if one.code == code), None)
    if found is None:
        raise CommandError(f"没有这个案场 / there is no site {code}")
    return rules_findings(document=document, site=found)
