"""The app of rules, consents and the gate."""

from __future__ import annotations

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Consent: every door to personal data."""

    name = "consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what consent holds of a person, and what the log's readers ask."""
        from audit import bundle, readers
        from consent import (
            approvals,
            closings,
            custody,
            duties,
            evidence,
            filings,
            holdings,
            reading,
            registers,
            requests,
            stops,
            tallies,
        )

        holdings.register("consent.Receipt", evidence.receipt_holdings)
        holdings.register("consent.Guardianship", evidence.guardian_holdings)
        holdings.register("consent.Pass", evidence.link_holdings)
        holdings.register("consent.Use", evidence.use_holdings)
        holdings.register("consent.Disclosure", evidence.disclosure_holdings)
        holdings.register("consent.Walk", evidence.walk_holdings)
        holdings.register("consent.Request", requests.request_holdings)
        duties.register("requests", requests.request_duties)
        bundle.part_register(
            "receipts.jsonl", evidence.receipts_lines, identified=False
        )
        tallies.register("guardian_records", evidence.guardians_count)
        tallies.register("open_requests", requests.requests_open_count)
        readers.places_register(reading.places)
        readers.notices_register(reading.notice_seen)
        duties.register("drafts", approvals.draft_duties)
        duties.register("assessments", approvals.assessment_duties)
        duties.register("closings", closings.closing_duties)
        duties.register("filings", filings.filing_duties)
        duties.register("stops", stops.stop_duties)
        duties.register("devices", registers.devices_waiting)
        duties.register("parties", registers.parties_waiting)
        duties.register("mirror", custody.mirror_duties)
