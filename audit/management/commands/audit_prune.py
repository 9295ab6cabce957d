"""Drop the bodies of events whose published term is over."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.errors import TermTooShort
from audit.pruning import YEARS_DEFAULT, YEARS_MIN, prune


class Command(BaseCommand):
    """`manage.py audit_prune`: whole partitions only, under the owner role."""

    help = "Drop bodies older than the published term; proofs go on verifying."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the term."""
        parser.add_argument(
            "--years", type=int, default=YEARS_DEFAULT, help="the published term"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Drop what is due and say how much that was.

        Raises:
            CommandError: the term is too short.
        """
        try:
            done = prune(years=options["years"])
        except TermTooShort:
            message = f"records of processing are kept {YEARS_MIN} years at least"
            raise CommandError(message) from None
        if done is None:
            self.stdout.write("nothing is old enough")
            return
        self.stdout.write(f"{done.bodies} bodies below {done.before} dropped")
