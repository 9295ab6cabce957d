"""Migrate as the owner, then give roles their rights: the database's and people's."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections, transaction

from salescenter import grants
from salescenter.roles import roles_sync


class Command(Migrate):
    """Django's `migrate`, under the role that owns the tables."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take Django's arguments, with the owner's connection as the default."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, and put the rights in place even when nothing was to migrate."""
        super().handle(*args, **options)
        # In one piece, so that a serving app role is never seen without its rights.
        with transaction.atomic(using=options["database"]):
            grants.apply(connections[options["database"]])
        if not options["app_label"]:
            roles_sync()
