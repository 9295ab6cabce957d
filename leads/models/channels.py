"""Who brings people, by which rules, and whom they announced."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event
from audit.say import Say
from consent.models import Site, Subject
from leads.models.rulebook import AttributionDraft

TOKEN = r"^[a-z][a-z0-9._-]{0,39}$"  # noqa: S105 - what the log takes as a code
"""The form of a code that the log may carry."""


class Channel(models.Model):
    """A party that brings people to one site; the log knows it by its code."""

    class Kind(models.TextChoices):
        BROKER = "broker", "分销 / broker"
        OWN_TEAM = "own_team", "自渠 / own team"
        RESIDENT = "resident", "老带新 / resident"
        CITIZEN_AGENT = "citizen_agent", "全民经纪人 / citizen agent"
        ONLINE = "online", "线上 / online"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=Kind.choices)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="leads_channel_code"),
            models.CheckConstraint(
                name="leads_channel_token", condition=Q(code__regex=TOKEN)
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Say:
        """Return the channel's name in both languages."""
        return Say(zh=self.name_zh, en=self.name_en)


class Agent(models.Model):
    """Somebody who announces clients for a channel: a code and a label, no name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    label = models.CharField(max_length=80)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "code"], name="leads_agent_code"
            ),
            models.CheckConstraint(
                name="leads_agent_token", condition=Q(code__regex=TOKEN)
            ),
        ]

    def __str__(self) -> str:
        return self.code


class AttributionRules(models.Model):
    """A published version of the rules of attribution. Immutable.

    `draft`, `published_at` and `event` are null only where it was published before
    two people did so.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    version = models.CharField(max_length=40)
    effective_from = models.DateTimeField()
    document = models.JSONField()
    draft = models.OneToOneField(
        AttributionDraft, null=True, on_delete=models.PROTECT, related_name="rules"
    )
    published_at = models.DateTimeField(null=True)
    event = models.OneToOneField(
        Event, null=True, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["site", "version"], name="leads_attributionrules_version"
            ),
            models.UniqueConstraint(
                fields=["site", "effective_from"], name="leads_attributionrules_start"
            ),
            models.CheckConstraint(
                name="leads_attributionrules_token", condition=Q(version__regex=TOKEN)
            ),
        ]

    def __str__(self) -> str:
        return self.version


class Referral(models.Model):
    """A channel announced that somebody will come; kept without name and number.

    Until the client confirms at the site there are keyed hashes and the masked digits
    only. `masked` is what a page shows; for a masked announcement it is also what is
    compared. The code that a visitor may show is derived from the id, never stored.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT)
    received_at = models.DateTimeField()
    number_hash = models.BinaryField(null=True)
    masked = models.CharField(max_length=24)
    surname_hash = models.BinaryField(null=True)
    is_masked = models.BooleanField()
    consent_proof = models.BooleanField()
    planned_at = models.DateTimeField(null=True)
    code_hash = models.BinaryField(unique=True)
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="leads_referral_one_form",
                condition=Q(is_masked=True, number_hash=None)
                | Q(is_masked=False, number_hash__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["number_hash"], name="leads_referral_number"),
            models.Index(fields=["site", "received_at"], name="leads_referral_time"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ReferralMatch(models.Model):
    """It was found, under a live consent, that a referral concerns a person.

    Holds no phone, so that history can be judged again after phones are erased.
    """

    class How(models.TextChoices):
        PHONE = "phone"
        SHOWN = "shown"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    clause = models.CharField(max_length=4)
    how = models.CharField(max_length=8, choices=How.choices)
    at = models.DateTimeField()
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "subject", "how"], name="leads_referralmatch_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.clause} {self.how}"
