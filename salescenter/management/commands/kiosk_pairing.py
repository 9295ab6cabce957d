"""Print the address that pairs another browser with a kiosk."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.models import Kiosk
from salescenter.addresses import pairing_address


class Command(BaseCommand):
    """`manage.py kiosk_pairing k-1`: for a kiosk whose browser lost its pairing."""

    help = "Print the address that pairs another browser with a kiosk, within an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the kiosk's code."""
        parser.add_argument("code")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make a new pairing code; the paired browser stays until it is used.

        Raises:
            CommandError: there is no such kiosk.
        """
        del args
        kiosk = Kiosk.objects.filter(code=options["code"], revoked_at=None).first()
        if kiosk is None:
            message = f"there is no kiosk {options['code']}"
            raise CommandError(message)
        self.stdout.write(pairing_address(kiosk=kiosk))
