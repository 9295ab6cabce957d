"""The app of visits: names, phones, channels and every page of a visit."""

from __future__ import annotations

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Leads: the only home of names and phones."""

    name = "leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what goes when a consent ends, what is held, and what is shown."""
        from audit import bundle, readers
        from consent import duties, endings, erasure, holdings, tallies
        from leads import (
            answers,
            arrivals,
            belongings,
            compliance,
            contacts,
            decisions,
            exporting,
            referrals,
            rulebooks,
            rulings,
            visits,
        )
        from leads.words import PURPOSES

        duties.register("attribution", rulebooks.drafts_waiting)
        endings.register(arrivals.walk_ended)
        erasure.register("leads.Contact", contacts.contact_erase)
        erasure.register("leads.PhoneIndex", contacts.contact_erase)
        holdings.register("leads.Contact", belongings.contact_holdings)
        holdings.register("leads.PhoneIndex", belongings.phone_holdings)
        holdings.register("leads.ReferralMatch", referrals.match_holdings)
        holdings.register("leads.Visit", visits.visit_holdings)
        holdings.register("leads.Decision", decisions.decision_holdings)
        holdings.register("leads.Answer", answers.answer_holdings)
        holdings.register("leads.Ruling", rulings.ruling_holdings)
        tallies.register("contacts", contacts.contacts_count)
        tallies.register("phone_hashes", contacts.phone_hashes_count)
        bundle.part_register(
            "contacts.jsonl", exporting.contacts_lines, identified=True
        )
        readers.panel_register("leads", compliance.panel)
        readers.purposes_register(PURPOSES)
