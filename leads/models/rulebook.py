"""Drafts of the rules of attribution: written by one person, published by another."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from consent.models.drafts import OUTCOMES, TwoPersonDraft


class AttributionDraft(TwoPersonDraft):
    """One draft of a site's rules of attribution."""

    class Meta:
        default_permissions = ()
        permissions = [
            ("view_attribution", "Read drafts of the rules of attribution"),
            ("draft_attribution", "Draft rules of attribution, and try them"),
            ("publish_attribution", "Publish rules of attribution of another's draft"),
        ]
        constraints = [
            models.CheckConstraint(
                name="leads_attributiondraft_decided_whole",
                condition=Q(outcome=None, decided_at=None, decided_by=None)
                | Q(
                    outcome__in=OUTCOMES,
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="leads_attributiondraft_two_people",
                condition=Q(outcome=None)
                | ~Q(outcome="published")
                | (Q(submitted_at__isnull=False) & ~Q(decided_by=F("author"))),
            ),
        ]
        indexes = [
            models.Index(
                fields=["site"],
                condition=Q(outcome=None),
                name="leads_attributiondraft_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.author} {self.begun_at}"
