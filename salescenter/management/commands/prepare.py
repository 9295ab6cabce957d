"""Everything between a started database and a served page, in one process."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor

from audit.selectors import log_state
from consent.errors import KeysUnavailable
from consent.models import Operator
from consent.services.sweeping import sweep_often, sweep_seldom
from salescenter import grants
from salescenter.addresses import addresses
from salescenter.checks import guards_require


class Command(BaseCommand):
    """Migrate, grant, collect static files, seed the demonstration: what is missing."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the pipe on which the supervisor waits for the addresses."""
        parser.add_argument("--addresses-fd", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is not done yet, and say where the pages are."""
        self._migrate()
        try:
            guards_require()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        # After a restore, consents whose key is gone end before anything is served.
        if log_state() is not None:
            try:
                sweep_often()
                sweep_seldom()
            except KeysUnavailable:
                message = "the key store cannot be reached, so nothing is served"
                raise CommandError(message) from None
        self._collect_static()
        # An outside database belongs to somebody who decides what is put into it.
        if settings.EMBEDDED and not Operator.objects.exists():
            call_command("demo_seed", stdout=self.stdout)
        lines = "\n".join(addresses()) + "\n"
        if options["addresses_fd"] is None:
            self.stdout.write(lines, ending="")
            return
        self.stdout.flush()
        with os.fdopen(options["addresses_fd"], "w", encoding="utf-8") as pipe:
            pipe.write(lines)

    def _migrate(self) -> None:
        owner = connections["owner"]
        executor = MigrationExecutor(owner)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("migrating")
            self.stdout.flush()
            call_command("migrate", verbosity=0)
        else:
            with transaction.atomic(using="owner"):
                grants.apply(owner)
        owner.close()

    def _collect_static(self) -> None:
        """Collect when a file changed since the last time."""
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        digest = _static_digest()
        if not stamp.exists() or stamp.read_text() != digest:
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.parent.mkdir(parents=True, exist_ok=True)
            stamp.write_text(digest)


def _static_digest() -> str:
    digest = hashlib.sha256()
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                state = path.stat()
                digest.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
