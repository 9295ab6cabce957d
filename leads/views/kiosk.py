"""The kiosk's own screens: its code, its guests, and forgetting them."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.drawing import qr_svg
from consent.errors import KioskUnknown
from consent.forms import EmptyForm
from consent.selectors import rules_get
from consent.services.places import kiosk_pair
from consent.services.walks import walk_issue, walk_open
from consent.views.pages import (
    VISITOR_COOKIE,
    WALK_COOKIE,
    cookie_set,
    language_of,
    walk_next,
)
from leads.availability import face_stopped
from leads.captures import capture_done, capture_stop
from leads.forms import PairForm, StateForm
from leads.kiosks import code_seconds, guests, walk_asking, walk_at
from leads.turns import camera_due
from leads.views.access import (
    CODE,
    KIOSK_COOKIE,
    KIOSK_SECONDS,
    KioskRequest,
    face_function,
    guest,
    guest_forget,
    guest_left,
    guest_set,
    kiosk_page,
    named,
)

SPARE_SECONDS = 3
"""A code with less time than this left is not worth showing."""

FORGET_SECONDS = 120


@login_not_required
@require_http_methods(["GET", "POST"])
def pair(request: HttpRequest) -> HttpResponse:
    """Make this browser a kiosk, with a pairing code that works once."""
    language = language_of(request)
    form = PairForm(language=language)
    status = 200
    if request.method == "POST":
        form = PairForm(request.POST, language=language)
        if not form.is_valid():
            raise KioskUnknown
        _, token = kiosk_pair(pairing=form.cleaned_data["token"].strip())
        response = redirect("leads:kiosk_home")
        cookie_set(response, KIOSK_COOKIE, token, seconds=KIOSK_SECONDS)
        return response
    return render(request, "leads/kiosk_pair.html", {"form": form}, status=status)


@kiosk_page
@require_GET
@ensure_csrf_cookie
def home(request: KioskRequest) -> HttpResponse:
    """Show the code of the next guest, and the ways that need no phone."""
    kiosk = request.kiosk
    rules = rules_get(site=kiosk.site)
    language = language_of(request)
    name = kiosk.site.name_en if language == "en" else kiosk.site.name_zh
    context = {
        "kiosk": {"name": kiosk.code, "site": name},
        "rules_label": rules.label,
        "rules_short": rules.sha256[:8],
        "code": _code(request),
        "face_off": face_stopped(site=kiosk.site),
    }
    return render(request, "leads/kiosk_home.html", context)


@kiosk_page
@require_POST
def state(request: KioskRequest) -> HttpResponse:
    """Tell the screen which code to show, who reads on a phone, and who is ready."""
    form = StateForm(request.POST, language=language_of(request))
    form.is_valid()
    face_off = face_stopped(site=request.kiosk.site)
    asking = None if face_off else walk_asking(kiosk=request.kiosk)
    code = _code(request)
    unchanged = form.cleaned_data.get("have") == code["id"]
    return JsonResponse(
        {
            "id": code["id"],
            "short": code["short"],
            "seconds": code["seconds"],
            "qr": None if unchanged else code["qr"],
            "face_off": face_off,
            "next": reverse("leads:kiosk_guest", args=[asking.id]) if asking else None,
            "guests": [
                {"short": one.short, "state": one.state}
                for one in guests(kiosk=request.kiosk)
            ],
        }
    )


@kiosk_page
@require_POST
def here(request: KioskRequest) -> HttpResponse:
    """Start a guest's walk on this very screen."""
    language = language_of(request)
    EmptyForm(request.POST, language=language)
    _, token = walk_issue(kiosk=request.kiosk, surface="kiosk")
    walk, cookie = walk_open(token=token, language=language)
    guest_set(request, walk=str(walk.id))
    response = redirect(walk_next(walk))
    cookie_set(response, WALK_COOKIE, cookie)
    return response


@kiosk_page
@require_GET
def desk(request: KioskRequest) -> HttpResponse:
    """Send somebody without a phone to the desk."""
    return render(request, "leads/kiosk_desk.html")


@kiosk_page
@face_function
@require_GET
def at_screen(request: KioskRequest, name: uuid.UUID) -> HttpResponse:
    """Ask the guest whose phone said "I am at the screen" to start the camera."""
    walk = walk_at(kiosk=request.kiosk, identifier=name)
    if walk is None or not camera_due(walk=walk):
        return redirect("leads:kiosk_home")
    guest_set(request, walk=str(walk.id))
    context = {"short": walk.short, "id": walk.id}
    return render(request, "leads/kiosk_guest.html", context)


@kiosk_page
@require_GET
def answer(request: KioskRequest) -> HttpResponse:
    """Show what the last step came to, until it is forgotten."""
    told = guest(request).get("answer")
    if not told:
        return redirect("leads:kiosk_home")
    context = {"answer": told, "forget_seconds": FORGET_SECONDS}
    return render(request, "leads/kiosk_answer.html", context)


@kiosk_page
@require_POST
def forget(request: KioskRequest) -> HttpResponse:
    """Forget everything of the guest at this screen: camera, cookies, session."""
    EmptyForm(request.POST, language=language_of(request))
    known = guest_left(request)
    use = named(known.get("use"))
    if use is not None:
        capture_stop(use=use, kiosk=request.kiosk)
    walk = named(known.get("walk"))
    if walk is not None:
        capture_done(walk=walk_at(kiosk=request.kiosk, identifier=walk))
    guest_forget(request)
    response = redirect("leads:kiosk_home")
    for name in (WALK_COOKIE, VISITOR_COOKIE, "lang"):
        response.delete_cookie(name)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _code(request: KioskRequest) -> dict[str, Any]:
    """Return the code to show: the present one while it may be opened, or the next."""
    kept: dict[str, Any] = request.session.get(CODE, {})
    known = named(kept.get("id"))
    seconds = 0
    if known is not None and kept.get("kiosk") == str(request.kiosk.id):
        seconds = code_seconds(identifier=known, kiosk=request.kiosk)
    if seconds < SPARE_SECONDS:
        walk, token = walk_issue(kiosk=request.kiosk)
        kept = {
            "id": str(walk.id),
            "token": token,
            "short": walk.short,
            "kiosk": str(request.kiosk.id),
        }
        request.session[CODE] = kept
        seconds = code_seconds(identifier=walk.id, kiosk=request.kiosk)
    address = reverse("consent:code_open", args=[kept["token"]])
    return {
        "id": kept["id"],
        "short": kept["short"],
        "seconds": seconds,
        "url": f"{settings.PUBLIC_URL}{address}",
        "qr": qr_svg(f"{settings.PUBLIC_URL}{address}"),
    }
