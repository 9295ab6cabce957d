"""Make the log's copy for searching anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audit.indexing import reindex


class Command(BaseCommand):
    """`manage.py audit_reindex`: from the bodies, under the owner role."""

    help = "Drop the rows that the log is searched by, and write them from the bodies."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Rewrite them, with a line for each part that is done."""

        def told(log: str, done: int, size: int) -> None:
            self.stdout.write(f"{log}: {done} of {size}")

        self.stdout.write(f"{reindex(told=told)} events copied for searching")
