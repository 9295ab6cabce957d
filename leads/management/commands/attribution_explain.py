"""Print the decision for a file of rules and facts."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from leads.attribution import FactsMalformed, decide, parse_case


def document_read(path: Path) -> object:
    """Return what a JSON file holds.

    Raises:
        FactsMalformed: the file cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        text = "the file cannot be read"
        raise FactsMalformed(text) from None
    except UnicodeDecodeError:
        text = "the file is not UTF-8"
        raise FactsMalformed(text) from None
    except json.JSONDecodeError as error:
        text = f"not JSON: line {error.lineno}, column {error.colno}"
        raise FactsMalformed(text) from None
    except (RecursionError, ValueError):
        text = "not JSON that can be read"
        raise FactsMalformed(text) from None


def explain(path: Path) -> str:
    """Return the decision for a file as canonical JSON.

    Raises:
        FactsMalformed: the file cannot be read, is no JSON or no valid document.
    """
    document = document_read(path)
    case = parse_case(document)
    decision = decide(
        rules=case.rules, facts=case.facts, visitor=case.visitor, as_of=case.as_of
    )
    return decision.canonical()


class Command(BaseCommand):
    """Need no database: a file in, a decision out."""

    help = "Print the decision for a JSON file of rules and facts (exit 2: malformed)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *_args: object, **options: object) -> None:
        """Print one line of JSON, or one line of what is wrong."""
        path = options["file"]
        assert isinstance(path, Path)  # noqa: S101 - argparse made it
        try:
            line = explain(path)
        except FactsMalformed as error:
            raise CommandError(str(error), returncode=2) from None
        self.stdout.write(line)
