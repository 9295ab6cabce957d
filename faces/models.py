"""The one row of this app: an encrypted template under a live consent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event
from consent.models import Subject


class FaceTemplate(models.Model):
    """A face as 128 numbers, encrypted with the key of the consent it hangs on.

    (`live`, `subject`, `purpose`) points at a live consent of that person for that
    purpose (composite key, in SQL). Deleted in the commit that ends the consent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    live = models.UUIDField(unique=True)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=32)
    model = models.CharField(max_length=40)
    sealed = models.BinaryField()
    enrolled_at = models.DateTimeField()
    enrolled_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="faces_template_purpose", condition=Q(purpose="face.checkin")
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
