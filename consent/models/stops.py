"""The stop switch of a site: who pressed it, why, and who let go of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7
from audit.models import Event
from consent.models.places import Site

SCOPES = ("face", "marketing", "all")
REASONS = ("authority", "court", "incident", "operator")
ORDERED = ("authority", "court")
"""Reasons by which somebody outside ordered it: who pressed may not let go of it."""


class Stop(models.Model):
    """One press of the stop switch at a site, and its end. On while `off_at` is null.

    A trigger refuses uses and templates of a face while one for faces is on.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    scope = models.CharField(max_length=12)
    reason = models.CharField(max_length=12)
    on_at = models.DateTimeField()
    on_by = models.CharField(max_length=40)
    on_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )
    off_at = models.DateTimeField(null=True)
    off_by = models.CharField(max_length=40, null=True)  # noqa: DJ001 - on means null
    off_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )

    class Meta:
        default_permissions = ()
        permissions = [
            ("stop_faces", "Press the stop switch"),
            ("release_stop", "Let go of the stop switch"),
        ]
        constraints = [
            models.CheckConstraint(
                name="consent_stop_scope", condition=Q(scope__in=SCOPES)
            ),
            models.CheckConstraint(
                name="consent_stop_reason", condition=Q(reason__in=REASONS)
            ),
            models.CheckConstraint(
                name="consent_stop_off_whole",
                condition=Q(off_at=None, off_by=None, off_event=None)
                | Q(
                    off_at__isnull=False,
                    off_by__isnull=False,
                    off_event__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="consent_stop_other_lets_go",
                condition=~Q(reason__in=ORDERED)
                | Q(off_by=None)
                | ~Q(off_by=F("on_by")),
            ),
            models.UniqueConstraint(
                fields=["site", "scope"],
                condition=Q(off_at=None),
                name="consent_stop_one_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.on_at}"
