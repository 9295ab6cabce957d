"""What people ask for in their own right, and the complaints of anybody."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7
from audit.models import Event
from consent.models.consents import Subject
from consent.models.places import Site

KINDS = (
    "access",
    "copy",
    "correct",
    "delete",
    "restrict",
    "object",
    "explain",
    "transfer",
    "kin",
    "complaint",
)
OUTCOMES = ("granted", "partly", "refused")
REASONS = ("not_held", "not_shown", "law", "others_rights", "repeated")

DUE = timedelta(days=30)
"""The limit (GB/T 35273, 8.7)."""

SHOWN_DUE = timedelta(days=15)
"""What the person is promised."""

KEPT = timedelta(days=3 * 366)
"""How long words stay after the answer: three years at least, as the records do."""


class Request(models.Model):
    """A request or complaint: its number, its days, and its one answer.

    The words of both sides are sealed under a key of the request's own, which is
    destroyed when its term ends; the row stays, as evidence that it was answered.
    `subject` is empty for somebody who did not say who they are.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    year = models.IntegerField()
    number = models.IntegerField()
    kind = models.CharField(max_length=12)
    purpose = models.CharField(max_length=32, blank=True)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, null=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    code_hash = models.BinaryField(unique=True)
    opened_at = models.DateTimeField()
    shown_due = models.DateTimeField()
    due = models.DateTimeField()
    opened_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )
    asked = models.BinaryField(null=True)
    outcome = models.CharField(max_length=8, null=True)  # noqa: DJ001 - null: open
    reason = models.CharField(max_length=16, null=True)  # noqa: DJ001 - null: none
    reply = models.BinaryField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=40, null=True)  # noqa: DJ001 - null: open
    answered_event = models.OneToOneField(
        Event,
        on_delete=models.PROTECT,
        to_field="eid",
        related_name="+",
        null=True,
    )
    ended_at = models.DateTimeField(null=True)
    ended_event = models.OneToOneField(
        Event,
        on_delete=models.PROTECT,
        to_field="eid",
        related_name="+",
        null=True,
    )

    class Meta:
        default_permissions = ()
        permissions = [("answer_request", "Answer what people ask for")]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "number"], name="consent_request_number"
            ),
            models.CheckConstraint(
                name="consent_request_kind", condition=Q(kind__in=KINDS)
            ),
            models.CheckConstraint(
                name="consent_request_due",
                condition=Q(due__gt=F("opened_at"), due__lte=F("opened_at") + DUE)
                & Q(shown_due__gt=F("opened_at"), shown_due__lte=F("due")),
            ),
            models.CheckConstraint(
                name="consent_request_answered_whole",
                condition=Q(
                    outcome=None,
                    reason=None,
                    reply=None,
                    answered_at=None,
                    answered_by=None,
                    answered_event=None,
                )
                | Q(
                    outcome__isnull=False,
                    outcome__in=OUTCOMES,
                    answered_at__isnull=False,
                    answered_by__isnull=False,
                    answered_event__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="consent_request_reasoned",
                condition=Q(outcome=None)
                | Q(outcome="granted", reason=None)
                # A CHECK lets null pass: IN alone would let a missing reason.
                | Q(
                    outcome__in=["partly", "refused"],
                    reason__isnull=False,
                    reason__in=REASONS,
                ),
            ),
            models.CheckConstraint(
                name="consent_request_ended_whole",
                condition=Q(ended_at=None, ended_event=None, asked__isnull=False)
                | Q(
                    ended_at__gte=F("answered_at") + KEPT,
                    answered_at__isnull=False,
                    ended_event__isnull=False,
                    asked=None,
                    reply=None,
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due"],
                condition=Q(answered_at=None),
                name="consent_request_open",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the number as people say it: `R-2026-0007`."""
        return f"R-{self.year}-{self.number:04}"
