"""Closing a site for good: who asked, who approved, and the report it ended with."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7
from audit.models import Event
from consent.models.places import Site


class SiteClosing(models.Model):
    """One request to close a site. From its approval on nothing new begins there.

    It is finished when nothing of anybody is held under the site's consents any more;
    `report` is then the hash of the signed report, kept with the log's documents.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=40)
    asked_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=40, null=True)  # noqa: DJ001
    approved_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )
    dropped_at = models.DateTimeField(null=True)
    dropped_by = models.CharField(max_length=40, null=True)  # noqa: DJ001
    dropped_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )
    finished_at = models.DateTimeField(null=True)
    report = models.CharField(max_length=64, null=True)  # noqa: DJ001
    note = models.TextField(null=True)  # noqa: DJ001
    finished_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )

    class Meta:
        default_permissions = ()
        permissions = [("close_site", "Ask for and approve the closing of a site")]
        constraints = [
            models.CheckConstraint(
                name="consent_closing_approved_whole",
                condition=Q(approved_at=None, approved_by=None, approved_event=None)
                | Q(
                    approved_at__isnull=False,
                    approved_by__isnull=False,
                    approved_event__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="consent_closing_two_people",
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="consent_closing_dropped_whole",
                condition=Q(dropped_at=None, dropped_by=None, dropped_event=None)
                | Q(
                    approved_at=None,
                    dropped_at__isnull=False,
                    dropped_by__isnull=False,
                    dropped_event__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="consent_closing_finished_whole",
                condition=Q(
                    finished_at=None, report=None, note=None, finished_event=None
                )
                | Q(
                    approved_at__isnull=False,
                    finished_at__isnull=False,
                    report__isnull=False,
                    note__isnull=False,
                    finished_event__isnull=False,
                ),
            ),
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(dropped_at=None),
                name="consent_closing_one_each",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
