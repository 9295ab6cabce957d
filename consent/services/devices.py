"""The register of devices: asked for by one person, approved by another, revoked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from audit import clock
from audit.catalogue.checks import token
from audit.drafts import Act
from consent import gate, journal
from consent.errors import (
    LocalCameraTaken,
    LocalCameraUnset,
    PictureInvalid,
    PlaceForbidden,
    RegisterKnown,
    RegisterOwnApproval,
    RegisterSettled,
)
from consent.models import Device, Kiosk, Picture, Use
from consent.models.devices import PLACES
from consent.pictures import Clean, picture_clean


def device_ask(
    *,
    code: str,
    kiosk: Kiosk,
    kind: str,
    place: str,
    zone: bytes,
    sign: bytes,
    until: datetime | None,
    act: Act,
) -> Device:
    """Ask that the camera of a kiosk may stand where it stands.

    Args:
        code: of the device, for the log.
        kiosk: the only one whose captures it serves.
        kind: "browser" or "local".
        place: one of `PLACES`.
        zone: a drawing of what it sees, as it was handed in.
        sign: a photograph of the sign beside it, likewise.
        until: when the approval ends; None for not by itself.
        act: who asks.

    Raises:
        PlaceForbidden: a private room, or a place that the register does not know.
        LocalCameraUnset: the settings name no camera of this machine.
        LocalCameraTaken: that camera is registered, here or for another kiosk.
        PictureInvalid: one of the two is no usable picture: which one, and why.
        RegisterKnown: the code is taken, or the kiosk's camera is registered.
    """
    if place not in PLACES:
        raise PlaceForbidden(place)
    if not token(code):
        raise RegisterKnown(code)
    if kind == "local":
        _local_check()
    pictures = [_clean("zone", zone), _clean("sign", sign)]
    try:
        with journal.unit(act=act, site=kiosk.site) as unit:
            Picture.objects.bulk_create(
                [
                    Picture(
                        sha256=one.sha256,
                        media=one.media,
                        width=one.width,
                        height=one.height,
                        bytes=one.content,
                    )
                    for one in pictures
                ],
                ignore_conflicts=True,
            )
            drawn, photographed = (one.sha256 for one in pictures)
            unit.event(
                "device.asked",
                data={"device": code, "zone": drawn, "sign": photographed},
            )
            return Device.objects.create(
                code=code,
                site=kiosk.site,
                kiosk=kiosk,
                kind=kind,
                place=place,
                zone_id=drawn,
                sign_id=photographed,
                until=until,
                asked_by=act.id,
                asked_at=clock.now(),
            )
    except IntegrityError as refused:
        raise RegisterKnown(code) from refused


def device_approve(*, device: UUID, act: Act) -> Device:
    """Approve a device: from now on captures may start at its kiosk.

    Raises:
        RegisterSettled: unknown, approved or revoked already, or its term is over.
        RegisterOwnApproval: whoever asked for it cannot approve it.
    """
    found = _found(device)
    with journal.unit(act=act, site=found.site) as unit:
        locked = _locked(device)
        over = locked.until is not None and locked.until <= clock.now()
        if locked.approved_at is not None or locked.revoked_at is not None or over:
            raise RegisterSettled
        if locked.asked_by == act.id:
            raise RegisterOwnApproval
        approved = unit.event(
            "device.approved",
            data={
                "device": locked.code,
                "zone": locked.zone_id,
                "sign": locked.sign_id,
                "until": clock.stamp(locked.until) if locked.until else None,
            },
        )
        locked.approved_by = act.id
        locked.approved_at = clock.now()
        locked.approved_event_id = approved.eid
        locked.save(update_fields=["approved_by", "approved_at", "approved_event"])
    return locked


def device_revoke(*, device: UUID, act: Act) -> None:
    """Revoke a device at once: open captures end, and no other begins.

    Raises:
        RegisterSettled: unknown, or revoked already.
    """
    found = _found(device)
    with journal.unit(act=act, site=found.site) as unit:
        locked = _locked(device)
        if locked.revoked_at is not None:
            raise RegisterSettled
        revoked = unit.event("device.revoked", data={"device": locked.code})
        locked.revoked_at = clock.now()
        locked.revoked_event_id = revoked.eid
        locked.save(update_fields=["revoked_at", "revoked_event"])
    open_uses = Use.objects.select_related("subject", "consent__rules", "site").filter(
        kiosk=found.kiosk, closed_at=None
    )
    for use in open_uses:
        gate.close(use=use, act=act, reason="device")


def _local_check() -> None:
    if settings.LOCAL_CAMERA is None:
        raise LocalCameraUnset
    if Device.objects.filter(kind="local", revoked_at=None).exists():
        raise LocalCameraTaken


def _clean(name: str, content: bytes) -> Clean:
    try:
        return picture_clean(content=content)
    except PictureInvalid as invalid:
        raise PictureInvalid(name, *invalid.args) from invalid


def _found(device: UUID) -> Device:
    found = Device.objects.select_related("site", "kiosk").filter(id=device).first()
    if found is None:
        raise RegisterSettled
    return found


def _locked(device: UUID) -> Device:
    return Device.objects.select_for_update().get(id=device)
