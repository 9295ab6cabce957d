"""Filings that are due to an authority, and what became of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event
from consent.models.places import Site

KINDS = ("face", "officer", "face_cancel")
STEPS = ("notice", "task")


class Filing(models.Model):
    """A threshold that was crossed: a notice ahead, or a task with its due day.

    A task stays until an officer says on which day it was filed, and under which
    number the authority received it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True)
    step = models.CharField(max_length=8)
    threshold = models.IntegerField()
    counted = models.IntegerField()
    since = models.DateTimeField()
    due = models.DateTimeField(null=True)
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )
    filed_on = models.DateField(null=True)
    receipt = models.CharField(max_length=60, null=True)  # noqa: DJ001 - open means null
    filed_at = models.DateTimeField(null=True)
    filed_by = models.CharField(max_length=40, null=True)  # noqa: DJ001
    filed_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )

    class Meta:
        default_permissions = ()
        permissions = [("file_filings", "Record that a filing was made")]
        constraints = [
            models.CheckConstraint(
                name="consent_filing_kind",
                condition=Q(kind__in=KINDS, step__in=STEPS),
            ),
            models.CheckConstraint(
                name="consent_filing_task_due",
                condition=Q(step="notice", due=None, filed_at=None)
                | Q(step="task", due__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_filing_filed_whole",
                condition=Q(
                    filed_on=None,
                    receipt=None,
                    filed_at=None,
                    filed_by=None,
                    filed_event=None,
                )
                | Q(
                    filed_on__isnull=False,
                    receipt__isnull=False,
                    filed_at__isnull=False,
                    filed_by__isnull=False,
                    filed_event__isnull=False,
                ),
            ),
            models.UniqueConstraint(
                fields=["kind", "step", "site"],
                name="consent_filing_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="consent_filing_site",
                condition=Q(kind="face_cancel", site__isnull=False)
                | (~Q(kind="face_cancel") & Q(site=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.step}"
