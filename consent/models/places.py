"""Who asks, and where: operator, sites, kiosks, and the walk of one guest."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.models import Event


class Operator(models.Model):
    """The legal entity responsible. One to a database; lives for ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=32, unique=True)
    legal_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = [("view_office", "See what awaits a compliance officer")]

    def __str__(self) -> str:
        return self.code

    @property
    def demonstration(self) -> bool:
        """Tell whether everything of this operator is a demonstration."""
        return self.code.startswith("demo-")


class Site(models.Model):
    """One sales center. Lives for ever, so that its log can be read."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT)
    code = models.CharField(max_length=32, unique=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    timezone = models.CharField(max_length=40, default="Asia/Shanghai")
    opened_event = models.ForeignKey(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )

    def __str__(self) -> str:
        return self.code


class Kiosk(models.Model):
    """A paired browser at the door of one site; known by a token, never by staff.

    `order` is where the twins stand ("with my face" first or second), chosen by
    coin-toss when the kiosk is made and told to the log.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    code = models.CharField(max_length=32, unique=True)
    order = models.CharField(max_length=12)
    token_hash = models.BinaryField(null=True, unique=True)
    pairing_hash = models.BinaryField(null=True, unique=True)
    pairing_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code


class Walk(models.Model):
    """One guest's way from the kiosk's code to their receipt.

    The code in the QR opens it once, within a minute; a cookie carries it for half an
    hour. Holds no personal data: only which steps were made. Swept after a day.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kiosk = models.ForeignKey(Kiosk, on_delete=models.PROTECT)
    surface = models.CharField(max_length=8, default="phone")
    short = models.CharField(max_length=4)
    token_hash = models.BinaryField(unique=True)
    created_at = models.DateTimeField()
    opens_until = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    cookie_hash = models.BinaryField(null=True, unique=True)
    finish_until = models.DateTimeField(null=True)
    language = models.CharField(max_length=8, default="zh-hans")
    rules = models.ForeignKey("consent.Rules", null=True, on_delete=models.PROTECT)
    subject = models.ForeignKey(
        "consent.Subject", null=True, on_delete=models.PROTECT, related_name="+"
    )
    receipt = models.ForeignKey(
        "consent.Receipt", null=True, on_delete=models.PROTECT, related_name="+"
    )
    choices = models.JSONField(default=dict)
    # Purposes that this walk does not ask for, as their answer was no lately.
    withheld = models.JSONField(default=list)
    # Begun with the code of a printed notice, for somebody without a phone.
    assisted = models.BooleanField(default=False)
    guardian_offered = models.BooleanField(default=False)
    guardian_answered_at = models.DateTimeField(null=True)
    face_offered = models.BooleanField(null=True)
    chosen_at = models.DateTimeField(null=True)
    face_answered_at = models.DateTimeField(null=True)
    details_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    camera_asked_at = models.DateTimeField(null=True)
    camera_done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consent_walk_opened_whole",
                condition=Q(opened_at=None, cookie_hash=None, finish_until=None)
                | Q(
                    opened_at__isnull=False,
                    cookie_hash__isnull=False,
                    finish_until__isnull=False,
                ),
            )
        ]

    def __str__(self) -> str:
        return self.short


class PaperCode(models.Model):
    """The code on a printed notice: opens one walk on a kiosk, for half an hour.

    The code itself is not stored: it is derived from the row's id, so that the sheet
    can be printed again while it is good. Swept after a day.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    rules = models.ForeignKey("consent.Rules", on_delete=models.PROTECT)
    language = models.CharField(max_length=8)
    code_hash = models.BinaryField(unique=True)
    created_at = models.DateTimeField()
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)
