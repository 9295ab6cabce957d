"""What people decided where the rules of attribution could not."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event
from leads.models.channels import Channel
from leads.models.visits import Decision


class Ruling(models.Model):
    """A person settled a decision that was for review. Immutable; no words of theirs.

    Attributes:
        reason: a code of the published list (`leads.rulings.GROUNDS`).
        sha256: of the ruling's text, which the log keeps and names.
        by: the code of the member of staff.
        decides: whether the visit was decided by it; not where the consent to
            attribution had ended, when it counts for a commission only.
    """

    class Outcome(models.TextChoices):
        CHANNEL = "channel"
        WALK_IN = "walk_in"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.PROTECT)
    reason = models.CharField(max_length=24)
    sha256 = models.CharField(max_length=64)
    by = models.CharField(max_length=40)
    decides = models.BooleanField()
    at = models.DateTimeField()
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()
        permissions = [
            ("rule_visit", "Settle a visit that the rules of attribution cannot")
        ]
        constraints = [
            models.CheckConstraint(
                name="leads_ruling_channel_named",
                condition=Q(outcome="channel", channel__isnull=False)
                | Q(outcome="walk_in", channel=None),
            ),
            models.CheckConstraint(
                name="leads_ruling_reason_known",
                condition=Q(
                    reason__in=[
                        *("visitor_said", "brought_in_person", "earlier_record"),
                        *("channels_agreed", "other_customer", "nobody_shown"),
                        "none_theirs",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason}"
