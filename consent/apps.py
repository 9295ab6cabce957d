"""The app of rules, consents and the gate."""

from __future__ import annotations

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Consent: every door to personal data."""

    name = "consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what consent itself holds of a person."""
        from consent import evidence, holdings

        holdings.register("consent.Receipt", evidence.receipt_holdings)
        holdings.register("consent.Pass", evidence.link_holdings)
        holdings.register("consent.Use", evidence.use_holdings)
        holdings.register("consent.Walk", evidence.walk_holdings)
