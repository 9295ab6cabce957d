"""Every sweep of the house, for the worker, for Celery and for `manage.py sweep`."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore

from audit.exports import exports_forget_due, exports_make_due
from audit.signing import refusals_tell
from consent.services.sweeping import sweep_often, sweep_seldom
from leads.contacts import phones_reindex_due
from leads.kiosks import attempts_forget_due
from salescenter.celery import EXPORTS_SECONDS, OFTEN_SECONDS, SELDOM_SECONDS

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
    return {
        **sweep_often(),
        "phones_indexed": phones_reindex_due(),
        "refusals_told": refusals_tell(),
    }


def seldom() -> dict[str, int]:
    """Forget, sessions too, turn the key epoch, make room; every `SELDOM_SECONDS`."""
    SessionStore.clear_expired()
    return {
        **sweep_seldom(),
        "attempts_forgotten": attempts_forget_due(),
        "exports_forgotten": exports_forget_due(),
    }


def exports() -> dict[str, int]:
    """Make the sealed exports that were asked for; every `EXPORTS_SECONDS`."""
    return {"exports_made": exports_make_due()}


def sweep_all() -> dict[str, int]:
    """Run every sweep once and return what each mended."""
    return {**often(), **seldom()}
