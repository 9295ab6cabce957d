"""Sealed exports: asking, approving, fetching, and how a stranger checks one."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import clock
from audit.bundle import IDENTIFIED
from audit.drawing import qr_svg
from audit.errors import ExportOwnApproval, ExportSettled, RangeEmpty, SitesUnknown
from audit.exports import export_approve, export_list, export_path, export_request
from audit.forms import NO_SITES, NOTHING_THERE, ExportForm
from audit.models import Body, Event, Export, Index
from audit.readers import places, staff_act
from audit.reading.logs import LogHead, logs
from audit.say import Say
from audit.signing import signer_state
from audit.views.room import language_of, local, room, told, zone_first

ASKED = Say("已申请。", "Asked for.")
APPROVED = Say("已批准，接下来会自动制作。", "Approved. It is made next, by itself.")
OWN = Say(
    "是您自己申请的，要由另一位有权限的人批准。",
    "You asked for it yourself; another person with the right approves.",
)
SETTLED = Say("这份导出已经处理过。", "This export was settled already.")
FAILURES = {
    "export_too_large": Say(
        "超过 2 GiB。请把范围分成几段，分别申请。",
        "It would exceed 2 GiB. Ask for the range in parts.",
    ),
}
MONTHS_MAX = 240


@require_http_methods(["GET", "POST"])
@permission_required("audit.export_log", raise_exception=True)
def exports(request: HttpRequest) -> HttpResponse:
    """Show what was asked for, and ask for another."""
    known = logs()
    if not known:
        raise Http404
    zone = zone_first()
    months = _months(known, zone)
    form = ExportForm(
        request.POST if request.method == "POST" else None,
        language=language_of(request),
        logs=known,
        sites=[place.code for place in places()],
        months=months,
    )
    if (
        form.is_bound
        and form.is_valid()
        and form.cleaned_data["redaction"] == IDENTIFIED
        and not request.user.has_perm("audit.identify_export")
    ):
        raise PermissionDenied
    if form.is_bound and form.is_valid() and _ask(request, form, zone):
        return redirect("audit:exports")
    signer = signer_state()
    context = {
        **room(zone=zone, chosen=known[0]),
        "form": form,
        "logs": known,
        "months": months,
        "sites": places(),
        "exports": [_row(export, request, zone) for export in export_list()],
        "signer": signer,
        "vkey_qr": qr_svg(signer.vkey) if signer.vkey else "",
    }
    status = 400 if form.is_bound else 200
    return render(request, "audit/export_list.html", context, status=status)


@require_POST
@permission_required("audit.approve_export", raise_exception=True)
def approve(request: HttpRequest, export: UUID) -> HttpResponse:
    """Approve an export that identifies people, as the second person."""
    found = get_object_or_404(Export, id=export)
    words, tell = APPROVED, messages.success
    try:
        export_approve(export=found, act=staff_act(request.user))
    except ExportOwnApproval:
        words, tell = OWN, messages.error
    except ExportSettled:
        words, tell = SETTLED, messages.error
    tell(request, words.text(language_of(request)))
    return redirect("audit:exports")


@require_GET
@permission_required("audit.export_log", raise_exception=True)
def export_file(request: HttpRequest, export: UUID) -> HttpResponseBase:
    """Send a finished export; what identifies people goes to those two only."""
    found = get_object_or_404(Export, id=export)
    path = export_path(export=found)
    if path is None or not _may_fetch(found, request):
        raise Http404
    told(request, "file", rows=found.last - found.first + 1)
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"evidence-{found.log}-{found.first}-{found.last}.zip",
    )


def _may_fetch(export: Export, request: HttpRequest) -> bool:
    code = staff_act(request.user).id
    two = (export.asked_by, export.approved_by)
    return export.redaction != IDENTIFIED or code in two


def _ask(request: HttpRequest, form: ExportForm, zone: ZoneInfo) -> bool:
    start, end = form.stretch(zone)
    try:
        export_request(
            act=staff_act(request.user),
            start=start,
            end=end,
            sites=form.sites_asked,
            identified=form.cleaned_data["redaction"] == IDENTIFIED,
            log=form.cleaned_data["log"] or None,
        )
    except RangeEmpty:
        form.add_error("range", NOTHING_THERE.text(form.language))
        return False
    except SitesUnknown:
        form.add_error("which", NO_SITES.text(form.language))
        return False
    messages.success(request, ASKED.text(form.language))
    return True


def _months(known: list[LogHead], zone: ZoneInfo) -> list[str]:
    """Return every month from the first event to the last, newest first."""
    begun = (
        Index.objects.filter(log__in=[head.log for head in known])
        .order_by("at")
        .values_list("at", flat=True)
        .first()
    )
    last = max((head.last_at for head in known), default="")
    if not begun or not last:
        return []
    first = clock.parse(begun).astimezone(zone).date()
    day: date = clock.parse(last).astimezone(zone).date()
    months: list[str] = []
    while (day.year, day.month) >= (first.year, first.month):
        months.append(f"{day:%Y-%m}")
        day = date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)
    return months[:MONTHS_MAX]


def _row(export: Export, request: HttpRequest, zone: ZoneInfo) -> dict[str, Any]:
    code = staff_act(request.user).id
    path = export_path(export=export)
    state = _state(export, kept=path is not None)
    own = export.asked_by == code
    may = request.user.has_perm("audit.approve_export")
    return {
        "export": export,
        "asked_at": local(export.asked_at, zone),
        "since": _at(export.log, export.first, zone),
        "until": _at(export.log, export.last, zone),
        "count": export.last - export.first + 1,
        "identified": export.redaction == IDENTIFIED,
        "state": state,
        "own": own,
        "can_approve": state == "waiting" and may and not own,
        "can_fetch": path is not None and _may_fetch(export, request),
        "size": f"{path.stat().st_size / 1e6:,.1f}" if path else "",
        "manifest": _manifest(export) if export.made_at else "",
        "made_at": local(export.made_at, zone) if export.made_at else "",
        "failure": FAILURES.get(export.failed or ""),
    }


def _state(export: Export, *, kept: bool) -> str:
    if export.failed:
        return "failed"
    if export.made_at is not None:
        return "ready" if kept else "gone"
    if export.redaction == IDENTIFIED and export.approved_by is None:
        return "waiting"
    return "begun" if export.started_at else "due"


def _at(log: str, seq: int, zone: ZoneInfo) -> str:
    at = Index.objects.filter(log=log, seq=seq).values_list("at", flat=True).first()
    return local(clock.parse(at), zone) if at else ""


def _manifest(export: Export) -> str:
    """Return the SHA-256 of the manifest, as the log tells it."""
    if export.made_event is None:
        return ""
    made = Event.objects.filter(eid=export.made_event).first()
    if made is None:
        return ""
    body = Body.objects.filter(log=made.log, seq=made.seq).first()
    return str(json.loads(bytes(body.body))["data"]["manifest"]) if body else ""
