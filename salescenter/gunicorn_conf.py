"""How gunicorn serves the web application."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from faces import pixels
from faces.errors import PixelsBusy, PixelsFailed
from salescenter.powers import powers_drop

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

logger = logging.getLogger(__name__)

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_PROCESSES", "2"))
worker_class = "salescenter.slow_senders.PatientWorker"
threads = 16
preload_app = True  # read the program once, then fork
timeout = 60
graceful_timeout = 5
keepalive = 5
# Heartbeats on a disk can stall behind a busy one.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# A path can carry a code: no access log, and no request in an error's line.
accesslog = None
loglevel = "error"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"reserved": {"()": "salescenter.logs.ReservedFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "reserved"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": [], "level": "ERROR", "propagate": True},
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Serve without root's powers, where root serves."""
    del server, worker
    powers_drop()


# The first page comes first: loading the models keeps a core busy for two seconds.
WARM_AFTER_SECONDS = 1.0


def pixel_workers_each(total: int, processes: int) -> int:
    """Return how many pixel workers each web process has.

    All of them together are as many as can work at the same time: one more than there
    are cores takes 0.13 GB and makes the others slower. A worker belongs to one web
    process, so they are divided; rounded up, because visitors are not spread evenly
    over web processes, and one without any could see no face.
    """
    return max(1, -(-total // processes))


def post_worker_init(worker: Worker) -> None:
    """Start this worker's pixel processes soon, so that no visitor waits for them."""
    from django.conf import settings  # the program is read by now

    pixels.workers_allow(pixel_workers_each(settings.PIXEL_WORKERS, workers))
    timer = threading.Timer(WARM_AFTER_SECONDS, _warm)
    timer.daemon = True
    timer.start()


def _warm() -> None:
    try:
        pixels.warm()
    except (PixelsBusy, PixelsFailed) as error:
        # The first frame tries again, and says so if it must.
        logger.warning("pixel workers not started yet: %s", type(error).__name__)
