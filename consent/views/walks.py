"""The walk of a guest: opening the code, the choices, and the face page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from consent.errors import CodeUsed, LinkUnknown, PassUnknown, WalkOver
from consent.forms import ChoiceForm, EmptyForm, FaceForm
from consent.models import Walk
from consent.purposes import Purpose
from consent.selectors import token_hash
from consent.services.links import link_find, pass_code, pass_of
from consent.services.walks import walk_choose, walk_face, walk_of_code, walk_open
from consent.views.pages import (
    VISITOR_COOKIE,
    WALK_COOKIE,
    at_site,
    cookie_set,
    language_of,
    walk_context,
    walk_next,
    walk_of,
)


@login_not_required
@require_http_methods(["GET", "POST"])
def code_open(request: HttpRequest, token: str) -> HttpResponse:
    """Open a scanned code: GET shows what it is, POST opens it, once."""
    language = language_of(request)
    try:
        if request.method == "POST":
            EmptyForm(request.POST, language=language)
            walk, cookie = walk_open(token=token, language=language)
            response = redirect(walk_next(walk))
            cookie_set(response, WALK_COOKIE, cookie)
            return response
        walk = walk_of_code(token=token)
    except CodeUsed:
        # The same phone, once more: its way goes on.
        own = _own_walk(request, token)
        if own is None:
            raise
        return redirect(walk_next(own))
    at_site(request, walk.kiosk.site)
    return render(request, "consent/code_open.html", {"short": walk.short})


@login_not_required
@require_http_methods(["GET", "POST"])
def choice(request: HttpRequest) -> HttpResponse:
    """Show the notice and take one answer per purpose."""
    walk = walk_of(request)
    if walk.chosen_at is not None:
        return redirect(walk_next(walk))
    language = language_of(request)
    context = walk_context(request, walk)
    published = [row["id"] for row in context["notice"]["purposes"]]
    status = 200
    form = ChoiceForm(language=language, published=published)
    if request.method == "POST":
        form = ChoiceForm(request.POST, language=language, published=published)
        if form.is_valid():
            walk = walk_choose(
                walk=walk,
                choices=form.choices,
                under_14=form.under_14,
                language=form.cleaned_data["language"],
            )
            return redirect(walk_next(walk))
        status = 400
    context.update(form=form, pass_code=_pass_here(request, walk))
    return render(request, "consent/choice_form.html", context, status=status)


@login_not_required
@require_http_methods(["GET", "POST"])
def face(request: HttpRequest) -> HttpResponse:
    """Ask for the face, on a page and with an act of its own."""
    walk = walk_of(request)
    if walk_next(walk) != "consent:face":
        return redirect(walk_next(walk))
    context = walk_context(request, walk)
    language = language_of(request)
    status = 200
    form = FaceForm(language=language)
    if request.method == "POST":
        form = FaceForm(request.POST, language=language)
        if form.is_valid():
            answer = form.cleaned_data["answer"] == "face"
            shown = form.cleaned_data["language"]
            walk = walk_face(walk=walk, answer=answer, language=shown)
            return redirect(walk_next(walk))
        status = 400
    row = next(
        one
        for one in context["notice"]["purposes"]
        if one["id"] == Purpose.FACE_CHECKIN
    )
    context.update(form=form, face=row, order=walk.kiosk.order)
    return render(request, "consent/face_form.html", context, status=status)


def _own_walk(request: HttpRequest, token: str) -> Walk | None:
    try:
        walk = walk_of(request)
    except WalkOver:
        return None
    return walk if bytes(walk.token_hash) == token_hash(token) else None


def _pass_here(request: HttpRequest, walk: Walk) -> str | None:
    """Return the pass that this phone remembers, to check in with in one tap."""
    token = request.COOKIES.get(VISITOR_COOKIE, "")
    if not token or walk.surface != "phone":
        return None
    try:
        subject = link_find(token=token)
        return pass_code(issued=pass_of(subject=subject, site=walk.kiosk.site))
    except (LinkUnknown, PassUnknown):
        return None
