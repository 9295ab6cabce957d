"""Drafts of the rules of attribution: written by one person, published by another."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7
from consent.models import Site

OUTCOMES = ("published", "returned", "discarded")


class AttributionDraft(models.Model):
    """One draft, from its first number to what became of it.

    `content` is the document's bytes (`consent.structure.encoded`): those that were
    submitted are fixed, and what is published is exactly them. Holds nothing about
    any visitor; `note` is what the second person wrote to the first.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    content = models.BinaryField()
    author = models.CharField(max_length=40)
    begun_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, null=True)  # noqa: DJ001 - open is null
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=40, null=True)  # noqa: DJ001 - likewise
    note = models.TextField(default="")

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

    @property
    def document(self) -> dict[str, Any]:
        """Return what the bytes say."""
        loaded: dict[str, Any] = json.loads(bytes(self.content))
        return loaded
