"""How gunicorn serves the web application."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from faces import pixels

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_PROCESSES", "2"))
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 5
keepalive = 5
# Heartbeats on a disk can stall behind a busy one.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
certfile = os.environ.get("TLS_CERTIFICATE_FILE") or None
keyfile = os.environ.get("TLS_KEY_FILE") or None
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


def post_worker_init(worker: Worker) -> None:
    """Start this worker's pixel processes, so that no visitor waits for them."""
    pixels.warm()
