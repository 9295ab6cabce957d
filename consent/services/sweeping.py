"""What time brings about: sweeps that repeat until the log and the rows agree.

Each repeats what a transaction already promised, so a crash anywhere is mended by the
next round. They need no broker.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from consent import gate, keys
from consent.services.closing import closings_go_on
from consent.services.consents import (
    consents_expire_due,
    consents_expire_keyless,
    keys_destroy_due,
    keys_destroy_orphaned,
)
from consent.services.filings import filings_open_due
from consent.services.papers import papers_forget_due
from consent.services.parties import parties_end_due
from consent.services.publishing import assessments_expire_due
from consent.services.requesting import requests_end_due
from consent.services.walks import walks_forget_due


def _room_make() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_body_extend()")
    return 0


OFTEN: dict[str, Callable[[], int]] = {
    "uses_abandoned": gate.abandon_due,
    "consents_expired": lambda: len(consents_expire_due()),
    "keys_destroyed": keys_destroy_due,
    "sites_closed": closings_go_on,
}
"""What closes what a crash left open, to be run every few seconds, each by itself."""

SELDOM: dict[str, Callable[[], int]] = {
    "room_made": _room_make,
    "consents_keyless": lambda: len(consents_expire_keyless()),
    "keys_orphaned": keys_destroy_orphaned,
    "parties_ended": parties_end_due,
    "assessments_expired": assessments_expire_due,
    "walks_forgotten": walks_forget_due,
    "papers_forgotten": papers_forget_due,
    "filings_opened": filings_open_due,
    "requests_ended": requests_end_due,
    "epochs_turned": lambda: int(keys.epoch_turn()),
    "mirror_mended": keys.mirror_reconcile,
}
"""What ends consents without a key, keys without a consent, parties and assessments
whose time is over; forgets walks, turns the epoch, mends the mirror, makes room."""


def sweep_often() -> dict[str, int]:
    """Run the first ones; return how many rows each mended."""
    return {name: sweep() for name, sweep in OFTEN.items()}


def sweep_seldom() -> dict[str, int]:
    """Run the others; return how many rows each mended."""
    return {name: sweep() for name, sweep in SELDOM.items()}
