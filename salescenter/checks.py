"""House rules as system checks, and the start-up comparison of the guards."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from audit import inventory

INVENTORY = Path(__file__).with_name("inventory.txt")


def guards_missing() -> list[str]:
    """Return what the database should refuse and does not, one line each."""
    expected = INVENTORY.read_text(encoding="utf-8").splitlines()
    return inventory.difference(expected=expected, found=inventory.installed())


def guards_require() -> None:
    """Refuse to serve from a database whose guards are not those of this version.

    Raises:
        ImproperlyConfigured: names the first guards that are missing or unknown.
    """
    missing = guards_missing()
    if missing:
        shown = "; ".join(missing[:3])
        message = (
            f"{len(missing)} guards of the database differ ({shown}):"
            " run manage.py migrate"
        )
        raise ImproperlyConfigured(message)
