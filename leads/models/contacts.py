"""The only home of names and phones."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event
from consent.models import Consent, Site, Subject
from consent.purposes import Purpose


class Contact(models.Model):
    """A name and a phone, encrypted with the key of the consent they stand on.

    Points at the live consent (a composite key in SQL), so it cannot outlast it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    live = models.OneToOneField(
        Consent,
        to_field="live",
        db_column="live",
        db_constraint=False,  # the composite key of the guards says it and more
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=32, default=Purpose.CONTACT.value)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    sealed = models.BinaryField()
    collected_at = models.DateTimeField()
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="leads_contact_purpose", condition=Q(purpose="contact")
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class PhoneIndex(models.Model):
    """Searchable forms of a contact's phone: keyed hashes, under the same consent.

    UNLOGGED: it never reaches a backup, and is made anew from the living contacts.
    """

    contact = models.OneToOneField(
        Contact, primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    number_hash = models.BinaryField()
    last_four_hash = models.BinaryField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["number_hash"], name="leads_phoneindex_number"),
            models.Index(fields=["last_four_hash"], name="leads_phoneindex_last"),
        ]

    def __str__(self) -> str:
        return str(self.contact_id)
