"""What visitors said about who announced them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event
from leads.models.visits import Visit


class Answer(models.Model):
    """A visitor's answer about a visit; they may answer again, the last one counts.

    Attributes:
        said: that a channel they named announced them (`confirmed`), that nobody did
            (`denied`), or that they would rather not say.
        referrals: ids of those that concern them and that the answer is about. A
            channel they named that announced nobody like them is not kept.
    """

    class Said(models.TextChoices):
        CONFIRMED = "confirmed"
        DENIED = "denied"
        UNSAID = "unsaid"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT)
    said = models.CharField(max_length=10, choices=Said.choices)
    referrals = models.JSONField()
    at = models.DateTimeField()
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="leads_answer_said",
                condition=Q(said__in=["confirmed", "denied", "unsaid"]),
            )
        ]

    def __str__(self) -> str:
        return self.said
