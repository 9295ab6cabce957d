"""The web application, for gunicorn."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salescenter.settings")

application = get_wsgi_application()

from salescenter.checks import guards_require  # noqa: E402 - needs the apps

# A worker that finds a guard of the database missing never answers a request.
guards_require()
connections.close_all()
