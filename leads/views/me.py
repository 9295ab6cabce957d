"""A visitor's own page: what is held, what happened, and stopping it."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit.drafts import VISITOR
from consent.errors import FieldsUnknown, LinkUnknown, PassUnknown
from consent.forms import EmptyForm
from consent.holdings import held
from consent.models import Receipt, Subject
from consent.receipts import receipt_file, receipt_read, receipt_vouched
from consent.requests import requests_shown
from consent.selectors import consents_live, site_first
from consent.services.consents import consents_withdraw
from consent.services.links import (
    link_code_of,
    link_find,
    link_renew,
    link_token,
    pass_code,
    pass_of,
)
from consent.views.pages import (
    VISITOR_COOKIE,
    VISITOR_SECONDS,
    at_site,
    cookie_set,
    language_of,
)
from leads.copying import contact_correctable
from leads.forms import PurposeForm
from leads.questions import question_waits, visit_asked
from leads.stories import (
    diary,
    purposes_shown,
    receipt_shown,
    receipts_shown,
    stopped_lately,
)


@login_not_required
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """Show everything that is held about the person whose browser this is."""
    try:
        subject = subject_of(request)
    except LinkUnknown:
        return redirect("consent:link_open")
    language = language_of(request)
    purposes = purposes_shown(subject=subject, language=language)
    context = {
        "purposes": purposes,
        "held": held(subject=subject),
        "asked": visit_asked(subject=subject) is not None,
        "waits": question_waits(subject=subject),
        "timeline": diary(subject=subject),
        "receipts": receipts_shown(subject=subject, language=language),
        "pass_code": _pass(subject),
        "page_code": link_code_of(subject=subject),
        "requests": requests_shown(subject=subject),
        "can_correct": contact_correctable(subject=subject),
        "can_stop_all": any(row["can_stop"] for row in purposes),
    }
    return render(request, "leads/subject_home.html", context)


@login_not_required
@require_POST
def link_new(request: HttpRequest) -> HttpResponse:
    """Give a new link to this page; the old one and its code open nothing more."""
    subject = subject_of(request)
    EmptyForm(request.POST, language=language_of(request))
    site = site_first()
    if site is None:
        raise Http404
    link = link_renew(subject=subject, site=site, act=VISITOR)
    response = redirect("leads:me")
    token = link_token(link=link)
    cookie_set(response, VISITOR_COOKIE, token, seconds=VISITOR_SECONDS)
    return response


@login_not_required
@require_GET
def receipt(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Hand a person their signed receipt as a file, with the log's proofs in it."""
    found = _receipt(request, name)
    response = HttpResponse(
        receipt_file(receipt=found), content_type="application/json"
    )
    response.headers["Content-Disposition"] = (
        f'attachment; filename="receipt-{receipt_read(receipt=found)["number"]}.json"'
    )
    return response


@login_not_required
@require_GET
def receipt_print(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show a receipt as a sheet to print, with what proves it."""
    found = _receipt(request, name)
    vouched = receipt_vouched(receipt=found)
    context = {
        "page_code": link_code_of(subject=found.subject),
        "receipt": receipt_shown(receipt=found, language=language_of(request)),
        "vouched": vouched,
        "numbers": [proof.seq for proof in vouched.proofs] if vouched else [],
    }
    return render(request, "leads/receipt_print.html", context)


def _receipt(request: HttpRequest, name: uuid.UUID) -> Receipt:
    found = Receipt.objects.filter(id=name, subject=subject_of(request)).first()
    if found is None:
        raise Http404
    return found


@login_not_required
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Stop one purpose, at one press."""
    subject = subject_of(request)
    form = PurposeForm(request.POST, language=language_of(request))
    if not form.is_valid():
        raise FieldsUnknown
    purpose = form.cleaned_data["purpose"]
    consents_withdraw(subject=subject, purposes=[purpose], act=VISITOR)
    return redirect("leads:withdrawn")


@login_not_required
@require_POST
def withdraw_all(request: HttpRequest) -> HttpResponse:
    """Stop everything, at one press."""
    subject = subject_of(request)
    EmptyForm(request.POST, language=language_of(request))
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    return redirect("leads:withdrawn")


@login_not_required
@require_GET
def withdrawn(request: HttpRequest) -> HttpResponse:
    """Show what was stopped a moment ago, and what was destroyed with it."""
    subject = subject_of(request)
    context = {
        "ended": stopped_lately(subject=subject, language=language_of(request)),
        "remaining": len(consents_live(subject=subject)),
    }
    return render(request, "leads/subject_stopped.html", context)


def subject_of(request: HttpRequest) -> Subject:
    """Return whose page this browser opens, and let the page name the site.

    Raises:
        LinkUnknown: nobody's.
    """
    site = site_first()
    if site is not None:
        at_site(request, site)
    return link_find(token=request.COOKIES.get(VISITOR_COOKIE, ""))


def _pass(subject: Subject) -> str | None:
    site = site_first()
    if site is None:
        return None
    try:
        return pass_code(issued=pass_of(subject=subject, site=site))
    except PassUnknown:
        return None
