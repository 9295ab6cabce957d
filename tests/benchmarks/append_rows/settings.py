"""The product's settings, and beside it what the append is measured against.

Only `audit_append` reads these, in a process of its own; the product never installs
django-auditlog.
"""

from __future__ import annotations

from salescenter.settings import *  # noqa: F403
from salescenter.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "auditlog", "tests.benchmarks.append_rows"]
