"""Complaining and asking without a login and without saying who one is."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audit.drafts import VISITOR
from audit.say import Say
from consent.attempts import attempt_wrong, attempts_wrong
from consent.errors import AttemptsTooMany, RequestUnknown
from consent.forms import AskForm, RequestCodeForm
from consent.models import Site
from consent.requests import KINDS, request_code, request_find, request_shown
from consent.selectors import site_first
from consent.services.requesting import request_open
from consent.views.pages import at_site, cookie_set, language_of

COOKIE = "request"
"""Shows one's own answer again in the same browser; it is the request's code."""

COOKIE_SECONDS = 45 * 24 * 3600

OFFERED = ("complaint", "kin", "explain", "access", "delete", "object")
"""What makes sense to ask without being known; the rest is on one's own page."""

ASKED_MAX = 20
WRONG_MAX = 20
"""Requests, and wrong codes, of one address in ten minutes."""

UNKNOWN = Say(
    "没有找到这个查询码，请核对一下。", "We cannot find this code. Please check it."
)


@login_not_required
@require_http_methods(["GET", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """Take a complaint or a request of somebody who need not say who they are."""
    site = _site(request)
    language = language_of(request)
    form = AskForm(language=language, kinds=OFFERED)
    status = 200
    if request.method == "POST":
        form = AskForm(request.POST, language=language, kinds=OFFERED)
        status = 400
        if form.is_valid():
            who = request.META.get("REMOTE_ADDR", "")
            if attempt_wrong(what="complaint", who=who) > ASKED_MAX:
                raise AttemptsTooMany
            made = request_open(
                site=site,
                kind=form.cleaned_data["kind"],
                words=form.cleaned_data["words"],
                subject=None,
                act=VISITOR,
            )
            response = redirect("consent:complain_answer")
            code = request_code(request=made.id)
            cookie_set(response, COOKIE, code, seconds=COOKIE_SECONDS)
            return response
    context = {"form": form, "kinds": [(one, KINDS[one]) for one in OFFERED]}
    return render(request, "consent/complaint_form.html", context, status=status)


@login_not_required
@require_http_methods(["GET", "POST"])
def complain_answer(request: HttpRequest) -> HttpResponse:
    """Show a request with its answer to who holds its code."""
    _site(request)
    language = language_of(request)
    if request.method == "POST":
        return _code_taken(request, language)
    code = request.COOKIES.get(COOKIE, "")
    try:
        found = request_find(code=code)
    except RequestUnknown:
        form = RequestCodeForm(language=language)
        return render(request, "consent/complaint_code.html", {"form": form})
    context = {**request_shown(request=found), "code": request_code(request=found.id)}
    return render(request, "consent/complaint_detail.html", context)


def _code_taken(request: HttpRequest, language: str) -> HttpResponse:
    form = RequestCodeForm(request.POST, language=language)
    status = 400
    if form.is_valid():
        who = request.META.get("REMOTE_ADDR", "")
        if attempts_wrong(what="request-code", who=who) >= WRONG_MAX:
            raise AttemptsTooMany
        try:
            found = request_find(code=form.cleaned_data["code"])
        except RequestUnknown:
            attempt_wrong(what="request-code", who=who)
            form.add_error("code", form.text(UNKNOWN))
            status = 404
        else:
            response = redirect("consent:complain_answer")
            code = request_code(request=found.id)
            cookie_set(response, COOKIE, code, seconds=COOKIE_SECONDS)
            return response
    return render(request, "consent/complaint_code.html", {"form": form}, status=status)


def _site(request: HttpRequest) -> Site:
    site = site_first()
    if site is None:
        raise Http404
    at_site(request, site)
    return site
