"""What a visitor does on their own page besides stopping: asking, and their rights."""

from __future__ import annotations

import json
import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.drafts import VISITOR
from consent.attempts import attempt_wrong
from consent.errors import AttemptsTooMany, FieldsUnknown
from consent.forms import AskForm, EmptyForm
from consent.models import Subject
from consent.requests import KINDS, request_at
from consent.requests import request_shown as shown
from consent.selectors import consents_live, site_first
from consent.services.requesting import request_open
from consent.services.restricting import consents_lift, consents_restrict
from consent.views.pages import language_of
from leads.contacts import contact_collect
from leads.copying import contact_correctable, copy_make
from leads.forms import ContactForm, PurposeForm
from leads.stories import purposes_shown
from leads.views.me import subject_of

ASKED_MAX = 20
"""Requests of one person in ten minutes."""


@login_not_required
@require_POST
def restrict(request: HttpRequest) -> HttpResponse:
    """Let one purpose's data be kept and not used, at one press."""
    subject = subject_of(request)
    purpose = _purpose(request)
    consents_restrict(subject=subject, purposes=[purpose], act=VISITOR)
    return redirect(reverse("leads:me") + "#choices")


@login_not_required
@require_POST
def lift(request: HttpRequest) -> HttpResponse:
    """Let them be used again."""
    subject = subject_of(request)
    purpose = _purpose(request)
    consents_lift(subject=subject, purposes=[purpose], act=VISITOR)
    return redirect(reverse("leads:me") + "#choices")


@login_not_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Take a request of the person, and show it with its number and day."""
    subject = subject_of(request)
    site = site_first()
    if site is None:
        raise Http404
    language = language_of(request)
    form = AskForm(language=language, kinds=tuple(KINDS))
    status = 200
    if request.method == "POST":
        form = AskForm(request.POST, language=language, kinds=tuple(KINDS))
        status = 400
        if form.is_valid():
            if attempt_wrong(what="ask", who=subject.pseudonym) > ASKED_MAX:
                raise AttemptsTooMany
            live = consents_live(subject=subject)
            made = request_open(
                site=live[0].site if live else site,
                kind=form.cleaned_data["kind"],
                words=form.cleaned_data["words"],
                purpose=form.cleaned_data["purpose"],
                subject=subject,
                act=VISITOR,
            )
            return redirect("leads:request", made.id)
    context = {
        "form": form,
        "kinds": KINDS.items(),
        "purposes": purposes_shown(subject=subject, language=language),
    }
    return render(request, "leads/request_form.html", context, status=status)


@login_not_required
@require_GET
def request_shown(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show one of the person's own requests, with its answer when there is one."""
    subject = subject_of(request)
    found = request_at(identifier=name, subject=subject)
    return render(request, "leads/request_detail.html", shown(request=found))


@login_not_required
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest) -> HttpResponse:
    """Let a person correct the name and number that they left."""
    subject = subject_of(request)
    if not contact_correctable(subject=subject):
        return redirect("leads:me")
    language = language_of(request)
    form = ContactForm(language=language)
    status = 200
    if request.method == "POST":
        form = ContactForm(request.POST, language=language)
        status = 400
        if form.is_valid():
            _collect(subject, form)
            return redirect(reverse("leads:me") + "#held")
    return render(request, "leads/contact_form.html", {"form": form}, status=status)


@login_not_required
@require_POST
def copy(request: HttpRequest) -> HttpResponse:
    """Hand a person everything that is held about them, as a file."""
    subject = subject_of(request)
    EmptyForm(request.POST, language=language_of(request))
    body = json.dumps(copy_make(subject=subject), ensure_ascii=False, indent=2)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


def _collect(subject: Subject, form: ContactForm) -> None:
    for consent in consents_live(subject=subject):
        if consent.purpose == "contact":
            contact_collect(
                subject=subject, site=consent.site, details=form.details, act=VISITOR
            )


def _purpose(request: HttpRequest) -> str:
    form = PurposeForm(request.POST, language=language_of(request))
    if not form.is_valid():
        raise FieldsUnknown
    return str(form.cleaned_data["purpose"])
