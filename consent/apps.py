"""The app of rules, consents and the gate."""

from __future__ import annotations

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Consent: every door to personal data."""

    name = "consent"
    default_auto_field = "django.db.models.BigAutoField"
