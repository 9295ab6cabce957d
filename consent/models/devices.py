"""The cameras: where each may stand, what it sees, and who allowed it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7
from audit.models import Event
from consent.models.places import Kiosk, Site

KINDS = ("browser", "local")
"""The kiosk's own browser, or a camera plugged into this machine. Streams are none."""

PLACES = ("entrance", "reception", "lounge", "gallery", "model")
"""Where a camera may stand. Any other place is refused, private rooms by name."""

FORBIDDEN_PLACES = ("toilet", "nursing", "changing", "vip", "negotiation", "office")
"""Private rooms, in which there is no camera, whoever approves."""


class Picture(models.Model):
    """A drawing of what a camera sees, or a photograph of its sign. Never changes.

    Decoded and encoded again when it came in, so it carries no place, date or maker.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    media = models.CharField(max_length=10)
    width = models.IntegerField()
    height = models.IntegerField()
    bytes = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consent_picture_media",
                condition=Q(media__in=["image/png", "image/jpeg"]),
            )
        ]

    def __str__(self) -> str:
        return self.sha256


class Device(models.Model):
    """A camera of one kiosk, asked for by one officer and approved by another.

    Without one that is approved, not revoked and within its term, no use of a face
    begins at that kiosk. A change (another place, another zone) is another row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=32, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    kiosk = models.ForeignKey(Kiosk, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8)
    place = models.CharField(max_length=12)
    zone = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    sign = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    approved_by = models.CharField(max_length=40, null=True)  # noqa: DJ001 - nobody yet
    approved_at = models.DateTimeField(null=True)
    approved_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )
    revoked_at = models.DateTimeField(null=True)
    revoked_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+", null=True
    )

    class Meta:
        default_permissions = ()
        permissions = [
            ("keep_registers", "Ask for and approve devices and other parties")
        ]
        constraints = [
            models.CheckConstraint(
                name="consent_device_kind", condition=Q(kind__in=KINDS)
            ),
            models.CheckConstraint(
                name="consent_device_no_private_room",
                condition=Q(place__in=PLACES),
            ),
            models.CheckConstraint(
                name="consent_device_two_people",
                condition=~Q(approved_by=F("asked_by")) | Q(approved_by=None),
            ),
            models.CheckConstraint(
                name="consent_device_approved_whole",
                condition=Q(approved_by=None, approved_at=None, approved_event=None)
                | Q(
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    approved_event__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="consent_device_revoked_whole",
                condition=Q(revoked_at=None, revoked_event=None)
                | Q(revoked_at__isnull=False, revoked_event__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["kiosk"],
                condition=Q(revoked_at=None),
                name="consent_device_one_each",
            ),
            # Two kiosks with it would show each other's guests.
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="local", revoked_at=None),
                name="consent_device_one_local",
            ),
        ]

    def __str__(self) -> str:
        return self.code
