"""Delivery of background work through Redis, for houses that have one.

Without `REDIS_URL` the one worker of `manage.py worker` calls the same functions.
"""

from __future__ import annotations

import os

from celery import Celery
from django.conf import settings

OFTEN_SECONDS = 5
SELDOM_SECONDS = 3_600
EXPORTS_SECONDS = 5

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salescenter.settings")

app = Celery("salescenter", broker=settings.REDIS_URL or "memory://")
app.conf.update(
    # Identifiers in, nothing out: no result is kept and no pickle is read.
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    timezone="UTC",
    beat_schedule={
        "often": {
            "task": "salescenter.tasks.sweep_often",
            "schedule": OFTEN_SECONDS,
            # A late round is worth nothing: the next one does its work.
            "options": {"expires": OFTEN_SECONDS},
        },
        "exports": {
            "task": "salescenter.tasks.make_exports",
            "schedule": EXPORTS_SECONDS,
            "options": {"expires": EXPORTS_SECONDS},
        },
        "seldom": {
            "task": "salescenter.tasks.sweep_seldom",
            "schedule": SELDOM_SECONDS,
            "options": {"expires": SELDOM_SECONDS},
        },
    },
)
app.autodiscover_tasks()
