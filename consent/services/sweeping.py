"""What time brings about: sweeps that repeat until the log and the rows agree.

Each repeats what a transaction already promised, so a crash anywhere is mended by the
next round. They need no broker.
"""

from __future__ import annotations

from django.db import connection

from consent import gate, keys
from consent.services.consents import (
    consents_expire_due,
    consents_expire_keyless,
    keys_destroy_due,
)
from consent.services.walks import walks_forget_due


def sweep_often() -> dict[str, int]:
    """Close what a crash left open; to be run every few seconds.

    Returns:
        How many rows each step mended.
    """
    return {
        "uses_abandoned": gate.abandon_due(),
        "consents_expired": len(consents_expire_due()),
        "keys_destroyed": keys_destroy_due(),
    }


def sweep_seldom() -> dict[str, int]:
    """End what lost its key, forget walks, turn the epoch, make room for the log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_body_extend()")
    return {
        "consents_keyless": len(consents_expire_keyless()),
        "walks_forgotten": walks_forget_due(),
        "epochs_turned": int(keys.epoch_turn()),
    }
