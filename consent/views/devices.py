"""The register of devices: asking for a camera, approving it, revoking it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import clock
from audit.readers import staff_act
from audit.say import Say
from consent.errors import (
    LocalCameraTaken,
    LocalCameraUnset,
    PictureInvalid,
    RegisterKnown,
    RegisterOwnApproval,
    RegisterSettled,
)
from consent.forms import EmptyForm
from consent.models import Device
from consent.register_forms import DEVICE_KINDS, DEVICE_PLACES, DeviceForm
from consent.registers import KEEPER
from consent.selectors import devices as devices_all
from consent.selectors import kiosks, picture_get
from consent.services.devices import device_approve, device_ask, device_revoke
from consent.views.office import office_site
from consent.views.pages import language_of

ASKED = Say("已登记，等另一位同事批准。", "Registered; it waits for a colleague.")
APPROVED = Say("已批准，这台设备可以用了。", "Approved: the camera may be used.")
REVOKED = Say("已停用，这里不再拍摄。", "Revoked: nothing is filmed there now.")
OWN = Say(
    "是您自己登记的，要由另一位同事批准。",
    "You registered it yourself; a colleague has to approve it.",
)
SETTLED = Say("这一条已经处理过。", "That entry was settled already.")
KNOWN = Say(
    "这个编号用过了，或这台登记屏的摄像头已经登记；先停用原来的。",
    "The code is taken, or this kiosk's camera is registered; revoke that one first.",
)
UNSET = Say(
    "这台机器没有设置摄像头（LOCAL_CAMERA）；请先让管理员设置，或选登记屏自带的摄像头。",
    "No camera of this machine is set (LOCAL_CAMERA); have the administrator set one"
    " first, or choose the kiosk browser's own camera.",
)
TAKEN = Say(
    "接在本机上的摄像头已经登记给一块登记屏；先停用那一条。",
    "The machine's camera is registered for a kiosk already; revoke that one first.",
)
PICTURES = {
    "size": Say("图片太大，最多 3 MB。", "The picture is too large: 3 MB at most."),
    "format": Say("请用 PNG、JPEG 或 WebP。", "Please use PNG, JPEG or WebP."),
    "pixels": Say(
        "图片的边长至少 200 像素，总共不超过 2400 万像素。",
        "A picture has sides of 200 pixels at least, and 24 million pixels at most.",
    ),
    "broken": Say("这张图片打不开。", "This picture cannot be opened."),
}


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def devices(request: HttpRequest) -> HttpResponse:
    """Show the register of devices."""
    office_site(request)
    context = {"devices": [_shown(device, request) for device in devices_all()]}
    return render(request, "consent/device_list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(KEEPER, raise_exception=True)
def device_new(request: HttpRequest) -> HttpResponse:
    """Register a device, for somebody else to approve."""
    office_site(request)
    language = language_of(request)
    screens = kiosks()
    form = DeviceForm(language=language, kiosks=screens)
    status = 200
    if request.method == "POST":
        form = DeviceForm(
            request.POST, files=request.FILES, language=language, kiosks=screens
        )
        if form.is_valid() and _asked(form, request):
            messages.success(request, ASKED.text(language))
            return redirect("consent:devices")
        status = 400
    context = {
        "form": form,
        "kiosks": screens,
        "kinds": DEVICE_KINDS.items(),
        "places": DEVICE_PLACES.items(),
    }
    return render(request, "consent/device_new.html", context, status=status)


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def device(request: HttpRequest, name: UUID) -> HttpResponse:
    """Show one device with both pictures, to be approved or printed."""
    office_site(request)
    found = next((one for one in devices_all() if one.id == name), None)
    if found is None:
        raise Http404
    context = {"one": _shown(found, request)}
    return render(request, "consent/device_detail.html", context)


@require_POST
@permission_required(KEEPER, raise_exception=True)
def device_approved(request: HttpRequest, name: UUID) -> HttpResponse:
    """Approve a device that somebody else asked for."""
    language = language_of(request)
    EmptyForm(request.POST, language=language)
    try:
        device_approve(device=name, act=staff_act(request.user))
    except RegisterOwnApproval:
        messages.error(request, OWN.text(language))
    except RegisterSettled:
        messages.error(request, SETTLED.text(language))
        return redirect("consent:devices")
    else:
        messages.success(request, APPROVED.text(language))
    return redirect("consent:device", name)


@require_POST
@permission_required(KEEPER, raise_exception=True)
def device_revoked(request: HttpRequest, name: UUID) -> HttpResponse:
    """Revoke a device, at once; one person is enough to stop."""
    language = language_of(request)
    EmptyForm(request.POST, language=language)
    try:
        device_revoke(device=name, act=staff_act(request.user))
    except RegisterSettled:
        messages.error(request, SETTLED.text(language))
    else:
        messages.success(request, REVOKED.text(language))
    return redirect("consent:devices")


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def picture(request: HttpRequest, sha256: str) -> HttpResponse:
    """Return a picture of the register, as it is kept."""
    found = picture_get(sha256=sha256)
    if found is None:
        raise Http404
    return HttpResponse(bytes(found.bytes), content_type=found.media)


def _asked(form: DeviceForm, request: HttpRequest) -> bool:
    given = form.cleaned_data
    try:
        device_ask(
            code=given["code"],
            kiosk=given["kiosk"],
            kind=given["kind"],
            place=given["place"],
            zone=given["zone"].read(),
            sign=given["sign"].read(),
            until=given["until"],
            act=staff_act(request.user),
        )
    except RegisterKnown:
        form.add_error("code", form.text(KNOWN))
    except LocalCameraUnset:
        form.add_error("kind", form.text(UNSET))
    except LocalCameraTaken:
        form.add_error("kind", form.text(TAKEN))
    except PictureInvalid as invalid:
        field, reason = invalid.args
        form.add_error(field, form.text(PICTURES[reason]))
    else:
        return True
    return False


def _shown(one: Device, request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    over = one.until is not None and one.until <= now
    state = "live"
    if one.revoked_at is not None:
        state = "revoked"
    elif over:
        state = "over"
    elif one.approved_at is None:
        state = "waiting"
    elif one.kind == "local" and settings.LOCAL_CAMERA is None:
        state = "unset"
    own = one.asked_by == staff_act(request.user).id
    keeper = request.user.has_perm(KEEPER)
    return {
        "device": one,
        "kind": DEVICE_KINDS[one.kind],
        "place": DEVICE_PLACES[one.place],
        "state": state,
        "own": own,
        "can_approve": state == "waiting" and keeper and not own,
        "can_revoke": state != "revoked" and keeper,
    }
