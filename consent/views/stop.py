"""The stop switch: its state, one press on, and a confirmed release."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit.readers import staff_act
from audit.say import Say
from consent.closings import site_closed
from consent.errors import FieldsUnknown
from consent.forms import ReleaseForm, StopForm
from consent.models import Stop
from consent.models.stops import ORDERED
from consent.selectors import sites
from consent.services.stops import stop_press, stop_release
from consent.stops import stops_on, stops_past
from consent.views.office import office_site
from consent.views.pages import language_of

PRESSED = Say("已停用。", "It is off now.")
RELEASED = Say("已恢复。", "It is on again.")
CONFIRM = Say("请先勾选确认。", "Please confirm first.")
SCOPE_WORDS = {
    "face": Say("人脸", "Faces"),
    "marketing": Say("营销联系", "Marketing"),
    "all": Say("人脸和营销联系", "Faces and marketing"),
}
REASON_WORDS = {
    "operator": Say("我们自己决定", "Our own decision"),
    "incident": Say("出了安全事件", "An incident"),
    "authority": Say("主管部门要求", "An authority asked for it"),
    "court": Say("法院要求", "A court ordered it"),
}


@require_GET
@permission_required("consent.stop_faces", raise_exception=True)
def stop(request: HttpRequest) -> HttpResponse:
    """Show what is stopped at each site, and the switch."""
    office_site(request)
    language = language_of(request)
    act = staff_act(request.user)
    places = []
    for site in sites():
        on = [_row(one, act.id) for one in stops_on(site=site)]
        scopes = {row["stop"].scope for row in on}
        places.append(
            {
                "site": site,
                "name": site.name_en if language == "en" else site.name_zh,
                "on": on,
                "closed": site_closed(site=site),
                "faces_off": bool(scopes & {"face", "all"}),
                "left": [
                    (code, words)
                    for code, words in SCOPE_WORDS.items()
                    if code not in scopes and "all" not in scopes
                ],
                "past": [_row(one, act.id) for one in stops_past(site=site)],
            }
        )
    context = {
        "places": places,
        "reasons": [(code, REASON_WORDS[code]) for code in REASON_WORDS],
        "may_release": request.user.has_perm("consent.release_stop"),
    }
    return render(request, "consent/stop.html", context)


@require_POST
@permission_required("consent.stop_faces", raise_exception=True)
def stop_on(request: HttpRequest) -> HttpResponse:
    """Press the switch. No second question: it must be quick."""
    language = language_of(request)
    form = StopForm(request.POST, language=language)
    if not form.is_valid():
        raise FieldsUnknown
    site = next((one for one in sites() if one.code == form.cleaned_data["site"]), None)
    if site is None:
        raise Http404
    stop_press(
        site=site,
        scope=form.cleaned_data["scope"],
        reason=form.cleaned_data["reason"],
        act=staff_act(request.user),
    )
    messages.success(request, PRESSED.text(language))
    return redirect("consent:stop")


@require_POST
@permission_required("consent.release_stop", raise_exception=True)
def stop_off(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Let go of one press, once that was confirmed."""
    if not Stop.objects.filter(id=name).exists():
        raise Http404
    language = language_of(request)
    form = ReleaseForm(request.POST, language=language)
    if form.is_valid():
        stop_release(stop=name, act=staff_act(request.user))
        messages.success(request, RELEASED.text(language))
    else:
        messages.error(request, CONFIRM.text(language))
    return redirect("consent:stop")


def _row(found: Stop, reader: str) -> dict[str, Any]:
    return {
        "stop": found,
        "scope": SCOPE_WORDS[found.scope],
        "reason": REASON_WORDS[found.reason],
        "needs_other": found.reason in ORDERED and found.on_by == reader,
    }
