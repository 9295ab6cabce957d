"""One round of every sweep."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from salescenter.sweeping import sweep_all


class Command(BaseCommand):
    """Close, expire, destroy and forget what is due; needs no broker."""

    help = "Run one round of every sweep and say what it mended."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run them and print the counts that are not zero."""
        done = {name: count for name, count in sweep_all().items() if count}
        if done.get("failed"):
            message = "a sweep failed; its name is above"
            raise CommandError(message)
        self.stdout.write(
            ", ".join(f"{name} {count}" for name, count in done.items())
            or "nothing was due"
        )
