"""What a visitor keeps: receipt, pass, and the link to their own page."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event
from consent.models.consents import Subject
from consent.models.places import Site


class Receipt(models.Model):
    """The visitor's signed copy of their choices. Holds no name, phone or face.

    Kept as evidence; the same bytes are the visitor's file.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    body = models.BinaryField()
    issued_at = models.DateTimeField()
    # Null in receipts of before there was such an event; a trigger asks for it since.
    issued_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )

    def __str__(self) -> str:
        return str(self.id)


class Pass(models.Model):
    """Eight characters with which a visitor comes back. Ends with the last consent.

    The code itself is not stored: it is derived from the row's id with a key of the
    secrets folder, so that its holder can be shown it again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    code_hash = models.BinaryField(unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "site"],
                condition=Q(revoked_at=None),
                name="consent_pass_one_living",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class PageLink(models.Model):
    """The token that opens a visitor's own page, and its 12 characters for a keyboard.

    Neither is stored, only their hashes.

    Revocable; lives on after consents ended, so that the visitor can see that.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    token_hash = models.BinaryField(unique=True)
    # Null in links of before there were such characters.
    code_hash = models.BinaryField(null=True, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)
