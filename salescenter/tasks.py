"""The sweeps as Celery tasks, for a house that has Redis: the same functions."""

from __future__ import annotations

from celery import shared_task

from salescenter import sweeping


@shared_task(soft_time_limit=60, time_limit=90)
def sweep_often() -> None:
    """Close what a crash left open."""
    sweeping.often()


@shared_task(soft_time_limit=600, time_limit=900)
def sweep_seldom() -> None:
    """Forget, turn the key epoch, make room."""
    sweeping.seldom()


@shared_task(soft_time_limit=3_600, time_limit=3_660)
def make_exports() -> None:
    """Make the sealed exports that were asked for."""
    sweeping.exports()
