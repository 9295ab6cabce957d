"""Go on with the closing of a site that two people agreed to, to its end."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.errors import SignerRefuses, SignerSilent
from consent.closings import closing_of
from consent.errors import ClosingIncomplete
from consent.models import Site
from consent.services.closing import closing_finish, closing_go_on


class Command(BaseCommand):
    """`manage.py site_close c-1`: may be stopped and run again at any time."""

    help = "Go on with an approved closing of a site until its report is signed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the site's code."""
        parser.add_argument("code")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work in rounds and say after each how much is left.

        Raises:
            CommandError: there is no approved closing, or it could not be finished.
        """
        del args
        site = (
            Site.objects.select_related("operator").filter(code=options["code"]).first()
        )
        closing = closing_of(site=site) if site else None
        if closing is None or closing.approved_at is None:
            message = "two people agree on it first, on /office/close/"
            raise CommandError(message)
        while left := closing_go_on(closing=closing):
            self.stdout.write(f"{left} consents left")
        try:
            # What a last round left to destroy goes with this one.
            closing_go_on(closing=closing)
            done = closing_finish(closing=closing)
        except ClosingIncomplete as incomplete:
            names = ", ".join(map(str, incomplete.args))
            message = f"held still: {names}; run it again"
            raise CommandError(message) from None
        except (SignerSilent, SignerRefuses) as error:
            message = f"nothing is held, but nobody signs ({error.code}); run it again"
            raise CommandError(message) from None
        self.stdout.write(f"closed; report {done.report}")
