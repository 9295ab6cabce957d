"""Whom the operator works with, and what was told to whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7
from audit.models import Event
from consent.models.consents import Consent, Subject
from consent.models.places import Site

ROLES = ("joint", "processor", "recipient")
"""Jointly responsible (PIPL 20), working for the operator (21), or receiving (23)."""

CATEGORIES = ("name", "phone", "visit", "decision", "deal")
"""What may be told to another party at all. A face is none of them."""

REASONS = ("term", "terminated")


class Party(models.Model):
    """Another party: added by one officer, approved by another, ended for good.

    Holds hashes of the contract and of the certificate of deletion, not the files.
    Its access dies with `until` by itself; `ended_at` says so in the log. A processor
    is closed only by its certificate of deletion.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=32, unique=True)
    role = models.CharField(max_length=9)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    credit_code = models.CharField(max_length=18)
    contact = models.CharField(max_length=200)
    contract_number = models.CharField(max_length=60)
    contract_sha256 = models.CharField(max_length=64)
    scope_zh = models.CharField(max_length=400)
    scope_en = models.CharField(max_length=400)
    purposes = models.JSONField()
    categories = models.JSONField()
    sub_entrusting = models.BooleanField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    asked_by = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    approved_by = models.CharField(max_length=40, null=True)  # noqa: DJ001 - nobody yet
    approved_at = models.DateTimeField(null=True)
    approved_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=10, null=True)  # noqa: DJ001 - not ended
    ended_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )
    closed_at = models.DateTimeField(null=True)
    certificate = models.CharField(max_length=64, null=True)  # noqa: DJ001 - not closed
    closed_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="consent_party_role", condition=Q(role__in=ROLES)
            ),
            models.CheckConstraint(
                name="consent_party_contract",
                condition=Q(contract_sha256__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="consent_party_term", condition=Q(until__gt=F("since"))
            ),
            models.CheckConstraint(
                name="consent_party_two_people",
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="consent_party_approved_whole",
                condition=Q(approved_by=None, approved_at=None, approved_event=None)
                | Q(
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    approved_event__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="consent_party_ended_whole",
                condition=Q(ended_at=None, ended_reason=None, ended_event=None)
                | Q(
                    ended_at__isnull=False,
                    ended_reason__in=REASONS,
                    ended_event__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="consent_party_closed_whole",
                condition=Q(closed_at=None, closed_event=None, certificate=None)
                | Q(
                    closed_at__isnull=False,
                    closed_event__isnull=False,
                    ended_at__isnull=False,
                ),
            ),
            # What a processor held is returned or deleted, and it says so in writing.
            models.CheckConstraint(
                name="consent_party_certificate",
                condition=Q(closed_at=None)
                | ~Q(role="processor")
                | Q(certificate__isnull=False, certificate__regex=r"^[0-9a-f]{64}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Disclosure(models.Model):
    """A row of the ledger: what was told about whom, to which party. Never changes.

    Outlives the consent it stood on, so that a person can always read who received
    what. Holds the kinds of data, not the data.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=32)
    categories = models.JSONField()
    at = models.DateTimeField()
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.party_id} {self.at}"
