"""The walk of a guest: opening the code, the choices, and the face page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from consent.errors import (
    CodeUsed,
    FieldsUnknown,
    LinkUnknown,
    PassUnknown,
    PurposeStopped,
    WalkOver,
)
from consent.forms import (
    ChoiceForm,
    EmptyForm,
    FaceForm,
    GuardianForm,
    ReconsiderForm,
)
from consent.models import Walk
from consent.purposes import Purpose
from consent.rules import purpose_notice
from consent.selectors import token_hash
from consent.services.guardians import walk_guardian
from consent.services.links import link_find, pass_code, pass_of
from consent.services.offers import switches_offered, withheld
from consent.services.reconsidering import walk_reconsider
from consent.services.walks import (
    walk_choose,
    walk_face,
    walk_of_code,
    walk_open,
)
from consent.stops import stop_of
from consent.views.pages import (
    VISITOR_COOKIE,
    WALK_COOKIE,
    at_site,
    cookie_set,
    language_of,
    refusals_keep,
    refusals_of,
    walk_context,
    walk_next,
    walk_of,
    walk_on,
    withheld_shown,
)


@login_not_required
@require_http_methods(["GET", "POST"])
def code_open(request: HttpRequest, token: str) -> HttpResponse:
    """Open a scanned code: GET shows what it is, POST opens it, once."""
    language = language_of(request)
    try:
        if request.method == "POST":
            EmptyForm(request.POST, language=language)
            walk, cookie = walk_open(
                token=token, language=language, refused=list(refusals_of(request))
            )
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
    offered = switches_offered(walk)
    status = 200
    form = ChoiceForm(language=language, offered=offered)
    if request.method == "POST":
        form = ChoiceForm(request.POST, language=language, offered=offered)
        if form.is_valid():
            walk = walk_choose(
                walk=walk,
                choices=form.choices,
                under_14=form.under_14,
                language=form.cleaned_data["language"],
            )
            response = walk_on(walk)
            if not form.under_14:
                # A child's form answers for nobody.
                no = [one for one, answer in form.choices.items() if not answer]
                refusals_keep(request, response, walk, refused=no)
            return response
        status = 400
    context["withheld"] = withheld_shown(request, walk, withheld(walk))
    context.update(form=form, pass_code=_pass_here(request, walk))
    return render(request, "consent/choice_form.html", context, status=status)


@login_not_required
@require_POST
def reconsider(request: HttpRequest) -> HttpResponse:
    """Show what was not asked for after all, at the visitor's own wish."""
    walk = walk_of(request)
    form = ReconsiderForm(request.POST, language=language_of(request))
    if not form.is_valid():
        raise FieldsUnknown
    purpose = Purpose(form.cleaned_data["purpose"])
    language = form.cleaned_data["language"]
    walk = walk_reconsider(walk=walk, purpose=purpose, language=language)
    response = redirect(walk_next(walk))
    refusals_keep(request, response, walk, forgotten=[purpose])
    return response


@login_not_required
@require_http_methods(["GET", "POST"])
def face(request: HttpRequest) -> HttpResponse:
    """Ask for the face, on a page and with an act of its own."""
    walk = walk_of(request)
    site = walk.kiosk.site
    if stop_of(site=site, purpose=Purpose.FACE_CHECKIN) is not None:
        raise PurposeStopped
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
            response = walk_on(walk)
            no = [] if answer else [Purpose.FACE_CHECKIN]
            refusals_keep(request, response, walk, refused=no)
            return response
        status = 400
    row = purpose_notice(words=context["notice"], purpose=Purpose.FACE_CHECKIN)
    context.update(form=form, face=row, order=walk.kiosk.order)
    return render(request, "consent/face_form.html", context, status=status)


@login_not_required
@require_http_methods(["GET", "POST"])
def guardian(request: HttpRequest) -> HttpResponse:
    """Ask a child's parent or guardian, on a page and with an act of their own."""
    walk = walk_of(request)
    if walk_next(walk) != "consent:guardian":
        return redirect(walk_next(walk))
    context = walk_context(request, walk)
    language = language_of(request)
    form = GuardianForm(language=language)
    status = 200
    if request.method == "POST":
        form = GuardianForm(request.POST, language=language)
        if form.is_valid():
            yes = form.cleaned_data["answer"] == "yes"
            relation = form.cleaned_data["relation"] if yes else None
            shown = form.cleaned_data["language"]
            walk = walk_guardian(walk=walk, relation=relation, language=shown)
            return walk_on(walk)
        status = 400
    contact = purpose_notice(words=context["notice"], purpose=Purpose.CONTACT)
    context.update(form=form, contact=contact)
    return render(request, "consent/guardian_form.html", context, status=status)


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
