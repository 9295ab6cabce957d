"""Every sweep of the house, for the worker, for Celery and for `manage.py sweep`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from audit.exports import exports_forget_due, exports_make_due
from audit.signing import refusals_tell
from consent.services.sweeping import OFTEN, SELDOM
from leads.contacts import phones_reindex_due
from leads.kiosks import attempts_forget_due
from salescenter.celery import EXPORTS_SECONDS, OFTEN_SECONDS, SELDOM_SECONDS

logger = logging.getLogger(__name__)

__all__ = [
    "EXPORTS_SECONDS",
    "OFTEN_SECONDS",
    "SELDOM_SECONDS",
    "exports",
    "often",
    "seldom",
    "sweep_all",
]


def often() -> dict[str, int]:
    """Close what a crash left open; every `OFTEN_SECONDS`."""
    return _each(
        {
            **OFTEN,
            "phones_indexed": phones_reindex_due,
            "refusals_told": refusals_tell,
        }
    )


def seldom() -> dict[str, int]:
    """Forget, sessions too, turn the key epoch, make room; every `SELDOM_SECONDS`."""
    return _each(
        {
            "sessions_forgotten": _sessions_forget,
            **SELDOM,
            "attempts_forgotten": attempts_forget_due,
            "exports_forgotten": exports_forget_due,
        }
    )


def exports() -> dict[str, int]:
    """Make the sealed exports that were asked for; every `EXPORTS_SECONDS`."""
    return _each({"exports_made": exports_make_due})


def sweep_all() -> dict[str, int]:
    """Run every sweep once and return what each mended."""
    return {**often(), **seldom()}


def _each(sweeps: Mapping[str, Callable[[], int]]) -> dict[str, int]:
    """Run each sweep by itself: one that fails must not keep the others from it.

    A database that is away ends the round; the next one begins anew.
    """
    mended: dict[str, int] = {}
    for name, sweep in sweeps.items():
        try:
            mended[name] = sweep()
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001
            # The class alone: a database's text may quote a row.
            logger.error("%s failed: %s", name, type(error).__name__)  # noqa: TRY400
            mended["failed"] = mended.get("failed", 0) + 1
    return mended


def _sessions_forget() -> int:
    SessionStore.clear_expired()
    return 0
