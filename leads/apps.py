"""The app of visits: names, phones, channels and every page of a visit."""

from __future__ import annotations

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Leads: the only home of names and phones."""

    name = "leads"
    default_auto_field = "django.db.models.BigAutoField"
