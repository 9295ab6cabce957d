"""Arrivals, and which channel each belongs to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event
from consent.models import Kiosk, Site, Subject
from leads.models.channels import Agent, Channel, Referral


class Visit(models.Model):
    """An arrival, with how it was verified. A refuser's has no subject.

    `key` makes a repeated request the same visit.
    """

    class VerifiedBy(models.TextChoices):
        PASS = "pass"  # noqa: S105 - a way of arriving
        OTP = "otp"
        QR = "qr"
        PHONE = "phone"
        FACE = "face"
        STAFF = "staff"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT)
    short = models.CharField(max_length=4, blank=True)
    at = models.DateTimeField()
    verified_by = models.CharField(max_length=8, choices=VerifiedBy.choices)
    kiosk = models.CharField(max_length=32, blank=True)
    key = models.CharField(max_length=64)
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()
        permissions = [
            ("view_desk", "See today's visits and check people in by hand"),
            ("add_referral_desk", "Enter a referral at the desk"),
            ("reveal_contact", "Read a visitor's name and number, logged"),
            ("view_decision", "Read why a visit belongs to a channel"),
            ("view_dashboard", "See which channel brings whom, in numbers"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="leads_visit_once"),
            models.CheckConstraint(
                name="leads_visit_verified_by",
                condition=Q(
                    verified_by__in=["pass", "otp", "qr", "phone", "face", "staff"]
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["site", "at"], name="leads_visit_time"),
            models.Index(fields=["subject", "at"], name="leads_visit_subject"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Decision(models.Model):
    """To which channel a visit belongs, by which clause, from which facts.

    `facts` and `document` hold identifiers, codes and moments, never a phone. One that
    `revises` another supersedes it and says why; each is superseded at most once, so
    that one decision of a visit is the current one: the one without `revised_by`.
    """

    class Outcome(models.TextChoices):
        CHANNEL = "channel"
        WALK_IN = "walk_in"
        REVIEW = "review"
        NONE = "none"

    class Reason(models.TextChoices):
        """Why a decision was superseded, as the log names it."""

        CONFIRMED = "confirmed"
        DENIED = "denied"
        NEW_NUMBER = "new_number"
        FAMILY = "family"
        MERGED = "merged"
        UNMERGED = "unmerged"
        FACE_LINK = "face_link"
        FACE_WITHDRAWN = "face_withdrawn"
        DEAL = "deal"
        RULING = "ruling"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    clause = models.CharField(max_length=4, blank=True)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.PROTECT)
    agent = models.ForeignKey(Agent, null=True, on_delete=models.PROTECT)
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT)
    version = models.CharField(max_length=40)
    facts = models.JSONField()
    document = models.JSONField()
    at = models.DateTimeField()
    revises = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="revised_by"
    )
    reason = models.CharField(max_length=16, blank=True, choices=Reason.choices)
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="leads_decision_channel_named",
                condition=Q(outcome="channel", channel__isnull=False)
                | (~Q(outcome="channel") & Q(channel=None, referral=None)),
            ),
            models.UniqueConstraint(
                fields=["visit"],
                condition=Q(revises=None),
                name="leads_decision_one_first",
            ),
            models.CheckConstraint(
                name="leads_decision_reason_given",
                condition=Q(reason="", revises=None)
                | Q(
                    reason__in=[
                        *("confirmed", "denied", "new_number", "family", "merged"),
                        *("unmerged", "face_link", "face_withdrawn", "deal"),
                        "ruling",
                    ],
                    revises__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.clause}"


class Attempt(models.Model):
    """A wrong code, number or ending typed at a kiosk: when, never what."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kiosk = models.ForeignKey(Kiosk, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["kiosk", "at"], name="leads_attempt_time")]

    def __str__(self) -> str:
        return str(self.at)
