"""The app of staff, settings and processes."""

from __future__ import annotations

from django.apps import AppConfig


class SalescenterConfig(AppConfig):
    """What knows everyone and is known by nobody."""

    name = "salescenter"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load the house rules that `manage.py check` asks for, and name the signer."""
        from audit import bundle, signing
        from salescenter import checks, signer_once  # noqa: F401 - Django's own way
        from salescenter.roles import staff_lines

        bundle.part_register("staff.jsonl", staff_lines, identified=True)
        signing.starter_register(signer_once.signer_run)
