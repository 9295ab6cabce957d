"""What the registers leave for a second person to do (`consent.duties`)."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from audit.say import Say
from consent.duties import Duty
from consent.models import Device, Party

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


def parties_waiting() -> Iterator[Duty]:
    """Tell of parties to approve, and of processors that certified nothing yet."""
    for party in Party.objects.filter(approved_at=None, ended_at=None):
        yield Duty(
            title=Say(f"批准合作方 {party.code}", f"Approve the party {party.code}"),
            url=reverse("consent:party", args=[party.id]),
            permission=KEEPER,
            since=party.asked_at,
            detail=Say(
                "要由登记人以外的人批准；批准以前什么都不提供",
                "By somebody else than who added it; it receives nothing before",
            ),
        )
    open_ones = Party.objects.filter(
        role="processor", ended_at__isnull=False, closed_at=None
    ).exclude(approved_at=None)
    for party in open_ones:
        yield Duty(
            title=Say(
                f"向 {party.code} 要删除证明",
                f"Ask {party.code} for its certificate of deletion",
            ),
            url=reverse("consent:party", args=[party.id]),
            permission=KEEPER,
            since=party.ended_at or party.until,
            detail=Say(
                "合同已终止；没有证明，登记册不能结案",
                "Its contract ended; without the certificate it stays open",
            ),
        )
