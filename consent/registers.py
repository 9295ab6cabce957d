"""What the registers leave for a second person to do (`consent.duties`)."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from audit.say import Say
from consent.duties import Duty
from consent.models import Device

KEEPER = "consent.keep_registers"


def devices_waiting() -> Iterator[Duty]:
    """Tell of devices that wait for a second person's approval."""
    for device in Device.objects.filter(approved_at=None, revoked_at=None):
        yield Duty(
            title=Say(
                f"批准摄像设备 {device.code}", f"Approve the camera {device.code}"
            ),
            url=reverse("consent:device", args=[device.id]),
            permission=KEEPER,
            since=device.asked_at,
            detail=Say(
                "要由登记人以外的人批准；批准以前不能拍摄",
                "By somebody else than who asked; nothing is filmed before",
            ),
        )
