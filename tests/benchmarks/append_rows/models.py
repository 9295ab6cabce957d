"""The business row of the measurement: shaped like a visit, and nothing more."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from audit import clock
from audit.ids import uuid7
from audit.models import Event


class Row(models.Model):
    """One row that a page would write.

    `event` is null only where no event is written, for the rows measured against.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(default=clock.now)
    site = models.CharField(max_length=32)
    verified_by = models.CharField(max_length=8)
    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, related_name="+", null=True
    )

    # Named, because the product's settings, which types are read from, lack this app.
    objects: ClassVar[models.Manager[Row]] = models.Manager()

    class Meta:
        app_label = "append_rows"
        db_table = "benchmark_row"

    def __str__(self) -> str:
        return str(self.id)


class AuditedRow(Row):
    """The same row of the same table, registered with django-auditlog."""

    class Meta:
        app_label = "append_rows"
        proxy = True
