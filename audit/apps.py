"""The app of the log."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The log: what was collected and used, for a stranger to check."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"
