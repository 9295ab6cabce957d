"""Drafts of rules and of assessments: written by one person, approved by another."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7
from consent.models.places import Site

KINDS = ("rules", "assessment")
OUTCOMES = ("published", "returned", "discarded")


class TwoPersonDraft(models.Model):
    """What one person writes and another decides about (`consent.services.two_people`).

    `content` is the document's bytes (`consent.structure.encoded`): those that were
    submitted are fixed, and what is published is exactly them. Holds no personal data;
    `note` is what the second person wrote to the first.
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
        abstract = True

    @property
    def document(self) -> dict[str, Any]:
        """Return what the bytes say."""
        loaded: dict[str, Any] = json.loads(bytes(self.content))
        return loaded


class Draft(TwoPersonDraft):
    """A draft of rules or of an assessment, and what became of it."""

    kind = models.CharField(max_length=12)

    class Meta:
        default_permissions = ()
        permissions = [
            ("draft_rules", "Draft rules and assessments"),
            ("approve_rules", "Approve drafts of others, and suspend assessments"),
        ]
        constraints = [
            models.CheckConstraint(
                name="consent_draft_kind", condition=Q(kind__in=KINDS)
            ),
            models.CheckConstraint(
                name="consent_draft_decided_whole",
                condition=Q(outcome=None, decided_at=None, decided_by=None)
                | Q(
                    outcome__in=OUTCOMES,
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="consent_draft_two_people",
                condition=Q(outcome=None)
                | ~Q(outcome="published")
                | (Q(submitted_at__isnull=False) & ~Q(decided_by=F("author"))),
            ),
        ]
        indexes = [
            models.Index(
                fields=["site", "kind"],
                condition=Q(outcome=None),
                name="consent_draft_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.begun_at}"
